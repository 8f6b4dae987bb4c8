"""A planner: a chat model with the tools bound to it, offline or a language model. Its reply is a plan or words."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

Heard = Callable[[str], None]
"""Gets a reply's words, piece by piece, as they come."""

AGAIN = "\x1e"
"""A piece that says: what was heard of this reply does not count, it is asked for again."""


def unheard(_: str) -> None:
    """Nobody listens."""


ESTIMATED = "The language model's server did not count its tokens: they are estimated."
COUNTED = ("calls", "input_tokens", "output_tokens", "cost_usd")


@dataclass
class Usage:
    """What the planner has cost so far."""

    llm: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    is_estimated: bool = False
    """Whether a server gave no count of its own."""
    elsewhere: "Usage | None" = None
    """What the same chat has used in other runs: it counts for the limits."""

    @property
    def tokens(self) -> int:
        """Sent and got, for the limits."""
        return self.input_tokens + self.output_tokens + (self.elsewhere.tokens if self.elsewhere else 0)

    @property
    def spent(self) -> float:
        """US dollars, for the limits."""
        return self.cost_usd + (self.elsewhere.spent if self.elsewhere else 0.0)

    def without(self, used: dict[str, Any]) -> "Usage":
        """The rest, once what a document says is taken off; never less than nothing."""
        return Usage(self.llm, **{name: max(getattr(self, name) - used.get(name, 0), 0) for name in COUNTED})

    def since(self, before: dict[str, Any]) -> dict[str, Any]:
        """What was used after an earlier document."""
        return {"llm": self.llm} | {name: getattr(self, name) - before.get(name, 0) for name in COUNTED}

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {name: getattr(self, name) for name in ("llm", *COUNTED)}

    def add(self, used: dict[str, Any]) -> None:
        """Count what another document says, too; one of a run that has none yet is empty."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + used.get(name, 0))

    def told(self) -> str:
        """In a few words: calls, tokens, and what they cost where that is known."""
        about = "about " * self.is_estimated
        tokens = self.input_tokens + self.output_tokens
        cost = f", ${self.cost_usd:.4f}" if self.cost_usd else ""
        return f"{self.calls} call{'s' * (self.calls != 1)}, {about}{tokens:,} tokens{cost}"


def new_id() -> str:
    """An identity for a call that has none."""
    return f"call_{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class Call:
    """One tool call of a reply."""

    tool: str
    args: dict[str, Any]
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Reply:
    """What the planner said: calls are one plan; without any, its words are the answer or a question."""

    message: "AIMessage"
    text: str
    calls: list[Call]
    question: dict[str, Any] | None = None
    """{text, options} when the person must answer first."""
    notes: list[str] = field(default_factory=list)
    """What was read otherwise than it was written, or passed over."""
    hands_over: bool = False
    """Whether a stage's agent says that the request needs more than its tools."""


class Planner(Protocol):
    """Offline or a language model."""

    usage: Usage
    speaker: str
    """Who the words of its last reply are by."""
    names: frozenset[str]
    """Names that exist and that it was told: columns, files, artifacts."""
    is_final: bool
    """Whether its plan is its last word: it does not plan again after a failure."""

    def ask(self, messages: "list[BaseMessage]", heard: Heard = unheard) -> Reply:
        """The next reply of the conversation. PlannerFailed when there is none to be had."""
