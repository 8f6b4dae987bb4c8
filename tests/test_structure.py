"""Rows that belong together and rows in the order of time are recognised, by names, values and places alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers

from tools.core.errors import DataRefused
from tools.core.learning.structure import grouping, time_order
from tools.core.tables.columns import Column, infer_columns
from tools.core.tables.convert import convert


def read(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Column]]:
    columns = infer_columns(frame)
    return convert(frame, columns), {column.name: column for column in columns}


RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=300).round(3)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("patient_id", np.repeat(np.arange(100), 3), True),
        ("Subject", np.repeat([f"S{n}" for n in range(60)], 5), True),
        ("用户编号", np.repeat([f"U{n}" for n in range(60)], 5), True),
        ("storm name", np.repeat([f"storm {n}" for n in range(15)], 20), True),
        ("storm name", RANDOM.permutation(np.repeat([f"storm {n}" for n in range(15)], 20)), False),
        ("agent_id", RANDOM.integers(0, 15, 300), False),
        ("patient_id", np.arange(300) * 7, False),
        ("age", np.repeat(np.arange(100), 3), False),
        ("patient_id", np.repeat(np.arange(3), 100), False),
    ],
)
def test_rows_of_one_thing(name: str, values: np.ndarray, expected: bool) -> None:
    table, columns = read(pd.DataFrame({name: values, "x": NOISE}))
    assert grouping(table, columns)[0] == (name if expected else None)


def test_two_things_that_cross_are_features_and_the_outer_of_nested_ones_counts() -> None:
    users, items = np.repeat(np.arange(60), 5), np.tile(np.arange(50), 6)
    table, columns = read(pd.DataFrame({"user_id": users, "item_id": items, "x": NOISE}))
    assert grouping(table, columns) == (None, "user_id and item_id cross each other: each stays a feature")
    households = np.repeat(np.arange(30), 10)
    table, columns = read(pd.DataFrame({"person_id": users, "household_id": households, "x": NOISE}))
    assert grouping(table, columns)[0] == "household_id"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"day": np.repeat(np.arange(1, 101), 3)}, ("day",)),
        ({"when": pd.date_range("2020-01-01", periods=300).astype(str)}, ("when",)),
        ({"when": pd.date_range("2020-01-01", periods=300).astype(str)[::-1]}, ("when",)),
        ({"birth_date": pd.date_range("1950-01-01", periods=300).astype(str)}, None),
        ({"when": RANDOM.permutation(pd.date_range("2020-01-01", periods=300).astype(str))}, None),
        ({"age": np.arange(300) // 4}, None),
        (
            {"year": np.repeat([2020, 2021, 2022], 100), "month": np.tile(np.repeat(np.arange(1, 11), 10), 3)},
            ("year", "month"),
        ),
    ],
)
def test_rows_in_the_order_of_time(frame: dict[str, np.ndarray], expected: tuple[str, ...] | None) -> None:
    table, columns = read(pd.DataFrame({**frame, "x": NOISE}))
    order = time_order(table, columns)
    assert (order and order.columns) == expected


def test_the_split_follows_and_can_be_overruled(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers().assign(patient=lambda t: "P" + (t.index // 3).astype(str)).drop(columns="customer_id")
    found = bench.prepared(table, target="left")
    assert found.split == "group"
    assert "patient" in {dropped.column for dropped in found.dropped}
    assert any("those of one stand on one side" in decision.decision for decision in found.decisions)
    found = bench.prepared(table.drop(columns="patient").rename(columns={"joined": "seen"}), name="u", target="left")
    assert found.split == "time"
    assert any("order of seen" in decision.decision for decision in found.decisions)
    found = bench("preprocess", dataset="u", target="left", split="stratified")
    assert found.split == "stratified"
    assert any("cut anew" in warning for warning in found.warnings)


def test_a_cut_that_leaves_one_label_on_a_side_is_not_made(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers().drop(columns=["customer_id", "joined"])
    table = table.assign(seen=pd.date_range("2020-01-01", periods=300).astype(str), left=["no"] * 200 + ["yes"] * 100)
    found = bench.prepared(table, target="left")
    assert found.split == "stratified"
    assert any("not cut by time" in decision.decision for decision in found.decisions)
    with pytest.raises(DataRefused, match="one label of 'left' only"):
        bench("preprocess", dataset="t", target="left", time_column="seen")


@pytest.mark.parametrize("groups", [2, 3, 4, 7])
def test_few_groups_are_folds_of_their_own_or_refused(tmp_path: Path, groups: int) -> None:
    bench = Bench(tmp_path)
    table = customers().assign(region=np.arange(300) % groups)
    if groups == 2:
        with pytest.raises(DataRefused, match="too few values"):
            bench.prepared(table, target="left", group_column="region")
        return
    bench.prepared(table, target="left", group_column="region")
    bench("train", dataset="t", time_limit=30, estimators=["linear"])


def test_a_label_that_comes_late_is_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(400).assign(left=lambda t: np.where(np.arange(400) < 370, "was " + t["left"], "new"))
    found = bench.prepared(table, target="left", time_column="joined")
    assert any("'new' in sealed rows alone" in warning for warning in found.warnings)


def test_boosting_learns_many_labels_from_few_rows(tmp_path: Path) -> None:
    bench, random = Bench(tmp_path), np.random.default_rng(0)
    table = customers(400).assign(left=random.permutation(np.arange(400) % 12).astype(str))
    bench.prepared(table.assign(left=lambda t: "L" + t["left"]), target="left", time_column="joined")
    found = bench("train", dataset="t", time_limit=60, estimators=["hist_gradient_boosting"])
    assert found.estimator == "hist_gradient_boosting"


def test_folds_with_one_label_are_left_away(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    late = customers(500).assign(left=lambda t: t["left"].where(np.arange(500) > 250, "no"))
    bench.prepared(late, target="left", time_column="joined")
    found = bench("train", dataset="t", time_limit=30, estimators=["linear"])
    assert found.estimator == "linear"
    later = customers(500).assign(left=lambda t: t["left"].where(np.arange(500) > 370, "no"))
    with pytest.raises(DataRefused, match="one label"):
        bench.prepared(later, name="u", target="left", time_column="joined")
