"""What the chat shows after a run: what the terminal has not said yet, the open question, what it cost."""

import re
from typing import TYPE_CHECKING

from agent.terminal import Terminal
from tools.core.journal import JournalStep
from tools.core.plan import Plan

if TYPE_CHECKING:
    from agent.driver import Driver
    from agent.ended import Ended


def show(driver: "Driver", ended: "Ended") -> None:
    """The end of a run."""
    from agent.epilogue import text_of

    found, terminal = ended.document, driver.terminal
    if text := text_of(driver, ended):
        terminal.answer(in_chat(text))
    options = (found["question"] or {}).get("options") or []
    if found["status"] == "approval":
        terminal.say("yes or no?")
    elif found["status"] == "question":
        for number, option in enumerate(options, 1):
            terminal.say(option, lead=f"  {number} ")


def in_chat(text: str) -> str:
    """A sentence whose commands are those of the chat."""
    text = re.sub(r" ?(?:Approve with: ekiben resume \d+ --yes|Repeat it with --yes\.)", "", text)
    return re.sub(r"(?<!`)ekiben (resume|status|runs)\b", r"/\1", text)


def show_plan(terminal: Terminal, plan: Plan, planner: str) -> None:
    """A plan that is not run."""
    steps = [
        JournalStep(n, "", step.tool, step.args, "planned", False, None, None, None, {})
        for n, step in enumerate(plan.plan, 1)
    ]
    terminal.show_plan(steps, "offline planner" if planner == "offline" else planner)
    terminal.say("Nothing was run. /run runs it, /save FILE keeps it.")
