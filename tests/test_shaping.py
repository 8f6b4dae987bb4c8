"""A table as a request wants it: words for missing, kinds, derived columns, rows, weights; each also in the service."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import Bench, customers, houses

from tools.core.errors import BadArguments, DataRefused
from tools.core.learning.models import load_runtime


def folder(bench: Bench, found: Any) -> Path:
    name, version = found.prepared.split(":")
    return bench.context.workspace / "prepared" / name / version


def columns(bench: Bench, found: Any) -> dict[str, Any]:
    record = bench.context.find(f"prepared/{found.prepared}", "prepared").record
    return {column["name"]: column for column in record["columns"]}


def trained(bench: Bench, **args: Any) -> Any:
    """A model of the last prepared dataset, loaded."""
    model = bench("train", dataset="t", time_limit=20, estimators=["linear"], **args)
    return load_runtime(bench.context, bench.context.find(f"model/{model.model}", "model"))


def test_words_for_missing_change_what_a_column_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    sizes = np.where(random.random(300) < 0.3, "varies", (random.random(300) * 90).round(1).astype(str))
    table = customers().assign(
        size=np.where(sizes == "varies", random.choice(["varies", "depends", "ask"], 300), sizes),
        score=np.where(random.random(300) < 0.1, -7, random.integers(0, 90, 300)),
    )
    plain = bench.prepared(table, target="left")
    assert columns(bench, plain)["size"]["kind"] == "categorical"
    found = bench("preprocess", dataset="t", target="left", missing=["varies", "depends", "ask", "-7"])
    size, score = columns(bench, found)["size"], columns(bench, found)["score"]
    assert (size["kind"], size["missing"]) == ("numeric", int((sizes == "varies").sum()))
    assert score["missing"] == int((table["score"] == -7).sum())
    train = pd.read_parquet(folder(bench, found) / "train.parquet")
    assert train["score"].min() >= 0
    runtime = trained(bench)
    row = {"age": 40, "plan": "pro", "spend": 10.0, "joined": "2020-01-01", "active": "yes", "note": "x"}
    absent, *others = (runtime.respond([row | {"size": s, "score": n}])[1].probabilities.tolist()
                       for s, n in ((None, None), ("varies", -7), ("ask", -7.0)))  # fmt: skip
    assert others == [absent, absent]


def test_a_kind_is_as_somebody_says(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = customers().assign(
        zip=random.choice(["$1,200", "$900", "$3,400"], 300),
        day=random.choice(["3 Feb 2021", "4 Mar 2022", "5 May 2020"], 300),
        stamp=1_500_000_000 + np.arange(300) % 97 * 86_400,
        code=random.choice(["1", "2", "x"], 300, p=[0.49, 0.49, 0.02]),
    )
    told = ["zip=categorical", "day=categorical", "stamp=datetime", "code=numeric", "active=categorical", "age=id"]
    found = bench.prepared(table, target="left", kinds=told)
    kinds = {name: column["kind"] for name, column in columns(bench, found).items()}
    assert "age" in {d.column for d in found.dropped}
    assert {n: kinds[n] for n in ("zip", "day", "stamp", "code", "active")} == {
        "zip": "categorical", "day": "categorical", "stamp": "datetime", "code": "numeric", "active": "categorical",
    }  # fmt: skip
    train = pd.read_parquet(folder(bench, found) / "train.parquet")
    assert set(train["zip"]) == {"$1,200", "$900", "$3,400"}  # as it was written
    assert set(train["day"]) == {"3 Feb 2021", "4 Mar 2022", "5 May 2020"}
    assert train["stamp"].min() == pd.Timestamp("2017-07-14 02:40:00")
    assert columns(bench, found)["code"]["missing_words"] == ["x"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"kinds": ["age"]}, "gives no kind"),
        ({"kinds": ["age=integer"]}, "gives no kind"),
        ({"kinds": ["agee=text"]}, "nearest is 'age'"),
        ({"kinds": ["plan=numeric"]}, "'plan' cannot be numeric: only 0 of its 300 values are numbers"),
        ({"kinds": ["plan=boolean"]}, "'plan' cannot be boolean: it holds"),
        ({"where": "agee > 3"}, "The nearest is 'age'"),
        ({"where": "age > 1000"}, "No row meets"),
        ({"where": "age + 1"}, "not a condition"),
        ({"derive": ["age = 1"]}, "column 'age' already"),
        ({"derive": ["x = plan * 2"]}, "'plan' is a text"),
        ({"derive": ["x = left == 'yes'"]}, "worked out from 'left', the target"),
        ({"weight_column": "plan"}, "holds no numbers"),
        ({"weight_column": "wait"}, "no column of t:1"),
        ({"drop": ["pln"]}, "nearest is 'plan'"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path: Path, args: dict[str, Any], message: str) -> None:
    with pytest.raises(DataRefused) as caught:
        Bench(tmp_path).prepared(customers(), target="left", **args)
    assert message in caught.value.message


def test_where_takes_rows_and_counts_the_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers()
    found = bench.prepared(table, target="left", where='age >= 40 and plan != "pro" and year(joined) == 2020')
    wanted = (table["age"] >= 40) & (table["plan"] != "pro") & table["joined"].str.startswith("2020")
    assert found.train_rows + found.test_rows == wanted.sum()
    assert found.set_aside == (~wanted).sum()
    assert any(f"{(~wanted).sum()} rows are set aside: the condition" in warning for warning in found.warnings)


def test_derived_columns_work_on_a_posted_row(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    derive = [
        "per_year = spend / (age - 40)",
        "weekday = weekday(joined)",
        "long = length(note)",
        "vip = plan == 'pro'",
    ]
    found = bench.prepared(customers(), target="left", derive=derive, drop=["joined", "note"])
    assert found.derived == ["per_year", "weekday", "long", "vip"]
    assert set(columns(bench, found)) == {"age", "plan", "spend", "active", "joined", "note"}  # what a row must hold
    runtime = trained(bench)
    row = {"age": 40, "plan": "pro", "spend": 10.0, "joined": "2020-01-01", "active": "yes", "note": "x"}
    checked, answer = runtime.respond([row, row | {"age": 41}, row | {"spend": None}])
    assert (checked.problems, checked.warnings) == ([], [])
    assert [None if v != v else v for v in checked.columns["per_year"]] == [None, 10.0, None]
    assert checked.columns["weekday"].tolist() == [2.0, 2.0, 2.0]
    assert len(answer.values) == 3
    refused, _ = runtime.respond([{name: value for name, value in row.items() if name != "joined"}])
    assert refused.problems[0].column == "joined"
    assert not {"joined", "note"} & set(runtime.inputs["ignored"])


def test_a_derived_target_can_be_scored_on_another_table(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    found = bench.prepared(houses(), target="log_price", derive=["log_price = log(price)"])
    assert found.task == "regression"
    assert {d.column: d.reason for d in found.dropped} == {"price": "the target is made from it"}
    bench("train", dataset="t", time_limit=20, estimators=["linear"])
    result = bench("evaluate", model="t", path=bench.write("new.csv", houses(100, seed=1)))
    assert result.metrics["r2"] > 0.8


def test_weights_count_in_training_and_scores(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = pd.DataFrame({"x": random.normal(size=600).round(4), "z": random.normal(size=600).round(4)})
    one = np.arange(600) % 2 == 0
    table["y"] = np.where(one, table["x"], -table["x"]) * 3 + random.normal(size=600) * 0.1
    table["w"] = np.where(one, 1.0, 0.001)
    found = bench.prepared(table, target="y", weight_column="w", split="random")
    assert {d.column: d.reason for d in found.dropped} == {"w": "the weight column"}
    bench("train", dataset="t", time_limit=20, estimators=["linear"])
    weighted = bench("evaluate", model="t")
    assert weighted.score < 0.5 < weighted.baseline
    plain = bench("preprocess", dataset="t", target="y", drop=["w"], split="random")
    bench("train", dataset=plain.prepared, time_limit=20, estimators=["linear"])
    assert bench("evaluate", model="t").score > 2
    with pytest.raises(DataRefused, match="below 0"):
        bench("preprocess", dataset="t", target="x", weight_column="y")


def test_gaps_that_are_left_are_for_estimators_that_take_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left", impute="none", scale="minmax", encode="ordinal")
    with pytest.raises(BadArguments, match="cannot learn from missing values"):
        bench("train", dataset="t", time_limit=20, estimators=["linear"])
    assert bench("train", dataset="t", time_limit=20, estimators=["random_forest"]).estimator == "random_forest"


VALUES = st.sampled_from(["", "?", "-1", "0", "3.5", "1e5", "12", "north", "x y", "5 May 2020", "2021-02-03", "yes"])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=60, max_size=60), st.data())
def test_every_kind_that_is_not_refused_reads_every_row(rows: list[tuple[str, str]], data: Any) -> None:
    """No row is lost, whatever a column is said to be; each cell is read, or missing."""
    from tempfile import TemporaryDirectory

    kind = data.draw(st.sampled_from(["numeric", "categorical", "text", "datetime", "boolean", "id"]))
    table = pd.DataFrame(rows, columns=["a", "b"]).assign(c=np.arange(60) * 0.5, y=["no", "yes"] * 30)
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        try:
            found = bench.prepared(table, target="y", kinds=[f"a={kind}"], missing=["north"], split="random")
        except DataRefused as refused:
            assert "a" in refused.message
        else:
            assert found.train_rows + found.test_rows + found.set_aside == 60


def agreed(bench: Bench, found: Any, table: pd.DataFrame, target: str, **formats: Any) -> tuple[float, float]:
    """The score on the sealed rows, and that on the same rows given as a table."""
    model = bench("train", dataset="t", time_limit=20, estimators=["linear"]).model
    rows = pd.read_parquet(folder(bench, found) / "rows.parquet")
    sealed = table.iloc[rows.loc[rows["sealed"], "row"]]
    path = bench.folder / "other.parquet"
    sealed.to_parquet(path) if formats.get("parquet") else bench.write("other.csv", sealed)
    file = "other.parquet" if formats.get("parquet") else "other.csv"
    return bench("evaluate", model=model).score, bench("evaluate", model=model, path=file).score


@pytest.mark.parametrize("kind", ["categorical", "text"])
@pytest.mark.parametrize("derive", [[], ["two = tier == 2"], ["two = tier == 2.0", "long = length(tier)"]])
def test_numbers_as_categories_are_one_however_they_are_written(tmp_path: Path, kind: str, derive: list[str]) -> None:
    bench, random = Bench(tmp_path), np.random.default_rng(0)
    table = pd.DataFrame({"tier": random.integers(1, 4, 400).astype(float), "b": random.random(400).round(4)})
    table["y"] = np.where(random.random(400) < 0.2 + 0.6 * (table["tier"] == 2), "yes", "no")
    more = {"drop": ["tier"]} if derive else {}
    found = bench.prepared(table, target="y", kinds=[f"tier={kind}"], derive=derive, **more)
    sealed, other = agreed(bench, found, table, "y")
    assert sealed == other > 0.6
    runtime = trained(bench)
    answers = [runtime.respond([{"tier": t, "b": 0.5}])[1].probabilities.tolist() for t in (2, 2.0, "2", "2.0", "2.00")]
    assert answers == [answers[0]] * 5
    assert runtime.respond([{"tier": 1, "b": 0.5}])[1].probabilities.tolist() != answers[0]


def test_numbers_as_labels_are_one_however_they_are_written(tmp_path: Path) -> None:
    bench, random = Bench(tmp_path), np.random.default_rng(0)
    table = pd.DataFrame({"a": random.random(400).round(4)})
    table["rating"] = np.where(table["a"] > 0.6, 3.5, np.where(random.random(400) < 0.5, 1.0, 2.0))
    found = bench.prepared(table, target="rating", kinds=["rating=categorical"])
    assert found.labels == ["1", "2", "3.5"]
    sealed, other = agreed(bench, found, table, "rating")
    assert sealed == other


@pytest.mark.parametrize("parquet", [False, True])
def test_days_as_categories_are_one_in_csv_and_parquet(tmp_path: Path, parquet: bool) -> None:
    bench, random = Bench(tmp_path), np.random.default_rng(0)
    days = pd.to_datetime(random.choice(["2020-02-03", "2020-05-07", "2021-01-09"], 400))
    table = pd.DataFrame({"day": days, "b": random.random(400).round(4)})
    table["y"] = np.where(random.random(400) < 0.2 + 0.6 * (days == "2020-02-03"), "yes", "no")
    found = bench.prepared(table, target="y", kinds=["day=categorical"], derive=['feb = day == "2020-02-03"'])
    sealed, other = agreed(bench, found, table, "y", parquet=parquet)
    assert sealed == other > 0.6


def test_a_target_or_weight_derived_through_others_is_scored_on_another_table(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(400).drop(columns=["customer_id", "joined"]).assign(spend=np.arange(400) * 7 % 401 + 1.0)
    derive = ["a = spend * 2", "hot = a > 400", "c = spend - 1", "d = age + 1", "w = a + 1"]
    found = bench.prepared(table, target="hot", derive=derive, weight_column="w")
    why = {dropped.column: dropped.reason for dropped in found.dropped}
    assert {"spend", "a", "c"} <= set(why) and "d" not in why
    sealed, other = agreed(bench, found, table, "hot")
    assert sealed == pytest.approx(other)


@pytest.mark.parametrize("huge", ["1e300", "-1e308", "4e38"])
def test_numbers_beyond_what_trees_hold_are_no_crash(tmp_path: Path, huge: str) -> None:
    bench = Bench(tmp_path)
    table = customers(200).astype({"spend": object})
    table.loc[7, "spend"] = huge
    bench.prepared(table, target="left", derive=["x = 10 ** age ** 1.1", "z = exp(exp(age / 15))"])
    with pytest.raises(DataRefused, match="beyond 1e\\+100"):
        bench.prepared(table.assign(price=table["age"].astype(str) + "e299"), target="price")


@pytest.mark.parametrize("size", ["1e-300", "1e-6", "1", "1e6"])
def test_only_the_proportions_of_weights_matter(tmp_path: Path, size: str) -> None:
    bench = Bench(tmp_path)
    weights = (1 + np.arange(300) % 3 / 10) * float(size)
    found = bench.prepared(customers().assign(w=weights), target="left", weight_column="w")
    kept = pd.read_parquet(folder(bench, found) / "train.parquet")["__weight__"]
    assert kept.max() / kept.min() == pytest.approx(1.2) and 0.8 < kept.mean() < 1.2


def test_labels_without_weight_or_with_few_rows_do_not_make_a_task(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    few = customers().assign(left=lambda t: t["left"].where(np.arange(300) > 2, "draw"))
    found = bench.prepared(few, target="left")
    assert (found.task, found.labels, found.positive) == ("binary", ["no", "yes"], "yes")
    with pytest.raises(DataRefused, match="one value only"):
        bench.prepared(customers().assign(w=lambda t: (t["left"] == "yes") * 1.0), target="left", weight_column="w")
    with pytest.raises(DataRefused, match="weight, is missing or 0 in every row"):
        bench.prepared(customers().assign(w=0.0), target="left", weight_column="w")


def test_roles_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    for wrong in (
        {"drop": ["left"]},
        {"group_column": "left"},
        {"time_column": "joined", "group_column": "plan"},
        {"time_column": "joined", "split": "random"},
    ):
        with pytest.raises(DataRefused):
            bench("preprocess", dataset="t", target="left", **wrong)


def test_a_column_worked_out_from_the_target_may_weigh(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    found = bench.prepared(customers(), target="left", derive=['w = 1 + 2 * (left == "yes")'], weight_column="w")
    assert "w" not in found.derived
    bench("train", dataset="t", time_limit=20, estimators=["linear"])
