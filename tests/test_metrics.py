"""Metrics are scikit-learn's, also where a faster way is taken; intervals hold the score and shrink with the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as m

from tools.core.learning.intervals import interval
from tools.core.learning.metrics import Goal, score

ROWS = st.lists(st.tuples(st.integers(0, 10), st.booleans(), st.integers(0, 3)), min_size=4, max_size=40).filter(
    lambda rows: len({(hit, weight > 0) for _, hit, weight in rows} & {(True, True), (False, True)}) == 2
)


@given(ROWS)
@settings(deadline=None)
def test_auc_and_log_loss_are_those_of_scikit_learn(rows) -> None:
    chances = np.array([c / 10 for c, _, _ in rows])
    y, weights = np.array([int(hit) for _, hit, _ in rows]), np.array([float(w) for *_, w in rows])
    answers = np.column_stack([1 - chances, chances])
    for given_weights in (None, weights):
        told = {"sample_weight": given_weights}
        for positive in (0, 1):
            goal = Goal("binary", 2, positive)
            auc = m.roc_auc_score(y == positive, answers[:, positive], **told)
            assert score("roc_auc", y, answers, goal, given_weights) == pytest.approx(auc)
        loss = m.log_loss(y, answers, labels=[0, 1], **told)
        assert score("log_loss", y, answers, Goal("binary", 2, 1), given_weights) == pytest.approx(loss)


def test_several_labels_are_averaged_one_against_the_rest() -> None:
    random = np.random.default_rng(0)
    answers = random.dirichlet(np.ones(4), 200)
    y = random.integers(0, 4, 200)
    expected = m.roc_auc_score(y, answers, multi_class="ovr", labels=[0, 1, 2, 3])
    assert score("roc_auc", y, answers, Goal("multiclass", 4, 0)) == pytest.approx(expected)
    assert np.isnan(score("roc_auc", y % 3, answers, Goal("multiclass", 4, 0)))  # one label has no row


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "f1", "accuracy"])
def test_intervals_hold_the_score_and_shrink(metric: str) -> None:
    random = np.random.default_rng(0)
    chance = random.random(40_000)
    y = (random.random(40_000) < chance).astype(int)
    answers, goal = np.column_stack([1 - chance, chance]), Goal("binary", 2, 1)
    widths = []
    for rows in (500, 5_000, 40_000):
        low, high = interval(metric, y[:rows], answers[:rows], goal)
        assert low < score(metric, y[:rows], answers[:rows], goal) < high
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(10**0.5, rel=0.25)
    assert widths[1] / widths[2] == pytest.approx(8**0.5, rel=0.25)
