"""The loop: ask the planner, run its calls in order as one plan, tell it the outcomes, until it answers in words."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.llm.saying import ask
from agent.planner import Heard, Planner, unheard
from tools.core.errors import EkibenError, LimitReached, PlannerFailed
from tools.core.journal import JournalStep
from tools.core.run import Running

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

WAITS = ("question", "approval_needed", "declined", "limit", "interrupted")
"""Errors after which the person, not the planner, has the word."""
TOLD = 2_000
"""Characters of a result that the planner is told."""


@dataclass
class Said:
    """How a conversation's turn ended."""

    error: EkibenError | None
    in_step: bool
    comment: str
    """The planner's own words as they may be shown, if it has any."""
    question: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    """What had to be said of its words."""


def converse(
    running: Running,
    planner: Planner,
    messages: "list[BaseMessage]",
    most_turns: int,
    shown: Callable[[list[JournalStep], list[str]], None],
    heard: Heard = unheard,
) -> Said:
    """Go on until the planner answers, asks, or something stops the run. Messages are kept in the journal."""
    error: EkibenError | None = None
    for _ in range(most_turns):
        running.context.check()
        spoken = ask(planner, messages, running.steps(), heard)
        reply = spoken.reply
        messages.append(reply.message)
        keep(running, planner, messages)
        if reply.question is not None:
            return Said(error, error is not None, spoken.text, reply.question, spoken.warnings)
        if not reply.calls:
            return Said(error, error is not None, spoken.text, None, spoken.warnings)
        running.supersede()
        running.journal.add(running.number, [(call.id, call.tool, call.args) for call in reply.calls])
        steps = running.steps()
        shown(steps[-len(reply.calls) :], reply.notes)
        error = running.go()
        messages += outcomes([call.id for call in reply.calls], running.steps()[-len(reply.calls) :])
        keep(running, planner, messages)
        if error and (error.code in WAITS or planner.is_final):
            return Said(error, True, "")
    if error:
        return Said(error, True, "")
    raise LimitReached(f"The planner did not come to an end in {most_turns} turns.", "Raise --max-turns.")


def outcomes(ids: list[str], steps: list[JournalStep]) -> "list[BaseMessage]":
    """What the planner is told of each of its calls."""
    from langchain_core.messages import ToolMessage

    return [
        ToolMessage(content=told(step)[:TOLD], tool_call_id=identity, name=step.tool)
        for identity, step in zip(ids, steps, strict=True)
    ]


def with_outcomes(stored: list[dict[str, Any]], steps: list[JournalStep]) -> "list[BaseMessage]":
    """The conversation that the journal kept, its last plan's outcomes as they are now."""
    from langchain_core.messages import AIMessage

    messages = recall(stored)
    last = next((n for n in reversed(range(len(messages))) if getattr(messages[n], "tool_calls", None)), None)
    if last is None:
        return messages
    message = messages[last]
    assert isinstance(message, AIMessage)
    ids = [call["id"] or "" for call in message.tool_calls]
    return [*messages[: last + 1], *outcomes(ids, steps[-len(ids) :])]


def told(step: JournalStep) -> str:
    """A step's outcome in a few words: its result without long lists, or its error."""
    if step.status == "done" and step.result:
        short = {key: value for key, value in step.result.items() if not isinstance(value, list) or len(value) < 20}
        short.pop("decisions", None)  # they quote cells
        return json.dumps({"status": "done", **short}, ensure_ascii=False, default=str)
    if step.error:
        return json.dumps({"status": step.status, "error": step.error}, ensure_ascii=False)
    return json.dumps({"status": "not_run"})


def keep(running: Running, planner: Planner, messages: "list[BaseMessage]") -> None:
    """Write the conversation into the journal."""
    from langchain_core.messages import messages_to_dict

    running.journal.set_run(running.number, messages=messages_to_dict(messages), usage=planner.usage.document())


def recall(stored: list[dict[str, Any]]) -> "list[BaseMessage]":
    """The conversation that the journal kept."""
    from langchain_core.messages import messages_from_dict

    try:
        return messages_from_dict(stored)
    except (KeyError, ValueError) as exc:
        raise PlannerFailed("The journal's conversation cannot be read.", "Start again with: ekiben run") from exc
