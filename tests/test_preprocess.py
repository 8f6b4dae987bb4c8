"""preprocess: the seal is cut first, decisions are told, what cannot be predicted is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.errors import DataRefused, NeedsAnswer
from tools.core.learning.prepared import GROUP


def sides(bench: Bench, name: str = "t") -> tuple[pd.DataFrame, pd.DataFrame]:
    return bench.sides(f"{name}:1")


def test_a_binary_target(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers()
    found = bench.prepared(table, target="left")
    assert (found.task, found.positive, found.labels, found.split) == ("binary", "yes", ["no", "yes"], "stratified")
    assert found.train_rows + found.test_rows == len(table)
    reasons = {dropped.column: dropped.reason for dropped in found.dropped}
    assert set(reasons) == {"customer_id", "country"}
    assert "id" in reasons["customer_id"]
    assert "constant" in reasons["country"]
    train, sealed = sides(bench)
    assert abs((train["left"] == "yes").mean() - (sealed["left"] == "yes").mean()) < 0.02


def test_equal_rows_stand_on_one_side(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(200).drop(columns=["customer_id", "joined"])
    bench.prepared(pd.concat([table, table], ignore_index=True), target="left")
    train, sealed = sides(bench)
    features = [c for c in train if c not in (GROUP, "left")]
    both = train[features].merge(sealed[features], how="inner")
    assert both.empty


def test_rows_without_a_target_are_set_aside_and_counted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers()
    table.loc[:29, "left"] = None
    found = bench.prepared(table, target="left")
    assert found.set_aside == 30
    assert found.train_rows + found.test_rows == 270


def test_a_label_with_too_few_rows_is_set_aside(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers()
    table["left"] = np.where(table.index < 2, "perhaps", table["left"])
    found = bench.prepared(table, target="left", task="multiclass")
    assert (found.set_aside, found.labels) == (2, ["no", "yes"])
    assert any("perhaps" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (np.arange(300) * 0.37, "regression"),
        (np.arange(300) % 40, "regression"),
        (np.arange(300) % 6, "multiclass"),
        (np.arange(300) % 2, "binary"),
        (np.array(["a", "b", "c"] * 100), "multiclass"),
        (np.array([True, False] * 150), "binary"),
        (np.array([1, 2] * 150), "binary"),
    ],
)
def test_the_task_follows_from_the_values(tmp_path: Path, values: np.ndarray, task: str) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = pd.DataFrame({"x": random.normal(size=300).round(3), "w": random.normal(size=300).round(3), "y": values})
    assert bench.prepared(table, target="y").task == task


def test_an_integer_target_may_be_told_to_be_a_number(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = houses().assign(stars=lambda t: t["rooms"] % 5 + 1)
    assert bench.prepared(table, target="stars", task="regression").task == "regression"


def test_the_positive_label_is_as_given_else_yes_else_the_rarer(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers().assign(kind=lambda t: np.where(t.index % 4 == 0, "rare", "usual"))
    assert bench.prepared(table, target="left", positive="NO").positive == "no"
    assert bench("preprocess", dataset="t", target="kind").positive == "rare"
    with pytest.raises(DataRefused, match="no value of the target"):
        bench("preprocess", dataset="t", target="left", positive="maybe")


def test_by_time_the_latest_rows_are_sealed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    found = bench.prepared(customers(), target="left", time_column="joined")
    train, sealed = sides(bench)
    assert found.split == "time"
    assert train["joined"].max() < sealed["joined"].min()


def test_by_group_no_group_stands_on_both_sides(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers().assign(family=lambda t: "F" + (t.index // 3).astype(str))
    found = bench.prepared(table, target="left", group_column="family", drop=["customer_id"])
    train, sealed = sides(bench)
    assert found.split == "group"
    assert not set(train[GROUP]) & set(sealed[GROUP])
    assert "family" not in train


def test_a_target_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench("profile", path=bench.write("t.csv", customers(60)))
    with pytest.raises(DataRefused, match="nearest is 'left'") as caught:
        bench("preprocess", dataset="t", target="lefft")
    assert caught.value.argument == "target"


def test_the_only_likely_target_is_taken_and_said_and_several_are_asked_about(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    found = bench.prepared(customers().rename(columns={"left": "churn"}))
    assert found.target == "churn"
    assert any("only likely one" in warning for warning in found.warnings)
    table = pd.DataFrame({"outcome": ["a", "b"] * 40, "x": np.arange(80) * 0.7 % 9, "label": ["c", "d", "c", "c"] * 20})
    likely = bench("profile", path=bench.write("two.csv", table)).targets
    assert len(likely) > 1
    with pytest.raises(NeedsAnswer, match="Which column") as caught:
        bench("preprocess", dataset="two")
    assert caught.value.options == likely
