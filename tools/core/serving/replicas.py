"""A revision's processes: started together, taking and leaving their turn together, each started again when it ends."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.core.serving.replica import REST_SECONDS, START_SECONDS, Replica, Setup

MOST_RESTARTS = 5
"""A process that ends so often without having lived for STEADY_SECONDS between is given up."""
STEADY_SECONDS = 60.0


class Replicas:
    """All processes of one revision, on one public socket, with one folder of metrics."""

    def __init__(self, setup: Setup, place: Path, public: socket.socket, log: Path, guardian: str) -> None:
        self.setup, self.public, self.log = setup, public, log
        self.metrics = place / f"metrics-{setup.revision}"
        self.metrics.mkdir(exist_ok=True)
        variables = setup.variables(self.metrics, guardian)
        stem = f"{setup.revision}-{time.monotonic_ns()}"
        names = [str(place / f"{stem}-{number}") for number in range(setup.replicas)]
        self.members = [Replica(setup, name, variables, log) for name in names]
        self.orders: dict[str, str] = {}
        """What a process that is started again is told: order by word."""
        self.since = time.time()
        self.leaving = False
        self.error = ""
        self.watching: list[asyncio.Task[None]] = []

    @property
    def revision(self) -> int:
        """The revision's number."""
        return self.setup.revision

    @property
    def runs(self) -> bool:
        """Whether all are there."""
        return all(member.runs for member in self.members)

    @property
    def private(self) -> list[str]:
        """Each one's private socket."""
        return [member.private for member in self.members]

    async def start(self) -> str:
        """Start them; "" once all are ready, else why one is not."""
        errors = await asyncio.gather(*(member.start(self.public) for member in self.members))
        error = next(filter(None, errors), "")
        if error:
            await asyncio.gather(*(member.end() for member in self.members))
        return error

    async def activate(self) -> str:
        """Let them take traffic; "" once all do, else why one does not."""
        self.since = time.time()
        return await self._order("activate", "activate", "active")

    async def rest(self) -> bool:
        """Let them finish what they have and stay warm; False where that failed and they should leave."""
        self.stop_watching()
        self.orders.clear()
        if not self.runs:
            return False
        done = await asyncio.gather(*(member.order("rest", "resting", REST_SECONDS) for member in self.members))
        return self.runs and not any(done)

    async def give_share(self, canary: "Replicas | None", percent: int) -> str:
        """Send a canary so many of a hundred requests; None ends that."""
        errors = []
        for number, member in enumerate(self.members):
            order = _share(canary, percent, number)
            errors.append(await member.order(order, "canary"))
        self.orders.pop("canary", None)
        if canary:
            self.orders["canary"] = _share(canary, percent, 0)
        return next(filter(None, errors), "")

    async def _order(self, name: str, order: str, answer: str) -> str:
        self.orders[name] = order
        errors = await asyncio.gather(*(member.order(order, answer) for member in self.members))
        return next(filter(None, errors), "")

    async def leave(self) -> None:
        """Let them finish what they have, then end."""
        self.leaving = True
        self.stop_watching()
        await asyncio.gather(*(member.leave() for member in self.members))

    def watch(self, changed: Callable[[], None], failed: Callable[[str], None]) -> None:
        """Start each again when it ends, and say so; say when the last one was given up."""
        self.stop_watching()
        self.watching = [asyncio.create_task(self._watch(member, changed, failed)) for member in self.members]

    def stop_watching(self) -> None:
        """What ends from here on stays ended."""
        for task in self.watching:
            task.cancel()
        self.watching = []

    async def _watch(self, member: Replica, changed: Callable[[], None], failed: Callable[[str], None]) -> None:
        ends, error = 0, ""
        while True:
            began = time.monotonic()
            if member.process and not error:
                await member.process.wait()
            ends = 1 if time.monotonic() - began > STEADY_SECONDS else ends + 1
            if ends > MOST_RESTARTS:
                break
            self.error = "its process ended and is being started again"
            await asyncio.sleep(min(0.2 * 2**ends, 10.0))
            error = await asyncio.shield(self._again(member, changed))
        self.error = f"its process ended {MOST_RESTARTS} times in a row; {member.told()}"
        if not any(other.runs for other in self.members):
            failed(self.error)

    async def _again(self, member: Replica, changed: Callable[[], None]) -> str:
        if error := await member.start(self.public):
            return error
        changed()
        if self.leaving:
            await member.leave()
            return ""
        for name, order in self.orders.items():
            await member.order(order, {"activate": "active"}.get(name, name), START_SECONDS)
        self.error = ""
        return ""

    def document(self) -> dict[str, Any]:
        """What `status` is told."""
        return {
            "revision": self.revision,
            "replicas": len(self.members),
            "private": self.private,
            "pids": [member.process.pid for member in self.members if member.process and member.runs],
            "since": self.since,
            "metrics": str(self.metrics),
            "error": self.error,
        }


def _share(canary: Replicas | None, percent: int, number: int) -> str:
    """The order to a process; each starts with another of the canary's processes."""
    if canary is None:
        return "canary null"
    places = canary.private
    turned = places[number % len(places) :] + places[: number % len(places)]
    return "canary " + json.dumps({"percent": percent, "private": turned})
