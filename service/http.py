"""The HTTP face of a model: answers /predict itself, in front of BentoML, which keeps health and metrics."""

import asyncio
import codecs
import contextlib
import json
import logging
import math
import uuid
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import msgspec

from service.limits import LARGEST_BODY, LONGEST_SECONDS, MOST_AT_ONCE, MOST_ROWS
from service.openapi import openapi
from service.page import page, page_headers
from service.rows import Problem
from service.runtime import Runtime, label_text

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

INLINE_ROWS = 8
INLINE_BYTES = 64 * 1024
"""Up to so much is answered on the event loop; more goes to a thread, so that others are not kept waiting."""
THEIRS = ("/livez", "/readyz", "/healthz", "/metrics", "/schema.json")
"""Paths that BentoML answers."""
PATHS = {"/predict": ("POST",), "/docs.json": ("GET", "HEAD"), "/": ("GET", "HEAD")}
SHAPE = 'a JSON object {"rows": [{column: value, …}, …]}'

logger = logging.getLogger(__name__)


class Refused(Exception):
    """A request that gets an error: its HTTP status and the one error shape."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.message)
        self.status = status
        self.problem = problem


class Holder:
    """Where the service puts its loaded model for the HTTP face to find; None until it is ready."""

    runtime: Runtime | None = None


class HttpFace:
    """ASGI middleware of the service."""

    def __init__(self, app: App, most_at_once: int = MOST_AT_ONCE, longest_seconds: float = LONGEST_SECONDS) -> None:
        self.app = app
        self.most_at_once = most_at_once
        self.longest_seconds = longest_seconds
        self.at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in THEIRS:
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        try:
            status, body, kind = await self._answer(scope, receive, request_id)
        except Refused as refused:
            status, body, kind = refused.status, error_body(refused.problem, request_id), "application/json"
        except Exception:
            logger.exception("request %s failed", request_id)
            bug = Problem("internal", "The service failed on this request; its log says why.")
            status, body, kind = 500, error_body(bug, request_id), "application/json"
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(b"x-request-id", request_id.encode()), *_more_headers(status, scope["path"])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> tuple[int, bytes, str]:
        path, runtime = scope["path"], Holder.runtime
        if runtime is None:
            raise Refused(503, Problem("not_ready", "The model is still being loaded."))
        if path not in PATHS:
            raise Refused(404, Problem("not_found", "There is no such path.", accepted="POST /predict"))
        if scope["method"] not in PATHS[path]:
            wanted = PATHS[path][0]
            raise Refused(405, Problem("wrong_method", f"This path takes {wanted}.", accepted=wanted))
        if path == "/docs.json":
            return 200, msgspec.json.encode(openapi(runtime.facts)), "application/json"
        if path == "/":
            return 200, page(runtime.facts).encode(), "text/html; charset=utf-8"
        return 200, await self._predict(runtime, scope, receive, request_id), "application/json"

    async def _predict(self, runtime: Runtime, scope: Scope, receive: Receive, request_id: str) -> bytes:
        try:
            async with asyncio.timeout(self.longest_seconds):
                body = await self._body(scope, receive)
                if len(body) <= INLINE_BYTES and len(rows := read_rows(body)) <= INLINE_ROWS:
                    return respond(runtime, rows, request_id)
                with self._place():
                    return await asyncio.to_thread(lambda: respond(runtime, read_rows(body), request_id))
        except TimeoutError as exc:
            message = f"The request and its answer took longer than {self.longest_seconds:g} seconds."
            raise Refused(504, Problem("too_slow", message, accepted="fewer rows")) from exc

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The request's body. One that comes in parts takes a place, since each may grow to the largest."""
        if int(dict(scope["headers"]).get(b"content-length", b"0")) > LARGEST_BODY:
            raise _too_large()
        body, more = await _part(receive)
        if not more:
            return body
        with self._place():
            return await _rest(receive, body)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places for requests that wait, be it for the rest of their body or for a thread."""
        if self.at_once >= self.most_at_once:
            raise Refused(429, Problem("too_many_requests", "Too many requests at once; try again."))
        self.at_once += 1
        try:
            yield
        finally:
            self.at_once -= 1


def _more_headers(status: int, path: str) -> list[tuple[bytes, bytes]]:
    if status == 405:
        return [(b"allow", ", ".join(PATHS[path]).encode())]
    if status == 200 and path == "/":
        return page_headers()
    return [(b"retry-after", b"1")] if status in (429, 503) else []


def _too_large() -> Refused:
    return Refused(413, Problem("too_large", "The body is too long.", accepted=f"at most {LARGEST_BODY} bytes"))


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """The next part of a body, and whether more will come."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Refused(400, Problem("gone", "The client left before its request was complete."))
    return message.get("body", b""), message.get("more_body", False)


async def _rest(receive: Receive, first: bytes) -> bytes:
    """A body whose first part is known; 413 as soon as it is known to be too long."""
    parts, total, more = [first], len(first), True
    while more:
        part, more = await _part(receive)
        parts.append(part)
        total += len(part)
        if total > LARGEST_BODY:
            raise _too_large()
    return b"".join(parts)


def read_rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a request's body; Refused when it is not JSON, has another shape, no rows or too many."""
    try:
        posted = _decode(body)
    except (ValueError, RecursionError) as exc:
        message = "The body is not JSON. NaN and Infinity are not JSON either: send null for what is missing."
        raise Refused(400, Problem("not_json", message, accepted=SHAPE)) from exc
    rows = posted.get("rows") if isinstance(posted, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Refused(422, Problem("no_rows", "The body has no rows.", accepted=SHAPE))
    if len(rows) > MOST_ROWS:
        message = f"{len(rows)} rows are too many for one request."
        raise Refused(413, Problem("too_many_rows", message, accepted=f"at most {MOST_ROWS} rows"))
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Refused(422, Problem("wrong_type", f"Row {number} is not an object.", number, accepted=SHAPE))
    return rows


def _decode(body: bytes) -> Any:
    """JSON at msgspec's speed; where it refuses a number's size, the row checks shall say which one it is."""
    try:
        return msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8))
    except msgspec.ValidationError:
        posted = json.loads(body.decode("utf-8-sig"), parse_int=_whole, parse_constant=_refuse_constant)
        json.dumps(posted, ensure_ascii=False).encode()  # refuses half a surrogate pair, as msgspec does
        return posted


def _whole(digits: str) -> int | float:
    """A whole number; one that no float holds is infinite, and turning a million digits into one takes long."""
    return int(digits) if len(digits) < 400 else math.copysign(math.inf, -1 if digits[0] == "-" else 1)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def respond(runtime: Runtime, rows: list[dict[str, Any]], request_id: str) -> bytes:
    """The answer's JSON for rows."""
    return msgspec.json.encode(answer_rows(runtime, rows, request_id))


def answer_rows(runtime: Runtime, rows: list[dict[str, Any]], request_id: str) -> dict[str, Any]:
    """The answer for rows as an object; Refused names the first bad one."""
    checked, prediction = runtime.respond(rows)
    if prediction is None:
        raise Refused(422, min(checked.problems, key=lambda problem: problem.row or 0))
    answer: dict[str, Any] = {"predictions": prediction.values}
    if prediction.probabilities is not None:
        keys = [label_text(label) for label in runtime.labels]
        answer["probabilities"] = [dict(zip(keys, row, strict=True)) for row in prediction.probabilities.tolist()]
    return {**answer, "model": runtime.tag, "request_id": request_id, "warnings": checked.warnings}


def error_body(problem: Problem, request_id: str) -> bytes:
    """The one error shape."""
    error = {name: getattr(problem, name) for name in ("code", "message", "row", "column", "accepted")}
    return msgspec.json.encode({"error": error, "request_id": request_id})
