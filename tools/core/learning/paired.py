"""Two models on the same rows: how much better one is, and how sure that is."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.core.learning.metrics import LOWER_IS_BETTER, Goal, score

MOST_ROWS = 5_000
"""Rows of a resample; of more, a part tells the spread, which shrinks with the root of their number."""


@dataclass(frozen=True)
class Gain:
    """How much the first beats the second in the metric, its standard error, and the bootstrap's gains."""

    mean: float
    error: float
    resampled: Any


def paired_gain(
    metric: str, y: Any, one: Any, other: Any, goals: tuple[Goal, Goal], weights: Any = None,
    units: Any = None, resamples: int = 200, seed: int = 0,
) -> Gain:  # fmt: skip
    """The gain of `one` over `other`, by a paired bootstrap over rows (Efron & Tibshirani 1993, chapter 8).

    Rows of one unit are drawn together. Each answer has its own goal, since thresholds may differ.
    """
    random = np.random.default_rng(seed)
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0

    def gain(rows: Any) -> float:
        given = None if weights is None else weights[rows]
        first = score(metric, y[rows], one[rows], goals[0], given)
        return sign * (first - score(metric, y[rows], other[rows], goals[1], given))

    draw = _drawer(len(y), units, random)
    found = np.array([gain(draw()) for _ in range(resamples)])
    known = found[~np.isnan(found)]
    mean = gain(np.arange(len(y)))
    shrink = np.sqrt(min(1.0, MOST_ROWS / len(y)))
    spread = (known - known.mean()) * shrink if len(known) else known
    error = float(spread.std(ddof=1)) if len(known) > 1 else float("inf")
    return Gain(mean, error, mean + spread)


def _drawer(rows: int, units: Any, random: Any) -> Any:
    """Draws row positions with replacement, whole units at a time."""
    if units is None or len(np.unique(units)) == rows:
        return lambda: random.integers(0, rows, min(rows, MOST_ROWS))
    unit = np.unique(units, return_inverse=True)[1]
    order = np.argsort(unit, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(unit))])
    total = len(starts) - 1
    wanted = max(1, round(total * min(1.0, MOST_ROWS / rows)))

    def draw() -> Any:
        drawn = random.integers(0, total, wanted)
        return np.concatenate([order[starts[u] : starts[u + 1]] for u in drawn])

    return draw
