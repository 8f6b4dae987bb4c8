"""Runs a child process under a time limit, with progress from its JSON lines; nothing of it survives a Ctrl-C."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tools.core.children import environment, python
from tools.core.context import Context
from tools.core.errors import NO_SPACE, DataRefused, Internal, Interrupted, LimitReached, disk_full

THREADS = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""There is a process for each core: more threads would wait for each other, and on a busy machine they spin."""
REFUSED = "tools.core.errors.DataRefused: "
"""How the last line of a child's standard error begins when its data was refused."""
FULL_BYTES = 1_000_000
CHOSEN, FACTS, OUTCOME = "chosen", "facts.json", "outcome.json"
"""In a job's folder: that of the model's files, in it what is told of it, and what is told of the whole search."""
STOP_SECONDS, AT_ONCE_SECONDS = 10.0, 0.7
"""How long a child may take to write down what it has: at a limit, and after a Ctrl-C."""
START_SECONDS = 300.0
"""How long a child may take to import its libraries and read its rows on a loaded machine."""


def overtime(time_limit: float) -> float:
    """Seconds past its limit after which a child that does not end is killed."""
    return max(time_limit * 0.1, 2.0)


def run_child(
    module: str, job: Path, time_limit: float, context: Context, told: Callable[[dict[str, Any]], None]
) -> float:
    """Run `python -m module job`; returns the seconds from its {"ready": true} to its end or its kill.

    `told` gets each JSON line. Internal when it fails before the limit; its standard error is in job/stderr.txt. On a
    Ctrl-C or at the command's own deadline a child that has found something is asked to write that down, before the
    error is passed on.
    """
    found: list[dict[str, Any]] = []

    def noted(fact: dict[str, Any]) -> None:
        found.extend([fact] if fact.get("best") else [])
        told(fact)

    with (job / "stderr.txt").open("wb") as log, _group(module, job, log) as child:
        try:
            return _watch(child, job, time_limit, context, noted)
        except (KeyboardInterrupt, Interrupted, LimitReached) as exc:
            patience = STOP_SECONDS if isinstance(exc, LimitReached) else AT_ONCE_SECONDS
            _stop(child, patience if found else 0.0)
            raise


def _stop(child: subprocess.Popen[bytes], patience: float) -> None:
    """Ask a child to end, and give it time to write down what it has."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(patience)


def _watch(
    child: subprocess.Popen[bytes],
    job: Path,
    time_limit: float,
    context: Context,
    told: Callable[[dict[str, Any]], None],
) -> float:
    began = ready = None
    end = time.monotonic() + START_SECONDS
    for line in _lines(child, context):
        if line is not None and (fact := _parsed(line)):
            if fact.get("ready"):
                began = ready = time.monotonic()
                end = began + time_limit + overtime(time_limit)
            told(fact)
        if time.monotonic() > end:
            return time.monotonic() - (began or end)
    if child.wait() != 0 or ready is None:
        raise early_end(job, child.returncode)
    return time.monotonic() - ready


def is_full(folder: Path) -> bool:
    """Whether a folder's disk has no room left, so that a child may not even have been able to say so."""
    return shutil.disk_usage(folder).free < FULL_BYTES


def early_end(job: Path, code: int) -> Exception:
    """Why a child ended with an error, as a person should hear it."""
    said = (job / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip()
    if NO_SPACE in said or is_full(job):
        return disk_full(job)
    if code == -signal.SIGKILL:
        return LimitReached(
            "The training process was killed: the machine's memory was probably used up.",
            "Allow less with --memory-limit, or train on fewer rows with --where.",
        )
    last = said.splitlines()[-1:]
    refused = last[0].removeprefix(REFUSED) if last and last[0].startswith(REFUSED) else None
    return (
        DataRefused(refused, "Prepare it with another --split.")
        if refused
        else Internal(f"The training process ended early: {' '.join(last) or code}.")
    )


@contextlib.contextmanager
def _group(module: str, job: Path, log: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a process group of its own, killed with all its forks when the block is left."""
    child = subprocess.Popen(
        python("-m", module, str(job)),
        env=environment(None, **THREADS),
        cwd=job,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout:
            child.stdout.close()


def _lines(child: subprocess.Popen[bytes], context: Context) -> Iterator[bytes | None]:
    """The child's lines; None ten times a second, so that limits and Ctrl-C are looked at."""
    assert child.stdout is not None
    left = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            context.check()
            if not selector.select(0.1):
                yield None
                continue
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                return
            *lines, left = (left + chunk).split(b"\n")
            yield from lines


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        fact = json.loads(line)
    except ValueError:
        return None
    return fact if isinstance(fact, dict) else None
