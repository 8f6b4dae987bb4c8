"""The members of a model: estimators whose answers are calibrated and averaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
SMALLEST = 1e-15


@dataclass(frozen=True)
class Member:
    """One estimator, which of the encoder's numbers it sees, and what its answers count."""

    estimator: Any
    columns: list[int] | None
    """None: all of them."""
    weight: float
    """The weights of all members add up to 1."""
    slope: float = 1.0
    intercept: float = 0.0
    """Calibration: log odds times slope, plus intercept (Platt 1999); with more than two labels the slope alone."""
    positive: int = 1
    """The label whose log odds they are."""
    center: float = 0.0
    scale: float = 1.0
    """A number that the estimator answers is multiplied by scale, and center is added."""
    exponential: bool = False
    """What that gives is the logarithm of the number (plus `shift`)."""
    shift: float = 0.0
    low: float | None = None
    high: float | None = None
    """A number is cut to what training rows had, where that was asked for."""


def combined(members: Sequence[Member], matrix: Numbers, labels: int) -> Numbers:
    """The weighted mean of the members' answers for encoded rows: rows × labels, or one number a row."""
    total = np.zeros((len(matrix), labels) if labels else len(matrix))
    for member in members:
        total += member.weight * answers(member, matrix, labels)
    return total


def answers(member: Member, matrix: Numbers, labels: int) -> Numbers:
    """One member's calibrated answers."""
    seen = matrix if member.columns is None else np.ascontiguousarray(matrix[:, member.columns])
    if labels:
        found = raw_probabilities(member.estimator, seen, labels)
        return calibrated(found, member.slope, member.intercept, member.positive)
    numbers = np.asarray(member.estimator.predict(seen), dtype=np.float64) * member.scale + member.center
    if member.exponential:
        numbers = np.exp(np.minimum(numbers, 700.0)) - member.shift
    return numbers if member.low is None else np.clip(numbers, member.low, member.high)


def raw_probabilities(estimator: Any, matrix: Numbers, labels: int) -> Numbers:
    """Probabilities by label position; 0 for a label that the estimator never saw."""
    known = np.asarray(estimator.predict_proba(matrix), dtype=np.float64)
    places = estimator.classes_.astype(int)
    if known.shape[1] == labels:
        return known
    found = np.zeros((len(matrix), labels))
    found[:, places] = known
    return found


def calibrated(probabilities: Numbers, slope: float, intercept: float, positive: int) -> Numbers:
    """Probabilities with their log odds stretched and moved; the same array where there is nothing to do."""
    if slope == 1.0 and intercept == 0.0:
        return probabilities
    logs = np.log(np.clip(probabilities, SMALLEST, 1.0))
    if probabilities.shape[1] == 2:
        odds = slope * (logs[:, positive] - logs[:, 1 - positive]) + intercept
        chance = 1.0 / (1.0 + np.exp(-np.clip(odds, -700.0, 700.0)))
        pair = (1.0 - chance, chance)
        return np.column_stack(pair if positive == 1 else pair[::-1])
    scaled = np.exp(slope * (logs - logs.max(axis=1, keepdims=True)))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))
