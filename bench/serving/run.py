"""Prints how fast Ekiben serves beside what others make of the same table and as many trees, side by side in one run.

`python bench/serving/run.py` drives one process each with single-row posts at concurrency 1, 16 and 64, in rounds that
take turns, after each has shown that its answers are right. FastAPI and MLflow get environments of their own in
--peers, made when they are missing.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from contenders import CONTENDERS, SAID
from load import WRK, Load, drive, many_rows, soak
from prepare import Prepared, prepare, variables
from server import Server

HERE = Path(__file__).resolve().parent
CONCURRENCIES = (1, 16, 64)
AT_LEAST = {"tutorial": 50.0, "fastapi": 40.0, "mlflow": 40.0, "nothing": 2.0, "limit": 0.7}
"""How many times a contender's requests a second at concurrency 16 Ekiben shall reach."""
MOST_CPU_MS, FEWEST_OF_ONNX, MOST_START, MOST_MORE_MB = 0.25, 0.5, 1.3, 100.0
GROWTH_MB = 2.0
"""Growth of memory that is noise."""


@dataclass
class Report:
    """What was measured."""

    loads: dict[str, dict[int, Load]] = field(default_factory=dict)
    many: dict[str, float] = field(default_factory=dict)
    onnx: float | None = None
    start: dict[str, tuple[float, float]] = field(default_factory=dict)
    """CPU seconds and megabytes when the first row was answered."""
    soaked: list[float] = field(default_factory=list)


def main() -> None:
    """Start everybody, measure, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=8, help="of load for each contender at each concurrency")
    asked.add_argument("--rounds", type=int, default=2, help="that these seconds are cut into")
    asked.add_argument("--soak", type=float, default=0, metavar="MINUTES", help="of load on Ekiben, to see memory grow")
    asked.add_argument("--only", nargs="*", default=[], metavar="NAME", choices=list(SAID))
    asked.add_argument("--peers", type=Path, default=HERE.parent / ".peers")
    given = asked.parse_args()
    names = [each.name for each in CONTENDERS if each.name in ("ekiben", *(given.only or SAID))]
    with tempfile.TemporaryDirectory(prefix="ekiben-serving-") as place, ExitStack() as running:
        prepared = prepare(Path(place))
        servers = start(names, prepared, given.peers.resolve(), running)
        report = measure(servers, prepared, given.seconds, max(1, given.rounds), given.soak)
    say(f"\nwith {'wrk' if WRK else 'client.py, since there is no wrk'}, one process each")
    show(report)
    goals(report)


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def start(names: list[str], prepared: Prepared, peers: Path, running: ExitStack) -> list[Server]:
    """Start contenders one after another, and see that what they answer is right."""
    found = []
    for contender in CONTENDERS:
        if contender.name in names:
            say(f"starting {SAID[contender.name]}")
            server = Server(contender, prepared, peers)
            running.callback(server.stop)
            server.check()
            found.append(server)
    return found


def measure(servers: list[Server], prepared: Prepared, seconds: float, rounds: int, minutes: float) -> Report:
    """Rounds of load in turns, then ten thousand rows, then the soak."""
    report = Report(start={server.contender.name: (server.start_cpu, server.start_memory) for server in servers})
    bodies = {server.contender.name: body_file(server, prepared) for server in servers}
    for server in servers:
        report.loads[server.contender.name] = {concurrency: Load() for concurrency in CONCURRENCIES}
        drive(server, bodies[server.contender.name], 4, 1, Load())  # warm
    for concurrency in CONCURRENCIES:
        for _ in range(rounds):
            for server in servers:
                name = server.contender.name
                drive(server, bodies[name], concurrency, seconds / rounds, report.loads[name][concurrency])
        say(f"measured at concurrency {concurrency}")
    report.many = {s.contender.name: many_rows(s) for s in servers if s.contender.answers}
    report.onnx = onnx_alone(prepared)
    report.soaked = soak(servers[0], bodies["ekiben"], minutes) if minutes else []
    return report


def body_file(server: Server, prepared: Prepared) -> Path:
    """The body of one row, as a file."""
    path = prepared.folder / f"{server.contender.name}.json"
    path.write_bytes(server.body(prepared.rows[:1]))
    return path


def onnx_alone(prepared: Prepared) -> float | None:
    """Seconds that the graph alone takes for the ten thousand rows; None where the Bento has no graph."""
    model = prepared.bento / "src" / "model"
    if not (model / "graph.onnx").exists():
        return None
    body = prepared.folder / "many.json"
    body.write_text(json.dumps({"rows": prepared.many}), encoding="utf-8")
    command = [sys.executable, str(HERE / "onnx_alone.py"), str(model), str(body)]
    return float(subprocess.run(command, env=variables(), check=True, capture_output=True, text=True).stdout)


def show(report: Report) -> None:
    """One table."""
    head = f"{'':<44}{'at once':>8}{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'errors':>8}{'ekiben is':>14}"
    say("\n" + head)
    for concurrency in CONCURRENCIES:
        ours = report.loads["ekiben"][concurrency].rate
        for name, loads in report.loads.items():
            load, (p50, p99) = loads[concurrency], loads[concurrency].middle
            times = f"{ours / load.rate:.2f} times" if load.rate else "-"
            numbers = f"{load.rate:>10,.0f}{p50:>9.2f}{p99:>9.2f}{load.cpu_ms:>9.3f}{load.errors:>8}"
            say(f"{SAID[name]:<44}{concurrency:>8}{numbers}{times:>14}")
        say("")
    for name, (cpu, memory) in report.start.items():
        say(f"{SAID[name]:<44} ready after {cpu:6.2f} CPU s, with {memory:6.0f} MB")
    say("")
    for name, took in report.many.items():
        say(f"{SAID[name]:<44} 10,000 rows in one request: {1e3 * took:8.0f} ms, {10_000 / took:10,.0f} rows/s")
    if report.onnx:
        told = f"{1e3 * report.onnx:8.0f} ms, {10_000 / report.onnx:10,.0f} rows/s"
        say(f"{'the ONNX graph alone':<44} 10,000 rows:                {told}")


def goals(report: Report) -> None:
    """Each goal, what was measured, and whether it is met."""
    say("\ngoals")
    ours, loads = report.loads["ekiben"], report.loads
    for name, times in AT_LEAST.items():
        if name in loads:
            ratio = ours[16].rate / loads[name][16].rate if loads[name][16].rate else float("inf")
            goal(f"requests/s at 16 against {SAID[name]}", f"{ratio:.2f}", f"at least {times:g}", ratio >= times)
    goal("CPU ms a request at 16", f"{ours[16].cpu_ms:.3f}", f"at most {MOST_CPU_MS}", ours[16].cpu_ms <= MOST_CPU_MS)
    if "fastapi" in loads:
        mine, theirs = ours[64].middle[1], loads["fastapi"][1].middle[1]
        goal("p99 ms at 64", f"{mine:.2f}", f"below {theirs:.2f}, naive FastAPI's at 1", mine < theirs)
    if report.onnx:
        share = report.onnx / report.many["ekiben"]
        goal(
            "10,000 rows, speed of the graph alone",
            f"{share:.2f}",
            f"at least {FEWEST_OF_ONNX}",
            share >= FEWEST_OF_ONNX,
        )
    if "nothing" in report.start:
        (cpu, memory), (their_cpu, their_memory) = report.start["ekiben"], report.start["nothing"]
        more = memory - their_memory
        goal(
            "CPU to ready, of BentoML's nothing",
            f"{cpu / their_cpu:.2f}",
            f"at most {MOST_START}",
            cpu <= MOST_START * their_cpu,
        )
        goal("MB more than it when ready", f"{more:.0f}", f"at most {MOST_MORE_MB:g}", more <= MOST_MORE_MB)
    goal("errors", str(sum(load.errors for load in ours.values())), "0", not any(load.errors for load in ours.values()))
    if report.soaked:
        fifth = max(1, len(report.soaked) // 5)
        growth = max(report.soaked[-fifth:]) - max(report.soaked[:fifth])
        goal("MB grown in the soak", f"{growth:.1f}", f"nothing (noise: {GROWTH_MB:g})", growth <= GROWTH_MB)


def goal(what: str, measured: str, wanted: str, met: bool) -> None:
    """One line."""
    say(f"{'met    ' if met else 'NOT MET'}  {what:<62}{measured:>10}   {wanted}")


if __name__ == "__main__":
    main()
