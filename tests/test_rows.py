"""What a model takes and what it refuses: the same for posted rows and for the columns of a table."""

import math
import operator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.cells import LONGEST_TEXT
from service.rows import (
    LONGEST_NAME,
    MOST_LISTED,
    MOST_UNKNOWN,
    MOST_WARNINGS,
    Checked,
    Problem,
    accepts,
    check_columns,
    check_rows,
)
from service.spelling import misspelled

MONEY = {"decimal": ".", "thousands": ",", "percent": False, "affixes": ["$"]}
SHARE = {"decimal": ",", "thousands": "", "percent": True, "affixes": []}
INPUTS: dict[str, Any] = {
    "columns": [
        {"name": "age", "kind": "numeric", "missing": False, "minimum": 18.0, "maximum": 90.0},
        {"name": "height", "kind": "numeric", "missing": True, "missing_words": ["-999", "?"]},
        {"name": "price", "kind": "numeric", "missing": False, "number": MONEY},
        {"name": "rate", "kind": "numeric", "missing": True, "number": SHARE},
        {"name": "plan", "kind": "categorical", "missing": False, "categories": ["1", "2", "x"]},
        {
            "name": "city",
            "kind": "categorical",
            "missing": True,
            "missing_words": ["n/a"],
            "categories": ["北京", "Bern"],
        },
        {"name": "active", "kind": "boolean", "missing": False, "labels": ["No", "Yes"]},
        {"name": "joined", "kind": "datetime", "missing": False, "formats": ["%d.%m.%Y"]},
        {"name": "seen", "kind": "datetime", "missing": True, "formats": ["%Y%m%d"]},
        {"name": "note", "kind": "text", "missing": True},
    ],
    "ignored": ["churn", "customerID"],
}
NAMES = [column["name"] for column in INPUTS["columns"]]
MAY_MISS = [column["name"] for column in INPUTS["columns"] if column["missing"]]
ROW: dict[str, Any] = {
    "age": 40,
    "height": 1.8,
    "price": "$1,200.50",
    "rate": "12,5%",
    "plan": 1,
    "city": "Bern",
    "active": True,
    "joined": "2020-02-29",
    "seen": None,
    "note": "all well",
}
SECRET = "s3cret-" * 3
kind_of = operator.attrgetter("__class__.__name__")
"""For the ids of tests whose values are too long to be shown."""
NESTED: Any = []
for _ in range(5_000):
    NESTED = [NESTED]


def check(*changes: dict[str, Any]) -> Checked:
    return check_rows(INPUTS, [ROW | change for change in changes])


def value(column: str, posted: Any) -> Any:
    """What a posted value becomes; it must be taken, and be the same in a table."""
    checked = check({column: posted})
    assert checked.problems == []
    same = check_columns(INPUTS, {name: [(ROW | {column: posted})[name]] for name in NAMES}, 1)
    assert repr(same.columns) == repr(checked.columns)
    found = checked.columns[column][0]
    return None if found is None or found != found else found


def problem(column: str, posted: Any) -> Problem:
    """The one problem of a refused value; the same in a table."""
    checked = check({}, {column: posted})
    assert checked.bad_rows() == {1}
    (found,) = checked.problems
    table = {name: [ROW[name], (ROW | {column: posted})[name]] for name in NAMES}
    assert check_columns(INPUTS, table, 2).problems == [found]
    assert (found.row, found.column) == (1, column)
    assert found.accepted == accepts(INPUTS["columns"][NAMES.index(column)])
    return found


def test_a_good_row_becomes_columns() -> None:
    checked = check({})
    assert checked.problems == [] and checked.warnings == []
    assert list(checked.columns) == NAMES
    floats = {name for name, values in checked.columns.items() if isinstance(values, np.ndarray)}
    assert floats == set(NAMES) - {"plan", "city", "note"}
    assert all(checked.columns[name].dtype == np.float64 for name in floats)


@pytest.mark.parametrize("name", NAMES)
def test_absent_is_null_and_may_be_where_training_had_it(name: str) -> None:
    without = {other: posted for other, posted in ROW.items() if other != name}
    absent, null = check_rows(INPUTS, [without]), check({name: None})
    assert repr(absent) == repr(null)
    table = check_columns(INPUTS, {other: [posted] for other, posted in without.items()}, 1)
    assert repr(table.columns) == repr(null.columns) and table.problems == null.problems
    if name in MAY_MISS:
        assert value(name, None) is None
    else:
        assert problem(name, None).code == "missing_column"


@pytest.mark.parametrize("missing", [math.nan, "", " ", "\u3000", "\t\n"])
@pytest.mark.parametrize("name", NAMES)
def test_nan_and_blank_texts_are_missing_as_in_the_training_table(name: str, missing: Any) -> None:
    if name in MAY_MISS:
        assert value(name, missing) is None
    else:
        assert problem(name, missing).code == "missing_column"


@pytest.mark.parametrize(("name", "word"), [("height", -999), ("height", -999.0), ("height", " ? "), ("city", "n/a ")])
def test_a_word_that_meant_missing_in_training_does_so_here(name: str, word: Any) -> None:
    assert value(name, word) is None


@pytest.mark.parametrize("posted", [40, 40.0, np.float64(40), np.int64(40), np.float32(40)])
def test_numbers(posted: Any) -> None:
    assert value("age", posted) == 40.0


def test_a_number_outside_the_range_of_training_is_taken() -> None:
    assert value("age", -1e300) == -1e300


@pytest.mark.parametrize(
    "posted",
    [
        "40",
        "4e1",
        "forty",
        SECRET,
        True,
        np.True_,
        math.inf,
        -math.inf,
        10**400,
        [40],
        {"value": 40},
        NESTED,
        "9" * 10**6,
    ],
    ids=kind_of,
)
def test_what_is_no_plain_number_is_refused(posted: Any) -> None:
    assert problem("age", posted).code == "wrong_type"


@pytest.mark.parametrize(
    ("name", "posted", "read"),
    [
        ("price", "$1,200.50", 1200.5),
        ("price", "7", 7.0),
        ("price", 7, 7.0),
        ("rate", "12,5%", 12.5),
        ("rate", 0.5, 0.5),
    ],
)
def test_a_dressed_number_is_taken_as_its_table_writes_it(name: str, posted: Any, read: float) -> None:
    assert value(name, posted) == read


@pytest.mark.parametrize(
    "posted",
    ["€5", "1,2,3", "nan", "inf", "1e999", SECRET, True, ["$5"], "9" * 10**6],
    ids=lambda posted: str(posted)[:9],
)
def test_another_dress_is_refused(posted: Any) -> None:
    assert problem("price", posted).code == "wrong_type"


@pytest.mark.parametrize("posted", [1, 1.0, "1", " 1 ", np.int64(1), np.float64(1)])
def test_one_category_whatever_its_type(posted: Any) -> None:
    assert value("plan", posted) == "1"
    assert check({"plan": posted}).warnings == []


@pytest.mark.parametrize(
    ("seen", "posted", "read"),
    [
        (["1.0", "2.5", "a"], 1, "1.0"),
        (["1.0", "2.5", "a"], 1.0, "1.0"),
        (["1.0", "2.5", "a"], "1", "1.0"),
        (["1.0", "2.5", "a"], "2.50", "2.5"),
        (["1", "a"], "1.0", "1"),
        (["true", "false", "maybe"], True, "true"),
        (["False", "True", "maybe"], "FALSE", "False"),
        (["1", "1.0"], "1.00", None),
        (["01", "001"], 1, None),
        (["1"], "01", None),
        (["1234567890123456"], "1234567890123456.0", None),
        (["1"], True, None),
        (["a"], "A", None),
    ],
)
def test_a_category_is_found_however_it_is_written(seen: list[str], posted: Any, read: str | None) -> None:
    inputs = {"columns": [{"name": "c", "kind": "categorical", "missing": False, "categories": seen}], "ignored": []}
    checked = check_rows(inputs, [{"c": posted}])
    assert (checked.columns["c"][0] in seen) == (read is not None) == (not checked.warnings)
    assert read is None or checked.columns["c"] == [read]


def test_an_unseen_category_is_taken_with_a_warning_that_does_not_echo_it() -> None:
    checked = check({"city": SECRET}, {}, {"city": 10**30, "plan": True})
    assert checked.problems == []
    assert checked.columns["city"] == [SECRET, "Bern", str(10**30)]
    assert [(w["row"], w["column"]) for w in checked.warnings] == [(2, "plan"), (0, "city"), (2, "city")]
    assert SECRET not in repr(checked.warnings)
    assert "'北京', 'Bern'" in checked.warnings[1]["message"]


@pytest.mark.parametrize("name", ["plan", "note"])
@pytest.mark.parametrize(
    "posted",
    [["x"], {"x": "x"}, NESTED, math.inf, 10**5_000, "y" * (LONGEST_TEXT + 1)],
    ids=["list", "object", "nested", "inf", "huge", "long"],
)
def test_what_is_no_category_and_no_text_is_refused(name: str, posted: Any) -> None:
    assert problem(name, posted).code == "wrong_type"


def test_texts_are_trimmed_and_may_be_numbers() -> None:
    assert value("note", "  两个 words ") == "两个 words"
    assert value("note", 5.0) == "5"
    assert value("note", "y" * LONGEST_TEXT) == "y" * LONGEST_TEXT


@pytest.mark.parametrize("posted", [True, "yes", "YES ", "t", 1, 1.0, "1", "是", np.True_])
def test_true(posted: Any) -> None:
    assert value("active", posted) == 1.0


@pytest.mark.parametrize("posted", [False, "No", "f", 0, 0.0, "0", "否", np.False_])
def test_false(posted: Any) -> None:
    assert value("active", posted) == 0.0


@pytest.mark.parametrize("posted", [2, 0.5, "maybe", SECRET, ["yes"], {}, NESTED, math.inf, 10**400])
def test_what_is_neither_true_nor_false_is_refused(posted: Any) -> None:
    assert problem("active", posted).code == "wrong_type"


@pytest.mark.parametrize(
    "posted",
    ["2020-02-29", "29.02.2020", "2020-02-29T01:00:00+01:00", date(2020, 2, 29), datetime(2020, 2, 29, tzinfo=UTC)],
)
def test_moments(posted: Any) -> None:
    assert value("joined", posted) == datetime(2020, 2, 29, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("posted", [20200229, 20200229.0, "20200229"])
def test_a_date_of_digits_may_be_a_number(posted: Any) -> None:
    assert value("seen", posted) == datetime(2020, 2, 29, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "posted",
    ["2020-02-30", "yesterday", SECRET, 1582934400, True, math.inf, 10**400, ["2020-02-29"], "2" * 10**6],
    ids=kind_of,
)
def test_what_is_no_moment_is_refused(posted: Any) -> None:
    assert problem("joined", posted).code == "wrong_type"


def test_a_year_beyond_the_calendar_is_refused() -> None:
    assert problem("seen", 99999999).code == "wrong_type"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("age", "a number"),
        ("price", "a number"),
        ("plan", "one of '1', '2', 'x'"),
        ("active", "true, false, 'No' or 'Yes'"),
        ("joined", "an ISO 8601 date or time, or one written as %d.%m.%Y"),
        ("note", "a text"),
    ],
)
def test_a_problem_says_what_would_be_accepted(name: str, said: str) -> None:
    assert problem(name, [SECRET]).accepted == said


def test_many_categories_are_told_in_short() -> None:
    column = {"kind": "categorical", "categories": [f"c{i}" for i in range(10)]}
    assert accepts(column).endswith("'c7' and 2 more")
    assert accepts({"kind": "categorical", "categories": []}) == "a text"


@pytest.mark.parametrize(
    ("wrong", "right"), [("Age", "age"), ("agee", "age"), ("pric", "price"), ("HEIGHT", "height"), ("citty", "city")]
)
def test_a_misspelled_column_is_refused_with_the_right_name(wrong: str, right: str) -> None:
    row = {wrong if name == right else name: posted for name, posted in ROW.items()}
    first = check_rows(INPUTS, [ROW, row]).problems[0]
    assert (first.code, first.row, first.column) == ("unknown_column", 1, right)
    assert first.accepted == f"the name {right!r}"


def test_a_name_like_that_of_a_column_that_is_there_is_only_unknown() -> None:
    checked = check({"Age": 40})
    assert checked.problems == []
    assert [(w["row"], w["column"]) for w in checked.warnings] == [(0, "Age")]


def test_of_columns_with_like_names_the_absent_one_is_meant() -> None:
    columns = [{"name": name, "kind": "numeric", "missing": True} for name in ("Temp C", "temp_c")]
    checked = check_rows({"columns": columns, "ignored": []}, [{"temp_c": 1, "tempc": 2}, {"Temp C": 1, "tempc": 2}])
    assert [problem.column for problem in checked.problems] == ["Temp C", "temp_c"]
    assert misspelled("tempc", []) is None
    assert misspelled("unlike", ["Temp C"]) is None
    assert misspelled("!!", ["!!!", "?"]) == "!!!"


def test_an_unknown_column_is_ignored_with_a_warning() -> None:
    checked = check({"favourite_colour": NESTED}, {"x" * 5_000: 1})
    assert checked.problems == []
    assert [(w["row"], w["column"]) for w in checked.warnings] == [(0, "favourite_colour"), (1, "x" * LONGEST_NAME)]
    assert list(checked.columns) == NAMES


def test_target_and_dropped_columns_are_ignored_whatever_they_hold() -> None:
    checked = check({"churn": NESTED, "customerID": SECRET})
    assert checked.problems == [] and checked.warnings == []


def test_a_table_may_lack_columns_and_have_more() -> None:
    table: dict[str, Any] = {name: [ROW[name]] * 2 for name in NAMES if name not in ("age", "note")}
    checked = check_columns(INPUTS, table | {"more": [1, 2]}, 2)
    assert [(p.code, p.row, p.column) for p in checked.problems] == [("missing_column", row, "age") for row in (0, 1)]
    assert checked.columns["note"] == [None, None]


def test_the_floats_of_a_typed_table_are_checked_too() -> None:
    def found(name: str, *values: float) -> set[int]:
        table: dict[str, Any] = {other: [ROW[other]] * 3 for other in NAMES}
        table[name] = np.array(values)
        return check_columns(INPUTS, table, 3).bad_rows()

    assert found("age", 1.0, 2.0, 3.0) == set()
    assert found("age", 1.0, math.nan, math.inf) == {1, 2}
    assert found("height", 1.0, math.nan, 3.0) == set()
    assert found("height", 1.0, math.nan, -math.inf) == {2}


def test_no_rows_are_no_problem_here() -> None:
    assert check_rows(INPUTS, []).problems == []


def test_warnings_of_a_column_come_to_an_end_that_says_so() -> None:
    checked = check(*[{"city": "Rome", "colour": "red"}] * (MOST_WARNINGS + 5))
    assert len(checked.warnings) == 2 * MOST_WARNINGS
    assert sum("not listed" in warning["message"] for warning in checked.warnings) == 2
    assert checked.warned == {"city": MOST_WARNINGS + 5, "colour": MOST_WARNINGS + 5}


def test_all_warnings_of_a_request_come_to_an_end_that_says_so() -> None:
    checked = check(*[{f"u{i}": 0 for i in range(20)}] * MOST_WARNINGS)
    assert len(checked.warnings) == MOST_LISTED
    assert "Further warnings are not listed" in checked.warnings[-1]["message"]
    assert checked.warned == {f"u{i}": MOST_WARNINGS for i in range(20)}


def test_names_that_take_long_to_compare_are_refused() -> None:
    columns = [
        {"name": f"the column number {i:03d} of the table", "kind": "numeric", "missing": True} for i in range(300)
    ]
    inputs = {"columns": columns, "ignored": []}
    alike = [f"elbat eht fo {i:03d} rebmun nmuloc eht" for i in range(MOST_UNKNOWN)]
    (found,) = check_rows(inputs, [dict.fromkeys(alike, 1)]).problems
    assert (found.code, found.row) == ("too_many_columns", 0)
    whole = {column["name"]: 1 for column in columns}
    assert check_rows(inputs, [whole | dict.fromkeys(alike, 1)]).problems == []
    assert check_rows(inputs, [{"x" * 100_000: 1}]).problems == []


def test_too_many_unknown_columns_are_refused() -> None:
    assert check({f"u{i}": 0 for i in range(MOST_UNKNOWN)}).problems == []
    (found,) = check({}, {f"u{i}": 0 for i in range(MOST_UNKNOWN + 1)}).problems
    assert (found.code, found.row) == ("too_many_columns", 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([SECRET, 10**400, "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), JSON), max_size=4))
def test_no_json_is_more_than_a_problem(rows: list[dict[str, Any]]) -> None:
    checked = check_rows(INPUTS, rows)
    table = check_columns(INPUTS, {name: [row.get(name) for row in rows] for name in NAMES}, len(rows))
    assert repr(table.columns) == repr(checked.columns)
    assert [p for p in checked.problems if p.code != "unknown_column"] == table.problems
    assert checked.bad_rows() <= set(range(len(rows)))
    assert all(p.message and p.accepted and p.column in NAMES for p in checked.problems)
    assert SECRET not in repr([(p.code, p.message, p.accepted) for p in checked.problems])
    for name, values in checked.columns.items():
        assert len(values) == len(rows)
        assert name in ("plan", "city", "note") or not np.isinf(values).any()
