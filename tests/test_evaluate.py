"""evaluate: the sealed rows are opened once, counted each time, and told in one file."""

import re
import warnings
from pathlib import Path

import pytest
from tables import Bench, customers, houses

from tools.core.errors import DataRefused


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("evaluate"))
    made.prepared(customers(), target="left")
    made("train", dataset="t", estimators=["linear"], time_limit=60)
    return made


def test_scores_baseline_and_interval(bench: Bench) -> None:
    found = bench("evaluate", model="t")
    assert (found.task, found.metric) == ("binary", "roc_auc")
    assert found.interval[0] <= found.score <= found.interval[1]
    assert found.baseline == 0.5
    assert found.metrics["roc_auc"] == found.score
    assert found.rows == 60
    assert any("rough" in warning for warning in found.warnings)


def test_each_opening_is_counted_and_the_second_says_so(bench: Bench) -> None:
    first = bench("evaluate", model="t").openings
    again = bench("evaluate", model="t")
    assert again.openings == first + 1
    prepared = bench("preprocess", dataset="t", target="left", drop=["note"])
    bench("train", dataset=prepared.prepared, time_limit=20, estimators=["linear"], name="u")
    assert bench("evaluate", model="u").openings == first + 2  # the same rows under the same seal
    assert any("opened" in warning for warning in again.warnings)


def test_another_table_is_scored_without_opening_the_seal(bench: Bench) -> None:
    before = bench("evaluate", model="t").openings
    other = bench("evaluate", model="t", path=bench.write("new.csv", customers(200, seed=5)))
    assert (other.openings, other.rows) == (None, 200)
    assert bench("evaluate", model="t").openings == before + 1
    with pytest.raises(DataRefused, match="lacks columns"):
        bench("evaluate", model="t", path=bench.write("less.csv", customers(50).drop(columns=["age"])))


def test_the_report_needs_nothing_else(bench: Bench) -> None:
    text = Path(bench("evaluate", model="t").report).read_text(encoding="utf-8")
    assert text.count("<svg") >= 4
    assert not re.search(r"<script|<link|src=[\"']|@import", text)
    assert not re.search(r"https?://(?!www\.w3\.org|purl\.org|creativecommons\.org)", text)


def test_regression_has_residuals(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(houses(), target="price")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    found = bench("evaluate", model="t")
    assert found.score < found.baseline
    assert "Residuals" in Path(found.report).read_text(encoding="utf-8")


def test_a_report_with_chinese_labels_warns_of_no_font(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers().replace({"left": {"yes": "是", "no": "否"}}), target="left")
    bench("train", dataset="t", time_limit=20, estimators=["linear"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bench("evaluate", model="t")
    assert "是" in Path(found.report).read_text(encoding="utf-8")
