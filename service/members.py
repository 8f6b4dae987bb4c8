"""The members of a model: estimators whose answers are calibrated and averaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
SMALLEST = 1e-15
NEAR_PIECE = 256
NEAREST = 1e-150
"""A distance of 0 counts as this: then that row decides."""


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
    predicted = neighbours(member.estimator, seen) if is_near(member.estimator) else member.estimator.predict(seen)
    numbers = np.asarray(predicted, dtype=np.float64) * member.scale + member.center
    if member.exponential:
        numbers = np.exp(np.minimum(numbers, 700.0)) - member.shift
    return numbers if member.low is None else np.clip(numbers, member.low, member.high)


def raw_probabilities(estimator: Any, matrix: Numbers, labels: int) -> Numbers:
    """Probabilities by label position; 0 for a label that the estimator never saw."""
    near = is_near(estimator)
    known = np.asarray(neighbours(estimator, matrix) if near else estimator.predict_proba(matrix), dtype=np.float64)
    places = estimator.classes_.astype(int)
    if known.shape[1] == labels:
        return known
    found = np.zeros((len(matrix), labels))
    found[:, places] = known
    return found


def is_near(estimator: Any) -> bool:
    """Whether it answers by the nearest of the rows that it kept, each weighed by the inverse of its distance."""
    return type(estimator).__name__.startswith("KNeighbors") and bool(estimator.weights == "distance")


def neighbours(estimator: Any, matrix: Numbers) -> Numbers:
    """Shares of labels, or numbers, of the nearest rows by distances that are exact.

    scikit-learn multiplies matrices, so that a distance of 0 comes out as 1e-8 or not, by the rows beside it.
    """
    from scipy.spatial.distance import cdist

    kept, told = np.asarray(estimator._fit_X, dtype=np.float64), np.asarray(estimator._y).reshape(len(estimator._fit_X))
    answers_ = np.eye(len(estimator.classes_))[told] if hasattr(estimator, "classes_") else told[:, None]
    found = []
    for start in range(0, len(matrix), NEAR_PIECE):
        far = cdist(matrix[start : start + NEAR_PIECE], kept)
        places = np.argpartition(far, estimator.n_neighbors - 1, axis=1)[:, : estimator.n_neighbors]
        weights = 1.0 / np.maximum(np.take_along_axis(far, places, axis=1), NEAREST)
        weights /= weights.sum(axis=1, keepdims=True)
        found.append((weights[:, :, None] * answers_[places]).sum(axis=1))
    shares = np.concatenate(found) if found else np.empty((0, answers_.shape[1]))
    return shares if hasattr(estimator, "classes_") else shares[:, 0]


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
