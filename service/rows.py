"""Row checks: what a model accepts, and how posted values become the columns that the encoder takes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

import numpy as np

from service.values import category_text, parse_moment, parse_number, parse_truth

CLOSE = 0.8
"""How alike (difflib's ratio) an unknown and an absent column's names must be to count as a misspelling."""


@dataclass(frozen=True)
class Problem:
    """Why a row is refused. `accepted` says what would be taken; no input is echoed."""

    code: str
    message: str
    row: int | None = None
    column: str | None = None
    accepted: str | None = None


@dataclass
class Checked:
    """Columns for the encoder, the rows that were refused, and what was odd but taken."""

    columns: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def bad_rows(self) -> set[int]:
        """The positions of refused rows."""
        return {problem.row for problem in self.problems if problem.row is not None}


def check_rows(inputs: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Checked:
    """Check posted rows against a model's inputs ({columns, ignored})."""
    expected = inputs["columns"]
    checked = check_columns(inputs, {c["name"]: [row.get(c["name"]) for row in rows] for c in expected}, len(rows))
    names = {column["name"] for column in expected}
    known = names | set(inputs["ignored"])
    for number, row in enumerate(rows):
        for name in row:
            if name not in known:
                _unknown(checked, number, name, [n for n in names if row.get(n) is None])
    return checked


def check_columns(inputs: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], rows: int) -> Checked:
    """Check a table given as columns of raw values; an absent column is all missing."""
    checked = Checked({})
    for column in inputs["columns"]:
        values = columns.get(column["name"])
        _check_column(checked, column, [None] * rows if values is None else values)
    return checked


def misspelled(name: str, absent: Sequence[str]) -> str | None:
    """The absent column that an unknown name looks like a misspelling of, or None."""
    plain = {_plain(other): other for other in absent}
    close = get_close_matches(_plain(name), list(plain), n=1, cutoff=CLOSE)
    return plain[close[0]] if close else None


def accepts(column: Mapping[str, Any]) -> str:
    """What a column takes, in words."""
    kind = column["kind"]
    if kind == "categorical":
        listed = column["categories"][:8]
        more = len(column["categories"]) - len(listed)
        return "one of " + ", ".join(map(repr, listed)) + (f" and {more} more" if more > 0 else "")
    said = {"numeric": "a number", "boolean": "true or false", "datetime": "an ISO 8601 date or time"}
    if kind == "boolean" and column.get("labels"):
        return "true, false, " + " or ".join(repr(label) for label in column["labels"])
    return said.get(kind, "a text")


def _unknown(checked: Checked, row: int, name: str, absent: Sequence[str]) -> None:
    if right := misspelled(name, absent):
        message = f"Row {row} has no {right!r}, but a column whose name is close to it."
        checked.problems.append(Problem("unknown_column", message, row, right, f"the name {right!r}"))
        return
    message = "This column was not in the training table; it is ignored."
    checked.warnings.append({"row": row, "column": name, "message": message})


def _check_column(checked: Checked, column: Mapping[str, Any], values: Sequence[Any]) -> None:
    name, kind = column["name"], column["kind"]
    if kind == "numeric" and _whole_array(values, column["missing"]):
        checked.columns[name] = values
        return
    convert = CONVERT[kind]
    words = frozenset(column.get("missing_words") or ())
    found: list[Any] = []
    for row, value in enumerate(values):
        try:
            found.append(None if _is_missing(value, words) else convert(value, column))
        except (ValueError, TypeError, OverflowError):
            found.append(None)
            message = f"Row {row}: {name!r} must be {accepts(column)}."
            checked.problems.append(Problem("wrong_type", message, row, name, accepts(column)))
            continue
        if found[-1] is None and not column["missing"]:
            message = f"Row {row} has no {name!r}, which is never missing in the training table."
            checked.problems.append(Problem("missing_column", message, row, name, accepts(column)))
    if kind == "categorical":
        _warn_unseen(checked, column, found)
    checked.columns[name] = found if kind in ("categorical", "text") else _floats(found)


def _whole_array(values: Any, may_miss: bool) -> bool:
    """Whether values are a float array that needs no look at each: a column of a typed table."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float64:
        return False
    return bool(np.isfinite(values).all() or (may_miss and not np.isinf(values).any()))


def _warn_unseen(checked: Checked, column: Mapping[str, Any], values: Sequence[str | None]) -> None:
    seen = frozenset(column["categories"])
    for row, value in enumerate(values):
        if value is not None and value not in seen:
            message = f"This category was not seen in training. Seen were {accepts(column)[7:]}."
            checked.warnings.append({"row": row, "column": column["name"], "message": message})


def _floats(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _is_missing(value: Any, words: frozenset[str]) -> bool:
    if value is None or value != value:
        return True
    if not words or not isinstance(value, str | int | float):
        return False
    return category_text(value) in words


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name


def _number(value: Any, column: Mapping[str, Any]) -> float:
    if isinstance(value, str):
        if not column.get("number"):
            raise ValueError
        return parse_number(value, column["number"])
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _truth(value: Any, column: Mapping[str, Any]) -> float:
    return float(parse_truth(value))


def _category(value: Any, column: Mapping[str, Any]) -> str:
    if not isinstance(value, str | int | float | np.generic):
        raise TypeError
    return category_text(value.item() if isinstance(value, np.generic) else value)


def _moment(value: Any, column: Mapping[str, Any]) -> float:
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
