"""Forests, grown tree by tree until their time is up; whole ones are as if they had been fitted at once."""

import time
from collections.abc import Sequence
from typing import Any

TREES = 20
"""Grown between two looks at the clock."""


def grows(estimator: Any) -> bool:
    """Whether it is a forest."""
    return hasattr(estimator, "warm_start") and hasattr(estimator, "bootstrap")


def kept_trees(estimators: Sequence[Any], wanted: int | None) -> int | None:
    """How many trees are kept of forests of which so many were wanted; None where none was cut short."""
    trees = min(len(estimator.estimators_) for estimator in estimators) if wanted else 0
    return trees if wanted and trees < wanted else None


def grow(estimator: Any, matrix: Any, y: Any, until: float, **given: Any) -> None:
    """Fit a forest, or as many of its trees as there is time for, at least TREES."""
    wanted = estimator.n_estimators
    estimator.set_params(warm_start=True)
    for trees in range(min(TREES, wanted), wanted + TREES, TREES):
        estimator.set_params(n_estimators=min(trees, wanted)).fit(matrix, y, **given)
        if time.monotonic() > until:
            break
    estimator.set_params(warm_start=False)
