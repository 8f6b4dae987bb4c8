import math
from datetime import UTC, date, datetime

import pytest

from service.values import category_text, parse_moment, parse_number, parse_truth

GERMAN = {"decimal": ",", "thousands": ".", "percent": False, "affixes": ["€"]}
MONEY = {"decimal": ".", "thousands": ",", "percent": False, "affixes": ["$", "+"]}
SHARE = {"decimal": ".", "thousands": "", "percent": True, "affixes": []}
SIZES = {"decimal": ".", "thousands": "", "percent": False, "affixes": [], "scales": {"k": 1e3, "M": 1e6}}


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("12", None, 12.0),
        (" -1e5 ", None, -1e5),
        ("\u22125", None, -5.0),
        ("1.234,56 €", GERMAN, 1234.56),
        ("-€2.000", GERMAN, -2000.0),
        ("12", GERMAN, 12.0),
        ("$4.99", MONEY, 4.99),
        ("-$1,234.50", MONEY, -1234.5),
        ("($3.50)", MONEY, -3.5),
        ("10,000+", MONEY, 10000.0),
        ("12%", SHARE, 12.0),
        ("19M", SIZES, 19e6),
        ("201k", SIZES, 201e3),
        ("1\u202f234", {"decimal": ",", "thousands": " ", "percent": False, "affixes": []}, 1234.0),
        ("1'234.5", {"decimal": ".", "thousands": "'", "percent": False, "affixes": []}, 1234.5),
    ],
)
def test_a_number_is_read_in_its_form(text, form, value):
    assert parse_number(text, form) == value


@pytest.mark.parametrize("text", ["", "x", "1e400", "nan", "inf", "1_000", "12%", "$4", "1,5", "1 2", "--3", "()", "."])
def test_what_is_no_finite_plain_number_is_refused(text):
    with pytest.raises(ValueError):
        parse_number(text)


@pytest.mark.parametrize("text", ["1,23,4", "1.5,2", "12.3456", "1.23"])
def test_badly_grouped_digits_are_refused(text):
    with pytest.raises(ValueError):
        parse_number(text, GERMAN)


def test_moments_are_seconds_in_utc():
    expected = datetime(1990, 9, 30, tzinfo=UTC).timestamp()
    assert parse_moment("1990-09-30") == expected
    assert parse_moment("1990-09-30T02:00:00+02:00") == expected
    assert parse_moment("1990-09-30 00:00Z") == expected
    assert parse_moment("1990-9-30") == expected
    assert parse_moment("9/30/1990 0:00:00", ["%m/%d/%Y %H:%M:%S"]) == expected
    assert parse_moment(date(1990, 9, 30)) == parse_moment(datetime(1990, 9, 30)) == expected
    assert parse_moment(19900930, ["%Y%m%d"]) == parse_moment("19900930", ["%Y%m%d"]) == expected
    assert parse_moment(expected) == expected


@pytest.mark.parametrize(
    "value", ["", "5", "1990-13-01", "yesterday", math.nan, math.inf, True, 1e300, "0001-01-01T00:00+10:00"]
)
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(ValueError):
        parse_moment(value)


def test_truth_words():
    assert all(parse_truth(v) for v in (True, "TRUE", " Yes ", "y", "t", "1", 1, 1.0, "是"))
    assert not any(parse_truth(v) for v in (False, "false", "No", "n", "F", "0", 0, 0.0, "否"))
    with pytest.raises(ValueError):
        parse_truth("maybe")
    with pytest.raises(ValueError):
        parse_truth(2)


def test_one_text_for_one_category():
    assert category_text(1) == category_text(1.0) == category_text(" 1 ") == "1"
    assert category_text(True) == "True"
    assert category_text(0.5) == "0.5"
    assert category_text(" >50K") == ">50K"
