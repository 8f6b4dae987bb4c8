"""Chooses the planner: offline by default; a key in the environment alone changes nothing."""

from agent.planner import Planner, Usage
from agent.settings import Settings
from tools.core.context import Context
from tools.core.plan import Plan, Question


def make_planner(settings: Settings, context: Context) -> Planner:
    """The planner that the settings name."""
    from agent.world import Here

    if settings.llm == "offline":
        from agent.offline import OfflinePlanner

        return OfflinePlanner(lambda words: understand_words(words, context))
    from agent.llm.facts import facts_for
    from agent.llm.staged import Staged

    return Staged(settings, context, facts_for(context, Here(context)), lambda words: understand_words(words, context))


def understand_words(words: list[str], context: Context) -> tuple[Plan | Question, list[str]]:
    """A request, with the answers to questions about it, understood offline; notes say how words were read.

    A table that is there and cannot be read is its own error.
    """
    from agent.understanding import completed, explain
    from agent.world import Here

    here = Here(context)
    found = explain(completed(words, here), here)
    for error in here.refused.values():
        raise error
    return found.outcome, found.notes


def plan_only(
    request: str, settings: Settings, context: Context, spent: Usage | None = None
) -> tuple[Plan | Question, list[str], dict[str, object]]:
    """A plan or a question for a request, and what it cost; nothing is run or written. The limits count `spent`."""
    if settings.llm == "offline":
        from agent.document import NO_USAGE

        outcome, notes = understand_words([request], context)
        return outcome, notes, NO_USAGE
    from langchain_core.messages import HumanMessage

    from tools.core.plan import Step

    planner = make_planner(settings, context)
    planner.usage.elsewhere = spent
    reply = planner.ask([HumanMessage(request)])
    usage: dict[str, object] = dict(planner.usage.document())
    if reply.calls:
        return Plan(plan=[Step(tool=call.tool, args=call.args) for call in reply.calls]), [], usage
    asked = reply.question or {"text": reply.text, "options": []}
    return Question(**asked), [], usage
