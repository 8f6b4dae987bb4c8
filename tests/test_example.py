"""The example row: typical values that the model takes without a word, and nobody's row."""

import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.learning.example import example_of
from tools.core.learning.models import load_runtime
from tools.core.learning.recipe import inputs_of
from tools.core.tables.columns import infer_columns
from tools.core.tables.convert import convert


def example(frame: pd.DataFrame) -> dict[str, object]:
    raw = frame.astype(object)
    columns = infer_columns(raw)
    kept = [column.model_dump() for column in columns]
    record = {"columns": kept, "derived": [], "features": list(frame), "ignored": []}
    table = convert(raw, columns)
    return example_of(inputs_of(record, table), table)


def test_medians_common_categories_and_a_day_in_the_middle() -> None:
    assert example(
        pd.DataFrame(
            {
                "whole": ["1", "2", "2", "9", "70"] * 20,
                "part": ["0.123456", "1.5", "2.25", "3.5", "4.75"] * 20,
                "plan": ["a", "a", "a", "b", "c"] * 20,
                "member": ["yes", "yes", "yes", "no", "no"] * 20,
                "day": ["01/02/2020", "02/02/2020", "13/02/2020", "14/03/2020", "15/04/2020"] * 20,
                "time": ["2020-01-01 10:00:30", "2020-01-02 10:00", "2020-01-03 10:07:09"] * 33 + ["2020-01-04 10:00"],
            }
        )
    ) == {
        "whole": 2,
        "part": 2.25,
        "plan": "a",
        "member": True,
        "day": "2020-02-13",
        "time": "2020-01-02T10:00",
    }


def test_a_text_that_few_rows_share_does_not_stand_in_it() -> None:
    texts = [f"person {n} asked for a refund of order {n * 7} because it came late" for n in range(100)]
    assert example(pd.DataFrame({"note": texts, "age": ["30", "40"] * 50}))["note"] == "some text"


@pytest.mark.parametrize(("name", "frame", "target"), [("c", customers(200), "left"), ("h", houses(200), "price")])
def test_a_model_takes_its_example(
    tmp_path_factory: pytest.TempPathFactory, name: str, frame: pd.DataFrame, target: str
) -> None:
    bench = Bench(tmp_path_factory.mktemp(name))
    made = bench.prepared(frame, name=name, target=target)
    bench("train", dataset=name, estimators=["linear"], time_limit=20)
    runtime = load_runtime(bench.context, bench.context.find(name, "model"))
    assert runtime.facts["train_rows"] == made.train_rows
    row = runtime.facts["example"]
    checked, prediction = runtime.respond([row])
    assert prediction is not None and checked.warnings == []
    assert list(row) == [column["name"] for column in runtime.inputs["columns"]]
    assert not (frame[list(row)].astype(str) == pd.Series(row).astype(str)).all(axis=1).any()
