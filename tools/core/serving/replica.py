"""One server process of a revision: started on a private socket, told what to do by words, ended."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.core.children import environment, python
from tools.core.serving.survivors import Process
from tools.core.serving.words import last_words, size_of_log

START_SECONDS = 120.0
DRAIN_SECONDS = 90.0
REST_SECONDS = 3.0


@dataclass(frozen=True)
class Setup:
    """What all processes of one revision have in common."""

    revision: int
    source: str
    """The Bento's source folder, which comes first on their import path."""
    home: str
    """The revision's own BENTOML_HOME."""
    replicas: int = 1
    cors: tuple[str, ...] = ()
    """Origins whose pages may ask."""
    key: str = ""
    """What clients must send; kept in memory alone."""
    interpreter: str = sys.executable
    """The interpreter that has what the Bento pins."""

    def variables(self, metrics: Path, guardian: str) -> dict[str, str]:
        """The processes' environment."""
        import json

        more = {"BENTOML_HOME": self.home, "PROMETHEUS_MULTIPROC_DIR": str(metrics), "EKIBEN_GUARDIAN": guardian}
        more |= {"PYTHONDONTWRITEBYTECODE": "1"}  # the revision's files stay what was hashed
        if self.cors:
            more["EKIBEN_CORS"] = json.dumps(self.cors)
        if self.key:
            more["EKIBEN_SERVICE_KEY"] = self.key
        return environment(Path(self.source), **more)


class Replica:
    """A process that may be started again; its private socket keeps its place."""

    def __init__(self, setup: Setup, private: str, variables: dict[str, str], log: Path) -> None:
        self.setup, self.private, self.variables, self.log = setup, private, variables, log
        self.process: asyncio.subprocess.Process | None = None
        self.identity: Process | None = None
        self.words: asyncio.Queue[str] = asyncio.Queue()
        self.written = 0
        self.ordering = asyncio.Lock()

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.returncode is None

    async def start(self, public: socket.socket) -> str:
        """Start it; "" once it is ready, else why it is not."""
        Path(self.private).unlink(missing_ok=True)  # while there is no process, who connects is refused at once
        self.words = asyncio.Queue()
        self.written = size_of_log(self.log)
        with socket.socket(socket.AF_UNIX) as private, self.log.open("ab") as log:
            private.bind(self.private)
            private.listen(64)
            numbers = private.fileno(), public.fileno()
            command = ("-m", "service.server", "--private", str(numbers[0]), "--public", str(numbers[1]))
            self.process = await asyncio.create_subprocess_exec(
                *python(*command, interpreter=self.setup.interpreter),
                env=self.variables,
                cwd=self.setup.home,
                pass_fds=numbers,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self.identity = Process.of(self.process.pid)
        self.reading = asyncio.create_task(self._read(self.process, self.words))
        error = await self.wait_for("ready", START_SECONDS)
        if error:
            await self.end()
            return f"{error}; {self.told()}"
        return ""

    def told(self) -> str:
        """What its log says since it was started."""
        words = last_words(self.log, self.written)
        return f"its log says {words!r}" if words else "its log says nothing"

    async def _read(self, process: asyncio.subprocess.Process, words: asyncio.Queue[str]) -> None:
        assert process.stdout
        while line := await process.stdout.readline():
            words.put_nowait(line.decode(errors="replace").strip())
        words.put_nowait("")

    async def wait_for(self, word: str, seconds: float) -> str:
        """Wait until the process says a word; "" when it did, else what happened instead."""
        try:
            async with asyncio.timeout(seconds):
                while said := await self.words.get():
                    if said == word:
                        return ""
        except TimeoutError:
            return f"it did not say {word!r} within {seconds:.0f} s"
        self.words.put_nowait("")
        return "its process ended"

    async def tell(self, order: str) -> None:
        """Send it a line."""
        assert self.process and self.process.stdin
        with contextlib.suppress(ConnectionError):
            self.process.stdin.write(order.encode() + b"\n")
            await self.process.stdin.drain()

    async def order(self, order: str, answer: str, seconds: float = START_SECONDS) -> str:
        """Send it a line and wait for the word that says it is done; "" when it is, else what happened instead."""
        async with self.ordering:
            await self.tell(order)
            return await self.wait_for(answer, seconds)

    async def end(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def leave(self) -> None:
        """Let it finish what it has; end it after that."""
        if self.process is None or self.process.returncode is not None:
            return
        await self.tell("drain")
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGCONT)
        try:
            await asyncio.wait_for(self.process.wait(), DRAIN_SECONDS)
        except TimeoutError:
            await self.end()
