"""Metrics by scikit-learn's scorer names without their sign.

y is an integer array of label positions, or of numbers in regression. Answers are probabilities (rows × labels)
or, in regression, numbers. Multiclass f1, precision and recall are macro averages; roc_auc is one-versus-rest.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.runtime import decided
from tools.core.errors import BadArguments

DEFAULTS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
SYNONYMS = {
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "mse": "mean_squared_error",
    "mape": "mean_absolute_percentage_error",
    "auc": "roc_auc",
    "roc_auc_ovr": "roc_auc",
    "f1_macro": "f1",
    "precision_macro": "precision",
    "recall_macro": "recall",
    "logloss": "log_loss",
}
CLASSIFICATION = (
    "roc_auc",
    "log_loss",
    "accuracy",
    "balanced_accuracy",
    "f1",
    "precision",
    "recall",
    "average_precision",
    "brier_score",
)
REGRESSION = (
    "rmse",
    "mae",
    "r2",
    "median_absolute_error",
    "mean_squared_error",
    "mean_absolute_percentage_error",
    "explained_variance",
)
LOWER_IS_BETTER = {
    "log_loss",
    "brier_score",
    "rmse",
    "mae",
    "median_absolute_error",
    "mean_squared_error",
    "mean_absolute_percentage_error",
}
FEW_ROWS = 200
"""With fewer rows an interval is rough: `bench/intervals.py` measures how often it holds the truth."""


@dataclass(frozen=True)
class Goal:
    """What is predicted: the task, how many labels, where the positive one stands, and from which probability on."""

    task: str
    labels: int
    positive: int
    threshold: float | None = None
    """None: the likelier label."""


def resolve(name: str | None, task: str) -> str:
    """The metric's own name; the task's default for None. BadArguments when it does not fit the task."""
    if name is None:
        return DEFAULTS[task]
    plain = name.strip().lower().removeprefix("neg_").replace("-", "_").replace(" ", "_")
    plain = SYNONYMS.get(plain, plain)
    known = REGRESSION if task == "regression" else CLASSIFICATION
    if plain not in known:
        raise BadArguments(f"{name!r} is no metric for a {task} task.", f"Choose one of: {', '.join(known)}.")
    return plain


def shown(value: float | None) -> str:
    """A score as people read it: three digits after the point, fewer where it is large."""
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def better(metric: str, one: float, other: float) -> bool:
    """Whether score `one` beats `other`."""
    return one < other if metric in LOWER_IS_BETTER else one > other


def best_first(scored: list[dict[str, Any]], metric: str) -> list[dict[str, Any]]:
    """Entries with a score, the best first."""
    return sorted(scored, key=lambda entry: entry["score"], reverse=metric not in LOWER_IS_BETTER)


def guess(y: Any, goal: Goal, weights: Any = None) -> Any:
    """What a Dummy estimator answers after these rows: the shares of the labels, or the mean."""
    import numpy as np

    if not goal.labels:
        return float(np.average(y, weights=weights))
    counts = np.bincount(y, weights=weights, minlength=goal.labels)
    return counts / counts.sum()


def score(metric: str, y: Any, answers: Any, goal: Goal, weights: Any = None) -> float:
    """The metric's value, weighted where weights are given; NaN where it is not defined, as AUC of one label."""
    given = {} if weights is None else {"sample_weight": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(_function(metric, goal)(y, answers, **given))
        except ValueError:
            return float("nan")


def calibration_error(y: Any, answers: Any, goal: Goal, weights: Any = None, bins: int = 10) -> float:
    """Expected calibration error (Naeini et al. 2015) in bins of equally many rows, the mean over labels.

    For two labels that of the positive one.
    """
    import numpy as np

    counts = np.ones(len(y)) if weights is None else weights
    places = [goal.positive] if goal.task == "binary" else range(goal.labels)
    errors = []
    for place in places:
        order = np.argsort(answers[:, place], kind="stable")
        parts = [part for part in np.array_split(order, bins) if len(part) and counts[part].sum() > 0]
        gaps = [abs(np.average(answers[p, place] - (y[p] == place), weights=counts[p])) for p in parts]
        errors.append(np.average(gaps, weights=[counts[p].sum() for p in parts]))
    return float(np.mean(errors))


def everything(y: Any, answers: Any, goal: Goal, weights: Any = None) -> dict[str, float]:
    """Every metric of the task."""
    names = REGRESSION if goal.task == "regression" else CLASSIFICATION
    return {name: score(name, y, answers, goal, weights) for name in names}


def _function(metric: str, goal: Goal) -> Callable[..., Any]:
    if goal.task == "regression":
        return _regression(metric)
    return _binary(metric, goal) if goal.task == "binary" else _multiclass(metric, goal)


def _regression(metric: str) -> Callable[..., Any]:
    from sklearn import metrics as m

    functions = {"rmse": m.root_mean_squared_error, "mae": m.mean_absolute_error, "r2": m.r2_score}
    functions["explained_variance"] = m.explained_variance_score
    found: Callable[..., Any] = functions.get(metric) or getattr(m, metric)
    return found


def _binary(metric: str, goal: Goal) -> Callable[..., Any]:
    from sklearn import metrics as m

    def hit(y: Any) -> Any:
        return (y == goal.positive).astype(int)

    if metric == "log_loss":
        return _log_loss
    if metric in ("roc_auc", "average_precision", "brier_score"):
        named = {"brier_score": m.brier_score_loss, "average_precision": m.average_precision_score}
        ranking = named.get(metric, _roc_auc)
        return lambda y, p, **w: ranking(hit(y), p[:, goal.positive], **w)
    function = getattr(m, f"{metric}_score")
    extra: dict[str, Any] = {"zero_division": 0} if metric in ("f1", "precision", "recall") else {}
    return lambda y, p, **w: function(hit(y), hit(decided(p, goal.threshold, goal.positive)), **extra, **w)


def _multiclass(metric: str, goal: Goal) -> Callable[..., Any]:
    import numpy as np
    from sklearn import metrics as m

    labels = list(range(goal.labels))
    if metric == "log_loss":
        return _log_loss
    if metric == "roc_auc":
        return lambda y, p, **w: float(np.mean([_roc_auc(y == label, p[:, label], **w) for label in labels]))
    if metric == "average_precision":
        return lambda y, p, **w: m.average_precision_score(np.eye(goal.labels)[y], p, average="macro", **w)
    if metric == "brier_score":
        return lambda y, p, **w: np.average(
            ((np.eye(goal.labels)[y] - p) ** 2).sum(axis=1), weights=w.get("sample_weight")
        )
    function = getattr(m, f"{metric}_score")
    extra: dict[str, Any] = {"average": "macro", "zero_division": 0} if metric in ("f1", "precision", "recall") else {}
    return lambda y, p, **w: function(y, p.argmax(axis=1), **extra, **w)


def _log_loss(y: Any, answers: Any, sample_weight: Any = None) -> float:
    """As scikit-learn's log_loss, in a tenth of its time: a bootstrap calls it hundreds of times."""
    import numpy as np

    smallest = np.finfo(np.float64).eps
    chances = np.clip(answers[np.arange(len(y)), y], smallest, 1 - smallest)
    return float(np.average(-np.log(chances), weights=sample_weight))


def _roc_auc(hit: Any, chance: Any, sample_weight: Any = None) -> float:
    """As scikit-learn's roc_auc_score, in a fifth of its time: the share of pairs in the right order (Fawcett 2006)."""
    import numpy as np

    place = np.unique(chance, return_inverse=True)[1]
    counts = np.ones(len(chance)) if sample_weight is None else sample_weight
    positive = np.bincount(place, counts * hit)
    negative = np.bincount(place, counts * (1 - hit))
    pairs = positive.sum() * negative.sum()
    if not pairs:
        return float("nan")
    return float((positive * (np.cumsum(negative) - negative / 2)).sum() / pairs)
