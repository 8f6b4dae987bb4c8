"""Tasks in forks: as many at once as asked for, ended when they are killed, fail or take too much memory."""

import math
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tools.core.learning.growing import TREES, grow, grows
from tools.core.learning.schedule import Task, Workers, resident


@pytest.fixture
def ended() -> list[Task]:
    return []


def _task(work, folder: Path, ended: list[Task], name: str = "a") -> Task:
    return Task(name, work, folder / f"{name}.result", ended.append)


def _all(workers: Workers) -> None:
    while workers.running:
        workers.wait(time.monotonic() + 10)


def test_results_come_back(tmp_path: Path, ended: list[Task]) -> None:
    workers = Workers(2, 1e12)
    for number in range(2):
        assert not workers.is_full()
        workers.start(_task(lambda n=number: n * 10, tmp_path, ended, str(number)))
    assert workers.is_full()
    _all(workers)
    assert sorted(task.load() for task in ended) == [0, 10]
    assert all(task.failure is None for task in ended)


def test_an_error_is_told_by_its_last_line(tmp_path: Path, ended: list[Task]) -> None:
    def work():
        raise ValueError("no such thing")

    workers = Workers(1, 1e12)
    workers.start(_task(work, tmp_path, ended))
    _all(workers)
    assert ended[0].failure == "ValueError: no such thing"


def test_one_that_dies_is_told(tmp_path: Path, ended: list[Task]) -> None:
    workers = Workers(1, 1e12)
    workers.start(_task(lambda: os.kill(os.getpid(), signal.SIGKILL), tmp_path, ended))
    _all(workers)
    assert ended[0].failure == "its process ended with status -9"
    assert not ended[0].result.exists()


def test_the_largest_goes_when_the_memory_is_used_up(tmp_path: Path, ended: list[Task]) -> None:
    def greedy():
        held = np.ones(60_000_000)
        time.sleep(20)
        return held.sum()

    def modest():
        time.sleep(1.5)
        return "kept"

    workers = Workers(2, resident(os.getpid()) + 300e6)
    workers.start(_task(modest, tmp_path, ended, "modest"))
    workers.start(_task(greedy, tmp_path, ended, "greedy"))
    began = time.monotonic()
    _all(workers)
    assert time.monotonic() - began < 15
    by_name = {task.name: task for task in ended}
    assert "GB of memory" in by_name["greedy"].failure
    assert by_name["modest"].load() == "kept"


def test_waiting_ends_at_its_moment(tmp_path: Path, ended: list[Task]) -> None:
    workers = Workers(1, 1e12)
    workers.start(_task(lambda: time.sleep(30), tmp_path, ended))
    began = time.monotonic()
    workers.wait(began + 0.2)
    assert 0.2 <= time.monotonic() - began < 5
    workers.kill(list(workers.running), "its time was up")
    assert not workers.running
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("kind", ["RandomForestClassifier", "ExtraTreesRegressor"])
def test_a_forest_that_is_grown_is_one_that_was_fitted_at_once(kind: str) -> None:
    from sklearn import ensemble

    random = np.random.default_rng(0)
    matrix, y = random.normal(size=(200, 4)), random.integers(0, 2, 200)
    whole, grown, cut = (getattr(ensemble, kind)(50, random_state=3) for _ in range(3))
    whole.fit(matrix, y)
    grow(grown, matrix, y, math.inf)
    grow(cut, matrix, y, 0.0)
    assert np.array_equal(grown.predict(matrix), whole.predict(matrix))
    assert (len(grown.estimators_), len(cut.estimators_)) == (50, TREES)
    assert grown.get_params() == whole.get_params()
    assert grows(cut) and not grows(ensemble.HistGradientBoostingClassifier())
