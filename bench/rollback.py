"""Moves under load and kills at random instants: `make bench-rollback`.

Ten deploys and ten rollbacks in a row under 200 requests a second: how many requests failed, how long each took, warm
and cold, beside the start of a BentoML service that does nothing. Then SIGKILL to the supervisor, the service, or the
command in the middle of a move, again and again: afterwards `status` is true, one revision is live, and the next
command mends the rest. The exit code is 1 when a request failed or something was not mended.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from typing import Any

from station import NAME, Station, station

MENDING_SECONDS = 90.0
MODELS = ("churn:1", "churn:2")


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def timed(bench: Station, *args: str) -> float:
    """Seconds that a command takes."""
    began = time.monotonic()
    bench.must(*args, "--yes")
    return time.monotonic() - began


def moves(bench: Station, count: int) -> int:
    """Deploys and rollbacks under load; how many requests failed."""
    found: dict[str, Any] = {}
    deploys, warm, cold = [], [], []
    with bench.load(found):
        for number in range(count):
            deploys.append(timed(bench, "deploy", MODELS[(number + 1) % 2], "--name", NAME))
            warm.append(timed(bench, "rollback", NAME))
        noop = bench.noop_seconds()
        for revision in range(2, min(count, 4) + 1):  # revision 1 is live, the last one is warm
            cold.append(timed(bench, "rollback", NAME, "--to", str(revision)))
    say(f"deploys         {_seconds(deploys)}")
    say(f"warm rollbacks  {_seconds(warm)}   goal 2.00")
    say(f"cold rollbacks  {_seconds(cold)}   goal {noop + 2:.2f}: a BentoML service that does nothing took {noop:.2f}")
    say(f"requests        {found['requests']}, p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, {found['models']}")
    say(f"failed          {len(found['failures'])}   goal 0")
    for failure in found["failures"][:10]:
        say(f"  {failure}")
    return len(found["failures"])


def _seconds(took: list[float]) -> str:
    return " ".join(f"{seconds:.2f}" for seconds in took) + " s"


def kills(bench: Station, count: int, seed: int) -> int:
    """Rounds of SIGKILL; how many were not mended."""
    chance, bad, lost = random.Random(seed), 0, Counter[str]()
    for number in range(count):
        victim = ("supervisor", "service", "command")[number % 3]
        found: dict[str, Any] = {}
        with bench.load(found):
            trouble = one_kill(bench, victim, chance)
        lost[victim] += len(found["failures"])
        bad += bool(trouble)
        failed = f", {len(found['failures'])} requests failed" if found["failures"] else ""
        say(f"{number + 1:>3}  {victim:<10} {trouble or 'mended'}{failed}")
    say(f"requests lost by kills of: {dict(lost)} (a killed service loses those that it had)")
    return bad + lost["supervisor"] + lost["command"]


def one_kill(bench: Station, victim: str, chance: random.Random) -> str:
    """Kill something in the middle of a move or between moves; what is wrong afterwards, "" when nothing is."""
    move = chance.choice((("deploy", chance.choice(MODELS), "--name", NAME), ("rollback", NAME), ()))
    if victim == "command" and not move:
        move = ("deploy", MODELS[0], "--name", NAME)
    before = bench.supervisor()
    command = bench.start(*move, "--yes") if move else None
    time.sleep(chance.uniform(0.0, 4.0))
    if victim == "supervisor":
        _kill(bench.supervisor().get("pid", before["pid"]))
    elif victim == "service":
        services = bench.supervisor().get("services", before["services"])
        _kill(chance.choice(services)["pid"])
    elif command and command.poll() is None:
        _kill(command.pid)
    if command:
        command.communicate()
    return mended(bench)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def mended(bench: Station) -> str:
    """Whether status tells the truth and the next command works; "" or what is wrong."""
    end = time.monotonic() + MENDING_SECONDS
    trouble = "status was never true"
    while time.monotonic() < end:
        trouble = untrue(bench)
        if not trouble:
            break
        time.sleep(0.5)
    if trouble:
        return trouble
    live = bench.status()["model"]
    other = MODELS[live == MODELS[0]]
    code, document = bench.run("deploy", other, "--name", NAME, "--yes")
    if code:
        return f"the next command ended with {code}: {document}"
    return untrue(bench)


def untrue(bench: Station) -> str:
    """What of the status is not so: that one revision is live, and that it answers."""
    found = bench.status()
    if found["state"] != "live":
        return f"status says {found['state']}: {found['reason']}"
    answered = {bench.ask() for _ in range(20)}
    if answered != {found["model"]}:
        return f"status says {found['model']}, and {answered} answer"
    last = [e for e in found["history"] if e["event"] in ("deploy", "rollback", "promote")][-1]
    return "" if last["revision"] == found["revision"] else f"the record says {last}, status {found['revision']}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--moves", type=int, default=10, help="deploys, and as many rollbacks")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=int, default=200, help="requests a second")
    given = parser.parse_args()
    with station(given.rate) as bench:
        bad = moves(bench, given.moves) if given.moves else 0
        bad += kills(bench, given.kills, given.seed) if given.kills else 0
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
