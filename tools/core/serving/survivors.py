"""Services that outlived their supervisor: which they are, and how they end. A number alone is not believed."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

DRAIN_SECONDS = 90.0
SERVER = "service.server"


@dataclass(frozen=True)
class Process:
    """A process by number and the time of its start, since numbers are used again."""

    pid: int
    began: float

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The process of that number; None when there is none."""
        import psutil

        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    @property
    def is_ours(self) -> bool:
        """Whether the service that was started under this number is still there."""
        import psutil

        try:
            found = psutil.Process(self.pid)
            same = found.create_time() == self.began and found.status() != psutil.STATUS_ZOMBIE
            return same and SERVER in found.cmdline()
        except psutil.Error:
            return False

    def signal(self, number: int) -> None:
        """Send it a signal if it is still what it was."""
        if self.is_ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def document(self) -> dict[str, Any]:
        """As supervisor.json keeps it."""
        return asdict(self)


def read_survivors(folder: Path) -> list[Process]:
    """The services that a deployment's supervisor wrote down and that are still there."""
    import json

    try:
        told = json.loads((folder / "supervisor.json").read_text(encoding="utf-8"))
        found = [Process(**service) for service in told.get("services", [])]
    except (OSError, ValueError, TypeError):
        return []
    return [process for process in found if process.is_ours]


class Survivors:
    """They answer on the public socket until a revision that was started anew takes over."""

    def __init__(self, revision: int, processes: Iterable[Process]) -> None:
        self.revision = revision
        self.processes = list(processes)

    @property
    def runs(self) -> bool:
        """Whether one of them is there."""
        return any(process.is_ours for process in self.processes)

    async def leave(self) -> None:
        """Let them finish what they have; end them after that."""
        for process in self.processes:
            process.signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        end = loop.time() + DRAIN_SECONDS
        while self.runs and loop.time() < end:
            await asyncio.sleep(0.05)
        for process in self.processes:
            process.signal(signal.SIGKILL)
