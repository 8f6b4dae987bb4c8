"""Where a model does worse than on the whole: by label, and by slices of one column."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import BaseModel

from service.runtime import decided
from tools.core.learning.intervals import interval
from tools.core.learning.metrics import LOWER_IS_BETTER, Goal, score

FEWEST_ROWS = 50
"""A slice of fewer rows says too little."""
MOST_CATEGORIES = 15
SHOWN = 5


class ByLabel(BaseModel):
    label: str | bool | int | float
    rows: int
    precision: float | None
    """Of the rows that were predicted so, how many are; null where none was."""
    recall: float | None
    f1: float


class Slice(BaseModel):
    column: str
    value: str
    rows: int
    score: float
    interval: tuple[float, float]


def by_label(y: Any, answers: Any, goal: Goal, labels: list[Any], weights: Any = None) -> list[ByLabel]:
    """Precision, recall and f1 of each label; nothing in regression."""
    if not labels:
        return []
    called = decided(answers, goal.threshold, goal.positive)
    counts = np.ones(len(y)) if weights is None else weights
    found = []
    for place, label in enumerate(labels):
        hit, said, right = (
            float(counts[m].sum()) for m in (y == place, called == place, (y == place) & (called == place))
        )
        found.append(
            ByLabel(
                label=label, rows=int((y == place).sum()), precision=right / said if said else None,
                recall=right / hit if hit else None, f1=2 * right / (hit + said) if hit + said else 0.0,
            )
        )  # fmt: skip
    return found


def worst_slices(
    metric: str,
    y: Any,
    answers: Any,
    goal: Goal,
    inputs: Mapping[str, Any],
    columns: Mapping[str, Any],
    weights: Any = None,
) -> list[Slice]:
    """The slices with the worst scores among those that are worse than the whole, the worst first.

    A slice is a category, a truth value or a quarter of a number's range by rank. Of many slices some look bad by
    chance: the interval tells how much that may be.
    """
    whole = score(metric, y, answers, goal, weights)
    sign = 1.0 if metric in LOWER_IS_BETTER else -1.0
    found = []
    for column, value, mask in _slices(inputs, columns):
        if FEWEST_ROWS <= mask.sum() < len(y):
            given = None if weights is None else weights[mask]
            worth = score(metric, y[mask], answers[mask], goal, given)
            if sign * (worth - whole) > 0:
                found.append((sign * worth, column, value, mask, worth))
    found.sort(key=lambda item: (-item[0], item[1], item[2]))
    return [
        Slice(
            column=column, value=value, rows=int(mask.sum()), score=worth,
            interval=interval(metric, y[mask], answers[mask], goal, None if weights is None else weights[mask]),
        )
        for _, column, value, mask, worth in found[:SHOWN]
    ]  # fmt: skip


def _slices(inputs: Mapping[str, Any], columns: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Column, what is told of the slice, and a mask of its rows."""
    for column in inputs["columns"]:
        name, kind, values = column["name"], column["kind"], columns[column["name"]]
        if kind == "categorical":
            common = [c for c, _ in Counter(values).most_common(MOST_CATEGORIES)]
            for category in common:
                yield name, "missing" if category is None else str(category), np.array([v == category for v in values])
        elif kind == "boolean":
            for truth in (0.0, 1.0):
                yield name, "true" if truth else "false", values == truth
        elif kind == "numeric":
            yield from ((name, told, mask) for told, mask in _quarters(values))
        if kind in ("boolean", "numeric"):
            yield name, "missing", np.isnan(values)


def _quarters(values: Any) -> Iterator[tuple[str, Any]]:
    known = values[~np.isnan(values)]
    if not len(known):
        return
    edges = np.unique(np.quantile(known, [0, 0.25, 0.5, 0.75, 1]))
    for low, high in pairwise(edges):
        last = high == edges[-1]
        mask = (values >= low) & ((values <= high) if last else (values < high))
        yield f"{low:.4g} to {high:.4g}", mask
