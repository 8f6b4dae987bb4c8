"""What is done to probabilities before they are served: calibration, and the threshold of the positive label.

Both are fitted on out-of-fold answers. What they are worth is measured honestly: each fold's rows are calibrated and
decided by what the other folds' rows said.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from service.members import calibrated
from tools.core.learning.metrics import Goal

Aim = Literal["cost", "f1", "f2", "f0.5", "balanced_accuracy"]
AIMS: dict[str, Aim] = {
    "f1": "f1",
    "recall": "f2",
    "precision": "f0.5",
    "balanced_accuracy": "balanced_accuracy",
}
"""What the threshold is best for, by the metric; recall alone would be best with everything called positive."""
FEWEST_ROWS = 100
"""Rows from which on probabilities are calibrated and a threshold is chosen."""
RARE = 0.2
"""With a rarer label, the likelier one would nearly always be the other."""


@dataclass(frozen=True)
class Calibration:
    """Log odds times slope, plus intercept."""

    slope: float = 1.0
    intercept: float = 0.0


NONE = Calibration()


def aim_of(metric: str, task: str, rarest: float, cost: float | None) -> Aim | None:
    """What the threshold is to be best for; None where the likelier label is the answer."""
    if task != "binary":
        return None
    if cost is not None:
        return "cost"
    if metric in AIMS:
        return AIMS[metric]
    return "f1" if rarest < RARE and metric != "accuracy" else None


def calibrate(answers: Any, y: Any, goal: Goal, folds: Any, weights: Any = None) -> tuple[Any, Calibration]:
    """Cross-fitted calibrated answers and the calibration to serve; as they were where it gains nothing beyond noise.

    Platt (1999) for two labels, temperature scaling (Guo et al. 2017) for more, where the cross-fitted log loss falls
    by more than its standard error.
    """
    there = ~np.isnan(answers).any(axis=1) if goal.labels else np.zeros(len(y), dtype=bool)
    if there.sum() < FEWEST_ROWS:
        return answers, NONE
    found = answers.copy()
    for _, test in folds:
        mine = np.zeros(len(y), dtype=bool)
        mine[test] = True
        fitted = _fit(answers, y, goal, weights, there & ~mine)
        here = there & mine
        found[here] = calibrated(answers[here], fitted.slope, fitted.intercept, goal.positive)
    gain = _losses(answers[there], y[there]) - _losses(found[there], y[there])
    counts = np.ones(len(gain)) if weights is None else weights[there]
    mean = np.average(gain, weights=counts)
    error = np.sqrt(np.average((gain - mean) ** 2, weights=counts) / len(gain))
    return (found, _fit(answers, y, goal, weights, there)) if mean > error else (answers, NONE)


def threshold(aim: Aim, chances: Any, hit: Any, cost: float | None, weights: Any = None) -> float:
    """From which probability on the positive label is answered, so that the aim is best on these rows."""
    order = np.argsort(-chances, kind="stable")
    ranked, counts = chances[order], np.ones(len(order)) if weights is None else weights[order]
    found, called = np.cumsum(hit[order] * counts), np.cumsum(counts)
    positives, total = found[-1], called[-1]
    worth = _worth(aim, found, called - found, positives, total - positives, cost)
    worth[:-1][ranked[:-1] == ranked[1:]] = -np.inf  # equal probabilities are decided alike
    best = int(worth.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def decide(
    aim: Aim | None, answers: Any, y: Any, goal: Goal, folds: Any, cost: float | None, weights: Any = None
) -> tuple[Any, float | None]:
    """The threshold to serve, and answers to be scored by it.

    In these each fold's odds are moved so that the common threshold decides them as that of the other folds does.
    """
    there = ~np.isnan(answers).any(axis=1) if goal.labels else np.zeros(len(y), dtype=bool)
    hit = y == goal.positive
    if aim is None or there.sum() < FEWEST_ROWS or not 0 < hit[there].sum() < there.sum():
        return answers, None
    chances, moved = answers[:, goal.positive], answers.copy()
    common = threshold(aim, chances[there], hit[there], cost, None if weights is None else weights[there])
    for _, test in folds:
        mine = np.zeros(len(y), dtype=bool)
        mine[test] = True
        others, here = there & ~mine, there & mine
        if not 0 < hit[others].sum() < others.sum():
            continue
        own = threshold(aim, chances[others], hit[others], cost, None if weights is None else weights[others])
        moved[here] = calibrated(answers[here], 1.0, _odds(common) - _odds(own), goal.positive)
    return moved, common


def expected_cost(answers: Any, y: Any, goal: Goal, cost: float, weights: Any = None) -> float:
    """Mean cost of a row, a false alarm being 1 and a missed positive row `cost`."""
    from service.runtime import decided

    called, hit = decided(answers, goal.threshold, goal.positive) == goal.positive, y == goal.positive
    return float(np.average(cost * (hit & ~called) + (called & ~hit), weights=weights))


def _worth(aim: Aim, hits: Any, alarms: Any, positives: float, negatives: float, cost: float | None) -> Any:
    if aim == "cost":
        return -((positives - hits) * (cost or 1.0) + alarms)
    if aim == "balanced_accuracy":
        return hits / max(positives, 1e-12) + (negatives - alarms) / max(negatives, 1e-12)
    beta = {"f1": 1.0, "f2": 4.0, "f0.5": 0.25}[aim]
    return (1 + beta) * hits / ((1 + beta) * hits + beta * (positives - hits) + alarms)


def _odds(chance: float) -> float:
    kept = min(max(chance, 1e-9), 1 - 1e-9)
    return float(np.log(kept / (1 - kept)))


def _losses(answers: Any, y: Any) -> Any:
    return -np.log(np.clip(answers[np.arange(len(y)), y], 1e-15, 1.0))


def _fit(answers: Any, y: Any, goal: Goal, weights: Any, rows: Any) -> Calibration:
    """The calibration with the smallest log loss on some rows."""
    from scipy.optimize import minimize

    known, truth = answers[rows], y[rows]
    counts = np.ones(len(truth)) if weights is None else weights[rows]

    def loss(told: Any) -> float:
        slope, intercept = float(np.exp(told[0])), float(told[1]) if goal.labels == 2 else 0.0
        scaled = calibrated(known, slope, intercept, goal.positive)
        return float(np.average(_losses(scaled, truth), weights=counts) + 1e-3 * np.square(told).sum() / len(truth))

    found = minimize(loss, np.zeros(2 if goal.labels == 2 else 1), method="Nelder-Mead", options={"maxiter": 80})
    return Calibration(float(np.exp(found.x[0])), float(found.x[1]) if goal.labels == 2 else 0.0)
