"""A person at a terminal: types into `ekiben` over a pseudo-terminal, and sees what its screen shows."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte
from conftest import EKIBEN, clean_environment

CTRL_C, CTRL_D, CTRL_R, TAB, ENTER, ALT_ENTER = "\x03", "\x04", "\x12", "\t", "\r", "\x1b\r"


class Typist:
    """One session; everything that was shown is on `text`, also what has scrolled away."""

    def __init__(self, process: "pexpect.spawn[bytes]", columns: int, rows: int) -> None:
        self.process = process
        self.screen = pyte.HistoryScreen(columns, rows, history=5_000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""

    def types(self, text: str, end: str = ENTER) -> None:
        """Type a line."""
        self.process.send(text + end)

    def presses(self, key: str, seconds: float = 90) -> None:
        """Press a key at the prompt: when it is up, and the keys before it are through."""
        end = time.monotonic() + seconds
        while not (self.screen.display[-1].strip() and self._at_prompt()):
            assert time.monotonic() < end, f"there is no prompt:\n{self.text}"
            self._read()
        self.process.send(key)

    def _at_prompt(self) -> bool:
        line = self.screen.display[self.screen.cursor.y]
        return line.startswith(("> ", "  ", "(reverse-i-search")) and "mode " in self.screen.display[-1]

    @property
    def text(self) -> str:
        """The lines above the screen, and the screen."""
        above = ["".join(line[n].data for n in sorted(line)) for line in self.screen.history.top]
        return "\n".join(line.rstrip() for line in [*above, *self.screen.display])

    def sees(self, pattern: str, seconds: float = 90, times: int = 1) -> str:
        """Wait until a pattern stands on the screen so many times; the text."""
        end = time.monotonic() + seconds
        while len(re.findall(pattern, self.text)) < times:
            assert time.monotonic() < end, f"{pattern!r} was not seen in:\n{self.text}"
            self._read()
        return self.text

    def ends(self, seconds: float = 30) -> int | None:
        """Wait until the session is over; its exit code."""
        end = time.monotonic() + seconds
        while self.process.isalive():
            assert time.monotonic() < end, f"it goes on:\n{self.text}"
            self._read()
        return self.process.exitstatus

    def _read(self) -> None:
        try:
            got = self.process.read_nonblocking(65_536, timeout=0.1)
        except (pexpect.TIMEOUT, pexpect.EOF):
            time.sleep(0.02)
            return
        self.raw += got
        self.stream.feed(got)
        if b"\x1b[6n" in got:  # where is the cursor?
            self.process.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")


@contextmanager
def at_terminal(folder: Path, *args: str, columns: int = 100, rows: int = 40, **variables: str) -> Iterator[Typist]:
    """`ekiben ARGS` in that folder, at a terminal of that size; killed at the end if it still goes on."""
    process = pexpect.spawn(
        str(EKIBEN),
        list(args),
        cwd=str(folder),
        env=clean_environment(folder / "home", TERM="xterm-256color", **variables),
        dimensions=(rows, columns),
        timeout=None,
    )
    process.delaybeforesend = None
    try:
        yield Typist(process, columns, rows)
    finally:
        process.close(force=True)
