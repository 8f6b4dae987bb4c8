"""Rows whose cells seem to stand in the wrong columns: one cell too few or too many pushed the others aside."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.core.tables.column import Column
from tools.core.tables.missing import MISSING_NUMBERS
from tools.core.tables.wording import counted, listed
from tools.core.tables.words import words_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FEW = 20
"""Strays and gaps of a column up to this number may come from shifted rows; more of them are the column's own way."""
USUAL = 10
"""A label that stands alone is odd where every other one has at least so many rows."""


def shifted_rows(frame: "pd.DataFrame", columns: Sequence[Column]) -> list[int]:
    """Rows (0 is the first) with a word among numbers or dates, and another cell that is odd in its column."""
    import numpy as np

    strays = np.zeros(len(frame), dtype=int)
    others = np.zeros(len(frame), dtype=int)
    if not any(_has_strays(column) for column in columns):
        return []
    for column in columns:
        total = strays if _has_strays(column) else others
        total += _odd(frame[column.name], column)
    return [int(at) for at in np.flatnonzero((strays > 0) & (strays + others > 1))][:FEW]


def said(rows: Sequence[int]) -> list[str]:
    """A sentence on them, if there are any."""
    if not rows:
        return []
    many = counted(len(rows), "row does", "rows do")
    where = listed([row + 1 for row in rows])
    return [
        f"{many} not fit the columns in several cells (row {where} of the data): shifted, or a total? They are missing."
    ]


def _has_strays(column: Column) -> bool:
    return any(odd.what in ("words", "undated") and odd.rows <= FEW for odd in column.odd)


def _odd(series: "pd.Series[Any]", column: Column) -> "NDArray[np.int_]":
    """1 where a cell is odd in its column."""
    import numpy as np

    words = words_of(series)
    gaps = words.codes < 0
    nothing = np.zeros(len(gaps), dtype=int)
    if _has_strays(column):
        stray = set(column.missing_words) - MISSING_NUMBERS
        return np.asarray(np.append(words.among(stray), False)[words.codes], dtype=int)
    if gaps.any():
        return np.asarray(gaps, dtype=int) if gaps.sum() <= FEW else nothing
    alone = words.counts == 1
    if 0 < alone.sum() <= 2 and len(words.texts) > alone.sum() and words.counts[~alone].min() >= USUAL:
        return np.asarray(alone[words.codes], dtype=int)
    return nothing
