"""Serves a Bento on inherited sockets, so that revisions can take turns on one address with no request lost.

It is told what to do by lines on standard input and says what it did by lines on standard output:

    activate      accept on the public socket                                        active
    rest          stop accepting there, finish what came in, stay ready for another turn   resting
    canary JSON   send a share of the requests to another revision; null ends that   canary
    drain         as rest, then exit                                                 draining
    (end)         the supervisor is gone: exit, or, while it is its turn, go on and start another supervisor
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Literal

import uvicorn

from service.canary import CanaryFace, is_forwarded
from service.guardian import Guardian
from service.http import PRIVATE, HttpFace
from service.protocol import GuardedProtocol

IDLE_SECONDS = 75
"""How long a connection may be idle in normal times."""
DRAIN_IDLE_SECONDS = 5.0
"""How long a draining server waits for a kept-alive connection's next request, before it closes it."""
DRAIN_SECONDS = 60.0
App = Callable[..., Awaitable[None]]


class QuietServer(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has one owner of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop_accepting(self) -> None:
        """Close this process's hold on the listening socket; others that inherited it go on."""
        for server in self.servers:
            server.close()


async def serving(app: App, listener: socket.socket, lifespan: Literal["on", "off"]) -> tuple[QuietServer, Any]:
    """Serve an application on a listening socket: the server, once it has started, and its task."""
    config = uvicorn.Config(
        app,
        lifespan=lifespan,
        access_log=False,
        log_config=None,
        log_level="error",  # a line for each malformed request would fill the disk
        timeout_keep_alive=IDLE_SECONDS,
        backlog=2048,
        server_header=False,
        http=GuardedProtocol,
        ws="none",
    )
    server = QuietServer(config)
    task = asyncio.create_task(_serve(server, listener))
    while not server.started and not task.done():
        await asyncio.sleep(0.005)
    return server, task


async def _serve(server: QuietServer, listener: socket.socket) -> None:
    with contextlib.suppress(SystemExit):  # uvicorn's way to say that the application did not start, which it logged
        await server.serve(sockets=[listener])


class Private:
    """The application on the private socket, where only the supervisor and the live revision come in."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not is_forwarded(scope):
            scope = {**scope, PRIVATE: True}
        await self.app(scope, receive, send)


class Turn:
    """One time of accepting on the public socket; at its end every client is asked to connect anew."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.draining = False
        self.busy = 0
        self.last = 0.0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: App) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        def said(message: MutableMapping[str, Any]) -> Awaitable[None]:
            if self.draining and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            return send(message)

        self.busy += 1
        try:
            await self.app(scope, receive, said)
        finally:
            self.busy -= 1
            self.last = asyncio.get_running_loop().time()

    async def begin(self, public: socket.socket) -> None:
        """Accept: on a copy of the socket, since closing a server closes what it listens on."""
        self.server, self.serving = await serving(self, public.dup(), "off")

    def stop_accepting(self) -> None:
        """From here on what connects belongs to others."""
        self.server.stop_accepting()
        self.draining = True

    async def finish(self) -> None:
        """Answer what came in, wait for what kept-alive connections still send, and close them."""
        loop = asyncio.get_running_loop()
        began = self.last = loop.time()
        while self.server.server_state.connections and loop.time() - began < DRAIN_SECONDS:
            if not self.busy and loop.time() - self.last > DRAIN_IDLE_SECONDS:
                break
            await asyncio.sleep(0.05)
        self.server.should_exit = True
        await self.serving


class Revision:
    """One revision's process: a private server from the start, a public one while it is its turn."""

    def __init__(self, app: App, private: socket.socket, public: socket.socket, guardian: Guardian) -> None:
        self.app = app
        self.canary = CanaryFace(app)
        self.sockets = private, public
        self.guardian = guardian
        self.turn: Turn | None = None
        self.finishing: set[asyncio.Task[None]] = set()
        self.ending = asyncio.Event()

    async def run(self) -> None:
        """Serve until drained."""
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self.ending.set)
        private, task = await serving(Private(self.app), self.sockets[0], "on")
        if not private.started:
            return
        _let_be()
        say("ready")
        listening = asyncio.create_task(self._listen())
        ended = asyncio.create_task(self.ending.wait())
        await asyncio.wait({ended, task}, return_when=asyncio.FIRST_COMPLETED)
        self._end_turn("draining")
        listening.cancel()
        await asyncio.gather(*self.finishing)
        await self.canary.turn_to(None)
        private.should_exit = True
        await task

    async def _listen(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode().strip():
            word, _, more = line.partition(" ")
            if word == "activate":
                await self._activate()
            elif word == "rest":
                self._end_turn("resting")
            elif word == "canary":
                await self.canary.turn_to(json.loads(more))
                say("canary")
            elif word == "drain":
                self.ending.set()
                return
        if self.turn:
            await self.guardian.watch(self.sockets[1])
        self.ending.set()

    async def _activate(self) -> None:
        if self.turn is None:
            turn = Turn(self.canary)
            await turn.begin(self.sockets[1])
            self.turn = turn
        say("active")

    def _end_turn(self, word: str) -> None:
        turn, self.turn = self.turn, None
        if turn:
            turn.stop_accepting()
            task = asyncio.create_task(turn.finish())
            self.finishing.add(task)
            task.add_done_callback(self.finishing.discard)
        say(word)


def say(word: str) -> None:
    """Tell the supervisor."""
    with contextlib.suppress(OSError):  # it may be gone; what came in is finished all the same
        os.write(sys.stdout.fileno(), word.encode() + b"\n")


def _let_be() -> None:
    """Leave what was loaded out of later garbage collections, which would stop all requests for a tenth of a second."""
    gc.collect()
    gc.freeze()


def _take_descriptors() -> None:
    """As many connections as the system allows, not a shell's 1,024."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """Load the service of the Bento whose source folder is on the path, and serve it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--private", type=int, required=True)
    parser.add_argument("--public", type=int, required=True)
    given = parser.parse_args()
    _take_descriptors()
    sockets = [socket.socket(fileno=fd) for fd in (given.private, given.public)]
    guardian = Guardian(os.environ.get("EKIBEN_GUARDIAN"))  # it keeps the environment as it is now
    import uvloop

    from service.service import SERVICE, TAG

    async def serve() -> None:
        face = HttpFace(SERVICE.to_asgi(), TAG)
        await Revision(face, sockets[0], sockets[1], guardian).run()

    uvloop.run(serve())


if __name__ == "__main__":
    main()
