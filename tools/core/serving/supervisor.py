"""The process behind one deployment: owns its listening socket, outlives the command, runs one revision's service.

Run as `python -m tools.core.serving.supervisor FOLDER FD`. It takes JSON lines on a Unix socket whose place is in
FOLDER/supervisor.json, and answers each with one line:

    {"do": "start", "revision": 2, "source": …, "home": …, "interpreter": …}   starts a service that does not take
                           traffic yet
    {"do": "activate", "entry": {…}}   on the same connection: it takes the traffic, the one before drains, and the
                           entry is added to the deployment's record, whatever becomes of the command
    {"do": "status"}       what is live
    {"do": "stop"}         drain and end

A started service whose connection ends before it was activated is ended too: a killed command leaves no trace.
It knows the standard library alone, so that it starts at once and stays small.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.core.children import environment, python
from tools.core.errors import EkibenError
from tools.core.files import append_line

START_SECONDS = 120.0
IDLE_SECONDS = 10.0
DRAIN_SECONDS = 90.0
MOST_RESTARTS = 5
"""A service that ends so often without having lived for STEADY_SECONDS between is given up."""
STEADY_SECONDS = 60.0


class Service:
    """One revision's server process."""

    def __init__(self, revision: int, source: str, home: str, log: Path, interpreter: str = sys.executable) -> None:
        self.revision, self.source, self.home, self.log = revision, source, home, log
        self.interpreter = interpreter
        self.process: asyncio.subprocess.Process | None = None
        self.port = 0
        self.words: asyncio.Queue[str] = asyncio.Queue()
        self.leaving = False
        self.proofs = 1
        """Requests to the running process that were no client's."""

    async def start(self, public: socket.socket) -> str:
        """Start it; "" once it is ready, else why it is not."""
        with socket.socket() as private:
            private.bind(("127.0.0.1", 0))
            private.listen(64)
            self.port = private.getsockname()[1]
            numbers = private.fileno(), public.fileno()
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *python(*self._arguments(*numbers), interpreter=self.interpreter),
                    env=environment(Path(self.source), BENTOML_HOME=self.home),
                    cwd=self.home,
                    pass_fds=numbers,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                )
        self.reading = asyncio.create_task(self._read())
        return await self.wait_for("ready", START_SECONDS)

    def _arguments(self, private: int, public: int) -> list[str]:
        return ["-m", "service.server", "--private", str(private), "--public", str(public)]

    async def _read(self) -> None:
        assert self.process and self.process.stdout
        while line := await self.process.stdout.readline():
            self.words.put_nowait(line.decode(errors="replace").strip())
        self.words.put_nowait("")

    async def wait_for(self, word: str, seconds: float) -> str:
        """Wait until the service says a word; "" when it did, else what happened instead."""
        try:
            async with asyncio.timeout(seconds):
                while said := await self.words.get():
                    if said == word:
                        return ""
        except TimeoutError:
            return f"it did not say {word!r} within {seconds:.0f} s"
        self.words.put_nowait("")
        return "its process ended"

    async def tell(self, word: str) -> None:
        """Send it a word."""
        assert self.process and self.process.stdin
        with contextlib.suppress(ConnectionError):
            self.process.stdin.write(word.encode() + b"\n")
            await self.process.stdin.drain()

    async def end(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def leave(self) -> None:
        """Let it finish what it has; end it after that."""
        self.leaving = True
        if self.process is None or self.process.returncode is not None:
            return
        await self.tell("drain")
        try:
            await asyncio.wait_for(self.process.wait(), DRAIN_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


class Supervisor:
    """The listening socket and whose turn it is."""

    def __init__(self, folder: Path, public: socket.socket) -> None:
        self.folder, self.public = folder, public
        self.live: Service | None = None
        self.since = 0.0
        self.restarts = 0
        self.error = ""
        self.talking = 0
        self.ended = asyncio.Event()
        self.leaving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve commands until told to stop."""
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self.ended.set)
        with tempfile.TemporaryDirectory(prefix="ekiben-") as place:
            control = str(Path(place) / "control")
            server = await asyncio.start_unix_server(self._serve, control)
            facts = {"pid": os.getpid(), "control": control, "started": time.time()}
            aside = self.folder / ".supervisor.json"
            aside.write_text(json.dumps(facts), encoding="utf-8")
            aside.replace(self.folder / "supervisor.json")
            self._later(self._give_up())
            await self.ended.wait()
            await self._end()
            server.close()
        (self.folder / "supervisor.json").unlink(missing_ok=True)

    async def _end(self) -> None:
        if self.live:
            self._later(self.live.leave())
            await asyncio.sleep(0.1)
        with contextlib.suppress(OSError):
            self.public.shutdown(socket.SHUT_RDWR)  # for whoever inherited it too: new connections are refused
        self.public.close()
        for task in list(self.leaving):
            if task.get_name() == "idle":
                task.cancel()
        await asyncio.gather(*self.leaving, return_exceptions=True)

    async def _give_up(self) -> None:
        """End when nothing is live and nobody is talking: the command that wanted this is gone."""
        task = asyncio.current_task()
        assert task
        task.set_name("idle")
        while True:
            await asyncio.sleep(IDLE_SECONDS)
            if self.live is None and not self.talking:
                self.ended.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        candidate: Service | None = None
        self.talking += 1
        try:
            while line := await reader.readline():
                asked = json.loads(line)
                if asked["do"] == "start":
                    candidate, answer = await self._start(asked)
                elif asked["do"] == "activate" and candidate:
                    answer = await self._activate(candidate, asked["entry"])
                    candidate = None if answer["ok"] else candidate
                else:
                    answer = await self._other(asked["do"])
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, KeyError):
            pass
        finally:
            if candidate:
                await candidate.leave()
            self.talking -= 1
            writer.close()

    async def _start(self, asked: dict[str, Any]) -> tuple[Service, dict[str, Any]]:
        log = self.folder / "service.log"
        service = Service(asked["revision"], asked["source"], asked["home"], log, asked["interpreter"])
        error = await service.start(self.public)
        return service, {"ok": not error, "error": error, "port": service.port}

    async def _activate(self, service: Service, entry: dict[str, Any]) -> dict[str, Any]:
        await service.tell("activate")
        if error := await service.wait_for("active", START_SECONDS):
            return {"ok": False, "error": error}
        try:
            append_line(self.folder / "record.jsonl", entry)
        except (EkibenError, OSError) as exc:
            return {"ok": False, "error": f"its record cannot be written: {exc}"}
        before, self.live, self.since, self.error = self.live, service, time.time(), ""
        self.restarts = 0
        self._later(self._watch(service))
        if before:
            self._later(before.leave())
        return {"ok": True, **self._state()}

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.leaving.add(task)
        task.add_done_callback(self.leaving.discard)

    async def _watch(self, service: Service) -> None:
        """Start a live service again when it crashes, waiting longer each time."""
        assert service.process
        began = time.monotonic()
        await service.process.wait()
        while self.live is service and not service.leaving and not self.ended.is_set():
            self.restarts = 0 if time.monotonic() - began > STEADY_SECONDS else self.restarts + 1
            if self.restarts > MOST_RESTARTS:
                self.error = f"the service ended {self.restarts} times in a row"
                return
            await asyncio.sleep(min(0.2 * 2**self.restarts, 10.0))
            began = time.monotonic()
            service.words = asyncio.Queue()
            service.proofs = 0
            if await service.start(self.public):
                await service.end()
                continue
            if self.live is not service or self.ended.is_set():
                await service.leave()
                return
            await service.tell("activate")
            await service.wait_for("active", START_SECONDS)
            assert service.process
            await service.process.wait()

    async def _other(self, do: str) -> dict[str, Any]:
        if do == "stop":
            self.ended.set()
            return {"ok": True}
        return {"ok": do == "status", **self._state()}

    def _state(self) -> dict[str, Any]:
        live = self.live
        pid = live.process.pid if live and live.process else None
        running = bool(live and live.process and live.process.returncode is None)
        return {
            "host": self.public.getsockname()[0],
            "public_port": self.public.getsockname()[1],
            "revision": live.revision if live else None,
            "port": live.port if live else None,
            "service_pid": pid,
            "running": running,
            "since": self.since,
            "proofs": live.proofs if live else 0,
            "error": self.error,
        }


def main(folder: Path, descriptor: int) -> None:
    """Run the supervisor of one deployment on an inherited listening socket, detached from who started it."""
    if os.fork():
        os._exit(0)
    os.setsid()
    public = socket.socket(fileno=descriptor)
    asyncio.run(Supervisor(folder, public).run())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
