"""The expressions of the row schema take the texts that the row checks read, and no others."""

import re
from calendar import month_abbr, month_name
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.patterns import FILLED, missing_text, moment_text, number_text, truth_text
from service.values import BLANKS, PLAIN, parse_moment, parse_number, parse_truth
from tools.core.tables.dates import CLOCKS, DATES

FORMS: list[dict[str, Any]] = [
    {},
    {"affixes": ["$"], "thousands": ","},
    {"affixes": ["€", "EUR"], "decimal": ",", "thousands": "."},
    {"percent": True},
    {"affixes": ["US$"], "scales": {"k": 1_000, "M": 1e6}},
    {"thousands": "'"},
    {"thousands": " ", "decimal": ","},
]
LONG = ("%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S.%f%z", "%d/%b/%Y:%H:%M:%S %z", "epoch seconds", "epoch milliseconds")
FORMATS = [*DATES, *CLOCKS, *LONG]
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
MANY = settings(max_examples=400, deadline=None, derandomize=True, database=None)


def reads(parse: Any, *given: Any) -> bool:
    try:
        parse(*given)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("form", FORMS, ids=str)
@MANY
@given(st.data())
def test_numbers_as_a_table_writes_them(form: dict[str, Any], data: st.DataObject) -> None:
    made = data.draw(st.from_regex(number_text(form)))
    assert reads(parse_number, made, form or PLAIN)
    typed = data.draw(st.text(st.sampled_from("0123456789.,'$€%kM-+() E\u00a0\u2212US"), max_size=8))
    assert bool(re.search(number_text(form), typed)) == reads(parse_number, typed, form or PLAIN)


@pytest.mark.parametrize("fmt", ["", *FORMATS])
@FEW
@given(st.data())
def test_what_a_date_s_expression_takes_is_read(fmt: str, data: st.DataObject) -> None:
    formats = [fmt] if fmt else []
    assert reads(parse_moment, data.draw(st.from_regex(moment_text(formats))), formats)


@pytest.mark.parametrize("fmt", ["%Y-%m-%d", *(fmt for fmt in FORMATS if "%" in fmt)])
def test_a_month_has_its_days_and_no_more(fmt: str) -> None:
    expression = moment_text([fmt])
    for year in ("1900", "2000", "2023", "2024"):
        for month in range(1, 13):
            for day in ("01", "28", "29", "30", "31", "32"):
                text = written(fmt, year, month, day)
                assert bool(re.search(expression, text)) == reads(parse_moment, text, [fmt]), text


def written(fmt: str, year: str, month: int, day: str) -> str:
    parts = {"%Y": year, "%y": year[2:], "%m": f"{month:02d}", "%d": day}
    parts |= {"%b": month_abbr[month], "%B": month_name[month], "%a": "Mon", "%A": "Monday"}
    parts |= {"%H": "23", "%I": "11", "%M": "05", "%S": "6", "%f": "12", "%p": "PM", "%z": "+0200"}
    return re.sub("%[a-zA-Z]", lambda code: parts[code[0]], fmt)


@MANY
@given(st.text(st.sampled_from("yesYESnotrufal10.是否 \u3000"), max_size=5))
def test_truths(text: str) -> None:
    assert bool(re.search(truth_text(), text)) == reads(parse_truth, text)


@MANY
@given(st.text(st.sampled_from([*BLANKS, "n", "/", "a", "."]), max_size=5))
def test_blanks_and_the_words_for_missing(text: str) -> None:
    assert bool(re.search(missing_text(["n/a", "."]), text)) == (text.strip(BLANKS) in ("", "n/a", "."))
    assert bool(re.search(FILLED, text)) == bool(text.strip(BLANKS))
