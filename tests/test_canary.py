"""The canary's share and what happens to a request whose canary is not there, without a model."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from service.canary import CanaryFace, Share


@pytest.mark.parametrize("percent", [1, 7, 10, 33, 50, 99, 100])
def test_the_share_is_exact_and_even(percent: int) -> None:
    share = Share(percent)
    due = [share.is_due() for _ in range(1000)]
    assert sum(due) == 10 * percent
    for start in range(0, 1000, 100):
        assert abs(sum(due[start : start + 100]) - percent) <= 1


def test_a_request_that_could_not_be_sent_on_is_made_up_for() -> None:
    share = Share(10)
    for _ in range(10):
        if share.is_due():
            share.give_back()
    assert share.is_due()


KEY = "Bearer 密钥".encode()


def answering(name: bytes, heard: list[Any]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        heard.append((dict(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-said-by", name)]})
        await send({"type": "http.response.body", "body": name + b" " + body})

    return app


def ask(face: CanaryFace, parts: list[bytes], path: str = "/predict") -> tuple[Any, bytes]:
    """One request to the face, whose body comes in parts: the headers and the body of its answer."""
    told: list[Any] = []

    async def go() -> None:
        waiting = list(parts)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        headers = [(b"content-type", b"application/json"), (b"authorization", KEY), (b"connection", b"close")]
        scope = {"type": "http", "path": path, "method": "POST", "headers": headers}
        await face(scope, receive, send)

    LOOP.run_until_complete(go())
    return dict(told[0]["headers"]), b"".join(m.get("body", b"") for m in told[1:])


LOOP = asyncio.new_event_loop()


def test_a_canary_that_is_there_answers_and_one_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    heard: list[Any] = []
    place = str(tmp_path / "canary")
    server = uvicorn.Server(uvicorn.Config(answering(b"canary", heard), uds=place, lifespan="off", log_config=None))
    face = CanaryFace(answering(b"live", []))

    async def begin() -> asyncio.Task[None]:
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        await face.turn_to({"percent": 100, "private": [place, str(tmp_path / "nobody")]})
        return task

    async def end(task: asyncio.Task[None]) -> None:
        server.should_exit = True
        await task

    task = LOOP.run_until_complete(begin())
    headers, body = ask(face, [b"{}"])
    assert (headers[b"x-said-by"], body, headers[b"content-length"]) == (b"canary", b"canary {}", b"9")
    sent, _ = heard[0]
    assert (sent[b"authorization"], sent[b"content-type"]) == (KEY, b"application/json")
    assert b"ekiben-forwarded" in sent
    assert ask(face, [b"{", b"}"])[1] == b"live {}", "a body in parts is not kept here"
    assert ask(face, [b"{}"], path="/docs.json")[1] == b"live {}"
    LOOP.run_until_complete(end(task))
    assert ask(face, [b"{}"])[1] == b"live {}"
    LOOP.run_until_complete(face.turn_to(None))
    assert ask(face, [b"{}"])[1] == b"live {}"


def test_a_client_that_sends_no_body_waits_in_the_live_revision_alone() -> None:
    came: list[bytes] = []

    async def live(scope: Any, receive: Any, send: Any) -> None:
        came.append(b"live")

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def go() -> None:
        face = CanaryFace(live)
        await face.turn_to({"percent": 100, "private": ["/nobody"]})
        await face({"type": "http", "path": "/predict", "method": "POST", "headers": []}, never, never)
        await face.turn_to(None)

    asyncio.run(go())
    assert came == [b"live"]


def test_a_canary_that_ends_while_a_body_comes_loses_no_request() -> None:
    heard: list[Any] = []

    async def go() -> None:
        face = CanaryFace(answering(b"live", heard))
        await face.turn_to({"percent": 100, "private": ["/nobody"]})

        async def receive() -> dict[str, Any]:
            await face.turn_to(None)
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            heard.append(message)

        await face({"type": "http", "path": "/predict", "method": "POST", "headers": [(b"x", b"\xff")]}, receive, send)

    asyncio.run(go())
    assert heard[-1]["body"] == b"live {}"
