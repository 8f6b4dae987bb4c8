"""One row, a few rows, many rows: each way of reading and encoding them gives the same numbers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import customers

from service.cells import CONVERT, Odd
from service.encoder import encode
from service.onerow import OneRow
from service.rows import check_columns, check_rows
from tools.core.learning.recipe import AUTO, columns_of, fit_encoder, inputs_of
from tools.core.tables.columns import infer_columns
from tools.core.tables.convert import convert

FAMILIES = ("linear", "forest", "boosting")
WORDS = [
    "basic",
    "plus",
    "pro",
    " pro ",
    "Pro",
    "gold",
    "",
    "?",
    "yes",
    "No",
    "true",
    "1",
    "1.0",
    "007",
    "$12.50",
    "12",
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 90),
    st.sampled_from([0, 10**400, -(10**18), 1e300, -1e-300, 3.5, 1e17, -999]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.dates().map(str),
    st.sampled_from(["2021-02-03", "2021-2-3", "1900-01-01T23:59:59", "called about the bill twice", "x" * 300]),
    st.sampled_from([[], {}, [1]]),
)


def _told() -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]], Any]:
    raw = customers().astype(object)
    raw["spend"] = [None if value != value else f"${value:,.2f}" for value in raw["spend"]]
    raw["code"] = [["007", "12", None][row % 3] for row in range(len(raw))]
    raw["flag"] = [row % 2 == 0 for row in range(len(raw))]
    raw = raw.map(lambda cell: None if cell is None else str(cell))
    columns = infer_columns(raw)
    table = convert(raw, columns)
    kept = [column.model_dump() for column in columns if column.kind in CONVERT and column.name != "left"]
    record = {"columns": kept, "derived": [], "features": [c["name"] for c in kept], "ignored": ["left", "customer_id"]}
    inputs = inputs_of(record, table)
    checked = check_columns(inputs, columns_of(table, inputs), len(table)).columns
    y = (table["left"] == "yes").to_numpy(dtype=int)
    rows = raw[[column["name"] for column in kept]].to_dict("records")
    return inputs, checked, [row | {"age": int(row["age"])} for row in rows], y


INPUTS, CHECKED, ROWS, Y = _told()
FEATURES = {family: fit_encoder(INPUTS, CHECKED, family, Y, 2).features for family in FAMILIES}
FEATURES["target"] = fit_encoder(INPUTS, CHECKED, "boosting", Y, 2, AUTO.__class__(encode="both")).features
QUICK = {family: OneRow(INPUTS, features) for family, features in FEATURES.items()}
NAMES = [column["name"] for column in INPUTS["columns"]]


@pytest.mark.parametrize("family", list(FEATURES))
def test_training_rows_are_read_the_same_one_by_one_and_as_columns(family: str) -> None:
    checked = check_rows(INPUTS, ROWS)
    assert checked.problems == []
    numbers = encode(FEATURES[family], checked.columns)
    assert np.array_equal(QUICK[family].matrix(ROWS), numbers, equal_nan=True)
    assert np.array_equal(encode(FEATURES[family], CHECKED), numbers, equal_nan=True)


@given(st.dictionaries(st.sampled_from([*NAMES, "left", "unknown"]), VALUES), st.integers(0, len(ROWS) - 1))
@settings(max_examples=600, deadline=None)
def test_any_row_is_read_the_same_or_left_to_the_row_checks(changes: dict[str, Any], number: int) -> None:
    row = ROWS[number] | changes
    checked = check_rows(INPUTS, [row])
    for family, quick in QUICK.items():
        try:
            found = quick.matrix([row])
        except Odd:
            continue
        assert checked.problems == [] and checked.warnings == []
        assert np.array_equal(found, encode(FEATURES[family], checked.columns), equal_nan=True)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), min_size=1, max_size=6), st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_many_rows_are_checked_as_each_of_them_alone(changes: list[dict[str, Any]], times: int) -> None:
    """Columns are read by their distinct values where that is possible; what is said of a row does not depend on it."""
    rows = [ROWS[place] | change for place, change in enumerate(changes)] * times
    together = check_rows(INPUTS, rows)
    alone = [check_rows(INPUTS, [row]) for row in rows]
    told = [(place, p.code, p.column) for place, one in enumerate(alone) for p in one.problems]
    assert sorted((p.row, p.code, p.column) for p in together.problems) == sorted(told)
    assert len(together.warnings) == sum(len(one.warnings) for one in alone)
    for name in NAMES:
        apart = [_plain(one.columns[name][0]) for one in alone]
        assert [_plain(value) for value in together.columns[name]] == apart


def _plain(value: Any) -> Any:
    return None if value is None or value != value else value


def test_a_frame_is_read_as_its_rows_are() -> None:
    frame = pd.DataFrame(ROWS)
    columns = check_columns(INPUTS, {name: list(frame[name]) for name in NAMES}, len(frame)).columns
    rows = check_rows(INPUTS, ROWS).columns
    for name in NAMES:
        assert [_plain(value) for value in columns[name]] == [_plain(value) for value in rows[name]]
