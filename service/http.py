"""The HTTP face of a model: answers /predict itself, in front of BentoML, which keeps health and metrics."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from service.describe import openapi, page
from service.rows import Problem
from service.runtime import Runtime, label_text

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 32 * 1024 * 1024
MOST_ROWS = 50_000
MOST_AT_ONCE = 256
LONGEST_SECONDS = 60.0
INLINE_ROWS = 8
"""Up to so many rows are answered on the event loop; more go to a thread, so that others are not kept waiting."""
THEIRS = ("/livez", "/readyz", "/healthz", "/metrics", "/schema.json")
"""Paths that BentoML answers."""


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

    def __init__(self, app: App) -> None:
        self.app = app
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
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(b"x-request-id", request_id.encode())] + ([(b"retry-after", b"1")] if status == 429 else [])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> tuple[int, bytes, str]:
        path, method, runtime = scope["path"], scope["method"], Holder.runtime
        if runtime is None:
            raise Refused(503, Problem("not_ready", "The model is still being loaded."))
        wanted = {"/predict": "POST", "/docs.json": "GET", "/": "GET"}.get(path)
        if wanted is None:
            raise Refused(404, Problem("not_found", "There is no such path.", accepted="POST /predict"))
        if method != wanted and (method, wanted) != ("HEAD", "GET"):
            raise Refused(405, Problem("wrong_method", f"This path takes {wanted}.", accepted=wanted))
        if path == "/docs.json":
            return 200, msgspec.json.encode(openapi(runtime.facts)), "application/json"
        if path == "/":
            return 200, page(runtime.facts).encode(), "text/html; charset=utf-8"
        return 200, await self._predict(runtime, scope, receive, request_id), "application/json"

    async def _predict(self, runtime: Runtime, scope: Scope, receive: Receive, request_id: str) -> bytes:
        if self.at_once >= MOST_AT_ONCE:
            raise Refused(429, Problem("too_many_requests", "Too many requests at once; try again."))
        self.at_once += 1
        try:
            rows = read_rows(await read_body(scope, receive))
            if len(rows) <= INLINE_ROWS:
                return respond(runtime, rows, request_id)
            work = asyncio.to_thread(respond, runtime, rows, request_id)
            return await asyncio.wait_for(work, LONGEST_SECONDS)
        except TimeoutError as exc:
            message = f"The answer took longer than {LONGEST_SECONDS:.0f} seconds."
            raise Refused(504, Problem("too_slow", message, accepted="fewer rows")) from exc
        finally:
            self.at_once -= 1


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The request's body; 413 as soon as it is known to be too long."""
    too_long = Refused(
        413, Problem("too_large", "The body is too long.", accepted=f"at most {LARGEST_BODY} bytes")
    )
    if int(dict(scope["headers"]).get(b"content-length", b"0") or 0) > LARGEST_BODY:
        raise too_long
    parts, total = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, Problem("gone", "The client left before its request was complete."))
        parts.append(message.get("body", b""))
        total += len(parts[-1])
        if total > LARGEST_BODY:
            raise too_long
        if not message.get("more_body"):
            return b"".join(parts)


def read_rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a request's body; Refused when it is not JSON, has another shape, no rows or too many."""
    shape = 'a JSON object {"rows": [{column: value, …}, …]}'
    try:
        posted = _decode(body)
    except (ValueError, RecursionError) as exc:
        message = "The body is not JSON. NaN and Infinity are not JSON either: send null for what is missing."
        raise Refused(400, Problem("not_json", message, accepted=shape)) from exc
    rows = posted.get("rows") if isinstance(posted, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Refused(422, Problem("no_rows", "The body has no rows.", accepted=shape))
    if len(rows) > MOST_ROWS:
        message = f"{len(rows)} rows are too many for one request."
        raise Refused(413, Problem("too_many_rows", message, accepted=f"at most {MOST_ROWS} rows"))
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Refused(422, Problem("wrong_type", f"Row {number} is not an object.", number, accepted=shape))
    return rows


def _decode(body: bytes) -> Any:
    """JSON at msgspec's speed; what it refuses for a number's size is read by the standard library."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return json.loads(body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def respond(runtime: Runtime, rows: list[dict[str, Any]], request_id: str) -> bytes:
    """The answer's JSON for rows; Refused names the first bad one."""
    return msgspec.json.encode(answer_rows(runtime, rows, request_id))


def answer_rows(runtime: Runtime, rows: list[dict[str, Any]], request_id: str) -> dict[str, Any]:
    """The answer for rows as an object; Refused names the first bad one."""
    checked, prediction = runtime.respond(rows)
    if prediction is None:
        raise Refused(422, min(checked.problems, key=lambda problem: problem.row or 0))
    answer: dict[str, Any] = {"predictions": prediction.values}
    if prediction.probabilities is not None:
        keys = [label_text(label) for label in runtime.labels]
        answer["probabilities"] = [
            dict(zip(keys, row, strict=True)) for row in prediction.probabilities.tolist()
        ]
    return {**answer, "model": runtime.tag, "request_id": request_id, "warnings": checked.warnings}


def error_body(problem: Problem, request_id: str) -> bytes:
    """The one error shape."""
    error = {name: getattr(problem, name) for name in ("code", "message", "row", "column", "accepted")}
    return msgspec.json.encode({"error": error, "request_id": request_id})
