"""95 % intervals of scores by bootstrap over rows. `bench/intervals.py` measures how often they hold the truth.

A score that follows from the mean of something by row (log loss, squared errors) gets a bootstrap-t interval, which
holds up with skewed errors too (Efron & Tibshirani 1993, chapter 12); others a percentile interval, widened for few
rows (Hesterberg 2015, section 3.4), or for few rows of the rarest label.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.core.learning.metrics import Goal, score

RESAMPLES = 400
QUICK_RESAMPLES = 1_000
"""Of means by row, which cost next to nothing."""
MOST_DRAWN = 10_000
"""Rows of one resample; of a larger table a part tells the spread, which shrinks with the root of their number."""
Interval = tuple[float, float]


def interval(metric: str, y: Any, answers: Any, goal: Goal, weights: Any = None, seed: int = 0) -> Interval:
    """The 95 % interval of a score; NaN where the metric is not defined on these rows."""
    random = np.random.default_rng(seed)
    by_row = _by_row(metric, y, answers, goal)
    if by_row is not None and len(y) > 1:
        losses, back = by_row
        low, high = _bootstrap_t(losses, np.ones(len(y)) if weights is None else weights, random)
        return float(back(max(low, 0.0))), float(back(max(high, 0.0)))
    return _percentiles(metric, y, answers, goal, weights, random)


def _by_row(metric: str, y: Any, answers: Any, goal: Goal) -> tuple[Any, Callable[[float], float]] | None:
    """What a score is the mean of, and how the score follows from that mean; None where it is no such score."""
    if metric == "log_loss":
        smallest = np.finfo(np.float64).eps
        return -np.log(np.clip(answers[np.arange(len(y)), y], smallest, 1 - smallest)), float
    if metric == "brier_score":
        if goal.task == "binary":
            return np.square(answers[:, goal.positive] - (y == goal.positive)), float
        return np.square(np.eye(goal.labels)[y] - answers).sum(axis=1), float
    if metric in ("rmse", "mean_squared_error"):
        return np.square(y - answers), (lambda mean: float(np.sqrt(mean))) if metric == "rmse" else float
    return (np.abs(y - answers), float) if metric == "mae" else None


def _bootstrap_t(losses: Any, weights: Any, random: Any) -> Interval:
    """The interval of a weighted mean, by resampling how far it is off in units of its own standard error."""
    mean, error = _mean_and_error(losses[None], weights[None])
    drawn = min(len(losses), MOST_DRAWN)
    off = []
    for _ in range(QUICK_RESAMPLES // 50):
        rows = random.integers(0, len(losses), (50, drawn))
        means, errors = _mean_and_error(losses[rows], weights[rows])
        off.append((means - mean) / np.where(errors > 0, errors, np.inf))
    low, high = np.percentile(np.concatenate(off), [2.5, 97.5])
    return float(mean[0] - high * error[0]), float(mean[0] - low * error[0])


def _mean_and_error(losses: Any, weights: Any) -> tuple[Any, Any]:
    """Weighted means of the lines of a matrix, and their standard errors."""
    total = weights.sum(axis=1)
    means = (weights * losses).sum(axis=1) / total
    spread = np.square(weights * (losses - means[:, None])).sum(axis=1)
    return means, np.sqrt(spread * losses.shape[1] / max(losses.shape[1] - 1, 1)) / total


def _percentiles(metric: str, y: Any, answers: Any, goal: Goal, weights: Any, random: Any) -> Interval:
    from scipy.stats import norm, t

    drawn = min(len(y), MOST_DRAWN)
    scores = []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(y), drawn)
        scores.append(score(metric, y[rows], answers[rows], goal, None if weights is None else weights[rows]))
    known = np.array(scores)[~np.isnan(scores)]
    if not len(known):
        return float("nan"), float("nan")
    whole = score(metric, y, answers, goal, weights)
    few = len(y)
    if goal.labels and metric != "accuracy":  # the rarest label's rows are what such a score varies with
        few = int(np.unique(y, return_counts=True)[1].min())
    freedom = max(few - 1, 1)
    tail = float(norm.cdf(t.ppf(0.025, freedom) * np.sqrt(1 + 1 / freedom)))
    low, high = whole + (np.percentile(known, [100 * tail, 100 * (1 - tail)]) - whole) * np.sqrt(drawn / len(y))
    return float(low), float(high)
