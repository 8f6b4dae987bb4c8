"""A whole column is read exactly as its cells are one by one: training and the live service agree."""

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.values import category_text, parse_moment, parse_number, parse_truth
from tools.core.tables.columns import Column
from tools.core.tables.convert import convert
from tools.core.tables.dates import DATES
from tools.core.tables.number_forms import number_form

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
MOMENTS = st.datetimes(timezones=st.timezones() | st.none())


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
    assert _plain(_bulk(cells, column)) == expected
    assert _plain(_bulk(cells, column, keep_bad=True)) == kept


def _plain(values):
    return [parse_moment(value) if isinstance(value, datetime) else value for value in values]


@st.composite
def _numbers(draw):
    """Cells and a column that is to read them."""
    cells = draw(st.lists(st.none() | st.sampled_from(WORDS) | NUMBERS | ODD | ANY))
    words = st.sets(st.sampled_from(["?", "oops", "1.0", *(category_text(cell) for cell in cells if cell)]))
    told = {"number": draw(st.sampled_from(FORMS)), "missing_words": sorted(draw(words))}
    return cells, _column(draw(st.sampled_from(["integer", "real"])), **told)


@given(_numbers())
@settings(max_examples=400, deadline=None)
@example((["1", "1e300", "2"], _column("integer")))
@example((["(5)", "\u22125", "+ 5"], _column("real")))
@example((["1", "\x1c2"], _column("real")))
def test_numbers(case):
    cells, column = case
    _agree(cells, column, lambda cell: parse_number(cell, column.number))


@st.composite
def _written(draw, formats):
    """A moment in one of the formats, sometimes spoilt a little."""
    text = draw(MOMENTS).strftime(draw(st.sampled_from(formats)))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(["", "0", "1", "6", " ", "-", "/", "x", "٣"])) + text[at + 1 :]
    return text


@st.composite
def _moments(draw):
    parts = draw(st.lists(st.tuples(st.sampled_from(DATES), st.sampled_from(CLOCKS)), max_size=3))
    formats = [date + clock for date, clock in parts]
    written = _written([*formats, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S%z"])
    cells = draw(st.lists(st.none() | st.sampled_from(WORDS) | written | ODD))
    return cells, _column("moment", formats=formats, missing_words=["oops"])


@given(_moments())
@settings(max_examples=600, deadline=None)
@example((["now", "NaT", "٠١/٠٢/٢٠٢٠"], _column("moment", formats=["%d/%m/%Y"])))
@example((["01/01/2256T00:00:00.000001"], _column("moment", formats=["%m/%d/%YT%H:%M:%S.%f"])))
@example((["01/01/0001 00:00 +1000", "0001-01-01T00:00+10:00"], _column("moment", formats=["%d/%m/%Y %H:%M %z"])))
def test_moments(case):
    cells, column = case
    _agree(cells, column, lambda cell: parse_moment(cell, column.formats))


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
