"""Chooses the planner: offline by default; a key in the environment alone changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.planner import Planner, Usage
from agent.settings import Settings
from tools.core.context import Context
from tools.core.plan import Plan, Question

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


def make_planner(settings: Settings, context: Context) -> Planner:
    """The planner that the settings name."""
    from agent.world import Here

    if settings.llm == "offline":
        from agent.offline import OfflinePlanner

        return OfflinePlanner(lambda words: understand_words(words, context))
    from agent.llm.facts import facts_for
    from agent.llm.staged import Staged
    from agent.strangers import refuse_strangers

    refuse_strangers(settings)

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
    words: list[str], settings: Settings, context: Context, used: Usage, before: "Sequence[BaseMessage]" = ()
) -> tuple[Plan | Question, list[str]]:
    """A plan or a question for a request and the answers to questions about it, and notes; nothing is run or written.

    What it costs is added to `used`, which the limits count. `before` is what was said in the conversation.
    """
    if settings.llm == "offline":
        return understand_words(words, context)
    from langchain_core.messages import HumanMessage

    from agent.provenance import allowed

    messages = [*before, *map(HumanMessage, words)]
    allowed(context, [str(message.content) for message in messages if isinstance(message, HumanMessage)])
    planner = make_planner(settings, context)
    planner.usage.elsewhere = replace(used)
    try:
        return _spoken_only(planner, messages)
    finally:
        used.add(planner.usage.document())


def _spoken_only(planner: Planner, messages: "list[BaseMessage]") -> tuple[Plan | Question, list[str]]:
    """A language model's plan, or its words as a question: marked as its own, numbers of its own struck out."""
    from agent.llm.saying import ask
    from agent.planner import unheard
    from tools.core.plan import Step

    spoken = ask(planner, messages, [], unheard)
    notes = list(dict.fromkeys([*spoken.reply.notes, *spoken.warnings]))
    if spoken.reply.calls:
        return Plan(plan=[Step(tool=call.tool, args=call.args) for call in spoken.reply.calls]), notes
    asked = spoken.reply.question or {"text": spoken.text, "options": []}
    lead = f"{planner.speaker} {'asks' if spoken.reply.question else 'says'}: "
    return Question(text=lead + asked["text"], options=asked["options"]), notes
