"""What a live service does when its supervisor is gone: it goes on serving, and starts another one on its socket."""

import asyncio
import fcntl
import json
import os
import random
import socket
import subprocess
from pathlib import Path

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 10.0


class Guardian:
    """Knows how to start a supervisor: `told` is JSON with its command, its lock's and its log's place; None: never.

    A supervisor holds the lock as long as it lives. Of several services that lost theirs, the one that gets the lock
    hands it on to the supervisor that it starts, and the others wait whether that one lives.
    """

    def __init__(self, told: str | None) -> None:
        self.told = json.loads(told) if told else None
        ours = ("PYTHONPATH", "PROMETHEUS_")
        self.variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    async def watch(self, public: socket.socket) -> None:
        """Start a supervisor whenever there is none; returns at once when it is not known how."""
        wait = FIRST_SECONDS
        while self.told:
            lock = taken(Path(self.told["lock"]))
            if lock is not None:
                try:
                    await asyncio.to_thread(self._start, public.fileno(), lock)
                finally:
                    os.close(lock)
                wait = min(2 * wait, LONGEST_SECONDS)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))

    def _start(self, public: int, lock: int) -> None:
        """Run the command; it goes on in a process of its own at once."""
        assert self.told
        with Path(self.told["log"]).open("ab") as log:
            subprocess.run(
                [*self.told["command"], "--listener", str(public), "--lock", str(lock)],
                env=self.variables,
                cwd="/",
                pass_fds=(public, lock),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )


def taken(path: Path) -> int | None:
    """The descriptor of a lock file that is ours now; None while another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
