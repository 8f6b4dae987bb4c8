"""Prints how often a 95 % interval holds the truth: scores of simulated models whose true score is known.

A population of a million rows gives the truth; test sets of some sizes are drawn from it, and each one's interval is
worked out as `evaluate` does.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.core.learning.intervals import interval
from tools.core.learning.metrics import Goal, score

POPULATION = 1_000_000
SIZES = (50, 200, 1_000)
REPEATS = int(sys.argv[1]) if len(sys.argv) > 1 else 300


@dataclass(frozen=True)
class Case:
    """A metric on a population: the true values, what a model answers, and what for."""

    name: str
    metric: str
    y: np.ndarray
    answers: np.ndarray
    goal: Goal


def cases() -> Iterator[Case]:
    """Two labels (even and rare), four labels, and numbers with normal, heavy-tailed and skewed errors."""
    random = np.random.default_rng(0)
    for share, shift in (("even", 0.0), ("one in ten", -3.1)):
        odds = random.normal(size=POPULATION) * 1.5 + shift
        y = (random.random(POPULATION) < 1 / (1 + np.exp(-odds))).astype(int)
        chance = 1 / (1 + np.exp(-0.8 * odds))
        for metric in ("roc_auc", "log_loss", "accuracy", "f1", "average_precision", "brier_score"):
            goal = Goal("binary", 2, 1, None if share == "even" else 0.2)
            yield Case(share, metric, y, np.column_stack([1 - chance, chance]), goal)
    logits = random.normal(size=(POPULATION // 4, 4)) * 1.5
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (chances.cumsum(axis=1) > random.random((len(chances), 1))).argmax(axis=1)
    for metric in ("log_loss", "accuracy", "f1", "roc_auc"):
        yield Case("four labels", metric, y, chances, Goal("multiclass", 4, 0))
    truth = random.normal(size=POPULATION)
    errors = {"normal": random.normal(size=POPULATION) * 0.7, "heavy tails": random.standard_t(4, POPULATION) * 0.5}
    errors["skewed"] = (random.lognormal(0, 0.8, POPULATION) - np.exp(0.32)) * 0.6
    for name, error in errors.items():
        for metric in ("rmse", "mae", "r2"):
            yield Case(name, metric, truth + error, truth, Goal("regression", 0, 0))


def main() -> None:
    """Print the shares."""
    random = np.random.default_rng(1)
    sys.stdout.write(f"{'':<12} {'':<18} " + "".join(f"{size:>8}" for size in SIZES) + "   rows\n")
    for case in cases():
        truth = score(case.metric, case.y, case.answers, case.goal)
        shares = []
        for size in SIZES:
            held = 0
            for _ in range(REPEATS):
                rows = random.integers(0, len(case.y), size)
                low, high = interval(case.metric, case.y[rows], case.answers[rows], case.goal)
                held += low <= truth <= high
            shares.append(held / REPEATS)
        sys.stdout.write(f"{case.name:<12} {case.metric:<18} " + "".join(f"{share:8.1%}" for share in shares) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
