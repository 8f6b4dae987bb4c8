"""Shows a language model's words as they come, broken between words, each line under the speaker's mark."""

import re
from collections.abc import Callable

from rich.cells import cell_len
from rich.text import Text

from agent.terminal import Terminal, plain

GOES_ON = "  | "
"""What a comment's further lines begin with, so that none is taken for one of Ekiben's own."""


class Hearing:
    """Gets pieces of words that may be shown; at a terminal they stand there at once."""

    def __init__(self, terminal: Terminal, speaker: Callable[[], str]) -> None:
        self.terminal, self.speaker = terminal, speaker
        self.said = False
        """Whether words of the last reply are on the screen."""
        self._at = 0
        self._word = ""

    def __call__(self, piece: str) -> None:
        """More words; a line's end ends the reply."""
        if self.terminal.quiet or not self.terminal.console.is_terminal:
            return
        for part in re.findall(r"\n|[^\S\n]+|\S+", piece):
            if part == "\n":
                self.end()
            elif part.isspace():
                self._flush()
                self._word = " " if self._at else ""
            else:
                self._word += part

    def begin(self) -> None:
        """Another reply is about to come."""
        self.end()
        self.said = False

    def end(self) -> None:
        """The reply is over."""
        self._flush()
        if self._at:
            self.terminal.console.print()
        self._at = 0

    def _flush(self) -> None:
        """Print the word that is whole now."""
        word, self._word = plain(self._word), ""
        if not word.strip():
            return
        if self._at == 0:
            self._print(f"{plain(self.speaker())} says: ")
        elif self._at + cell_len(word) > self.terminal.width:
            self.terminal.console.print()
            self._at, word = 0, word.lstrip()
            self._print(GOES_ON)
        self._print(word)
        self.said = True

    def _print(self, text: str) -> None:
        self.terminal.console.print(Text(text, style="italic"), end="")
        self._at += cell_len(text)
