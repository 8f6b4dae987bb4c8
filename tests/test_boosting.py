"""Boosting: what is cut off later answers as if it had been stopped there; no fold chooses its own rounds."""

import time

import numpy as np
import pytest

from tools.core.learning.boosting import Rows, best_rounds, fit_rounds, fit_watched, shorten
from tools.core.learning.estimators import ESTIMATORS, Wanted, installed

BOOSTING = [name for name, declared in ESTIMATORS.items() if declared.boosts and installed(name)]


def _table(labels: int) -> tuple[Rows, Rows]:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(500, 5))
    z = matrix[:, 0] + matrix[:, 1] ** 2 + random.normal(size=500)
    y = z if not labels else np.digitize(z, np.quantile(z, np.linspace(0, 1, labels + 1)[1:-1]))
    return Rows(matrix[:400], y[:400]), Rows(matrix[400:], y[400:])


def _make(name: str, labels: int):
    return ESTIMATORS[name].make(Wanted(labels > 0, labels, 400, 0), {})


def _answers(estimator, matrix):
    return estimator.predict_proba(matrix) if hasattr(estimator, "predict_proba") else estimator.predict(matrix)


@pytest.mark.parametrize("labels", [0, 2, 4])
@pytest.mark.parametrize("name", BOOSTING)
def test_what_is_shortened_has_the_loss_of_that_round(name: str, labels: int) -> None:
    rows, held = _table(labels)
    estimator = _make(name, labels)
    curve = fit_watched(estimator, rows, held, time.monotonic() + 60)
    whole = _answers(estimator, held.matrix)
    for rounds in (3, best_rounds([curve]), len(curve)):  # other folds may want more than is best here
        restore = shorten(estimator, rounds)
        found = _answers(estimator, held.matrix)
        if labels:
            loss = -np.log(found[np.arange(100), held.y]).mean()
            assert loss == pytest.approx(curve[rounds - 1], rel=1e-5)
        else:
            errors = np.square(found - held.y).mean()
            ways = (errors, errors / 2, np.sqrt(errors))  # each library writes it in its own way
            assert min(abs(way / curve[rounds - 1] - 1) for way in ways) < 1e-5
        restore()
    assert (_answers(estimator, held.matrix) == whole).all()


@pytest.mark.parametrize("name", BOOSTING)
def test_a_label_that_was_not_learned_is_not_watched(name: str) -> None:
    rows, held = _table(3)
    few = rows.where(rows.y < 2)
    estimator = _make(name, 3)
    assert len(fit_watched(estimator, few, held, time.monotonic() + 60))
    alone = _make(name, 3)
    assert not len(fit_watched(alone, few, held.where(held.y == 2), time.monotonic() + 60))
    assert _answers(alone, held.matrix).shape == (100, 2)


def test_lightgbm_stops_when_its_time_is_up() -> None:
    rows, held = _table(0)
    assert len(fit_watched(_make("lightgbm", 0), rows, held, time.monotonic())) == 1


@pytest.mark.parametrize("name", BOOSTING)
def test_a_number_of_rounds_is_kept_to(name: str) -> None:
    rows, _ = _table(0)
    one, two = _make(name, 0), _make(name, 0)
    fit_rounds(one, rows, 7)
    fit_rounds(two, rows, 12)
    shorten(two, 7)
    assert np.allclose(_answers(one, rows.matrix), _answers(two, rows.matrix))


def test_rounds_are_those_of_the_least_mean_loss() -> None:
    assert best_rounds([np.array([3.0, 2.0, 2.5]), np.array([3.0, 1.0, 0.4])]) == 3
    assert best_rounds([np.array([3.0, 1.0]), np.array([3.0, 2.0, 1.0, 0.5])]) == 4
    assert best_rounds([np.empty(0)]) == 100
