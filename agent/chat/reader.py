"""Reads the person's lines: with editing, history and completion at a terminal, else line by line."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from agent.chat.interrupts import Interrupts
from agent.llm.keys import without_secrets

ADDRESS = re.compile(r"\w+://\S+")
PROMPT, GOES_ON = "> ", "  "


class Reader(Protocol):
    """Where lines come from."""

    def lines(self) -> Iterator[str]:
        """The lines that are not empty, until the person leaves."""


class Piped:
    """Lines of standard input that is no terminal."""

    def lines(self) -> Iterator[str]:
        """One line, one turn."""
        for line in sys.stdin:
            if line.strip():
                yield line.strip()


@dataclass
class AtTerminal:
    """A line editor: Enter sends, Alt-Enter or a backslash at the end goes on, Ctrl-R searches, Tab completes."""

    completer: Completer
    history: Path
    interrupts: Interrupts
    toolbar: Callable[[], str]
    say: Callable[[str], None]

    def lines(self) -> Iterator[str]:
        """What is typed, until Ctrl-D at an empty prompt or Ctrl-C twice within two seconds."""
        session = self._session()
        while not self.interrupts.leaving:
            try:
                line = session.prompt(PROMPT)
            except EOFError:
                return
            except KeyboardInterrupt:
                if not self.interrupts.pressed():
                    self.say("Ctrl-C again, or Ctrl-D, leaves.")
                continue
            if line.strip():
                yield line.strip()

    def _session(self) -> "PromptSession[str]":
        session: PromptSession[str] = PromptSession(
            completer=self.completer,
            complete_in_thread=True,
            complete_while_typing=Condition(lambda: session.default_buffer.text.startswith("/")),
            auto_suggest=AutoSuggestFromHistory(),
            history=Kept(self.history),
            bottom_toolbar=self.toolbar,
            key_bindings=keys(),
            multiline=True,
            prompt_continuation=GOES_ON,
        )
        return session


class Kept(FileHistory):
    """What was typed, in a file for its owner alone; where that cannot be written, in memory."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path

    def store_string(self, string: str) -> None:
        """Add a line to the file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            super().store_string(ADDRESS.sub(lambda found: without_secrets(found[0]) or "", string))
        except OSError:
            return  # it stays in memory


def keys() -> KeyBindings:
    """Enter sends; Alt-Enter, or Enter after a backslash, begins another line."""
    found = KeyBindings()

    @found.add("enter", filter=has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @found.add("escape", "enter", filter=has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return found
