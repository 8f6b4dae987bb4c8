"""Boosting, watched: fitted round by round while the loss on rows that it does not learn from is written down.

How many rounds are kept is chosen afterwards, and for each fold by the losses of the other folds, so that no fold's
score is chosen by its own rows.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

PATIENCE = 40
"""Rounds without a smaller loss after which nothing better is expected."""
UNWATCHED = 100
"""Rounds where there are no rows to watch; scikit-learn's own number."""


@dataclass(frozen=True)
class Rows:
    """Encoded rows, their targets and weights."""

    matrix: Any
    y: Any
    weights: Any = None

    def where(self, mask: Any) -> "Rows":
        """Some of them."""
        return Rows(self.matrix[mask], self.y[mask], None if self.weights is None else self.weights[mask])


def fit_watched(estimator: Any, rows: Rows, held: Rows, until: float) -> Any:
    """Fit, watching other rows; returns the loss after each round. LightGBM stops by itself at `until`.

    Rows of labels that are not among those to learn from cannot be watched.
    """
    classes = np.unique(rows.y) if hasattr(estimator, "predict_proba") else None
    watched = held if classes is None else held.where(np.isin(held.y, classes))
    if not len(watched.y) or (classes is not None and len(np.unique(watched.y)) < 2):
        fit_rounds(estimator, rows, UNWATCHED)
        return np.empty(0)
    return FITS[_library(estimator)](estimator, rows, watched, until)


def fit_rounds(estimator: Any, rows: Rows, rounds: int) -> None:
    """Fit so many rounds, watching nothing."""
    name = {"sklearn": "max_iter", "catboost": "iterations"}.get(_library(estimator), "n_estimators")
    settings: dict[str, Any] = {name: rounds}
    if _library(estimator) == "sklearn":
        settings["early_stopping"] = False
    if _library(estimator) == "xgboost":
        settings["early_stopping_rounds"] = None
    estimator.set_params(**settings)
    estimator.fit(rows.matrix, rows.y, sample_weight=rows.weights)


def best_rounds(curves: Sequence[Any]) -> int:
    """The number of rounds with the least mean loss; curves that ended earlier go on as they ended."""
    known = [curve for curve in curves if len(curve)]
    if not known:
        return UNWATCHED
    longest = max(map(len, known))
    level = [np.concatenate([curve, np.full(longest - len(curve), curve[-1])]) for curve in known]
    return int(np.mean(level, axis=0).argmin()) + 1


def shorten(estimator: Any, rounds: int) -> Callable[[], None]:
    """Leave away what was fitted after so many rounds; what is returned takes it back."""
    library = _library(estimator)
    if library == "sklearn":
        return _swapped(estimator, "_predictors", estimator._predictors[:rounds])
    if library == "lightgbm":
        return _swapped(estimator.booster_, "best_iteration", min(rounds, estimator.booster_.current_iteration()))
    if library == "xgboost":
        booster = estimator.get_booster()
        kept = booster[: min(rounds, booster.num_boosted_rounds())]
        kept.set_attr(best_iteration=None, best_score=None)
        return _swapped(estimator, "_Booster", kept)
    whole = estimator.copy()
    estimator.shrink(ntree_end=min(rounds, estimator.tree_count_))
    return lambda: estimator.__dict__.update(whole.__dict__)


def _swapped(thing: Any, name: str, value: Any) -> Callable[[], None]:
    before = getattr(thing, name)
    setattr(thing, name, value)
    return lambda: setattr(thing, name, before)


def _library(estimator: Any) -> str:
    return type(estimator).__module__.partition(".")[0]


def _sklearn(estimator: Any, rows: Rows, held: Rows, until: float) -> Any:
    given = {"sample_weight": rows.weights, "X_val": held.matrix, "y_val": held.y, "sample_weight_val": held.weights}
    if held.weights is None:
        del given["sample_weight_val"]
    estimator.fit(rows.matrix, rows.y, **given)
    return -np.asarray(estimator.validation_score_[1:])


@dataclass(eq=False)
class _Watch:
    """LightGBM's callback: writes the losses down, and stops after PATIENCE rounds in vain or at a moment.

    LightGBM's own early stopping forgets the rounds after the best one of these rows, which other folds may want.
    """

    until: float
    losses: list[float] = field(default_factory=list)

    def __call__(self, env: Any) -> None:
        import lightgbm

        self.losses.append(env.evaluation_result_list[0][2])
        in_vain = len(self.losses) - 1 - int(np.argmin(self.losses))
        if in_vain >= PATIENCE or time.monotonic() > self.until:
            raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)


def _lightgbm(estimator: Any, rows: Rows, held: Rows, until: float) -> Any:
    watch = _Watch(until)
    estimator.fit(
        rows.matrix, rows.y, sample_weight=rows.weights, eval_X=held.matrix, eval_y=held.y,
        eval_sample_weight=None if held.weights is None else [held.weights], callbacks=[watch],
    )  # fmt: skip
    return np.asarray(watch.losses)


def _xgboost(estimator: Any, rows: Rows, held: Rows, until: float) -> Any:
    weights = None if held.weights is None else [held.weights]
    given: dict[str, Any] = {"sample_weight": rows.weights, "sample_weight_eval_set": weights}
    estimator.fit(rows.matrix, rows.y, eval_set=[(held.matrix, held.y)], verbose=False, **given)
    return np.asarray(next(iter(estimator.evals_result()["validation_0"].values())))


def _catboost(estimator: Any, rows: Rows, held: Rows, until: float) -> Any:
    import catboost

    watched = catboost.Pool(held.matrix, held.y, weight=held.weights)
    estimator.fit(rows.matrix, rows.y, sample_weight=rows.weights, eval_set=watched)
    return np.asarray(next(iter(estimator.evals_result_["validation"].values())))


FITS: dict[str, Callable[[Any, Rows, Rows, float], Any]] = {
    "sklearn": _sklearn,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
}
