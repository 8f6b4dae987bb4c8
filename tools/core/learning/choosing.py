"""What is kept of a search: the best candidate or the mean of several, written as the files of a model."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tools.core.files import write_json
from tools.core.learning.assembly import Part, assembled, write
from tools.core.learning.attempt import Asked, Files, Finished, tested, weights_of, with_threshold
from tools.core.learning.candidate import Problem
from tools.core.learning.ensemble import bagged, mixed, worth_it
from tools.core.learning.intervals import interval
from tools.core.learning.jobs import CHOSEN, FACTS, OUTCOME
from tools.core.learning.metrics import score
from tools.core.learning.polish import expected_cost
from tools.core.learning.schedule import Task
from tools.core.learning.search import Search

CHOOSING_ROWS = 5_000
"""An ensemble's members are chosen on at most so many rows."""
SHARE_OF_REST = 0.4
"""An ensemble may take this share of the time that is left, twice: to be chosen, and to be compared."""


@dataclass(frozen=True)
class Choice:
    """What is kept: candidates with their shares, and what their mean says out of fold."""

    parts: dict[str, tuple[Finished, float]]
    answers: Any


def choose(search: Search, problem: Problem, asked: dict[str, Any], groups: Any) -> Choice:
    """The best candidate, or the mean of several of different kinds where it is better beyond noise."""
    best = search.best()
    single = Choice({best.candidate.key: (best, 1.0)}, best.answers)
    fast = [found for found in search.fast_enough() if found.folds == best.folds]
    if len(asked["estimators"]) < 2 or len(fast) < 2 or search.is_stopped():
        return single
    there = np.flatnonzero(tested(best.answers))
    rows = np.random.default_rng(0).permutation(there)[:CHOOSING_ROWS]
    known = {f.candidate.key: f for f in fast if tested(f.answers)[rows].all()}
    y, weights, goal = problem.y[rows], weights_of(problem, rows), problem.goal
    cut = {key: found.answers[rows] for key, found in known.items()}
    if (shares := quick(lambda: bagged(asked["metric"], y, cut, goal, weights), search)) is None or len(shares) < 2:
        return single
    if asked["max_latency_ms"] and sum(known[key].latency_ms for key in shares) > asked["max_latency_ms"]:
        return single
    mean = mixed({key: found.answers for key, found in known.items()}, shares)
    units = groups[rows] if asked["split"] == "group" else None
    one, other = mean[rows], best.answers[rows]
    if not quick(lambda: worth_it(asked["metric"], y, one, other, goal, weights, units), search):
        return single
    return Choice({key: (known[key], share) for key, share in shares.items()}, mean)


def quick(work: Callable[[], Any], search: Search) -> Any:
    """The result of work in a fork that must end in the time that is left for it; None where it does not."""
    found: list[Any] = []
    task = Task("choosing", work, search.job / f"choosing-{time.monotonic_ns()}", lambda t: found.append(t))
    search.workers.start(task)
    search.workers.wait(time.monotonic() + SHARE_OF_REST * (search.deadline - time.monotonic()))
    if search.workers.running:
        search.workers.kill(list(search.workers.running), "its time was up")
    return task.load() if found and not task.failure else None


def write_outcome(asked: dict[str, Any], problem: Problem, search: Search, job: Path, choice: Choice) -> None:
    """The model's files and all that is told of it; in a fork, so that this process stays without threads."""
    outcome: dict[str, Any] = {"candidates": search.tried, "rows": len(problem.y), "folds": len(problem.folds)}
    outcome["baseline"] = search.baseline
    failures: list[str | None] = []
    work = partial(write_model, asked, problem, search.asked, job, choice)
    task = Task("writing", work, job / "written", lambda t: failures.append(t.failure))
    search.workers.start(task)
    while not failures:
        search.workers.wait(time.monotonic() + 60)
    if failures[0]:
        sys.stderr.write(f"{failures[0]}\n")
        return
    write_json(job / OUTCOME, outcome)


def write_model(asked: dict[str, Any], problem: Problem, judged: Asked, job: Path, choice: Choice) -> None:
    """Write the model, with what is told of it, into a folder beside the last one, then put it in its place."""
    folder = job / f"writing-{os.getpid()}"
    write(folder, *assembled([_part(found, share, found.served) for found, share in choice.parts.values()], problem))
    (first, _), *_ = choice.parts.values()
    for place, fold in enumerate(first.by_fold.folds):
        parts = [_part(found, share, _one(found.by_fold, place)) for found, share in choice.parts.values()]
        write(folder / "folds" / str(fold), *assembled(parts, problem))
    np.save(folder / "answers.npy", choice.answers)
    took = sum(found.latency_ms for found, _ in choice.parts.values())
    facts = facts_of(asked, problem, judged, choice) | {"latency_ms": round(took, 3)}
    write_json(folder / FACTS, facts)
    if (job / CHOSEN).exists():
        (job / CHOSEN).rename(job / f"before-{os.getpid()}")
    folder.rename(job / CHOSEN)


def _part(found: Finished, share: float, files: Files) -> Part:
    return Part(found.candidate, files.paths, files.features, found.calibration, share)


def _one(files: Files, place: int) -> Files:
    return Files([files.paths[place]], [files.features[place]])


def _told(found: Finished, share: float) -> dict[str, Any]:
    return {
        "estimator": found.candidate.estimator,
        "variant": found.candidate.variant,
        "weight": share,
        "slope": found.calibration.slope,
        "intercept": found.calibration.intercept,
        "rounds": found.rounds,
        "bagged": len(found.served.paths) > 1,
    }


def facts_of(asked: dict[str, Any], problem: Problem, judged: Asked, choice: Choice) -> dict[str, Any]:
    """Score, interval, threshold and calibration of what is kept."""
    moved, goal = with_threshold(choice.answers, problem, judged)
    there = tested(choice.answers)
    y, known, weights = problem.y[there], moved[there], weights_of(problem, there)
    (first, _), *others = choice.parts.values()
    cost = asked["false_negative_cost"]
    return {
        "estimator": "ensemble" if others else first.candidate.estimator,
        "variant": "" if others else first.candidate.variant,
        "members": [_told(found, share) for found, share in choice.parts.values()],
        "score": score(asked["metric"], y, known, goal, weights),
        "interval": interval(asked["metric"], y, known, goal, weights),
        "threshold": goal.threshold,
        "aim": judged.aim if goal.threshold is not None else None,
        "cost": None if cost is None else expected_cost(known, y, goal, cost, weights),
        "folds": first.folds,
    }
