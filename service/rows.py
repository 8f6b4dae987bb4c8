"""Row checks: what a model accepts, and how posted values become the columns that the encoder takes."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.cells import CONVERT, is_missing, plain_column
from service.derive import with_derived
from service.spelling import MOST_COMPARED, Spelling, TooMany
from service.values import parse_number

LONGEST_NUMBER = 15
"""Characters of a category that may be a number; longer ones are codes, which a float would mix up."""
CODE = re.compile(r"[-+]?0\d")
LONGEST_NAME = 200
"""Characters of an unknown column's name that a warning repeats."""
MOST_UNKNOWN = 1_000
"""A request with more unknown column names than that is refused: each of them is compared with the absent ones."""
FEWER = f"at most {MOST_UNKNOWN} unknown columns, few of them like columns that are absent"
MOST_WARNINGS = 1_000
"""So many rows are listed for one column; a request can have many more."""
MOST_LISTED = 10_000
"""So many warnings are listed in all: each is longer than what a client needs to cause it."""


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
    warned: Counter[str] = field(default_factory=Counter)
    """How many rows were odd in a column, listed or not."""

    def bad_rows(self) -> set[int]:
        """The positions of refused rows."""
        return {problem.row for problem in self.problems if problem.row is not None}

    def warn(self, row: int, column: str, message: str) -> None:
        """List what is odd about a row's column; the last one that is listed says so."""
        self.warned[column] += 1
        if self.warned[column] > MOST_WARNINGS or len(self.warnings) >= MOST_LISTED:
            return
        if self.warned[column] == MOST_WARNINGS:
            message += " Later rows of this kind are not listed."
        if len(self.warnings) == MOST_LISTED - 1:
            message += " Further warnings are not listed."
        self.warnings.append({"row": row, "column": column, "message": message})


def check_rows(inputs: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Checked:
    """Check posted rows against a model's inputs ({columns, ignored})."""
    names = [column["name"] for column in inputs["columns"]]
    checked = check_columns(inputs, {name: [row.get(name) for row in rows] for name in names}, len(rows))
    known = {*names, *inputs["ignored"]}
    strange = [number for number, row in enumerate(rows) if not row.keys() <= known]
    if strange:
        unknown = set().union(*(rows[number].keys() - known for number in strange))
        _check_unknown(checked, names, {number: rows[number] for number in strange}, unknown)
    return checked


def check_columns(inputs: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], rows: int) -> Checked:
    """Check a table given as columns of raw values; an absent column is all missing."""
    checked = Checked({})
    for column in inputs["columns"]:
        values = columns.get(column["name"])
        _check_column(checked, column, [None] * rows if values is None else values)
    if derived := inputs.get("derived"):
        checked.columns = with_derived(derived, checked.columns, rows)
    return checked


def accepts(column: Mapping[str, Any]) -> str:
    """What a column takes, in words."""
    kind = column["kind"]
    if kind == "categorical" and column["categories"]:
        return f"one of {_listed(column)}"
    if kind == "boolean" and column.get("labels"):
        return "true, false, " + " or ".join(repr(label) for label in column["labels"])
    if kind == "datetime" and column.get("formats"):
        return "an ISO 8601 date or time, or one written as " + " or ".join(column["formats"])
    said = {"numeric": "a number", "boolean": "true or false", "datetime": "an ISO 8601 date or time"}
    return said.get(kind, "a text")


def _listed(column: Mapping[str, Any]) -> str:
    shown = column["categories"][:8]
    more = len(column["categories"]) - len(shown)
    return ", ".join(map(repr, shown)) + (f" and {more} more" if more > 0 else "")


def _check_unknown(
    checked: Checked, names: Sequence[str], strange: Mapping[int, Mapping[str, Any]], unknown: set[str]
) -> None:
    """A misspelling comes before what else is wrong with its row, since it explains what is missing there."""
    alike = _alike(names, strange.values(), unknown)
    if alike is None:
        message = f"The rows have {len(unknown)} columns that were not in the training table: too many to look into."
        checked.problems.insert(0, Problem("too_many_columns", message, next(iter(strange)), accepted=FEWER))
        return
    found: list[Problem] = []
    for number, row in strange.items():
        for name in row:
            if name not in unknown:
                continue
            right = next((other for other in alike[name] if row.get(other) is None), None)
            if right is None:
                message = "This column was not in the training table; it is ignored."
                checked.warn(number, name[:LONGEST_NAME], message)
            else:
                message = f"Row {number} has no {right!r}, but a column whose name is close to it."
                found.append(Problem("unknown_column", message, number, right, f"the name {right!r}"))
    checked.problems[:0] = found


def _alike(names: Sequence[str], rows: Collection[Mapping[str, Any]], unknown: set[str]) -> dict[str, list[str]] | None:
    """What each unknown name could be meant to be, of the columns that a row lacks; None where that asks too much."""
    if len(unknown) > MOST_UNKNOWN:
        return None
    spelling = Spelling((name for name in names if any(row.get(name) is None for row in rows)), MOST_COMPARED)
    try:
        return {name: spelling.meant(name) for name in unknown}
    except TooMany:
        return None


def _check_column(checked: Checked, column: Mapping[str, Any], values: Sequence[Any]) -> None:
    name, kind = column["name"], column["kind"]
    plain = plain_column(column, values)
    if plain is not None:
        checked.columns[name] = plain
        return
    convert = CONVERT[kind]
    words = frozenset(column.get("missing_words") or ())
    found: list[Any] = []
    wrong: set[int] = set()
    for row, value in enumerate(values):
        try:
            found.append(None if is_missing(value, words) else convert(value, column))
        except (ValueError, TypeError, OverflowError):
            found.append(None)
            wrong.add(row)
    if wrong or (None in found and not column["missing"]):
        _refuse(checked, column, found, wrong)
    if kind == "categorical":
        _match_unseen(checked, column, found)
    checked.columns[name] = found if kind in ("categorical", "text") else _floats(found)


def _refuse(checked: Checked, column: Mapping[str, Any], found: Sequence[Any], wrong: set[int]) -> None:
    """A problem for each value that does not fit, and for each that is absent and may not be."""
    name, accepted = column["name"], accepts(column)
    for row, value in enumerate(found):
        if row in wrong:
            message = f"Row {row}: {name!r} must be {accepted}."
            checked.problems.append(Problem("wrong_type", message, row, name, accepted))
        elif value is None and not column["missing"]:
            message = f"Row {row} has no {name!r}, which is never missing in the training table."
            checked.problems.append(Problem("missing_column", message, row, name, accepted))


def _match_unseen(checked: Checked, column: Mapping[str, Any], values: list[Any]) -> None:
    """Put a category in the way that training wrote it; warn where it was not seen at all."""
    seen = frozenset(column["categories"])
    unseen = [row for row, value in enumerate(values) if value is not None and value not in seen]
    if not unseen:
        return
    written = _by_meaning(column["categories"])
    message = f"This category was not seen in training. Seen were: {_listed(column) or 'none'}."
    for row in unseen:
        if found := written.get(_meaning(values[row])):
            values[row] = found
        else:
            checked.warn(row, column["name"], message)


def _by_meaning(categories: Sequence[str]) -> dict[Any, str]:
    """Categories by what they mean, without those that several could be."""
    meanings = Counter(map(_meaning, categories))
    return {meaning: text for text in categories if meanings[meaning := _meaning(text)] == 1}


def _meaning(text: str) -> Any:
    """A number or a truth value, however it is written; any other text is itself, codes such as 007 too."""
    if text.lower() in ("true", "false"):
        return text.lower()
    if len(text) > LONGEST_NUMBER or CODE.match(text):
        return text
    try:
        return parse_number(text)
    except ValueError:
        return text


def _floats(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
