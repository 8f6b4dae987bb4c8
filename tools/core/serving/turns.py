"""Whose turn it is: one live revision, the warm one before it, a canary beside it, and how they change places."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tools.core.children import python
from tools.core.errors import EkibenError
from tools.core.files import append_line
from tools.core.journal import now
from tools.core.serving.place import Place
from tools.core.serving.replica import Setup
from tools.core.serving.replicas import Replicas
from tools.core.serving.survivors import Survivors


class Turns:
    """The listening socket, and the revisions that stand behind it."""

    def __init__(self, folder: Path, place: Place, public: socket.socket, key: str) -> None:
        self.folder, self.place, self.public, self.key = folder, place, public, key
        self.address = public.getsockname()
        self.live: Replicas | Survivors | None = None
        self.warm: Replicas | None = None
        self.canary: Replicas | None = None
        self.percent = 0
        self.failure = ""
        self.trouble = ""
        """Why what is live cannot be started anew."""
        self.moving = asyncio.Lock()
        self.ended = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    async def ready(self, setup: Setup) -> tuple[Replicas, str]:
        """Processes of a revision that wait on private sockets: the warm ones, else new ones; and why they do not."""
        warm, self.warm = self.warm, None
        if warm and warm.setup == setup and warm.runs:
            return warm, ""
        self.warm = warm
        log = self.folder / "service.log"
        replicas = Replicas(setup, self.place.path, self.public, log, self._guardian())
        error = await replicas.start()
        return replicas, error

    def _guardian(self) -> str:
        command = python("-m", "tools.core.serving.supervisor", str(self.folder))
        log = str(self.folder / "supervisor.log")
        return json.dumps({"command": command, "lock": str(self.folder / "supervisor.lock"), "log": log})

    async def take(self, replicas: Replicas, entry: dict[str, Any]) -> str:
        """Give proven processes the traffic, or entry["canary"] percent of it; "" or why not."""
        async with self.moving:
            if entry.get("canary"):
                return await self._begin_canary(replicas, entry)
            return await self.replace(replicas, entry)

    async def replace(self, replicas: Replicas, entry: dict[str, Any] | None) -> str:
        """The record is written after the new ones accept and before the old ones stop: it decides after a kill."""
        self.note(replicas)
        error = await replicas.activate() or (self.write(entry) if entry else "")
        if error:
            return error
        before, self.live = self.live, replicas
        self.key = replicas.setup.key
        replicas.watch(self.note, self.fail)
        if before:
            self.later(self._rest(before))
        self.note()
        return ""

    async def _rest(self, before: "Replicas | Survivors") -> None:
        """The one before stays warm, and the one before that ends."""
        old, self.warm = self.warm, None
        if isinstance(before, Replicas) and await before.rest():
            self.warm = before
        else:
            self.later(before.leave())
        if old:
            self.later(old.leave())
        self.note()

    async def _begin_canary(self, replicas: Replicas, entry: dict[str, Any]) -> str:
        if not isinstance(self.live, Replicas) or self.canary:
            return "there is nothing live beside which it could stand, or a canary already"
        self.note(replicas)
        error = await self.live.give_share(replicas, entry["canary"]) or self.write(entry)
        if error:
            await self.live.give_share(None, 0)
            return error
        self.canary, self.percent = replicas, entry["canary"]
        replicas.watch(self.note, self._canary_failed)
        self.note()
        return ""

    async def end_canary(self, entry: dict[str, Any], promoted: bool) -> str:
        """The canary takes all traffic, or none; "" or why not."""
        async with self.moving:
            canary = self.canary
            if not canary:
                return "there is no canary"
            if promoted and (error := await self._promote(canary, entry)):
                return error
            if not promoted and (error := self.write(entry)):
                return error
            self.canary = None
            if not promoted:
                self.later(self._dismiss(canary))
            self.note()
            return ""

    async def _promote(self, canary: Replicas, entry: dict[str, Any]) -> str:
        before = self.live
        if error := await self.replace(canary, entry):
            await canary.rest()
            canary.watch(self.note, self._canary_failed)
            return error
        if isinstance(before, Replicas):
            await before.give_share(None, 0)
        return ""

    async def _dismiss(self, canary: Replicas) -> None:
        if isinstance(self.live, Replicas):
            await self.live.give_share(None, 0)
        await canary.leave()

    def _canary_failed(self, why: str) -> None:
        canary, self.canary = self.canary, None
        if canary:
            live = self.live.revision if self.live else None
            self.write({"at": now(), "event": "canary_failed", "revision": live, "left": canary.revision, "why": why})
            self.later(self._dismiss(canary))
            self.note()

    def fail(self, why: str) -> None:
        """The live revision cannot be kept up: say why, and let go of the address rather than keep clients waiting."""
        self.failure = why
        revision = self.live.revision if self.live else None
        self.write({"at": now(), "event": "failed", "revision": revision, "why": why})
        self.ended.set()

    def write(self, entry: dict[str, Any]) -> str:
        """Add to the record; "" or why that failed."""
        try:
            append_line(self.folder / "record.jsonl", entry)
        except (EkibenError, OSError) as exc:
            return f"its record cannot be written: {exc}"
        return ""

    def note(self, *more: Replicas) -> None:
        """Write down which processes there are, before any of `more` takes traffic and after each change."""
        known = [one for one in (self.live, self.warm, self.canary, *more) if one]
        services = []
        for one in known:
            found = [m.identity for m in one.members] if isinstance(one, Replicas) else one.processes
            services += [process.document() for process in found if process]
        with contextlib.suppress(OSError):
            self.place.note(services)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else, and before the end."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def end(self) -> None:
        """Let all finish what they have; whoever connects from now on is refused."""
        for one in (self.live, self.warm, self.canary):
            if one:
                self.later(one.leave())
        await asyncio.sleep(0.1)
        with contextlib.suppress(OSError):
            self.public.shutdown(socket.SHUT_RDWR)  # for whoever inherited it too
        self.public.close()
        while self.tasks:
            await asyncio.gather(*self.tasks, return_exceptions=True)

    def _metrics(self) -> str | None:
        return str(self.place.path / f"metrics-{self.live.revision}") if self.live else None

    def document(self) -> dict[str, Any]:
        """What `status` is told."""
        live = self.live.document() if isinstance(self.live, Replicas) else {}
        pids = live.get("pids") or [p.pid for p in getattr(self.live, "processes", [])]
        return {
            "ending": self.ended.is_set(),
            "host": self.address[0],
            "public_port": self.address[1],
            "revision": self.live.revision if self.live else None,
            "running": self.live is not None and self.live.runs,
            "service_pid": pids[0] if pids else None,
            "keyed": bool(self.key),
            "warm": self.warm.revision if self.warm else None,
            "canary": {**self.canary.document(), "percent": self.percent} if self.canary else None,
            "live": {"error": self.trouble, "metrics": self._metrics(), **live, "pids": pids},
        }
