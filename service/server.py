"""Serves a Bento on inherited sockets, so that revisions can take turns on one address with no request lost.

It is told what to do by lines on standard input and says what it did by lines on standard output:

    activate   start to accept on the public socket
    drain      stop accepting there, finish what came in, then exit
    (end)      the supervisor is gone: drain
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Literal

import uvicorn

from service.http import PATHS, THEIRS

IDLE_SECONDS = 75
"""How long a connection may be idle in normal times."""
DRAIN_IDLE_SECONDS = 5.0
"""How long a draining server waits for a kept-alive connection's next request, before it closes it."""
DRAIN_SECONDS = 60.0
UNKNOWN = "/not-found"


class Turn:
    """Stands in front of the application: while draining it asks every client to open a new connection next time.

    Unknown paths become one, since BentoML's metrics would keep each of them as a label for ever.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self.draining = False
        self.busy = 0
        self.last = 0.0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def said(message: MutableMapping[str, Any]) -> None:
            if self.draining and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        if scope["path"] not in (*THEIRS, *PATHS):
            scope = {**scope, "path": UNKNOWN}
        self.busy += 1
        try:
            await self.app(scope, receive, said)
        finally:
            self.busy -= 1
            self.last = asyncio.get_running_loop().time()


class QuietServer(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has one owner of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop_accepting(self) -> None:
        """Close this process's hold on the listening socket; others that inherited it go on."""
        for server in self.servers:
            server.close()


class Revision:
    """One revision's two servers: a private one from the start, a public one once it is its turn."""

    def __init__(self, app: Callable[..., Awaitable[None]], private: socket.socket, public: socket.socket) -> None:
        self.turn = Turn(app)
        self.sockets = private, public
        self.private = QuietServer(self._config(lifespan="on"))
        self.public: QuietServer | None = None
        self.ending = asyncio.Event()

    def _config(self, lifespan: Literal["on", "off"]) -> uvicorn.Config:
        return uvicorn.Config(
            self.turn,
            lifespan=lifespan,
            access_log=False,
            log_config=None,
            timeout_keep_alive=IDLE_SECONDS,
            backlog=2048,
            server_header=False,
        )

    async def run(self) -> None:
        """Serve until drained."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.ending.set)
        serving = asyncio.create_task(self.private.serve(sockets=[self.sockets[0]]))
        while not self.private.started and not serving.done():
            await asyncio.sleep(0.01)
        if not self.private.started:
            return
        say("ready")
        listening = asyncio.create_task(self._listen())
        ended = asyncio.create_task(self.ending.wait())
        await asyncio.wait({ended, serving}, return_when=asyncio.FIRST_COMPLETED)
        await self._drain()
        self.private.should_exit = True
        await serving
        listening.cancel()

    async def _listen(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).strip():
            if line == b"activate":
                await self._activate()
            elif line == b"drain":
                break
        self.ending.set()

    async def _activate(self) -> None:
        if self.public is None:
            self.public = QuietServer(self._config(lifespan="off"))
            self.serving = asyncio.create_task(self.public.serve(sockets=[self.sockets[1]]))
            while not self.public.started:
                await asyncio.sleep(0.005)
        say("active")

    async def _drain(self) -> None:
        if self.public is None:
            return
        self.public.stop_accepting()
        say("draining")
        self.turn.draining = True
        loop = asyncio.get_running_loop()
        began = self.turn.last = loop.time()
        while self.public.server_state.connections and loop.time() - began < DRAIN_SECONDS:
            if not self.turn.busy and loop.time() - self.turn.last > DRAIN_IDLE_SECONDS:
                break
            await asyncio.sleep(0.05)
        self.public.should_exit = True
        await self.serving


def say(word: str) -> None:
    """Tell the supervisor."""
    with contextlib.suppress(OSError):  # it may be gone; what came in is finished all the same
        os.write(sys.stdout.fileno(), word.encode() + b"\n")


def main() -> None:
    """Load the service of the Bento whose source folder is on the path, and serve it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--private", type=int, required=True)
    parser.add_argument("--public", type=int, required=True)
    given = parser.parse_args()
    sockets = [socket.socket(fileno=fd) for fd in (given.private, given.public)]
    with tempfile.TemporaryDirectory(prefix="ekiben-metrics-") as metrics:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics  # two servers would wipe each other's in a shared one
        import uvloop

        from service.service import SERVICE

        async def serve() -> None:
            await Revision(SERVICE.to_asgi(), sockets[0], sockets[1]).run()

        uvloop.run(serve())


if __name__ == "__main__":
    main()
