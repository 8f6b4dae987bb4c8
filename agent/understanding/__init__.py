"""Understanding a request offline: one pure function from words and what exists to a plan or a question."""

from dataclasses import dataclass, field

from agent.understanding.world import MemoryWorld, TableFacts, World
from tools.core.plan import Plan, Question

__all__ = ["MemoryWorld", "TableFacts", "Understanding", "World", "completed", "explain", "understand"]


@dataclass(frozen=True)
class Understanding:
    """A plan or a question, and what was read otherwise than it was written."""

    outcome: Plan | Question
    notes: list[str] = field(default_factory=list)


def understand(request: str, world: World) -> Plan | Question:
    """The plan that a request asks for, or the question that must be answered first."""
    return explain(request, world).outcome


def explain(request: str, world: World) -> Understanding:
    """`understand`, with sentences about what was taken for something close to it."""
    from agent.understanding.reading import read

    return read(request, world)


def completed(words: list[str], world: World) -> str:
    """One request from a request (the first) and the answers to the questions that it led to, in turn."""
    from agent.understanding.answers import completed as complete

    return complete(words, world)
