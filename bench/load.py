"""A client of its own: so many requests a second, half on kept-alive connections, half on new ones, without a retry.

`python bench/load.py PORT BODY.json RATE` posts until its standard input ends, then prints one JSON line:
{requests, failures, models, p50_ms, p99_ms}. It knows the standard library alone.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from pathlib import Path

HEAD = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n{more}\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LONGEST_SECONDS = 30.0


class Load:
    """Sends at a steady pace, whether or not answers come."""

    def __init__(self, port: int, body: bytes) -> None:
        self.port, self.body = port, body
        self.idle: deque[Connection] = deque()
        self.seconds: list[float] = []
        self.models: Counter[str] = Counter()
        self.failures: list[str] = []

    async def run(self, rate: float, ended: asyncio.Event) -> None:
        """Send until told to end, then wait for the answers."""
        under_way: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        number = 0
        while not ended.is_set():
            task = asyncio.create_task(self.one(keep=number % 2 == 0))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            number += 1
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.gather(*under_way)

    async def one(self, keep: bool) -> None:
        """One request; what goes wrong is written down with its time."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self.ask(keep)
        except (OSError, EOFError, ValueError, TimeoutError) as exc:
            self.failures.append(f"{time.time():.3f} {'kept' if keep else 'new'} {exc!r}")
        else:
            self.seconds.append(time.monotonic() - began)

    async def ask(self, keep: bool) -> None:
        """Send, read the whole answer, and put a connection that may be used again back."""
        reader, writer = await self.connection(keep)
        head = HEAD.format(length=len(self.body), more="" if keep else "Connection: close\r\n")
        writer.write(head.encode() + self.body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        answer = json.loads(await reader.readexactly(int(headers["content-length"])))
        if " 200 " not in lines[0]:
            raise ValueError(f"{lines[0]} {answer}")
        self.models[answer["model"]] += 1
        if keep and headers.get("connection") != "close":
            self.idle.append((reader, writer))
        else:
            writer.close()

    async def connection(self, keep: bool) -> Connection:
        """A kept one that the server has not closed, else a new one."""
        while keep and self.idle:
            reader, writer = self.idle.popleft()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)


def at(seconds: list[float], part: float) -> float:
    """Milliseconds below which so large a part of the answers came."""
    ordered = sorted(seconds)
    return round(1000 * ordered[min(int(part * len(ordered)), len(ordered) - 1)], 1) if ordered else 0.0


async def main(port: int, body: bytes, rate: float) -> None:
    """Post until standard input ends."""
    load, ended = Load(port, body), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await load.run(rate, ended)
    found = {"requests": len(load.seconds), "failures": load.failures, "models": load.models}
    sys.stdout.write(json.dumps(found | {"p50_ms": at(load.seconds, 0.5), "p99_ms": at(load.seconds, 0.99)}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), float(sys.argv[3])))
