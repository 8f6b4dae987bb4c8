"""Columns that give the target away are named with their evidence, the person is asked, and honest ones stay."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Shell
from tables import Bench, customers, houses

import tools
from tools.core.errors import NeedsAnswer
from tools.core.learning.answers import chosen_columns

RANDOM = np.random.default_rng(0)


def leaky() -> pd.DataFrame:
    """Customers whose target is given away in three ways."""
    table = customers(600).drop(columns=["customer_id", "joined"])
    left = table["left"] == "yes"
    return table.assign(
        copy=np.where(left, 7, 3) + RANDOM.integers(0, 2, 600),
        exit_reason=np.where(left & (RANDOM.random(600) < 0.4), RANDOM.choice(["price", "moved"], 600), None),
        survey=np.where(left ^ (RANDOM.random(600) < 0.02), RANDOM.choice(["a", "b"], 600), None),
    )


def suspects(frame: pd.DataFrame, tmp_path: Path, target: str, **args: Any) -> str:
    return " | ".join(Bench(tmp_path).prepared(frame, target=target, **args).suspects)


def test_each_way_of_giving_the_target_away_is_named_with_its_evidence(tmp_path: Path) -> None:
    told = suspects(leaky(), tmp_path, "left")
    assert "copy alone predicts left (roc_auc 1.000)" in told
    assert "exit_reason is filled in" in told
    assert "whether survey is filled predicts left (roc_auc 0.9" in told
    for honest in ("age", "plan", "spend", "active", "note"):
        assert honest not in told


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda t: {"net": t["price"] - t["tax"]}, "tax + net is price, in all"),
        (lambda t: {"gross": t["price"] + t["tax"]}, "gross - tax is price, in all"),
        (lambda t: {"unit": t["price"] / t["tax"]}, "tax * unit is price, in all"),
        (lambda t: {"twice": t["price"] * 2 + 1}, "twice alone predicts price"),
    ],
)
def test_exact_sums_and_products_of_columns(tmp_path: Path, made: Any, said: str) -> None:
    table = houses(400).assign(tax=RANDOM.uniform(100_000, 3_000_000, 400).round(1))
    told = suspects(table.assign(**made(table)), tmp_path, "price")
    assert told.startswith(said)
    assert "|" not in told


def test_honest_tables_raise_no_alarm(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.prepared(houses(400), target="price").suspects == []
    assert bench.prepared(customers(), target="left", name="c").suspects == []
    linear = pd.DataFrame(RANDOM.normal(size=(300, 4)), columns=list("abcd"))
    linear["y"] = linear @ [0.5, -1.7, 2.0, 0.1]  # a law, not a sum
    assert bench.prepared(linear, target="y", name="l").suspects == []


def test_the_person_is_asked_and_the_answer_counts(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench("profile", path=bench.write("t.csv", leaky()))
    asking = replace(bench.context, take_defaults=False)
    with pytest.raises(NeedsAnswer, match="Would you know") as caught:
        tools.load("preprocess")({"dataset": "t", "target": "left"}, asking)
    assert caught.value.argument == "leaks"
    drop, keep = caught.value.options
    assert keep == "keep"
    kept = tools.load("preprocess")({"dataset": "t", "target": "left", "leaks": keep}, asking)
    assert len(kept.suspects) == 3
    dropped = tools.load("preprocess")({"dataset": "t", "target": "left", "leaks": drop}, asking)
    assert dropped.suspects == []
    assert {"copy", "exit_reason", "survey"} <= {d.column for d in dropped.dropped}
    one = tools.load("preprocess")({"dataset": "t", "target": "left", "leaks": "drop copy"}, asking)
    assert len(one.suspects) == 2
    with pytest.raises(NeedsAnswer):
        tools.load("preprocess")({"dataset": "t", "target": "left", "leaks": "who knows"}, asking)


def test_one_part_of_a_sum_dropped_is_enough(tmp_path: Path) -> None:
    table = houses(400).assign(tax=RANDOM.uniform(100, 900, 400).round(1))  # net is nearly the price
    bench = Bench(tmp_path)
    assert bench.prepared(table.assign(net=table["price"] - table["tax"]), target="price").suspects
    assert bench("preprocess", dataset="t", target="price", leaks="drop tax").suspects != []
    assert bench("preprocess", dataset="t", target="price", leaks="drop net").suspects == []


@pytest.mark.parametrize(
    ("answer", "columns"),
    [
        ("drop", ["a", "b c"]),
        ("Drop both.", ["a", "b c"]),
        ("去掉", ["a", "b c"]),
        ("drop a, b c", ["a", "b c"]),
        ("drop a and b c", ["a", "b c"]),
        ("B C", ["b c"]),
        ("去掉a", ["a"]),
        ("keep", []),
        ("Keep them", []),
        ("保留", []),
        ("yes", None),
        ("drop x", None),
        ("", None),
    ],
)
def test_answers(answer: str, columns: list[str] | None) -> None:
    assert chosen_columns(answer, ["a", "b c"]) == columns


def test_the_warning_stays_beside_every_score_until_the_column_is_dropped(shell: Shell) -> None:
    leaky().to_csv(shell.folder / "leaky.csv", index=False)
    request = "train on leaky.csv, target left, linear, 10 seconds and tell me how good it is"
    asked = shell("run", request)
    assert (asked.code, asked.document["status"]) == (4, "question")
    assert "copy" in asked.document["question"]["text"]
    kept = shell("run", request, "--yes")
    assert kept.code == 0
    for step in kept.document["steps"]:
        said = any("copy" in warning for warning in step["result"]["warnings"])
        assert said == (step["tool"] != "profile")
    gone = shell("resume", str(asked.document["run"]), asked.document["question"]["options"][0])
    assert gone.code == 0
    assert gone.document["steps"][-1]["tool"] == "evaluate"
    assert not any("copy" in w for step in gone.document["steps"] for w in step["result"]["warnings"])
    assert gone.document["steps"][-1]["result"]["score"] < kept.document["steps"][-1]["result"]["score"]
