"""Load on one server: by wrk where the machine has it, else by client.py; and ten thousand rows at once."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from server import Server

HERE = Path(__file__).resolve().parent
WRK = shutil.which("wrk")
MOST_SECONDS_AT_ONCE = 30


@dataclass
class Load:
    """What some rounds of one server at one concurrency came to."""

    requests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    errors: int = 0
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a request."""
        return 1e3 * self.cpu / self.requests if self.requests else float("nan")

    @property
    def middle(self) -> tuple[float, float]:
        """p50 and p99 in milliseconds, the median over rounds."""
        return statistics.median(self.p50), statistics.median(self.p99)


def drive(server: Server, body: Path, concurrency: int, seconds: float, load: Load) -> None:
    """One round, added to `load`."""
    before = server.cpu()
    done = subprocess.run(
        _command(server, body, concurrency, seconds),
        env=os.environ | {"BODY": str(body)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.strip().splitlines()[-1])
    load.cpu += server.cpu() - before
    server.rest()
    load.requests += told["requests"]
    load.seconds += told["seconds"]
    load.errors += told["errors"]
    load.p50.append(told["p50"])
    load.p99.append(told["p99"])


def _command(server: Server, body: Path, concurrency: int, seconds: float) -> list[str]:
    path = server.contender.path
    if WRK is None:
        told = [path, str(body), str(concurrency), str(seconds)]
        return [sys.executable, str(HERE / "client.py"), "127.0.0.1", str(server.port), *told]
    return [
        *(WRK, "-t1", f"-c{concurrency}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "--latency"),
        *("-s", str(HERE / "post.lua"), f"http://127.0.0.1:{server.port}{path}"),
    ]


def many_rows(server: Server, runs: int = 5) -> float:
    """Seconds for ten thousand rows in one request, the median of some."""
    body, took = server.body(server.prepared.many), []
    for _ in range(runs):
        began = time.perf_counter()
        status, answer = server.post(body)
        took.append(time.perf_counter() - began)
        if status != 200:
            raise SystemExit(f"{server.contender.name} refuses 10,000 rows: {answer[:300]!r}")
    return statistics.median(took)


def soak(server: Server, body: Path, minutes: float) -> list[float]:
    """Megabytes after each piece of some minutes under load."""
    until, found = time.monotonic() + 60 * minutes, []
    while (left := until - time.monotonic()) > 0:
        drive(server, body, 16, min(left, MOST_SECONDS_AT_ONCE), Load())
        found.append(server.memory())
    return found
