"""One candidate: measured by cross-validation on training rows, and fitted for use."""

import pickle
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from service.encoder import encode
from service.members import Member, answers
from tools.core.errors import DataRefused
from tools.core.learning.boosting import UNWATCHED, Rows, best_rounds, fit_rounds, fit_watched, shorten
from tools.core.learning.estimators import ESTIMATORS, Wanted
from tools.core.learning.growing import grow, grows, kept_trees
from tools.core.learning.metrics import Goal
from tools.core.learning.portfolio import Candidate
from tools.core.learning.recipe import AUTO, Recipe, fit_encoder, take

FOLDS = 5
FOLDS_OF_MANY = 3
MANY_ROWS = 15_000
"""From so many rows on, three folds tell as much as five."""
MANY_GROUPS = 20_000
"""From so many groups on, chance alone gives each fold its share of labels, and stratifying groups takes minutes."""
CACHED_BYTES = 100_000_000
"""An encoded fold that is larger is encoded again by the next candidate."""


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
    forward: bool = False
    """The folds go forward in time, so that each model knows less than the next."""


@dataclass
class Fitted:
    """A fitted estimator and the features that it was fitted on."""

    estimator: Any
    features: list[dict[str, Any]]


@dataclass
class FoldFit:
    """What one fold's task leaves behind: the model, and its answers for the fold's rows or its losses by round."""

    fitted: Fitted
    answers: Any
    curve: Any
    seconds: float


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
    wanted = FOLDS if len(y) < MANY_ROWS else FOLDS_OF_MANY
    if problem_split == "time":
        return list(ms.TimeSeriesSplit(wanted).split(rows))
    units, unit = np.unique(groups, return_inverse=True)
    folds = min(wanted, len(units))
    if len(units) == len(y) and classification:
        return list(ms.StratifiedKFold(wanted, shuffle=True, random_state=0).split(rows, y))
    if len(units) == len(y) or len(units) > MANY_GROUPS:
        fold = np.random.default_rng(0).permutation(len(units))[unit] % folds
        return [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(folds)]
    kind = ms.StratifiedGroupKFold if classification else ms.GroupKFold
    return list(kind(folds, shuffle=True, random_state=0).split(rows, y, groups))


def encoded(
    candidate: Candidate, problem: Problem, rows: Any, others: Any, cache: Path | None = None, fold: int = 0
) -> tuple[Any, Any, Any]:
    """The matrices of rows to learn from and of others, and the features, fitted on the former alone."""
    family, recipe = ESTIMATORS[candidate.estimator].family, problem.recipe
    if candidate.encode and recipe.encode == "auto":
        recipe = replace(recipe, encode=candidate.encode)
    recipe = replace(recipe, curved=candidate.curved)
    if cache:
        cache = cache / f"{family}-{recipe.encode}-{'curved' if recipe.curved else 'plain'}-{fold}"
    if cache and cache.exists():
        with cache.open("rb") as file:
            kept: tuple[Any, Any, Any] = pickle.load(file)
            return kept
    columns, y = take(problem.columns, rows), problem.y[rows]
    fitted = fit_encoder(problem.inputs, columns, family, y, problem.goal.labels, recipe)
    learned = fitted.matrix(columns)
    found = learned, encode(fitted.features, take(problem.columns, others)), fitted.features
    if cache and learned.nbytes < CACHED_BYTES:
        part = cache.with_suffix(f".{time.monotonic_ns()}")
        with part.open("wb") as file:
            pickle.dump(found, file, protocol=5)
        part.replace(cache)
    return found


def fit_fold(candidate: Candidate, problem: Problem, fold: int, cache: Path, until: float) -> FoldFit:
    """One fold: a model of its training rows, and what it says of its test rows."""
    began = time.monotonic()
    declared = ESTIMATORS[candidate.estimator]
    train, test = problem.folds[fold]
    learned, tested, features = encoded(candidate, problem, train, test, cache, fold)
    estimator = make(candidate, problem, len(train))
    rows, held = _rows(candidate, problem, learned, train), _rows(candidate, problem, tested, test)
    found, curve = None, np.empty(0)
    if declared.boosts:
        curve = fit_watched(estimator, rows, held, until)
    else:
        _fit(estimator, rows, until)
        found = answers(member_of(candidate, estimator, problem), tested, problem.goal.labels)
    return FoldFit(Fitted(estimator, features), found, curve, time.monotonic() - began)


def fit_all(candidate: Candidate, problem: Problem, rounds: int | None) -> Fitted:
    """The candidate on all training rows, a boosting one for so many rounds, a forest with so many trees."""
    everything = np.arange(len(problem.y))
    learned, _, features = encoded(candidate, problem, everything, everything[:1])
    estimator, rows = make(candidate, problem, len(everything)), _rows(candidate, problem, learned, everything)
    if ESTIMATORS[candidate.estimator].boosts:
        fit_rounds(estimator, rows, rounds or UNWATCHED)
    else:
        if rounds is not None:
            estimator.set_params(n_estimators=rounds)
        _fit(estimator, rows)
    return Fitted(estimator, features)


def answers_of(candidate: Candidate, problem: Problem, fits: dict[int, FoldFit], cache: Path) -> tuple[Any, int | None]:
    """Answers for every row that some fold tested, NaN for others, and the rounds that are kept.

    A boosting fold answers after as many rounds as were best in the other folds; of forests that were cut short, the
    smallest says how many trees are kept.
    """
    labels = problem.goal.labels
    found = np.full((len(problem.y), labels) if labels else len(problem.y), np.nan)
    declared = ESTIMATORS[candidate.estimator]
    for fold, fit in fits.items():
        train, test = problem.folds[fold]
        if declared.boosts:
            others = [other.curve for number, other in fits.items() if number != fold] or [fit.curve]
            estimator = fit.fitted.estimator
            restore = shorten(estimator, best_rounds(others))
            _, tested, _ = encoded(candidate, problem, train, test, cache, fold)
            found[test] = answers(member_of(candidate, estimator, problem), tested, labels)
            restore()
        else:
            found[test] = fit.answers
    if declared.boosts:
        return found, best_rounds([fit.curve for fit in fits.values()])
    anew = make(candidate, problem, len(problem.y))
    return found, kept_trees([f.fitted.estimator for f in fits.values()], anew.n_estimators if grows(anew) else None)


def kept_fits(candidate: Candidate, problem: Problem, fits: dict[int, FoldFit], rounds: int | None) -> list[Fitted]:
    """What will be served: the folds' models, or one that is fitted on all rows."""
    if not ESTIMATORS[candidate.estimator].bagged or problem.forward:
        return [fit_all(candidate, problem, rounds)]
    return [fit.fitted for fit in fits.values()]


def traits(candidate: Candidate, problem: Problem) -> dict[str, Any]:
    """How a candidate's answers are to be read, as a member of a model."""
    if problem.goal.labels:
        return {"positive": problem.goal.positive}
    low, high = float(problem.y.min()), float(problem.y.max())
    margin = 0.1 * (high - low)
    cut = {"low": low - margin if low < 0 else max(0.0, low - margin), "high": high + margin}
    shift = _shift(problem) if candidate.log_target else 0.0
    center, scale = _spread(candidate, problem)
    return cut | {"center": center, "scale": scale, "exponential": candidate.log_target, "shift": shift}


def member_of(candidate: Candidate, estimator: Any, problem: Problem) -> Member:
    """An estimator as the only member of a model, not calibrated."""
    return Member(estimator, None, 1.0, **traits(candidate, problem))


def make(candidate: Candidate, problem: Problem, rows: int) -> Any:
    """The candidate's unfitted estimator."""
    labels = problem.goal.labels
    return ESTIMATORS[candidate.estimator].make(Wanted(labels > 0, labels, rows, problem.seed), candidate.settings)


def _fit(estimator: Any, rows: Rows, until: float = np.inf) -> None:
    given = {} if rows.weights is None else {"sample_weight": rows.weights}
    if (
        getattr(estimator, "early_stopping", False)
        and hasattr(estimator, "predict_proba")
        and not _can_hold_out(rows.y)
    ):
        estimator.set_params(early_stopping=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an estimator that did not converge is judged by its score
        if grows(estimator):
            grow(estimator, rows.matrix, rows.y, until, **given)
        else:
            estimator.fit(rows.matrix, rows.y, **given)


def _can_hold_out(y: Any) -> bool:
    """Whether a tenth of the rows, each label with its share, can be held out to stop early by."""
    counts = np.unique(y, return_counts=True)[1]
    return bool(counts.min() >= 2 and len(y) // 10 >= len(counts))


def _rows(candidate: Candidate, problem: Problem, matrix: Any, places: Any) -> Rows:
    y = problem.y[places]
    weights = None if problem.weights is None else problem.weights[places]
    if candidate.balanced:
        counts = np.bincount(y, weights=weights, minlength=problem.goal.labels)
        each = counts.sum() / np.maximum(counts, 1e-12) / max((counts > 0).sum(), 1)
        weights = each[y] * (1.0 if weights is None else weights)
    if candidate.log_target:
        y = np.log(y + _shift(problem))
    center, scale = _spread(candidate, problem)
    return Rows(matrix, y if scale == 1.0 else (y - center) / scale, weights)


def _spread(candidate: Candidate, problem: Problem) -> tuple[float, float]:
    """What is taken from a target of numbers and what it is divided by, for estimators that want it standardised."""
    if problem.goal.labels or not ESTIMATORS[candidate.estimator].scales_target:
        return 0.0, 1.0
    y = np.log(problem.y + _shift(problem)) if candidate.log_target else problem.y
    return float(y.mean()), float(y.std()) or 1.0


def _shift(problem: Problem) -> float:
    return 1.0 if float(problem.y.min()) < 1e-6 else 0.0
