"""Calibration and thresholds: better where there is something to gain, and never by a row's own label."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.members import calibrated
from service.runtime import decided
from tools.core.learning.metrics import Goal, calibration_error, score
from tools.core.learning.polish import aim_of, calibrate, decide, expected_cost, threshold

GOAL = Goal("binary", 2, 1)
ROWS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(hit for _, hit in rows) < len(rows)
)


def _folds(rows: int):
    fold = np.arange(rows) % 5
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(5)]


def _told(rows: int = 2_000, stretch: float = 1.0, shift: float = 0.0):
    """Labels, and chances whose log odds are stretched and moved from the true ones."""
    random = np.random.default_rng(0)
    odds = random.normal(size=rows) * 1.5 + shift
    y = (random.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)
    chance = 1 / (1 + np.exp(-odds * stretch))
    return y, np.column_stack([1 - chance, chance])


def test_overconfident_chances_are_calibrated() -> None:
    y, answers = _told(stretch=3.0)
    found, fitted = calibrate(answers, y, GOAL, _folds(len(y)))
    assert fitted.slope == pytest.approx(1 / 3, abs=0.06)
    assert calibration_error(y, found, GOAL) < calibration_error(y, answers, GOAL) / 2
    served = calibrated(answers, fitted.slope, fitted.intercept, 1)
    assert np.allclose(served.sum(axis=1), 1)
    assert score("roc_auc", y, served, GOAL) == pytest.approx(score("roc_auc", y, answers, GOAL))


def test_calibrated_chances_stay_as_they_are() -> None:
    y, answers = _told()
    found, fitted = calibrate(answers, y, GOAL, _folds(len(y)))
    assert (fitted.slope, fitted.intercept) == (1.0, 0.0)
    assert found is answers


def test_no_row_is_calibrated_by_its_own_label() -> None:
    y, answers = _told(rows=500, stretch=3.0)
    before, _ = calibrate(answers, y, GOAL, _folds(500))
    flipped = y.copy()
    own = np.arange(500) % 5 == 0
    flipped[own] = 1 - flipped[own]
    after, _ = calibrate(answers, flipped, GOAL, _folds(500))
    assert (before[own] == after[own]).all() or after is answers


def test_several_labels_are_scaled_by_one_temperature() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(size=(2_000, 4)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([random.choice(4, p=row) for row in chances])
    sharp = chances**2.5 / (chances**2.5).sum(axis=1, keepdims=True)
    _, fitted = calibrate(sharp, y, Goal("multiclass", 4, 0), _folds(len(y)))
    assert fitted.slope == pytest.approx(0.4, abs=0.05)
    assert fitted.intercept == 0.0


@pytest.mark.parametrize("cost", [0.2, 1.0, 5.0, 50.0])
def test_the_threshold_follows_the_cost(cost: float) -> None:
    y, answers = _told(rows=20_000, shift=-1.0)
    found = threshold("cost", answers[:, 1], y == 1, cost)
    assert found == pytest.approx(1 / (1 + cost), abs=0.08)
    best = expected_cost(answers, y, replace(GOAL, threshold=found), cost)
    for other in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9):
        assert best <= expected_cost(answers, y, replace(GOAL, threshold=other), cost)


@given(ROWS)
@settings(deadline=None)
@pytest.mark.parametrize("aim", ["f1", "balanced_accuracy"])
def test_no_other_threshold_is_better(aim: str, rows) -> None:
    chances, hit = np.array([c / 20 for c, _ in rows]), np.array([b for _, b in rows])
    answers = np.column_stack([1 - chances, chances])

    def worth(at: float) -> float:
        return score(aim, hit.astype(int), answers, replace(GOAL, threshold=at))

    assert worth(threshold(aim, chances, hit, None)) >= max(worth(at) for at in np.unique(chances)) - 1e-12


def test_scores_are_decided_by_the_other_folds() -> None:
    y, answers = _told(shift=-2.0)
    moved, common = decide("f1", answers, y, GOAL, _folds(len(y)), None)
    assert 0.1 < common < 0.5
    for _, test in _folds(len(y)):
        others = np.setdiff1d(np.arange(len(y)), test)
        own = threshold("f1", answers[others, 1], y[others] == 1, None)
        assert (decided(moved[test], common, 1) == decided(answers[test], own, 1)).mean() > 0.999
    assert decide(None, answers, y, GOAL, _folds(len(y)), None) == (answers, None)


def test_what_a_threshold_is_chosen_for() -> None:
    assert aim_of("roc_auc", "binary", 0.4, None) is None
    assert aim_of("roc_auc", "binary", 0.05, None) == "f1"
    assert aim_of("accuracy", "binary", 0.05, None) is None
    assert aim_of("recall", "binary", 0.4, None) == "f2"
    assert aim_of("f1", "binary", 0.4, 5.0) == "cost"
    assert aim_of("f1", "multiclass", 0.01, None) is None
