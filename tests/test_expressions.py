"""Expressions: what they say of rows, how they are refused, and that a row alone gets what it gets in a table."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.derive import OPERATIONS, compute
from tools.core.errors import DataRefused
from tools.core.tables.column import Column
from tools.core.tables.expressions import assignment, columns_in, condition, parse

FORMS = {
    "year": ("numeric", "integer"),
    "calls": ("numeric", "real"),
    "months": ("numeric", "integer"),
    "vip": ("boolean", "text"),
    "region": ("categorical", "text"),
    "Home Town": ("text", "text"),
    "zip": ("categorical", "text"),
    "seen": ("datetime", "moment"),
    "left": ("datetime", "moment"),
    "月消费": ("numeric", "real"),
}
COLUMNS = {n: Column(name=n, kind=k, storage=s, missing=1, unique=9) for n, (k, s) in FORMS.items()}
NAN = float("nan")
ROWS: dict[str, Any] = {
    "year": np.array([2019.0, 2020, NAN]),
    "calls": np.array([1.0, 0, -5]),
    "months": np.array([0.0, 2, NAN]),
    "vip": np.array([1.0, 0, NAN]),
    "region": ["north", "test", None],
    "Home Town": ["Hamburg", "Rom", None],
    "zip": ["02139", "1", None],
    "seen": np.array([0.0, 1_577_836_800.0, NAN]),
    "left": np.array([86_400.0, NAN, NAN]),
    "月消费": np.array([1.0, 2, 3]),
}


def of(text: str) -> list[Any]:
    """What an expression says of the three rows."""
    found = compute(parse(text, COLUMNS).tree, ROWS, 3)
    return [None if value is None or value != value else value for value in list(found)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("calls + months * 2 - 1", [0, 3, None]),
        ("calls / months", [None, 0, None]),
        ("calls % 2", [1, 0, 1]),
        ("-calls ** 2", [-1, 0, -25]),
        ("2 ^ -1", [0.5, 0.5, 0.5]),
        ("log(calls)", [0, None, None]),
        ("sqrt(calls)", [1, 0, None]),
        ("abs(calls)", [1, 0, 5]),
        ("min(calls, months, 1)", [0, 0, None]),
        ("max(calls, 0)", [1, 0, 0]),
        ("round(calls / 3, 2)", [0.33, 0, -1.67]),
        ("length(region)", [5, 4, None]),
        ("lower(`Home Town`)", ["hamburg", "rom", None]),
        ("weekday(seen)", [3, 2, None]),
        ("year(seen)", [1970, 2020, None]),
        ("quarter(seen)", [1, 1, None]),
        ("left - seen", [1, None, None]),
        ('year >= 2020 and region != "test"', [0, 0, None]),
        ('region != "test"', [1, 0, 1]),
        ('region == "test"', [0, 1, 0]),
        ("year > 2019 or calls > 0", [1, 1, None]),
        ("not year > 2019", [1, 0, None]),
        ("NOT (year = 2019) AND calls >= 0", [0, 1, 0]),
        ("missing(year)", [0, 0, 1]),
        ("missing(region)", [0, 0, 1]),
        ('contains(`Home Town`, "burg")', [1, 0, None]),
        ("region in ('north', 'south')", [1, 0, 0]),
        ("region not in ('north')", [0, 1, 1]),
        ("2019 <= year < 2020", [1, 0, None]),
        ('vip == "Yes"', [1, 0, 0]),
        ("vip", [1, 0, None]),
        ("calls + vip", [2, 0, None]),
        ("zip == 02139", [1, 0, 0]),
        ("zip == 1", [0, 1, 0]),
        ('seen >= "2020-01-01"', [0, 1, None]),
        ("月消费 ≥ 2 且 year > 2000", [0, 1, None]),
        ("（月消费 ＞ 1）", [0, 1, 1]),
        ("Year == 2020", [0, 1, 0]),
    ],
)
def test_what_an_expression_says(text: str, values: list[Any]) -> None:
    assert of(text) == pytest.approx(values, nan_ok=True) if text.startswith("round") else of(text) == values


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("calls >", "at its end", "year >= 2020"),
        ("calls 3", "at character 7, before '3'", ""),
        ('Home Town == "x"', "at character 6", "`Home Town`"),
        ("cals / months", "'cals' is no column (character 1 of 'cals / months'). The nearest is 'calls'", "quotes"),
        ("region > 3", "orders numbers and dates, and 'region' is a text", "--kinds"),
        ("seen >= 2020", "'seen' is a date or time", "year(COLUMN)"),
        ("log(region)", "takes a number, and 'region' is a text", ""),
        ("min(calls)", "takes two or more numbers, not 1", ""),
        ("calls and vip", "takes two conditions", ""),
        ("open('/etc/passwd')", "no function 'open'", "weekday"),
        ("__import__('os')", "no function '__import__'", ""),
        ("calls; months", "at character 6", ""),
        ("calls.real", "'calls.real' is no column", ""),
        ("", "at its end", ""),
        ("+".join(["1"] * 900), "nested too deeply", ""),
        ("1" * 3000, "too long", ""),
    ],
)
def test_what_is_refused_names_the_place(text: str, message: str, hint: str) -> None:
    with pytest.raises(DataRefused) as caught:
        parse(text, COLUMNS)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_condition_is_true_or_false() -> None:
    assert condition("vip", COLUMNS).type == "truth"
    with pytest.raises(DataRefused, match="is a number, not a condition"):
        condition("calls + 1", COLUMNS)


def test_an_assignment_names_a_new_column() -> None:
    name, found = assignment("per month = calls / months", COLUMNS)
    assert (name, found.type, columns_in(found.tree)) == ("per month", "number", {"calls", "months"})
    for text, said in {
        "calls = 1": "column 'calls' already",
        "calls == 1": "makes no column",
        "= 1": "no column",
    }.items():
        with pytest.raises(DataRefused, match=said):
            assignment(text, COLUMNS)


ANY_NUMBER = st.floats(allow_nan=True, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1.0, NAN, 1e308, 5e-324])
MOMENT = st.just(NAN) | st.floats(-6e10, 2.5e11)
TEXT = st.none() | st.text(max_size=6)
TREES = st.deferred(lambda: st.sampled_from(CALLS).flatmap(lambda call: st.tuples(st.just(call), *[SOURCES] * call[1])))
CALLS = [
    *[(name, 2) for name in ("add", "subtract", "multiply", "divide", "modulo", "power", "min", "max")],
    *[(name, 2) for name in ("less", "at_most", "more", "at_least", "equal", "unequal", "and", "or")],
    *[
        (name, 1)
        for name in ("negate", "not", "missing", "log", "log1p", "exp", "sqrt", "abs", "round", "floor", "ceil")
    ],
]
SOURCES = st.sampled_from([{"column": "a"}, {"column": "b"}, {"value": 2.0}]) | TREES.map(
    lambda parts: {"op": parts[0][0], "args": list(parts[1:])}
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(ANY_NUMBER, ANY_NUMBER), min_size=1, max_size=40), SOURCES)
def test_a_row_gets_the_number_it_gets_in_a_table_to_the_bit(rows: list[tuple[float, float]], tree: Any) -> None:
    """Also after the tree went through JSON; what is not defined is missing, never infinite."""
    table = {name: np.array([row[at] for row in rows]) for at, name in enumerate("ab")}
    whole = compute(tree, table, len(rows))
    assert not np.isinf(whole[1:]).any() or "op" not in tree
    again = json.loads(json.dumps(tree))
    for at in range(len(rows)):
        alone = compute(again, {name: values[at : at + 1] for name, values in table.items()}, 1)
        assert alone.tobytes() == whole[at : at + 1].tobytes() or (np.isnan(alone[0]) and np.isnan(whole[at]))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(MOMENT, TEXT, TEXT), min_size=1, max_size=20))
def test_dates_and_texts_too(rows: list[tuple[float, str | None, str | None]]) -> None:
    table: dict[str, Any] = {"t": np.array([r[0] for r in rows]), "a": [r[1] for r in rows], "b": [r[2] for r in rows]}
    trees = [{"op": part, "args": [{"column": "t"}]} for part in ("year", "month", "weekday", "hour", "minute", "days")]
    trees += [{"op": op, "args": [{"column": "a"}]} for op in ("length", "lower", "missing")]
    trees += [{"op": op, "args": [{"column": "a"}, {"column": "b"}]} for op in ("contains", "equal", "unequal")]
    for tree in trees:
        whole = list(compute(tree, table, len(rows)))
        for at in range(len(rows)):
            alone = list(compute(tree, {name: values[at : at + 1] for name, values in table.items()}, 1))
            assert str(alone[0]) == str(whole[at])


def test_every_operation_is_reached_by_the_words_for_it() -> None:
    from tools.core.tables.signatures import FUNCTIONS, OPERATORS

    assert set(OPERATIONS) == {*FUNCTIONS, *OPERATORS, "days_between"}


@pytest.mark.parametrize(
    "text", ["round(calls, months)", "round(calls, 1e30)", "round(calls, 0.5)", "round(calls, 1/0)"]
)
def test_digits_to_round_to_are_one_small_number(text: str) -> None:
    with pytest.raises(DataRefused, match="how many digits"):
        parse(text, COLUMNS)
    assert of("round(calls / 3, 2)") == [0.33, 0, -1.67]


@pytest.mark.parametrize("text", ["max(calls, -1e999)", 'calls > "inf"', 'calls == "nan"', 'calls == "1_0"'])
def test_only_finite_plain_numbers_are_numbers(text: str) -> None:
    with pytest.raises(DataRefused):
        parse(text, COLUMNS)


def test_marks_in_quotes_stay_as_they_are() -> None:
    columns = {"价格（元）": COLUMNS["calls"].model_copy(update={"name": "价格（元）"}), "ort": COLUMNS["region"]}
    assert parse("`价格（元）` ≥ 3", columns).tree["args"][0] == {"column": "价格（元）"}
    columns["ort"] = columns["ort"].model_copy(update={"name": "ort"})
    for text in ('ort == "北京，海淀"', "ort ＝ “北京，海淀”", "ort == '北京，海淀'"):
        assert parse(text, columns).tree["args"][1] == {"value": "北京，海淀"}
    assert parse('ort == “say "a\\b"”', columns).tree["args"][1] == {"value": 'say "a\\b"'}


def test_an_error_does_not_repeat_a_long_expression() -> None:
    for text in ("(" * 900 + "calls", "calls +" * 250, "not " * 400 + "vip"):
        with pytest.raises(DataRefused) as refused:
            parse(text, COLUMNS)
        assert len(str(refused.value)) < 300
