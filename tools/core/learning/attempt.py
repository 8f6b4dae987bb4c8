"""A candidate under way: a task for each fold, then one that scores it and makes it ready to be served."""

import pickle
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from service.members import Member
from tools.core.learning.assembly import Part, assembled, dump, latency_ms
from tools.core.learning.boosting import shorten
from tools.core.learning.candidate import Fitted, FoldFit, Problem, answers_of, fit_all, fit_fold, kept_fits
from tools.core.learning.estimators import ESTIMATORS
from tools.core.learning.metrics import guess, score
from tools.core.learning.polish import Aim, Calibration, calibrate, decide
from tools.core.learning.portfolio import Candidate

SHORTEST = 0.35
"""Boosting that can stop anywhere is worth starting when it has this share of the time that it would take."""


@dataclass(frozen=True)
class Asked:
    """What candidates are judged by."""

    metric: str
    aim: Aim | None
    cost: float | None
    max_latency_ms: float | None


@dataclass(frozen=True)
class Files:
    """Fitted estimators on disk, and the features of each."""

    paths: list[Path]
    features: list[list[dict[str, Any]]]
    folds: tuple[int, ...] = ()
    """Which fold each is of."""


@dataclass
class Finished:
    """A measured candidate."""

    candidate: Candidate
    answers: Any
    """Out of fold and calibrated: rows × labels, or numbers; NaN where no fold tested a row."""
    calibration: Calibration
    score: float
    rounds: int | None
    latency_ms: float
    served: Files
    by_fold: Files
    """The folds' models, which answer for rows that they did not learn from."""
    seconds: float = 0.0

    @property
    def folds(self) -> int:
        """How many folds were tested."""
        return len(self.by_fold.paths)


@dataclass
class Attempt:
    """One candidate's tasks."""

    candidate: Candidate
    folder: Path
    expected: float
    """Seconds that a fold was expected to take."""
    launched: int = 0
    done: dict[int, Path] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    finishing: bool = False
    note: str = ""

    @property
    def can_be_short(self) -> bool:
        """Whether its folds stop by themselves when their time is up."""
        return ESTIMATORS[self.candidate.estimator].can_be_short

    def fold_seconds(self, speed: float) -> float:
        """What a fold takes, as far as is known; the least that is worth it, where it can be short."""
        return max(self.seconds) if self.seconds else self.expected * speed * (SHORTEST if self.can_be_short else 1.0)

    def left(self, folds: int, speed: float) -> float:
        """Seconds of work that are not done yet, on one core."""
        refit = 0.3 if ESTIMATORS[self.candidate.estimator].bagged else 1.6
        return self.fold_seconds(speed) * (folds - len(self.done) + (0.0 if self.finishing else refit))


def tested(answers: Any) -> Any:
    """A mask of the rows that have an answer."""
    return ~np.isnan(answers.reshape(len(answers), -1)).any(axis=1)


def run_fold(candidate: Candidate, problem: Problem, fold: int, cache: Path, until: float) -> FoldFit:
    """A fold's task."""
    return fit_fold(candidate, problem, fold, cache, until)


def finish(attempt: Attempt, problem: Problem, asked: Asked, cache: Path) -> Finished:
    """Score what the folds said, and write what will be served into the attempt's folder."""
    candidate = attempt.candidate
    fits = {fold: _load(path) for fold, path in sorted(attempt.done.items())}
    raw, rounds = answers_of(candidate, problem, fits, cache)
    folds = [problem.folds[fold] for fold in fits]
    answers, calibration = calibrate(raw, problem.y, problem.goal, folds, problem.weights)
    for fit in fits.values():
        if rounds is not None and ESTIMATORS[candidate.estimator].boosts:
            shorten(fit.fitted.estimator, rounds)
    kept = kept_fits(candidate, problem, fits, rounds)
    latency = _latency(candidate, kept, problem)
    if asked.max_latency_ms and latency > asked.max_latency_ms and len(kept) > 1:
        kept = [fit_all(candidate, problem, rounds)]
        latency = _latency(candidate, kept, problem)
    folded = [fit.fitted for fit in fits.values()]
    by_fold = replace(_written(attempt.folder, "fold", folded), folds=tuple(fits))
    served = by_fold if kept[0] is folded[0] else _written(attempt.folder, "fit", kept)
    worth = scored(answers, problem, asked)
    return Finished(candidate, answers, calibration, worth, rounds, latency, served, by_fold)


def _latency(candidate: Candidate, fits: list[Fitted], problem: Problem) -> float:
    """Milliseconds to answer one row by the mean of some fits."""
    part = Part(candidate, [Path()] * len(fits), [fit.features for fit in fits], Calibration())
    features, told, _ = assembled([part], problem)
    return latency_ms(features, [Member(f.estimator, **t) for f, t in zip(fits, told, strict=True)], problem)


def _written(folder: Path, name: str, fits: list[Fitted]) -> Files:
    """Estimators in files without pickle, and their features."""
    paths = [folder / f"{name}-{number}.skops" for number in range(len(fits))]
    for fit, path in zip(fits, paths, strict=True):
        dump(fit.estimator, path)
    return Files(paths, [fit.features for fit in fits])


def scored(answers: Any, problem: Problem, asked: Asked) -> float:
    """What out-of-fold answers score, decided by the other folds' thresholds."""
    moved, goal = with_threshold(answers, problem, asked)
    there = tested(answers)
    return score(asked.metric, problem.y[there], moved[there], goal, weights_of(problem, there))


def with_threshold(answers: Any, problem: Problem, asked: Asked) -> tuple[Any, Any]:
    """Answers as they are to be scored, and the goal with the threshold to serve."""
    folds = problem.folds
    moved, threshold = decide(asked.aim, answers, problem.y, problem.goal, folds, asked.cost, problem.weights)
    return moved, replace(problem.goal, threshold=threshold)


def weights_of(problem: Problem, rows: Any) -> Any:
    """The weights of some rows, or None."""
    return None if problem.weights is None else problem.weights[rows]


def fold_work(attempt: Attempt, problem: Problem, fold: int, cache: Path, until: float) -> Any:
    """What the fork of a fold does."""
    return partial(run_fold, attempt.candidate, problem, fold, cache, until)


def _load(path: Path) -> FoldFit:
    with path.open("rb") as file:
        found: FoldFit = pickle.load(file)
    return found


def dummy(problem: Problem, metric: str) -> float:
    """The score of always guessing, on the same folds."""
    answers = np.full((len(problem.y), max(problem.goal.labels, 1)), np.nan)
    for train, test in problem.folds:
        answers[test] = guess(problem.y[train], problem.goal, weights_of(problem, train))
    there = tested(answers)
    known = answers[there] if problem.goal.labels else answers[there, 0]
    return score(metric, problem.y[there], known, problem.goal, weights_of(problem, there))
