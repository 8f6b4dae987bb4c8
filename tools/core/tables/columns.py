"""What each column of a raw table is, decided from all of its cells."""

from typing import TYPE_CHECKING, Any

from tools.core.tables.categories import as_words
from tools.core.tables.column import Column, Found, Kind, Storage
from tools.core.tables.moments import as_moment
from tools.core.tables.oddities import Oddity, summarised
from tools.core.tables.quantities import as_quantity, of_numbers
from tools.core.tables.words import Words, words_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "column_of", "duplicates", "infer_column", "infer_columns", "summarised"]

GAPS_FROM = 0.2
"""A column with so large a share of missing rows is said to have gaps."""
EXACT = 10**15
"""From here on, whole numbers are taken for identifiers: a float would soon change them."""


def infer_columns(frame: "pd.DataFrame") -> list[Column]:
    """What each column is, decided from all of its cells."""
    return [infer_column(str(name), frame.iloc[:, at], at) for at, name in enumerate(frame.columns)]


def duplicates(frame: "pd.DataFrame") -> int:
    """How many rows are fully equal to an earlier one."""
    return int(frame.duplicated().sum())


def infer_column(name: str, series: "pd.Series[Any]", at: int) -> Column:
    """What one column is; `at` is its place in the table."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(series.dtype):
        return _typed(name, series, "boolean", "truth")
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return _typed(name, series, "datetime", "moment")
    if pd.api.types.is_numeric_dtype(series.dtype) and not _is_beyond_floats(series):
        return _infer_numbers(name, series, at)
    return _infer_words(name, series, at)


def _is_beyond_floats(series: "pd.Series[Any]") -> bool:
    import pandas as pd

    if pd.api.types.is_complex_dtype(series.dtype):
        return True
    known = series.dropna()
    return pd.api.types.is_integer_dtype(series.dtype) and len(known) > 0 and abs(int(known.max())) >= EXACT


def _typed(name: str, series: "pd.Series[Any]", kind: Kind, storage: Storage) -> Column:
    return _column(name, Found(kind, storage), int(series.isna().sum()), int(series.nunique()), len(series))


def _infer_numbers(name: str, series: "pd.Series[Any]", at: int) -> Column:
    import numpy as np

    found, values = of_numbers(name, series.to_numpy(dtype="float64", na_value=np.nan), at)
    return _column(name, found, int(np.isnan(values).sum()), found.unique or 0, len(values))


def _infer_words(name: str, series: "pd.Series[Any]", at: int) -> Column:
    words = words_of(series)
    return column_of(name, as_quantity(name, words, at) or as_moment(name, words) or as_words(name, words), words)


def column_of(name: str, found: Found, words: Words) -> Column:
    """The column that was found in these words."""
    absent = words.among(found.missing)
    missing = int((words.codes < 0).sum()) + words.rows(absent)
    unique = int((~absent).sum()) if found.unique is None else found.unique
    if words.padded and found.storage == "text" and unique:
        found.odd.append(Oddity(what="padded", rows=words.padded))
    return _column(name, found, missing, unique, len(words.codes))


def _column(name: str, found: Found, missing: int, unique: int, rows: int) -> Column:
    if GAPS_FROM * rows <= missing < rows:
        found.odd.append(Oddity(what="gaps", rows=missing, share=missing / rows))
    return Column(
        name=name,
        kind="constant" if unique < 2 else found.kind,
        storage=found.storage,
        missing=missing,
        unique=unique,
        missing_words=sorted(found.missing - {""}),
        number=found.number,
        formats=found.formats,
        odd=found.odd,
    )
