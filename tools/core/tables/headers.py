"""The row of column names: whether a table has one, and clean, unique names from it."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from tools.core.tables.wording import counted, listed

JUDGED_ROWS = 200
"""Rows that the first row is compared with, to tell column names from data."""
NO_NAMES = "There is no row of column names; the columns are called column_0, column_1, …."
NUMBER_LIKE = re.compile(r"[$€£¥]?\s*[-+(]?\s*[$€£¥]?(\d[\d.,' ]*|[.,]\d+)([eE][-+]?\d+)?\s*[%)]?")
DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ,].*)?")
NOTHING = {"", "?", "na", "n/a", "nan", "null", "none", "-", "."}
INVISIBLE = set("\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def numbered(width: int) -> list[str]:
    """Names for the columns of a table that has none."""
    return [f"column_{at}" for at in range(width)]


def looks_like_names(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns rather than being a row of data itself.

    A number over a column of numbers speaks for data, a word over numbers for names; a first cell that occurs
    again below it speaks for data, one that never does in a column of few values for names.
    """
    cells = [cell.strip() for cell in first]
    if not body:
        return not all(NUMBER_LIKE.fullmatch(cell) for cell in cells)
    if _counts_up(cells):
        return True
    votes = [_vote(cell, [row[at].strip() for row in body]) for at, cell in enumerate(cells)]
    return sum(votes) >= 0


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether the numbers of the first row are consecutive, as years or positions that name columns are."""
    numbers = [int(cell) for cell in cells if cell.isascii() and cell.isdigit() and len(cell) < 5]
    steps = all(after - before == 1 for before, after in pairwise(numbers))
    return len(numbers) > 2 and steps and len(numbers) >= len(cells) - 2 and numbers[0] in (0, *range(1900, 2100))


def _vote(first: str, below: Sequence[str]) -> int:
    """Positive: a name. Negative: data."""
    values = [cell for cell in below if cell.lower() not in NOTHING]
    if not values or first.lower() in NOTHING:
        return 0
    measured = sum(_is_measure(cell) for cell in values) > 0.8 * len(values)
    if measured:
        return -2 if _is_measure(first) else 3
    if _is_measure(first):
        return -1
    if first in values:
        return -1
    return 1 if len(values) > 4 and len(set(values)) <= len(values) / 2 else 0


def _is_measure(cell: str) -> bool:
    return bool(NUMBER_LIKE.fullmatch(cell) or DATE_LIKE.fullmatch(cell))


def named(raw: Sequence[str]) -> tuple[list[str], list[str]]:
    """Clean, unique column names, and a sentence for each kind of change."""
    cleaned = [clean_name(name) for name in raw]
    taken = {name for name in cleaned if name}
    names: list[str] = []
    seen: set[str] = set()
    empty: list[str] = []
    repeated: list[str] = []
    for at, name in enumerate(cleaned):
        if name and name not in seen:
            seen.add(name)
            names.append(name)
            continue
        new = _unused(name or f"column_{at}", taken, start=2 if name else 1)
        (repeated if name else empty).append(new)
        taken.add(new)
        names.append(new)
    return names, _said(empty, repeated)


def clean_name(name: str) -> str:
    """`name` trimmed, without control characters and marks that turn the direction of writing."""
    kept = "".join(" " if unicodedata.category(c) == "Cc" else c for c in name if c not in INVISIBLE)
    return re.sub(r" {2,}", " ", kept).strip() if kept != name else name.strip()


def _unused(name: str, taken: set[str], start: int) -> str:
    if start == 1 and name not in taken:
        return name
    count = 2
    while f"{name}.{count}" in taken:
        count += 1
    return f"{name}.{count}"


def _said(empty: list[str], repeated: list[str]) -> list[str]:
    notes = []
    if empty:
        notes.append(f"{counted(len(empty), 'column has', 'columns have')} no name; called {listed(empty)}.")
    if repeated:
        notes.append(
            f"{counted(len(repeated), 'column name', 'column names')} occurred before; now {listed(repeated)}."
        )
    return notes
