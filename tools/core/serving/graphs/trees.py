"""Decision trees as every library's are brought to: go left where a 64-bit number is at most the threshold."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class NotConvertible(Exception):
    """Why a model cannot become a graph, as the end of a sentence."""


@dataclass(frozen=True)
class Tree:
    """One tree of n nodes; node 0 is its root."""

    feature: Array
    """Which number is looked at; -1 in a leaf."""
    threshold: Array
    """float64; a number that is at most this goes left."""
    left: Array
    right: Array
    missing_left: Array
    """Whether a missing number goes left."""
    value: Array
    """n × outputs: what a leaf adds."""


@dataclass(frozen=True)
class Forest:
    """Trees whose leaves are added up: output = (start + sum) × factor."""

    trees: list[Tree]
    outputs: int
    start: Array
    factor: float = 1.0
    only: list[int | None] = field(default_factory=list)
    """For each tree the one output that it adds to, or None: its leaves have a value for all of them."""


def exact_for_float32(thresholds: Array, strict: bool = False) -> Array:
    """Thresholds for 64-bit numbers that send each where `float32(number) <= threshold` (or `<`) would send it.

    A float32 is the rounded number: what rounds to the largest float32 that goes left, goes left, up to the midpoint
    to the next one, which itself rounds to whichever of them is even (IEEE 754, round to nearest).
    """
    last = thresholds.astype(np.float32)
    too_large = last.astype(np.float64) >= thresholds if strict else last.astype(np.float64) > thresholds
    with np.errstate(over="ignore"):
        last = np.where(too_large, np.nextafter(last, np.float32(-np.inf)), last).astype(np.float32)
        following = np.nextafter(last, np.float32(np.inf))
    middle = (last.astype(np.float64) + following.astype(np.float64)) / 2
    even = last.view(np.uint32) % 2 == 0
    return np.asarray(np.where(even, middle, np.nextafter(middle, -np.inf)))
