"""compare: a verdict on rows that no model learned from, sure where it can be and modest where it cannot."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import Bench, customers, houses

from tools.core.errors import BadArguments, DataRefused
from tools.core.learning.metrics import Goal
from tools.core.learning.verdict import Common, holm, judge


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("compare"))
    made.prepared(customers(1_500), target="left")
    made("train", dataset="t", estimators=["linear"], time_limit=30)
    made("train", dataset="t", estimators=["linear"], seed=5, time_limit=30)
    made("preprocess", dataset="t", target="left", drop=["age", "plan"], name="less")
    made("train", dataset="less", estimators=["linear"], time_limit=30)
    return made


def test_what_lost_its_best_columns_is_worse(bench: Bench) -> None:
    found = bench("compare", models=["less", "t:1"])
    assert (found.verdict, found.best) == ("worse", "t:1")
    assert found.p_value < 0.001
    assert found.interval[1] < 0
    assert found.rows > 1_000
    turned = bench("compare", models=["t:1", "less"])
    assert (turned.verdict, turned.difference) == ("better", -found.difference)


def test_the_same_model_again_is_no_different(bench: Bench) -> None:
    found = bench("compare", models=["t:2", "t:1"])
    assert (found.verdict, found.p_value) == ("no_difference", 1.0)


def test_several_models_are_corrected_for(bench: Bench) -> None:
    found = bench("compare", models=["t:1", "t:2", "less"])
    assert found.verdict == "no_difference"
    assert len(found.models) == 3


def test_comparing_opens_no_seal(bench: Bench) -> None:
    assert bench("evaluate", model="t:1").openings == 1


def test_what_cannot_be_compared_is_said(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(BadArguments, match="with itself"):
        bench("compare", models=["t", "t:2"])
    with pytest.raises(BadArguments):
        bench("compare", models=["t"])
    bench.prepared(houses(), name="h", target="price")
    bench("train", dataset="h", estimators=["linear"], time_limit=30)
    with pytest.raises(DataRefused, match="predicts left"):
        bench("compare", models=["t", "h"])
    bench.prepared(customers(300, seed=9), name="other", target="left")
    bench("train", dataset="other", estimators=["linear"], time_limit=30)
    with pytest.raises(DataRefused, match="not trained on the same rows"):
        bench("compare", models=["t", "other"])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm(values: list[float]) -> None:
    found = holm(values)
    assert all(value <= corrected <= 1 for value, corrected in zip(values, found, strict=True))
    order = np.argsort(values, kind="stable")
    assert list(np.array(found)[order]) == sorted(found)
    assert min(found) == min(1, len(values) * min(values))


def test_models_of_equal_worth_are_seldom_told_apart() -> None:
    """Two answers with errors of their own, as large: the verdict errs in about one case in twenty at most."""
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(100):
        y = random.normal(size=400)
        answers = [y + random.normal(size=400) for _ in range(2)]
        goal = Goal("regression", 0, 0)
        found = judge(Common("rmse", y, answers, [goal, goal], None, None))
        wrong += found.verdict != "no_difference"
    assert wrong <= 8
