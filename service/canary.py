"""A canary's share: some of the live revision's requests are answered by another revision's process.

Only requests to /predict whose body came in one piece are sent on, so that nothing is kept here; where the canary does
not answer, the live revision does, and nobody loses a request.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FORWARDED = b"ekiben-forwarded"
"""Marks a client's request on a private socket, which nobody but us can reach."""
LONGEST_SECONDS = 30.0
BODY_SECONDS = 1.0
"""A request whose body has not begun by then is the live revision's, which has limits for slow clients."""
HOPS = {b"connection", b"content-length", b"expect", b"keep-alive", b"te", b"transfer-encoding", b"upgrade", FORWARDED}
"""Headers between two ends of one connection."""


def is_forwarded(scope: Scope) -> bool:
    """Whether a request on a private socket is a client's, sent on by the live revision."""
    return any(name == FORWARDED for name, _ in scope["headers"])


class Share:
    """Says which requests are the canary's: exactly so many of a hundred, spread evenly."""

    def __init__(self, percent: int) -> None:
        self.percent = percent
        self.owed = 0

    def is_due(self) -> bool:
        """Whether this request is the canary's."""
        self.owed += self.percent
        if self.owed < 100:
            return False
        self.owed -= 100
        return True

    def give_back(self) -> None:
        """The request could not be sent on: the next one is due."""
        self.owed = min(self.owed + 100, 1000)


class Canary:
    """The other revision: its share, and its processes' private sockets, the first of them first."""

    def __init__(self, percent: int, private: list[str]) -> None:
        self.share = Share(percent)
        self.places = private
        self.sessions: list[Any] = []

    async def connect(self) -> None:
        """Make a pool of kept-alive connections to each process."""
        aiohttp = await asyncio.to_thread(import_module, "aiohttp")
        self.lost = (aiohttp.ClientError, OSError, TimeoutError, ValueError, RuntimeError)
        """ValueError is a header that cannot be sent on, RuntimeError a session that was closed meanwhile."""
        self.sessions = [
            aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=place, limit=0),
                timeout=aiohttp.ClientTimeout(total=LONGEST_SECONDS),
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
                auto_decompress=False,
            )
            for place in self.places
        ]

    async def ask(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Its answer: status, headers, body; None when none of its processes gave one."""
        headers = [(name.decode(), value.decode(errors="surrogateescape")) for name, value in _kept(scope["headers"])]
        headers.append((FORWARDED.decode(), "1"))
        for session in self.sessions:
            with contextlib.suppress(*self.lost):
                async with session.post("http://canary/predict", data=body, headers=headers) as answer:
                    return answer.status, _kept(answer.raw_headers), await answer.read()
        return None

    async def close(self) -> None:
        """Let go of its connections."""
        for session in self.sessions:
            await session.close()


class CanaryFace:
    """Stands in front of the live revision's application."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self.canary: Canary | None = None

    async def turn_to(self, told: dict[str, Any] | None) -> None:
        """Give a share of the requests to {percent, private: [socket, …]}; None: to nobody."""
        before, self.canary = self.canary, None
        if told:
            canary = Canary(told["percent"], told["private"])
            await canary.connect()
            self.canary = canary
        if before:
            await before.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        canary = self.canary
        if canary is None or not _is_prediction(scope) or not canary.share.is_due():
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                first = await receive()
        except TimeoutError:
            canary.share.give_back()
            await self.app(scope, receive, send)
            return
        if first["type"] == "http.request" and not first.get("more_body", False):
            if answer := await canary.ask(scope, first.get("body", b"")):
                await _respond(send, *answer)
                return
        else:
            canary.share.give_back()
        await self.app(scope, _again(first, receive), send)


def _is_prediction(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["path"] == "/predict" and scope["method"] == "POST")


def _kept(headers: Any) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in HOPS]


def _again(first: Message, receive: Receive) -> Receive:
    """Receives what was received already, then what follows."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
