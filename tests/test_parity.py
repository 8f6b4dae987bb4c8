"""A whole column is read exactly as its cells are one by one: training and the live service agree."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.values import category_text, parse_moment, parse_number, parse_truth
from tools.core.columns import Column, convert
from tools.core.dates import DATES
from tools.core.number_forms import number_form

DRESSED = (
    *(["1", "2.5"], ["$4.99", "$1,234.50", "7"], ["1.234,56 €", "2,5"], ["12%", "13.5%"], ["19M", "201k"]),
    *(["10,000+", "500+"], ["12 kg", "13.5 kg"], ["1 234,5", "12 000"], ["(5)", "7"], ["1'234.5", "2'000"]),
    *(["3 GB", "500 MB"], ["36 months", "1 month"], ["US$ 5", "US$ 1,000"], ["1.234", "12.345.678"]),
)
FORMS = [number_form(cells) for cells in DRESSED]
CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S.%f", " %I:%M %p", ", %I:%M:%S%p", " %H:%M:%S %z", ":%H:%M:%S")
WORDS = ["", " ", "?", "NA", "nan", "inf", "-inf", "None", "oops", "now", "today", "NaT", "yes", "No", "TRUE", "1.0"]
NUMBERS = st.from_regex(
    r"[ (]?[-+−]?[$€]?[-+]?(\d{1,3}([,.' ]\d{3}){0,2}|\d{1,20})([.,]\d{0,3})?([eE][-+]?\d{1,3})?"
    r"( ?(%|kg|k|M|\+|months?|€))?[ )]?",
    fullmatch=True,
)
ODD = st.text("0123456789.,'-+()eE$€%kM_ \t\u00a0\u202f\u2212\u2019\u0663\x1c\x1f\x85\ufeff", max_size=8)
ANY = st.text(max_size=6)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))


def _column(storage: str, **told) -> Column:
    return Column(name="x", kind="numeric", storage=storage, missing=0, unique=9, **told)


def _bulk(cells, column, **options):
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=object)})
    series = convert(frame, [column], **options)["x"]
    return [None if missing else value for value, missing in zip(series, series.isna(), strict=True)]


def _agree(cells, column, parse):
    """Every cell alone gives what it gives in its column; one that does not fit is missing, or stays."""
    missing = {*column.missing_words, ""}
    expected, kept = [], []
    for cell in cells:
        absent = cell is None or category_text(cell) in missing
        try:
            expected.append(None if absent else parse(cell))
            kept.append(expected[-1])
        except ValueError:
            expected.append(None)
            kept.append(cell)
    assert _same(_bulk(cells, column), expected, parse)
    assert _same(_bulk(cells, column, keep_bad=True), kept, parse)


def _same(found, expected, parse):
    read = [parse(v) if isinstance(v, datetime) else v for v in found]
    assert read == expected
    return [isinstance(v, str) for v in read] == [isinstance(v, str) for v in expected]


@given(st.lists(st.none() | st.sampled_from(WORDS) | NUMBERS | ODD | ANY), st.sampled_from(FORMS), st.data())
@settings(max_examples=400, deadline=None)
@example(["1", "1e300", "2"], None, None)
@example(["(5)", "\u22125", "+ 5"], None, None)
@example(["1", "\x1c2"], None, None)
def test_numbers(cells, form, data):
    storage = data.draw(st.sampled_from(["integer", "real"])) if data else "integer"
    words = data.draw(st.sets(st.sampled_from(["?", "oops", "1.0", *(c.strip() for c in cells if c)]))) if data else []
    column = _column(storage, number=form, missing_words=sorted(words))
    _agree(cells, column, lambda cell: parse_number(cell, form))


@st.composite
def _written(draw, formats):
    """A moment in one of the formats, sometimes spoilt a little."""
    text = draw(MOMENTS).replace(tzinfo=UTC).strftime(draw(st.sampled_from(formats)))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(["", "0", "1", "6", " ", "-", "/", "x", "٣"])) + text[at + 1 :]
    return text


@given(st.lists(st.tuples(st.sampled_from(DATES), st.sampled_from(CLOCKS)), max_size=3), st.data())
@settings(max_examples=600, deadline=None)
def test_moments(formats, data):
    formats = [date + clock for date, clock in formats]
    written = _written([*formats, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S%z"])
    cells = data.draw(st.lists(st.none() | st.sampled_from(WORDS) | written | ODD))
    column = _column("moment", formats=formats, missing_words=["oops"])
    _agree(cells, column, lambda cell: parse_moment(cell, formats))


@given(st.lists(st.none() | st.sampled_from(WORDS) | ANY))
def test_truths(cells):
    _agree(cells, _column("truth", missing_words=["oops"]), parse_truth)


@given(
    st.lists(
        st.none() | st.sampled_from(WORDS) | ODD | ANY | st.integers() | st.floats(allow_nan=False) | st.booleans()
    )
)
@settings(deadline=None)
def test_categories(cells):
    _agree(cells, _column("text", missing_words=["?", "1"]), category_text)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@given(st.lists(st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1)), min_size=1))
def test_typed_moments(unit, moments):
    series = pd.Series(moments, dtype=f"datetime64[{unit}]")
    typed = convert(pd.DataFrame({"x": series}), [_column("moment")])["x"]
    assert [parse_moment(moment) for moment in typed] == [parse_moment(moment) for moment in series]
