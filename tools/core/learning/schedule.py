"""Tasks in forks that can be killed, as many at once as there are cores, under a clock and a memory limit."""

import contextlib
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

LOOK_SECONDS = 0.005
MEMORY_SECONDS = 0.1
"""How often the memory is looked at."""


@dataclass
class Task:
    """Work for a fork. Its result is pickled into a file that only this process's own folder has."""

    name: str
    work: Callable[[], Any]
    result: Path
    done: Callable[["Task"], None]
    """Called in the parent when the fork has ended; `failure` says whether it left a result."""
    failure: str | None = None
    seconds: float = 0.0
    pid: int = 0
    began: float = 0.0

    def load(self) -> Any:
        """What the work returned."""
        with self.result.open("rb") as file:
            return pickle.load(file)


@dataclass
class Workers:
    """The forks that are running."""

    most: int
    memory_limit: float
    """Bytes that this process and its forks may hold together."""
    running: list[Task] = field(default_factory=list)
    looked: float = 0.0
    parent: int = field(default_factory=os.getppid)

    def is_full(self) -> bool:
        """Whether another task would have to share a core."""
        return len(self.running) >= self.most

    def start(self, task: Task) -> None:
        """Fork."""
        task.result.parent.mkdir(parents=True, exist_ok=True)
        task.began = time.monotonic()
        task.pid = os.fork()
        if task.pid == 0:
            _work(task)
        self.running.append(task)

    def wait(self, until: float) -> None:
        """Wait until a task has ended, or until a moment; what ended is told."""
        while self.running:
            ended = [task for task in self.running if _has_ended(task)]
            for task in ended:
                self.running.remove(task)
            for task in ended:
                task.done(task)
            if ended or time.monotonic() >= until:
                return
            self._look()
            time.sleep(LOOK_SECONDS)

    def kill(self, tasks: list[Task], why: str) -> None:
        """End tasks at once."""
        for task in tasks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(task.pid, signal.SIGKILL)
            os.waitpid(task.pid, 0)
            self.running.remove(task)
            task.failure = why
            task.seconds = time.monotonic() - task.began

    def _look(self) -> None:
        """Give up where nobody waits any more; end the largest fork where the memory is used up."""
        if os.getppid() != self.parent:
            self.kill(list(self.running), "nobody waits for it")
            sys.exit("the command that wanted this training is gone")
        if time.monotonic() - self.looked < MEMORY_SECONDS:
            return
        self.looked = time.monotonic()
        held = {task.pid: resident(task.pid) for task in self.running}
        if held and resident(os.getpid()) + sum(held.values()) > self.memory_limit:
            largest = max(self.running, key=lambda task: held[task.pid])
            self.kill([largest], f"it needed more than {self.memory_limit / 1e9:.3g} GB of memory")
            largest.done(largest)


def resident(pid: int) -> float:
    """Bytes that a process holds in memory, its share of what forks have in common."""
    try:
        process = psutil.Process(pid)
        told = process.memory_full_info() if sys.platform == "linux" else process.memory_info()
    except psutil.Error:
        return 0.0
    return float(getattr(told, "pss", told.rss))


def _has_ended(task: Task) -> bool:
    done, status = os.waitpid(task.pid, os.WNOHANG)
    if not done:
        return False
    task.seconds = time.monotonic() - task.began
    error = task.result.with_suffix(".error")
    if error.exists():
        task.failure = error.read_text(encoding="utf-8").strip().splitlines()[-1]
    elif status or not task.result.exists():
        task.failure = f"its process ended with status {os.waitstatus_to_exitcode(status)}"
    return True


def _work(task: Task) -> None:
    """In the fork: work, write the result whole, never return."""
    code = 1
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        found = task.work()
        part = task.result.with_suffix(".part")
        with part.open("wb") as file:
            pickle.dump(found, file, protocol=5)
        part.replace(task.result)
        code = 0
    except BaseException:
        task.result.with_suffix(".error").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)
