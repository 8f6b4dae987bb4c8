"""A row keeps its side as its table grows: told by content, whatever its place and its columns' kinds."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.learning.sides import ROWS


def sides(bench: Bench, found: Any) -> dict[str, bool]:
    """By the row's own mark: whether it is sealed."""
    name, version = found.prepared.split(":")
    rows = pd.read_parquet(bench.context.workspace / "prepared" / name / version / ROWS)
    table = pd.read_parquet(bench.context.workspace / "datasets" / name / found.dataset.split(":")[1] / "table.parquet")
    marks = table["mark"].astype("float64").astype("int64").astype(str).iloc[rows["row"]]
    return dict(zip(marks, rows["sealed"], strict=True))


def marked(rows: int) -> pd.DataFrame:
    """Customers with a mark each that is no id by its look: every one twice, so that it is a feature."""
    table = customers(rows).drop(columns=["customer_id", "joined"])
    return table.assign(mark=np.random.default_rng(1).permutation(rows) * 3 // 2 + 1000.0)


@pytest.mark.parametrize("split", ["auto", "random", "time", "group"])
def test_a_file_that_grows_five_times_never_moves_a_row(tmp_path: Path, split: str) -> None:
    bench = Bench(tmp_path)
    whole = customers(1200).drop(columns="customer_id").rename(columns={"joined": "seen"})
    whole = whole.assign(mark=np.arange(1200) * 7 % 1201 + 5000)
    if split == "group":
        whole = whole.assign(patient=lambda t: "P" + (t.index // 3).astype(str))
    if split in ("auto", "random"):
        whole = whole.drop(columns="seen")
    more = {"split": split} if split == "random" else {}
    before: dict[str, bool] = {}
    random = np.random.default_rng(5)
    for month in range(1, 6):
        grown = whole.head(240 * month)
        if split != "time":
            grown = grown.iloc[random.permutation(len(grown))]
        found = bench.prepared(grown, target="left", **more)
        now = sides(bench, found)
        assert all(now[mark] == sealed for mark, sealed in before.items())
        new = [sealed for mark, sealed in now.items() if mark not in before]
        assert 0.08 < np.mean(new) < 0.35
        before = now
    assert len(before) == 1200
    assert found.split == {"auto": "stratified"}.get(split, split)
    assert any("keep the side" in decision.decision for decision in found.decisions)


def test_a_row_is_told_when_columns_come_go_widen_and_are_renumbered(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(400).drop(columns=["customer_id", "joined"]).assign(mark=np.arange(400) * 13 % 401 + 100)
    first = bench.prepared(table.assign(number=np.arange(400)), target="left")
    before = sides(bench, first)
    grown = customers(500, seed=3).drop(columns=["customer_id", "joined"]).assign(mark=np.arange(500) + 9000)
    grown = pd.concat([grown.head(100), table.iloc[::-1]], ignore_index=True)
    grown = grown.drop(columns="note").assign(number=np.arange(500), new=np.arange(500) % 7, mark=grown["mark"] * 1.0)
    second = bench.prepared(grown, target="left")
    now = sides(bench, second)
    assert all(now[mark] == sealed for mark, sealed in before.items())


def test_a_row_that_changed_is_told_by_its_id(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(400).drop(columns="joined").assign(mark=np.arange(400) * 13 % 401 + 100)
    before = sides(bench, bench.prepared(table, target="left"))
    found = bench.prepared(table.assign(age=table["age"] + 1, spend=table["spend"] * 2), target="left")
    assert sides(bench, found) == before


def test_other_features_rows_and_recipes_leave_every_side_as_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = marked(500)
    before = sides(bench, bench.prepared(table, target="left"))
    for more in ({"where": "age > 40"}, {"drop": ["note"], "derive": ["x = age * 2"]}, {"kinds": ["age=categorical"]}):
        now = sides(bench, bench("preprocess", dataset="t", target="left", **more))
        assert all(before[mark] == sealed for mark, sealed in now.items())


def test_another_seed_or_share_cuts_anew_and_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    before = sides(bench, bench.prepared(marked(500), target="left"))
    for more in ({"seed": 1}, {"test_fraction": 0.4}):
        found = bench("preprocess", dataset="t", target="left", **more)
        assert sides(bench, found) != before
        assert any("cut anew" in warning for warning in found.warnings)
    again = bench("preprocess", dataset="t", target="left")
    assert sides(bench, again) == before


def test_rows_that_become_equal_by_dropping_do_not_stand_on_both_sides(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = houses(600).assign(mark=random.permutation(600) + 0.25)
    table = pd.concat([table.head(500), table.head(100).assign(mark=np.arange(100) + 0.75)], ignore_index=True)
    bench.prepared(table, target="price")
    found = bench("preprocess", dataset="t", target="price", drop=["mark"])
    train, sealed = bench.sides(found.prepared)
    assert train.merge(sealed, on=["size", "town", "rooms"]).empty
    assert any("equal a training row" in warning for warning in found.warnings)
    assert found.train_rows + found.test_rows + found.set_aside == 600


def test_rows_of_few_kinds_are_drawn_one_by_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = pd.DataFrame({"a": random.choice(list("xyz"), 400), "b": random.choice([0, 1], 400)})
    table["y"] = np.where(random.random(400) < 0.5, "no", "yes")
    found = bench.prepared(table, target="y")
    assert 60 < found.test_rows < 100
    assert any("few rows differ" in warning for warning in found.warnings)


def test_groups_that_hang_together_by_equal_rows_are_still_cut(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = pd.DataFrame({"patient_id": np.arange(600) // 3, "a": random.choice(list("xyz"), 600)})
    table["b"] = random.choice([0, 1], 600)
    table["y"] = np.where(random.random(600) < 0.5, "no", "yes")
    found = bench.prepared(table, target="y")
    assert (found.split, found.set_aside) == ("group", 0)
    assert 80 < found.test_rows < 160
    assert any("few rows differ" in warning for warning in found.warnings)


def placed(bench: Bench, found: Any) -> dict[int, bool]:
    """By the row's place in the table: whether it is sealed."""
    name, version = found.prepared.split(":")
    rows = pd.read_parquet(bench.context.workspace / "prepared" / name / version / ROWS)
    return dict(zip(rows["row"], rows["sealed"], strict=True))


@pytest.mark.parametrize("values", [3, 4, 40])
def test_equal_rows_keep_their_sides_one_for_one(tmp_path: Path, values: int) -> None:
    bench, random = Bench(tmp_path), np.random.default_rng(values)
    table = pd.DataFrame({"a": random.integers(0, values, 400), "b": random.choice(["p", "q", "r"], 400)})
    table["y"] = np.where(random.random(400) < 0.3 + 0.4 * (table["b"] == "p"), "yes", "no")
    before = placed(bench, bench.prepared(table, target="y"))
    again = bench.prepared(table, target="y")
    assert placed(bench, again) == before
    grown = placed(bench, bench.prepared(pd.concat([table, table.head(50)], ignore_index=True), target="y"))
    assert {row: grown[row] for row in before} == before


def test_a_row_that_could_be_several_is_for_training_and_that_is_said(tmp_path: Path) -> None:
    bench, random = Bench(tmp_path), np.random.default_rng(0)
    table = pd.DataFrame(
        {"a": random.random(600).round(6), "b": random.integers(0, 300, 600), "c": random.random(600) > 0.5}
    )
    table["y"] = np.where(random.random(600) < table["a"], "yes", "no")
    before = placed(bench, bench.prepared(table, target="y"))
    less = table.drop(columns="a")
    same = placed(bench, bench.prepared(less, target="y"))
    assert all(same[row] == sealed for row, sealed in before.items() if row in same)
    order = random.permutation(600)
    bench.prepared(table, name="v", target="y")
    moved = bench.prepared(less.iloc[order], name="v", target="y")
    now = placed(bench, moved)
    told = next(d.decision for d in moved.decisions if d.what == "sides")
    trained = {row for row, sealed in before.items() if not sealed}
    sealed_now = {int(order[place]) for place, sealed in now.items() if sealed}
    assert not trained & sealed_now
    assert "could be several of the earlier rows" in told


def test_a_cut_by_time_survives_the_column_that_told_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    before = placed(bench, bench.prepared(customers(300), target="left", time_column="joined"))
    for kind in ("id", "categorical"):
        found = bench("preprocess", dataset="t", target="left", kinds=[f"joined={kind}"])
        assert placed(bench, found) == before
