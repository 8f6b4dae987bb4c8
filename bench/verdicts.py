"""Prints how often `compare` errs: models of equal worth that it tells apart, and better ones that it misses.

Tables are drawn anew each time. Two columns say as much of the target as each other, so that a model of one and a model
of the other are equally good in expectation; a third column makes a model that is better. Answers are those of
cross-validation, as `compare` takes them.
"""

import sys
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tools.core.learning.metrics import Goal
from tools.core.learning.verdict import Common, judge

REPEATS = int(sys.argv[1]) if len(sys.argv) > 1 else 200


@dataclass(frozen=True)
class Case:
    """A metric, an estimator for it, and how many rows."""

    metric: str
    estimator: object
    rows: int


CASES = [
    Case("roc_auc", LogisticRegression(), 300),
    Case("roc_auc", DecisionTreeClassifier(min_samples_leaf=20, random_state=0), 300),
    Case("log_loss", DecisionTreeClassifier(min_samples_leaf=20, random_state=0), 1_000),
    Case("accuracy", LogisticRegression(), 1_000),
    Case("rmse", Ridge(), 300),
    Case("rmse", DecisionTreeRegressor(min_samples_leaf=10, random_state=0), 1_000),
]


def judged(case: Case, random: np.random.Generator, better: bool) -> str:
    """The verdict on one table."""
    columns = random.normal(size=(case.rows, 3))
    signal = columns @ np.array([1.0, 1.0, 1.0])
    binary = case.metric not in ("rmse", "mae")
    y = (signal + random.logistic(size=case.rows) > 0).astype(int) if binary else signal + random.normal(size=case.rows)
    one, other = ([0, 2], [1]) if better else ([0], [1])
    folds = KFold(5, shuffle=True, random_state=int(random.integers(2**31)))
    method = "predict_proba" if binary else "predict"
    answers = [cross_val_predict(case.estimator, columns[:, seen], y, cv=folds, method=method) for seen in (one, other)]
    goal = Goal("binary", 2, 1) if binary else Goal("regression", 0, 0)
    return judge(Common(case.metric, y, answers, [goal, goal], None, None)).verdict


def main() -> None:
    """Print shares."""
    sys.stdout.write(f"{'metric':<10} {'estimator':<24} {'rows':>6}   told apart though equal   better one found\n")
    for case in CASES:
        random = np.random.default_rng(0)
        equal = np.mean([judged(case, random, better=False) != "no_difference" for _ in range(REPEATS)])
        found = np.mean([judged(case, random, better=True) == "better" for _ in range(REPEATS)])
        name = type(case.estimator).__name__
        sys.stdout.write(f"{case.metric:<10} {name:<24} {case.rows:>6} {equal:>24.1%} {found:>18.1%}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
