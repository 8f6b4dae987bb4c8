"""The process behind one deployment: owns its listening socket, outlives the command, gives revisions their turns.

Run as `python -m tools.core.serving.supervisor FOLDER --listener FD`. It takes JSON lines on a Unix socket whose place
is in FOLDER/supervisor.json, and answers each with one line:

    {"do": "start", "revision": 2, "source": …, "home": …}   starts processes that take no traffic yet, or has them warm
    {"do": "activate", "entry": {…}}   on the same connection: they take the traffic, those before rest and stay warm,
                           and the entry is added to the deployment's record, whatever becomes of the command
    {"do": "canary", "entry": {…}}     on the same connection: they get entry["canary"] percent of the requests
    {"do": "promote" | "end_canary", "entry": {…}}   the canary takes all traffic, or ends
    {"do": "status"}       what is live
    {"do": "stop", "entry": {…} | null}   drain and end

Started processes whose connection ends before they were activated are ended too: a killed command leaves no trace.
With `--lock FD` (by a service that lost its supervisor) or `--open` (by systemd) it brings back what the record says.
It knows the standard library and psutil alone, so that it starts at once and stays small.
"""

import argparse
import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tools.core.serving.control import LOCK_SECONDS
from tools.core.serving.place import Place
from tools.core.serving.replica import Setup
from tools.core.serving.replicas import Replicas
from tools.core.serving.turns import Turns

IDLE_SECONDS = 10.0


class Supervisor:
    """Listens to commands, and ends when nothing is live and nobody talks to it."""

    def __init__(self, folder: Path, public: socket.socket, key: str) -> None:
        self.folder = folder
        self.place = Place(folder)
        self.turns = Turns(folder, self.place, public, key)
        self.talking = 0

    async def run(self, recovering: bool) -> int:
        """Serve commands until told to stop; the exit code."""
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self.turns.ended.set)
        tasks = [asyncio.create_task(self._give_up())]
        if recovering:
            tasks.append(asyncio.create_task(self._recover()))
            await asyncio.sleep(0)  # what is live stands before anybody asks
        server = await asyncio.start_unix_server(self._serve, self.place.control)
        self.turns.note()
        await self.turns.ended.wait()
        for task in tasks:
            task.cancel()
        await self.turns.end()
        server.close()
        self.place.remove()
        return 1 if self.turns.failure else 0

    async def _recover(self) -> None:
        from tools.core.serving.recovery import recover

        self.talking += 1
        try:
            await recover(self.folder, self.turns)
        except Exception as exc:
            traceback.print_exc()
            self.turns.fail(f"it could not be brought back ({type(exc).__name__})")
        finally:
            self.talking -= 1

    async def _give_up(self) -> None:
        """End when nothing is live and nobody is talking: the command that wanted this is gone."""
        while True:
            await asyncio.sleep(IDLE_SECONDS)
            if self.turns.live is None and not self.talking:
                self.turns.ended.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        candidates: list[Replicas] = []
        self.talking += 1
        try:
            while line := await reader.readline():
                answer = await self._answer(json.loads(line), candidates)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, KeyError):
            pass
        finally:
            for candidate in candidates:
                self.turns.later(candidate.leave())
            self.talking -= 1
            writer.close()

    async def _answer(self, asked: dict[str, Any], candidates: list[Replicas]) -> dict[str, Any]:
        do, entry = asked["do"], asked.get("entry") or {}
        if do == "status":
            return {"ok": True, **self.turns.document()}
        if do == "stop":
            return self._stop(entry)
        if do == "start":
            return await self._start(asked, candidates)
        if do in ("activate", "canary"):
            error = await self.turns.take(candidates[-1], entry)
            if not error:
                candidates.pop()
        else:
            error = await self.turns.end_canary(entry, promoted=do == "promote")
        return {"ok": not error, "error": error, **self.turns.document()}

    async def _start(self, asked: dict[str, Any], candidates: list[Replicas]) -> dict[str, Any]:
        key = self.turns.key if asked["key"] is None else asked["key"]
        if asked["key_required"] and not key:
            return {"ok": False, "error": "nobody holds the key that its clients must send"}
        setup = Setup(
            revision=asked["revision"],
            source=asked["source"],
            home=asked["home"],
            replicas=asked["replicas"],
            cors=tuple(asked["cors"]),
            key=key,
            interpreter=asked["interpreter"],
        )
        replicas, error = await self.turns.ready(setup)
        if not error:
            candidates.append(replicas)
        return {"ok": not error, "error": error, "private": replicas.private}

    def _stop(self, entry: dict[str, Any]) -> dict[str, Any]:
        error = self.turns.write(entry) if entry else ""
        if not error:
            self.turns.ended.set()
        return {"ok": not error, "error": error}


def held(folder: Path, descriptor: int | None) -> int:
    """The lock that one supervisor of a folder holds all its life; BlockingIOError while another does, for long."""
    if descriptor is not None:
        os.set_inheritable(descriptor, False)
        return descriptor
    lock = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return lock


def detach() -> None:
    """Go on in a process of our own, whoever started this one."""
    if os.fork():
        os._exit(0)
    os.setsid()


def main() -> int:
    """Run the supervisor of one deployment; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--listener", type=int, help="descriptor of a listening socket; the process goes on by itself")
    parser.add_argument("--lock", type=int, help="descriptor of the lock, held already")
    parser.add_argument("--open", action="store_true", help="open the recorded address, and stay in the foreground")
    given = parser.parse_args()
    if not given.open:
        detach()
    try:
        lock = held(given.folder, given.lock)
    except BlockingIOError:
        sys.stderr.write("another supervisor of this deployment runs already\n")
        return 0
    key = os.environ.pop("EKIBEN_SERVICE_KEY", "")
    public = _opened(given.folder) if given.open else socket.socket(fileno=given.listener)
    public.set_inheritable(False)
    code = asyncio.run(Supervisor(given.folder, public, key).run(given.open or given.lock is not None))
    os.close(lock)
    return code


def _opened(folder: Path) -> socket.socket:
    from tools.core.serving.control import open_listener
    from tools.core.serving.deployments import Deployment

    last = Deployment(folder.name, folder).last
    return open_listener(last["host"], last["port"])


if __name__ == "__main__":
    sys.exit(main())
