"""One candidate: an estimator measured by cross-validation on training rows, then fitted on all of them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.encoder import encode
from service.runtime import ENCODER_FILE, ESTIMATOR_FILE, TRUSTED
from tools.core.errors import DataRefused
from tools.core.learning.estimators import ESTIMATORS
from tools.core.learning.metrics import Goal
from tools.core.learning.recipe import AUTO, Recipe, fit_encoder, take

FOLDS = 5
MANY_GROUPS = 20_000
"""From so many groups on, chance alone gives each fold its share of labels, and stratifying groups takes minutes."""
UNWATCHED = 100
"""Boosting rounds where no rows can be held out to stop early by; scikit-learn's own number."""
REFIT_MARGIN = 1.6
"""Fitting on all rows takes at most so many times a fold's fit, in all that was measured."""


@dataclass(frozen=True)
class Problem:
    """What is to be learned: checked columns, the target, its goal, and which rows each fold tests."""

    inputs: dict[str, Any]
    columns: dict[str, Any]
    y: Any
    goal: Goal
    folds: list[tuple[Any, Any]]
    seed: int
    recipe: Recipe = AUTO
    weights: Any = None


class TooSlow(Exception):
    """The candidate would not end before the deadline; it says how many seconds it would have taken."""


def folds_of(problem_split: str, y: Any, groups: Any, classification: bool) -> list[tuple[Any, Any]]:
    """(training, testing) positions of each fold: forward in time, else by group, stratified where there are labels.

    A fold that could train on one label alone is left away; DataRefused where none is left.
    """
    folds = _cut(problem_split, y, groups, classification)
    kept = [fold for fold in folds if not classification or len(np.unique(y[fold[0]])) > 1]
    if not kept:
        raise DataRefused(
            f"Cut by {problem_split}, no fold of cross-validation has two labels to train on.",
            "Prepare it with another --split.",
        )
    return kept


def _cut(problem_split: str, y: Any, groups: Any, classification: bool) -> list[tuple[Any, Any]]:
    from sklearn import model_selection as ms

    rows = np.zeros((len(y), 1))
    if problem_split == "time":
        return list(ms.TimeSeriesSplit(FOLDS).split(rows))
    units, unit = np.unique(groups, return_inverse=True)
    folds = min(FOLDS, len(units))
    if len(units) == len(y) and classification:
        return list(ms.StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, y))
    if len(units) == len(y) or len(units) > MANY_GROUPS:
        fold = np.random.default_rng(0).permutation(len(units))[unit] % folds
        return [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(folds)]
    kind = ms.StratifiedGroupKFold if classification else ms.GroupKFold
    return list(kind(folds, shuffle=True, random_state=0).split(rows, y, groups))


def cross_validate(
    name: str, problem: Problem, deadline: float, tell: Callable[[int], None], may_stop_early: bool = False
) -> tuple[Any, int]:
    """Answers for every tested row (NaN where a row was in no test fold), and how many folds were done.

    After each fold it knows what the rest will take. If that is past the deadline: TooSlow, or, where it may stop
    early, what was tested so far, as long as the fit on all rows still has its time.
    """
    answers: Any = None
    seconds: list[float] = []
    for number, (train, test) in enumerate(problem.folds, 1):
        began = time.monotonic()
        estimator, features = fit(name, problem, train)
        found = estimate(estimator, encode(features, take(problem.columns, test)), problem.goal)
        answers = np.full((len(problem.y), *found.shape[1:]), np.nan) if answers is None else answers
        answers[test] = found
        seconds.append(time.monotonic() - began)
        left = max(seconds) * (len(problem.folds) - number + REFIT_MARGIN)
        if time.monotonic() + left > deadline:
            if may_stop_early and time.monotonic() + max(seconds) * REFIT_MARGIN < deadline:
                return answers, number
            raise TooSlow(f"{sum(seconds) + left:.0f}")
        tell(number)
    return answers, len(problem.folds)


def fit(name: str, problem: Problem, rows: Any) -> tuple[Any, list[dict[str, Any]]]:
    """An estimator and its encoder, both fitted on the given rows alone."""
    declared = ESTIMATORS[name]
    columns, y = take(problem.columns, rows), problem.y[rows]
    fitted = fit_encoder(problem.inputs, columns, declared.family, y, problem.goal.labels, problem.recipe)
    estimator = declared.make(problem.goal.labels > 0, len(rows), problem.seed)
    if problem.goal.labels and getattr(estimator, "early_stopping", False) and not _can_hold_out(y):
        estimator.set_params(early_stopping=False, max_iter=UNWATCHED)
    weights = {} if problem.weights is None else {"sample_weight": problem.weights[rows]}
    return estimator.fit(fitted.matrix(columns), y, **weights), fitted.features


def _can_hold_out(y: Any) -> bool:
    """Whether a tenth of the rows, each label with its share, can be held out to stop early by."""
    counts = np.unique(y, return_counts=True)[1]
    return bool(counts.min() >= 2 and len(y) // 10 >= len(counts))


def estimate(estimator: Any, matrix: Any, goal: Goal) -> Any:
    """Probabilities (rows × labels; 0 for a label that was not in the fold) or numbers."""
    if not goal.labels:
        return np.asarray(estimator.predict(matrix), dtype=np.float64)
    found = np.zeros((len(matrix), goal.labels))
    found[:, estimator.classes_.astype(int)] = estimator.predict_proba(matrix)
    return found


def save(folder: Path, estimator: Any, features: list[dict[str, Any]]) -> None:
    """Write encoder and estimator as files that need no pickle, and see that the estimator can be read again."""
    import skops.io

    if hasattr(estimator, "n_jobs"):
        estimator.n_jobs = None  # one row is answered faster by one thread
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ENCODER_FILE).write_text(json.dumps({"features": features}, ensure_ascii=False), encoding="utf-8")
    skops.io.dump(estimator, folder / ESTIMATOR_FILE)
    unknown = set(skops.io.get_untrusted_types(file=folder / ESTIMATOR_FILE)) - set(TRUSTED)
    if unknown:
        raise TypeError(f"types that the runtime does not trust: {sorted(unknown)}")
