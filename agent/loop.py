"""The loop: ask the planner, run its calls in order as one plan, tell it the outcomes, until it answers in words."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.llm.saying import ask
from agent.llm.told import told
from agent.planner import Call, Heard, Planner, unheard
from tools.core.errors import EkibenError, LimitReached, PlannerFailed
from tools.core.journal import JournalStep
from tools.core.run import Running

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

WAITS = ("question", "approval_needed", "declined", "limit", "interrupted")
"""Errors after which the person, not the planner, has the word."""
SAME = 3
"""How often a run may be asked for one call with the same arguments, before it goes round in circles."""


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
    keep(running, planner, messages)
    for _ in range(most_turns - turns(messages)):
        running.context.check()
        spoken = ask(planner, messages, running.steps(), heard)
        reply = spoken.reply
        refuse_third(running.steps(), reply.calls)
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
        messages += outcomes([call.id for call in reply.calls], running.steps(), planner.names)
        keep(running, planner, messages)
        if error and (error.code in WAITS or planner.is_final):
            return Said(error, True, "")
    if error:
        return Said(error, True, "")
    raise LimitReached(
        f"The planner did not come to an end in {most_turns} turns.", "Go on with: ekiben resume --max-turns N"
    )


def turns(messages: "list[BaseMessage]") -> int:
    """How many replies the planner has given since the person spoke last: a resumed run counts them too."""
    last = max((n for n, message in enumerate(messages) if message.type == "human"), default=-1)
    return sum(message.type == "ai" for message in messages[last + 1 :])


def refuse_third(steps: list[JournalStep], calls: list[Call]) -> None:
    """LimitReached where a run would make the same call with the same arguments a third time."""
    made = [_as_text(step.tool, step.args) for step in steps]
    for call in calls:
        made.append(_as_text(call.tool, call.args))
        if made.count(made[-1]) >= SAME:
            raise LimitReached(
                f"The planner asked for {call.tool} with the same arguments {SAME} times.",
                "What was done is kept. Say the request in other words.",
            )


def _as_text(tool: str, args: dict[str, Any]) -> str:
    return json.dumps([tool, args], ensure_ascii=False, sort_keys=True, default=str)


def outcomes(ids: list[str], steps: list[JournalStep], names: Iterable[str]) -> "list[BaseMessage]":
    """What the planner is told of each of its calls, which are the last steps."""
    from langchain_core.messages import ToolMessage

    return [
        ToolMessage(content=told(step, steps, names), tool_call_id=identity, name=step.tool)
        for identity, step in zip(ids, steps[-len(ids) :], strict=True)
    ]


def with_outcomes(stored: list[dict[str, Any]], steps: list[JournalStep], names: Iterable[str]) -> "list[BaseMessage]":
    """The conversation that the journal kept, its last plan's outcomes as they are now."""
    from langchain_core.messages import AIMessage

    messages = recall(stored)
    last = next((n for n in reversed(range(len(messages))) if getattr(messages[n], "tool_calls", None)), None)
    if last is None:
        return messages
    message = messages[last]
    assert isinstance(message, AIMessage)
    ids = [call["id"] or "" for call in message.tool_calls]
    return [*messages[: last + 1], *outcomes(ids, steps, names)]


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
