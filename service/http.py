"""The HTTP face of a model: answers in front of BentoML, which keeps health. No request goes around it."""

import asyncio
import contextlib
import itertools
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import msgspec

from service.access import ASKED, Access
from service.deadlines import Deadlines
from service.limits import LARGEST_BODY, LARGEST_WAITING, LONGEST_SECONDS, MOST_AT_ONCE
from service.metrics import exposition, tally_of
from service.openapi import openapi
from service.page import page, page_headers
from service.posted import Refused, read_rows
from service.rows import Problem
from service.runtime import Runtime

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Pairs = list[tuple[bytes, bytes]]

INLINE_ROWS = 32
INLINE_BYTES = 64 * 1024
"""Up to so much is answered on the event loop; more goes to a thread, so that others are not kept waiting."""
THEIRS = ("/livez", "/readyz", "/healthz", "/schema.json")
"""Paths that BentoML answers."""
PATHS = {
    **dict.fromkeys(THEIRS, ("GET", "HEAD")),
    "/predict": ("POST",),
    "/docs.json": ("GET", "HEAD"),
    "/": ("GET", "HEAD"),
    "/metrics": ("GET", "HEAD"),
}
UNKNOWN = "/not-found"
"""What every other path is called in the metrics."""
PRIVATE = "ekiben_private"
"""Set in the scope of a request that came by the supervisor's own socket: it needs no key, and is not counted."""
TYPES = {"/": b"text/html; charset=utf-8", "/metrics": b"text/plain; version=0.0.4; charset=utf-8"}
JSON = b"application/json"
TOLD: dict[str, Callable[[Any], bytes]] = {
    "/": lambda facts: page(facts).encode(),
    "/docs.json": lambda facts: msgspec.json.encode(openapi(facts)),
}
"""What is made of a model's facts once."""

START, NUMBERS = os.urandom(10).hex(), itertools.count()
"""A request's id: what is this process's own, and a number."""

logger = logging.getLogger(__name__)


class Holder:
    """Where the service puts its loaded model for the HTTP face to find; None until it is ready."""

    runtime: Runtime | None = None


class HttpFace:
    """ASGI middleware: stands around BentoML's application, or inside it where BentoML's own server runs it."""

    def __init__(
        self,
        app: App,
        tag: str = "",
        access: Access | None = None,
        most_at_once: int = MOST_AT_ONCE,
        longest_seconds: float = LONGEST_SECONDS,
        largest_waiting: int = LARGEST_WAITING,
    ) -> None:
        self.app = app
        self.access = access or Access.of_environment()
        self.tag = tag
        self.most_at_once = most_at_once
        self.deadlines = Deadlines(longest_seconds)
        self.largest_waiting = largest_waiting
        self.at_once = 0
        self.waiting = 0
        """Bytes of bodies that have come in part."""
        self.told: dict[str, bytes] = {}
        """The page and the document, once somebody asked."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind, private = scope["type"], scope.get(PRIVATE, False)
        if kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        admitted = kind != "http" or private or self.access.admits(scope["path"], scope["headers"])
        theirs = kind == "http" and scope["path"] in THEIRS and scope["method"] in PATHS[scope["path"]]
        if kind != "http" or (admitted and theirs):
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = await self._respond(scope, receive, send, admitted)
        if not private:
            endpoint = scope["path"] if scope["path"] in PATHS else UNKNOWN
            tally_of(self.tag).count(endpoint, status, time.perf_counter() - began)

    async def _respond(self, scope: Scope, receive: Receive, send: Send, admitted: bool) -> int:
        """Answer; the status."""
        request_id = f"{START}{next(NUMBERS):012x}"
        status, body, told = await self._told(scope, receive, request_id, admitted)
        kind = TYPES.get(scope["path"], JSON) if status == 200 else JSON
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        headers += [(b"x-request-id", request_id.encode()), *told]
        if self.access.origins and status != 204:
            headers += self.access.allowed(scope["headers"])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        return status

    async def _told(self, scope: Scope, receive: Receive, request_id: str, admitted: bool) -> tuple[int, bytes, Pairs]:
        """Status, body, and the headers that not every answer has."""
        try:
            if scope["method"] == "OPTIONS" and (allowed := self.access.preflight(scope["headers"])) is not None:
                return 204, b"", allowed
            if not admitted:
                message = "A key is needed, as Authorization: Bearer KEY."
                raise Refused(401, Problem("unauthorized", message, accepted="the service's key"))
            body = await self._answer(scope, receive, request_id)
            return 200, body, page_headers() if scope["path"] == "/" else []
        except Refused as refused:
            told = _more_headers(refused.status, scope["path"])
            return refused.status, error_body(refused.problem, request_id), told
        except Exception:
            logger.exception("request %s failed", request_id)
            bug = Problem("internal", "The service failed on this request; its log says why.")
            return 500, error_body(bug, request_id), []

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> bytes:
        path, runtime = scope["path"], Holder.runtime
        if runtime is None:
            raise Refused(503, Problem("not_ready", "The model is still being loaded."))
        if path not in PATHS:
            raise Refused(404, Problem("not_found", "There is no such path.", accepted="POST /predict"))
        if scope["method"] not in PATHS[path]:
            wanted = PATHS[path][0]
            raise Refused(405, Problem("wrong_method", f"This path takes {wanted}.", accepted=wanted))
        if path == "/predict":
            return await self._predict(runtime, scope, receive, request_id)
        if path == "/metrics":
            return await asyncio.to_thread(exposition)
        if path not in self.told:
            make = TOLD[path]
            self.told[path] = await asyncio.to_thread(lambda: make(runtime.facts))
        return self.told[path]

    async def _predict(self, runtime: Runtime, scope: Scope, receive: Receive, request_id: str) -> bytes:
        task, end = self.deadlines.begin(), time.monotonic() + self.deadlines.seconds

        def go_on() -> None:
            if time.monotonic() > end:
                raise TimeoutError

        try:
            body = await self._body(scope, receive)
            if runtime.graph and len(body) <= INLINE_BYTES and len(rows := read_rows(body)) <= INLINE_ROWS:
                return respond(runtime, rows, request_id, go_on)
            with self._place():
                return await asyncio.to_thread(lambda: respond(runtime, read_rows(body), request_id, go_on))
        except TimeoutError as exc:
            raise self._too_slow() from exc
        except asyncio.CancelledError as exc:
            if not self.deadlines.was_late(task):
                raise
            raise self._too_slow() from exc
        finally:
            self.deadlines.end(task)

    def _too_slow(self) -> Refused:
        message = f"The request and its answer took longer than {self.deadlines.seconds:g} seconds."
        return Refused(504, Problem("too_slow", message, accepted="fewer rows"))

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The request's body."""
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if int(length) > LARGEST_BODY:
            raise _too_large()
        body, more = await _part(receive)
        return await self._rest(receive, body) if more else body

    async def _rest(self, receive: Receive, first: bytes) -> bytes:
        """A body whose first part is known; refused as soon as it, or all that wait, are known to be too long.

        Clients that send next to nothing keep nobody out: a short body may always wait.
        """
        parts, total, more = [first], len(first), True
        self.waiting += total
        try:
            while more:
                part, more = await _part(receive)
                parts.append(part)
                total += len(part)
                self.waiting += len(part)
                if total > LARGEST_BODY:
                    raise _too_large()
                if self.waiting > self.largest_waiting and total > INLINE_BYTES:
                    raise _too_many()
        finally:
            self.waiting -= total
        return b"".join(parts)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places for requests that wait for a thread."""
        if self.at_once >= self.most_at_once:
            raise _too_many()
        self.at_once += 1
        try:
            yield
        finally:
            self.at_once -= 1


def _more_headers(status: int, path: str) -> Pairs:
    if status == 401:
        return ASKED
    if status == 405:
        return [(b"allow", ", ".join(PATHS[path]).encode())]
    return [(b"retry-after", b"1")] if status in (429, 503) else []


def _too_many() -> Refused:
    return Refused(429, Problem("too_many_requests", "Too many requests at once; try again."))


def _too_large() -> Refused:
    return Refused(413, Problem("too_large", "The body is too long.", accepted=f"at most {LARGEST_BODY} bytes"))


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """The next part of a body, and whether more will come."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Refused(400, Problem("gone", "The client left before its request was complete."))
    return message.get("body", b""), message.get("more_body", False)


def respond(runtime: Runtime, rows: list[dict[str, Any]], request_id: str, go_on: Callable[[], None]) -> bytes:
    """The answer's JSON for rows."""
    return msgspec.json.encode(answer_rows(runtime, rows, request_id, go_on))


def answer_rows(
    runtime: Runtime, rows: list[dict[str, Any]], request_id: str, go_on: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The answer for rows as an object; Refused names the first bad one, `go_on` may raise to stop the work."""
    checked, prediction = runtime.respond(rows, go_on)
    if prediction is None:
        raise Refused(422, min(checked.problems, key=lambda problem: problem.row or 0))
    answer: dict[str, Any] = {"predictions": prediction.values}
    if prediction.probabilities is not None:
        keys = runtime.keys
        answer["probabilities"] = [dict(zip(keys, row, strict=True)) for row in prediction.probabilities.tolist()]
    answer["model"], answer["request_id"], answer["warnings"] = runtime.tag, request_id, checked.warnings
    return answer


def error_body(problem: Problem, request_id: str) -> bytes:
    """The one error shape."""
    error = {name: getattr(problem, name) for name in ("code", "message", "row", "column", "accepted")}
    return msgspec.json.encode({"error": error, "request_id": request_id})
