"""Ctrl-C: once stops what is running or clears the line, twice within two seconds leaves."""

import signal
import time
from types import FrameType, TracebackType
from typing import Any

TWICE_WITHIN = 2.0
"""Seconds."""


class Interrupts:
    """Counts presses of Ctrl-C, at the prompt and while something runs."""

    def __init__(self) -> None:
        self.last = float("-inf")
        self.leaving = False
        self.before: Any = None

    def pressed(self) -> bool:
        """Note one press; whether it is the second within two seconds."""
        now = time.monotonic()
        self.leaving = self.leaving or now - self.last < TWICE_WITHIN
        self.last = now
        return self.leaving

    def __enter__(self) -> "Interrupts":
        self.before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.pressed()
        raise KeyboardInterrupt
