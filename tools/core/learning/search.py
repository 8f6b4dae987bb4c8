"""The search for the best candidate: what is started when, what is given up, and what is kept, within its time."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tools.core.learning.attempt import Asked, Attempt, Finished, finish, fold_work
from tools.core.learning.candidate import Problem
from tools.core.learning.metrics import better
from tools.core.learning.portfolio import Candidate, seconds
from tools.core.learning.schedule import Task, Workers

BOOSTING_SHARE = 0.6
"""Boosting that can be short takes this share of the time that is left: the rest is for answering and writing."""
MARGIN = 1.15
"""A candidate is started when so many times its expected seconds are left."""


@dataclass
class Search:
    """Candidates, tried in order on all cores until the plan or the time is through."""

    problem: Problem
    asked: Asked
    plan: list[Candidate]
    job: Path
    workers: Workers
    until: float
    """When candidates must have ended, so that the best can still be written."""
    columns: int
    tell: Callable[..., None]
    is_stopped: Callable[[], bool]
    baseline: float
    deadline: float
    """When all must have ended."""
    active: list[Attempt] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    tried: list[dict[str, Any]] = field(default_factory=list)
    worked: float = 0.0
    predicted: float = 0.0
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {candidate.key: place for place, candidate in enumerate(self.plan)}

    def run(self, first: Callable[[Finished], None]) -> None:
        """Try them; `first` is called with the first that is finished, so that there is something to keep."""
        while not self.is_over():
            while not self.workers.is_full() and (task := self.next_task()):
                self.workers.start(task)
            if not self.workers.running:
                break
            known = len(self.finished)
            self.workers.wait(min(self.until, time.monotonic() + 0.1))
            if known == 0 and self.finished:
                first(self.finished[0])
                self.tell_best()
        self.give_up_rest()

    def is_over(self) -> bool:
        """Whether the time is up, or somebody asked to stop."""
        return self.is_stopped() or time.monotonic() >= self.until

    @property
    def speed(self) -> float:
        """How much longer tasks take here than was written down for a machine that was idle."""
        return self.worked / self.predicted if self.predicted else 1.0

    def next_task(self) -> Task | None:
        """The next fold or finish of what is under way, else the first fold of the next candidate that has its time."""
        for attempt in self.active:
            if attempt.note:
                continue
            if attempt.launched < len(self.problem.folds):
                return self.fold_task(attempt)
            if len(attempt.done) == len(self.problem.folds) and not attempt.finishing:
                return self.finish_task(attempt)
        while self.plan:
            candidate = self.plan.pop(0)
            attempt = self.attempt(candidate)
            if self.has_time(attempt):
                self.active.append(attempt)
                return self.fold_task(attempt)
            self.refuse(attempt, "there was no time left for it")
        return None

    def attempt(self, candidate: Candidate) -> Attempt:
        """A candidate about to be tried."""
        expected = seconds(candidate, len(self.problem.folds[-1][0]), self.columns, self.problem.goal.labels)
        return Attempt(candidate, self.job / candidate.key, expected)

    def has_time(self, attempt: Attempt) -> bool:
        """Whether it would end in time, after what is under way. The first one is tried in any case."""
        if not self.finished and not self.active:
            return True
        work = sum(a.left(len(self.problem.folds), self.speed) for a in [*self.active, attempt] if not a.note)
        alone = attempt.fold_seconds(self.speed) * 2  # a fold, then the finish, one after the other
        return time.monotonic() + max(work * MARGIN / self.workers.most, alone) < self.until

    def fold_task(self, attempt: Attempt) -> Task:
        """The task of a candidate's next fold."""
        fold = attempt.launched
        attempt.launched += 1
        work = fold_work(attempt, self.problem, fold, self.job / "cache", self.stop_of(attempt))
        return Task(
            attempt.candidate.key, work, attempt.folder / f"fold-{fold}", partial(self.fold_done, attempt, fold)
        )

    def stop_of(self, attempt: Attempt) -> float:
        """When a fold stops that can stop anywhere, so that the other folds have their time too.

        Boosting always can; a forest does only where nothing else is there yet.
        """
        if self.finished and not attempt.can_be_short:
            return math.inf
        folds = len(self.problem.folds)
        waves = -(-(folds - len(attempt.done)) // self.workers.most)
        left = self.until - time.monotonic()
        return time.monotonic() + BOOSTING_SHARE * left / max(waves, 1)

    def fold_done(self, attempt: Attempt, fold: int, task: Task) -> None:
        """A fold has ended; the candidate is given up where the rest would take too long."""
        if task.failure:
            self.refuse(attempt, task.failure)
            return
        attempt.done[fold] = task.result
        attempt.seconds.append(task.seconds)
        self.worked += task.seconds
        self.predicted += attempt.expected
        self.tell(estimator=attempt.candidate.key, fold=len(attempt.done))
        left = attempt.left(len(self.problem.folds), self.speed) / self.workers.most
        if self.finished and not attempt.can_be_short and time.monotonic() + left > self.until:
            self.refuse(attempt, f"it would have taken {sum(attempt.seconds) + left:.0f} s")

    def finish_task(self, attempt: Attempt) -> Task:
        """The task that scores a candidate."""
        attempt.finishing = True
        work = partial(finish, attempt, self.problem, self.asked, self.job / "cache")
        return Task(attempt.candidate.key, work, attempt.folder / "finished", partial(self.finish_done, attempt))

    def finish_done(self, attempt: Attempt, task: Task) -> None:
        """A candidate has its score."""
        if task.failure:
            self.refuse(attempt, task.failure)
            return
        found: Finished = task.load()
        found.seconds = sum(attempt.seconds) + task.seconds
        self.active.remove(attempt)
        self.finished.append(found)
        self.finished.sort(key=lambda f: self.places[f.candidate.key])
        self.tried.append(_tried(attempt.candidate, found.seconds, found.score, self.note_of(found), found.latency_ms))
        if len(self.finished) > 1:  # the first is told when it is kept
            self.tell_best()

    def tell_best(self) -> None:
        """Say which is the best so far."""
        best = self.best()
        self.tell(best=best.candidate.estimator, score=best.score, tried=len(self.finished))

    def note_of(self, found: Finished) -> str:
        """What a reader should know of its score."""
        folds = len(self.problem.folds)
        return "" if found.folds == folds else f"tested on {found.folds} of {folds} folds"

    def best(self) -> Finished:
        """The finished candidate with the best score that is fast enough; the first of equals."""
        found = self.fast_enough() or self.finished
        best = found[0]
        for other in found[1:]:
            if better(self.asked.metric, other.score, best.score):
                best = other
        return best

    def fast_enough(self) -> list[Finished]:
        """The finished candidates that answer one row within the latency that was asked for."""
        most = self.asked.max_latency_ms
        return [f for f in self.finished if most is None or f.latency_ms <= most]

    def refuse(self, attempt: Attempt, why: str) -> None:
        """A candidate gets no score."""
        if attempt.note:
            return
        attempt.note = why
        mine = [task for task in self.workers.running if task.name == attempt.candidate.key]
        self.workers.kill(mine, why)
        if attempt in self.active:
            self.active.remove(attempt)
        self.tried.append(_tried(attempt.candidate, sum(attempt.seconds), None, why, None))

    def give_up_rest(self) -> None:
        """The time is up: where nothing has a score yet, what has the most folds gets one from these."""
        why = "it was stopped" if self.is_stopped() else "its time was up"
        under_way = [a for a in self.active if a.done] if not self.finished else []
        chosen = max(under_way, key=lambda a: (a.finishing, len(a.done)), default=None)
        finishing = chosen.candidate.key if chosen and chosen.finishing else None
        self.workers.kill([task for task in self.workers.running if task.name != finishing], why)
        if chosen:
            if not finishing:
                self.workers.start(self.finish_task(chosen))
            self.workers.wait(time.monotonic() + 3600)
        for attempt in list(self.active):
            self.refuse(attempt, why)
        for candidate in self.plan:
            self.tried.append(_tried(candidate, 0.0, None, why, None))


def _tried(candidate: Candidate, took: float, score: float | None, note: str, latency: float | None) -> dict[str, Any]:
    return {
        "estimator": candidate.estimator,
        "variant": candidate.variant,
        "score": score,
        "seconds": round(took, 3),
        "latency_ms": None if latency is None else round(latency, 3),
        "note": note,
    }
