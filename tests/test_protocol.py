"""Hostile clients: endless, late and malformed heads end their own connection, and others are answered meanwhile."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn

import service.protocol
from service.protocol import LARGEST_HEAD, GuardedProtocol

LAST = b"POST /predict HTTP/1.1\r\nConnection: close\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
GOOD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class Quick(GuardedProtocol):
    """Waits for a head as long as a test can."""

    head_seconds = 0.2


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving(protocol: type[GuardedProtocol]) -> AsyncIterator[int]:
    config = uvicorn.Config(application, port=0, http=protocol, ws="none", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def heard(port: int, *parts: bytes, end: bool = False) -> bytes:
    """What comes back for parts that are sent one after another, until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        if end:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def run(test: Callable[[int], Awaitable[None]], protocol: type[GuardedProtocol] = GuardedProtocol) -> None:
    async def whole() -> None:
        async with serving(protocol) as port:
            await test(port)
            answer = await heard(port, LAST)
            assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"{}")

    asyncio.run(whole())


def refused(answer: bytes) -> tuple[bytes, str]:
    """The status line and the code of a refusal, which has the one error shape and closes the connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    told = json.loads(body)
    assert set(told["error"]) == {"code", "message", "row", "column", "accepted"}
    return head.split(b"\r\n")[0], told["error"]["code"]


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\0" * 99])
def test_what_is_not_http_is_refused_in_the_one_shape(sent: bytes) -> None:
    async def test(port: int) -> None:
        assert refused(await heard(port, sent)) == (b"HTTP/1.1 400 Bad Request", "not_http")

    run(test)


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"])
def test_an_endless_head_is_cut_off(start: bytes) -> None:
    async def test(port: int) -> None:
        more = b"a" * 9_000 if not start.endswith(b"\n") else b"X-Y: z\r\n" * 1_000
        answer = await heard(port, start, *[more] * (2 * LARGEST_HEAD // len(more)))
        assert not answer or refused(answer)[1] == "too_large"

    run(test)


@pytest.mark.parametrize("start", [b"", b"X: "])
def test_what_follows_a_body_without_an_end_is_cut_off(start: bytes) -> None:
    async def test(port: int) -> None:
        chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
        more = b"a" * 9_000 if start else b"X-Y: z\r\n" * 1_000
        answer = await heard(port, chunked, start, *[more] * (2 * LARGEST_HEAD // len(more)))
        assert not answer or refused(answer)[1] == "too_large"

    run(test)


def test_a_head_that_is_too_long_in_one_piece_is_refused() -> None:
    async def test(port: int) -> None:
        long = b"X-Y: %s\r\nHost" % (b"z" * LARGEST_HEAD)
        assert refused(await heard(port, GOOD.replace(b"Host", long)))[1] == "too_large"

    run(test)


def test_many_requests_in_one_piece_are_all_answered() -> None:
    async def test(port: int) -> None:
        count = 2 * LARGEST_HEAD // len(GOOD)
        answer = await heard(port, GOOD * count + LAST[:50], LAST[50:])
        assert answer.count(b"HTTP/1.1 200") == count + 1

    run(test)


@pytest.mark.parametrize("sent", [b"", b"G", GOOD[:30], GOOD + GOOD[:30], GOOD + b"P"])
def test_a_head_that_does_not_come_ends_the_connection(sent: bytes) -> None:
    async def test(port: int) -> None:
        answer = await heard(port, *([sent] if sent else []))  # without an end: the server's timer closes it
        assert answer.count(b"HTTP/1.1 200") == (1 if sent.startswith(GOOD) else 0)

    run(test, Quick)


def test_a_head_that_comes_in_bits_is_read() -> None:
    async def test(port: int) -> None:
        sent = LAST
        answer = await heard(port, *[sent[place : place + 5] for place in range(0, len(sent), 5)])
        assert answer.startswith(b"HTTP/1.1 200")

    run(test)


def test_a_body_may_take_longer_than_a_head() -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GOOD[:-1])
        await asyncio.sleep(3 * Quick.head_seconds)
        writer.write(GOOD[-1:])
        assert (await reader.read(12)) == b"HTTP/1.1 200"
        writer.close()

    run(test, Quick)


def test_hundreds_of_half_open_connections_keep_nobody_waiting() -> None:
    async def test(port: int) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(400)]
        for number, (_, writer) in enumerate(opened):
            writer.write([b"", b"GET", GOOD[:40], GOOD[:-1]][number % 4])
        answers = await asyncio.gather(*(heard(port, LAST) for _ in "ab"))
        assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
        for _, writer in opened:
            writer.close()

    run(test)


def test_an_upgrade_is_not_taken() -> None:
    async def test(port: int) -> None:
        upgrade = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nHost"
        )
        answer = await heard(port, GOOD.replace(b"Host", upgrade), end=True)
        assert b" 101 " not in answer

        wishes = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nHost"
        answer = await heard(port, GOOD.replace(b"Host", wishes), GOOD.replace(b"Host", wishes), LAST)
        assert answer.count(b"HTTP/1.1 200") == answer.count(b"{}") == 3
        chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        answer = await heard(port, chunked.replace(b"Host", wishes)[:-9], chunked[-9:] + LAST)
        assert answer.count(b"HTTP/1.1 200") == answer.count(b"{}") == 2
        assert refused(await heard(port, b"CONNECT x:1 HTTP/1.1\r\n\r\n"))[1] == "not_http"

    run(test)
    assert GuardedProtocol.head_seconds == service.protocol.HEAD_SECONDS
