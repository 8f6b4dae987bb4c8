"""A conversation as the journal kept it: what follow-ups refer to, and what a language model is told again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.understanding.memory import Deed, Memory, Turn
from tools.core.journal import Journal

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

MOST_TURNS = 20
MOST_CHARACTERS = 24_000
"""Of earlier messages that a language model is told again."""


def remembered(journal: Journal, conversation: int, listed: Sequence[str] = ()) -> Memory:
    """What was done in a conversation, its last twenty turns."""
    if not conversation:
        return Memory(listed=listed)
    runs = journal.conversation(conversation)[-MOST_TURNS:]
    return Memory([_turn(journal, run) for run in runs], listed)


def _turn(journal: Journal, run: dict[str, Any]) -> Turn:
    steps = journal.steps(int(run["id"]))
    deeds = [Deed(step.tool, step.args, step.result if step.status == "done" else None) for step in steps]
    error = (run["waiting"] or {}).get("error") or {}
    reason = " ".join(filter(None, (error.get("message"), error.get("hint"))))
    asked = ((run["waiting"] or {}).get("question") or {}).get("text", "")
    return Turn(run["request"], run["status"], deeds, reason or asked)


def messages_before(journal: Journal, conversation: int) -> "list[BaseMessage]":
    """What was said between the person and a language model, from the first whole turn that there is room for."""
    from langchain_core.messages import HumanMessage

    from agent.loop import recall

    runs = [run for run in journal.conversation(conversation) if run["llm"] != "offline" and run["messages"]]
    messages = recall(runs[-1]["messages"] or []) if runs else []
    starts = [n for n, message in enumerate(messages) if isinstance(message, HumanMessage)]
    fitting = [n for n in starts if sum(len(str(m.content)) for m in messages[n:]) <= MOST_CHARACTERS]
    return _answered(messages[fitting[0] :]) if fitting else []


def _answered(messages: "list[BaseMessage]") -> "list[BaseMessage]":
    """The messages without calls at their end that were never answered: the protocol wants an answer to each."""
    from langchain_core.messages import AIMessage

    last = messages[-1] if messages else None
    return messages[:-1] if isinstance(last, AIMessage) and last.tool_calls else messages
