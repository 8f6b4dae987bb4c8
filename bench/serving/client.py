"""The client where there is no wrk: `client.py HOST PORT PATH BODY CONCURRENCY SECONDS`, keep-alive on bare sockets.

Prints what wrk prints with post.lua: {requests, seconds, p50, p99 (both in milliseconds), errors}.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it has an answer."""

    def __init__(self, request: bytes, until: float, took: list[float], errors: list[str]) -> None:
        self.request, self.until, self.took, self.errors = request, until, took, errors
        self.buffer, self.began = b"", 0.0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.whole():
            return
        now = time.perf_counter()
        self.took.append(now - self.began)
        if not self.buffer.startswith(b"HTTP/1.1 200"):
            self.errors.append(self.buffer[:15].decode("latin-1"))
        self.buffer = b""
        if now < self.until:
            self.ask()
        else:
            self.transport.close()

    def whole(self) -> bool:
        """Whether the buffer holds a whole answer."""
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        return bool(found) and (len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n"))

    def connection_lost(self, exc: Exception | None) -> None:
        if time.perf_counter() < self.until:
            self.errors.append("connection lost")
        if not self.ended.done():
            self.ended.set_result(None)


async def drive(host: str, port: int, request: bytes, concurrency: int, seconds: float) -> dict[str, float]:
    """Keep so many connections busy for some seconds."""
    took: list[float] = []
    errors: list[str] = []
    began = time.perf_counter()
    loop, until = asyncio.get_running_loop(), began + seconds
    made = [
        loop.create_connection(lambda: Client(request, until, took, errors), host, port) for _ in range(concurrency)
    ]
    clients = [client for _, client in await asyncio.gather(*made)]
    await asyncio.wait([client.ended for client in clients], timeout=seconds + 60)
    ordered, spent = sorted(took) or [0.0], time.perf_counter() - began
    p50, p99 = (1e3 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
    return {"requests": len(took), "seconds": spent, "p50": p50, "p99": p99, "errors": len(errors)}


def main() -> None:
    """Drive and print."""
    host, port, path, body, concurrency, seconds = sys.argv[1:]
    content = Path(body).read_bytes()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    told = uvloop.run(drive(host, int(port), request, int(concurrency), float(seconds)))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
