"""How a chat begins: with the last conversation, or with a word about what an earlier one left undone."""

from typing import TYPE_CHECKING

from tools.core.journal import Journal

if TYPE_CHECKING:
    from agent.chat.talk import Talk

SHOWN = 5
UNDONE = ("running", "interrupted")
ASKS = ("question", "approval")
"""How runs end that wait for the person."""


def go_on_with(talk: "Talk") -> None:
    """Take up the last conversation: its last lines, and the question that is open."""
    journal = Journal(talk.workspace)
    talk.conversation = journal.last_conversation() or 0
    runs = journal.conversation(talk.conversation) if talk.conversation else []
    if not runs:
        return talk.terminal.say("There is no conversation yet to go on with.")
    for run in runs[-SHOWN:]:
        talk.terminal.say(f"{run['said']}   ({run['status']})", "dim", "> ")
    last = runs[-1]
    if last["status"] in ASKS:
        asked = (last["waiting"] or {}).get("question") or {"text": "", "options": []}
        talk.offer(asked["text"], asked["options"])
        talk.waiting = int(last["id"])
    return _undone(talk, last)


def left_undone(talk: "Talk") -> None:
    """Say that the newest run was interrupted."""
    for run in Journal(talk.workspace).runs()[:1]:
        _undone(talk, run)


def _undone(talk: "Talk", run: dict[str, object]) -> None:
    if run["status"] in UNDONE:
        talk.terminal.say(f"Run {run['id']} was interrupted ({run['request']}). /resume goes on with it.", "yellow")
