"""One column's posted values: how each is read, and columns that can be read without a look at each."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from service.values import BLANKS, canonical_text, category_text, parse_moment, parse_number, parse_truth

LONGEST_TEXT = 1_000_000
"""Characters of a category or a text; a longer one is no cell of a table."""
TRUTHS = (bool, np.bool_)
NUMBERS = (int, float, np.number)
SCALARS = (str, int, float, np.generic)


class Odd(Exception):
    """A value about which there is something to say."""


def plain_column(column: Mapping[str, Any], values: Sequence[Any]) -> Any:
    """A column that is as in training, read without a look at each value; None where there may be something to say."""
    if column["kind"] == "numeric":
        return _plain_numbers(column, values)
    if not set(map(type, values)) <= {str, type(None)}:
        return None
    return _by_distinct(column, values)


def _plain_numbers(column: Mapping[str, Any], values: Sequence[Any]) -> Any:
    array = isinstance(values, np.ndarray) and values.dtype == np.float64
    if not array and (column.get("missing_words") or not set(map(type, values)) <= {int, float, type(None)}):
        return None
    try:
        found = np.asarray(values, dtype=np.float64)
    except OverflowError:
        return None
    whole = np.isfinite(found).all() or (column["missing"] and not np.isinf(found).any())
    return found if whole else None


def _by_distinct(column: Mapping[str, Any], values: Sequence[Any]) -> Any:
    """A column of texts: each of them is read once."""
    distinct = set(values)
    if len(distinct) > len(values) // 2 + 1:
        return None
    try:
        read = reader_of(column)
        known = {value: read(value) for value in distinct}
    except Odd:
        return None
    found = list(map(known.__getitem__, values))
    return found if column["kind"] in ("categorical", "text") else np.array(found, dtype=np.float64)


def reader_of(column: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Reads a value of a column; a missing one is NaN or, of a text, None. It raises Odd on what needs a word."""
    convert, words = CONVERT[column["kind"]], frozenset(column.get("missing_words") or ())
    seen = frozenset(column["categories"]) if column["kind"] == "categorical" else None
    absent = None if column["kind"] in ("categorical", "text") else math.nan

    def read(value: Any) -> Any:
        if is_missing(value, words):
            if not column["missing"]:
                raise Odd
            return absent
        try:
            found = convert(value, column)
        except (ValueError, TypeError, OverflowError):
            raise Odd from None
        if seen is not None and found not in seen:
            raise Odd
        return found

    return read


def is_missing(value: Any, words: frozenset[str]) -> bool:
    """Whether a value means missing: null, NaN, a blank text, or a word that did so in training."""
    if value is None or value != value:
        return True
    if isinstance(value, str):
        text = value.strip(BLANKS)
        return not text or text in words
    return bool(words) and isinstance(value, NUMBERS) and category_text(value) in words


def _number(value: Any, column: Mapping[str, Any]) -> float:
    if isinstance(value, str):
        if not column.get("number"):
            raise ValueError
        return parse_number(value, column["number"])
    if isinstance(value, TRUTHS) or not isinstance(value, NUMBERS):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _truth(value: Any, column: Mapping[str, Any]) -> float:
    if not isinstance(value, SCALARS):
        raise TypeError
    return float(parse_truth(value))


def _category(value: Any, column: Mapping[str, Any]) -> str:
    if not isinstance(value, SCALARS):
        raise TypeError
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    text = category_text(value)
    if len(text) > LONGEST_TEXT:
        raise ValueError
    return canonical_text(text) if column.get("canonical") else text


def _moment(value: Any, column: Mapping[str, Any]) -> float:
    """Seconds since 1970. A number is read by its digits (20240131 by %Y%m%d), as the table writes it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        value = category_text(value)
    if not isinstance(value, str | datetime | date):
        raise TypeError
    return parse_moment(value, column.get("formats") or [])


CONVERT = {
    "numeric": _number,
    "boolean": _truth,
    "categorical": _category,
    "datetime": _moment,
    "text": _category,
}
