"""What is printed when a run has ended: everything, or only what the terminal has not shown already."""

import sys
from typing import TYPE_CHECKING

from agent.answer import after_failure, closing
from agent.terminal import plain

if TYPE_CHECKING:
    from agent.driver import Driver
    from agent.ended import Ended


def text_of(driver: "Driver", ended: "Ended") -> str:
    """The text that is left to print."""
    found = ended.document
    seen = sys.stdout.isatty() and driver.terminal.console.is_terminal and not driver.settings.quiet
    if seen and driver.heard.said and not found["steps"] and found["question"] is None and found["error"] is None:
        return ""  # the language model's words stand there already
    if not seen or not found["steps"]:
        return plain(found["answer"])
    lines = closing(found["steps"], driver.context)
    lines += [] if found["error"] is None else after_failure(found)
    return plain("\n".join([*lines, *filter(None, [ended.comment])]))
