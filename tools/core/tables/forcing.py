"""A column read as the kind that a person says it is, whatever its values look like."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, get_args

from service.values import parse_truth
from tools.core.errors import DataRefused
from tools.core.tables.column import Column, Found, Kind
from tools.core.tables.columns import column_of
from tools.core.tables.dates import as_moments, compact_dates, date_formats, epochs, months_of_years
from tools.core.tables.missing import missing_words, strays
from tools.core.tables.number_forms import as_numbers, number_form
from tools.core.tables.words import Words, words_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

KINDS = tuple(kind for kind in get_args(Kind) if kind != "constant")
FEWEST = 0.5
"""A column is refused as numbers or dates when less than this share of its cells can be read so."""


def forced(name: str, series: "pd.Series[Any]", kind: str) -> Column:
    """The column as that kind; DataRefused when its cells do not allow it."""
    import pandas as pd

    words = words_of(series)
    column = column_of(name, _READERS[kind](name, words), words)
    column.canonical = column.storage == "text" and pd.api.types.is_numeric_dtype(series.dtype)
    return column


def _numbers(name: str, words: Words) -> Found:
    import numpy as np

    missing = missing_words(words.texts, numeric=True) | {""}
    told = words.others(missing)
    form = number_form(told)
    values = as_numbers(words.texts, form)
    values[words.among(missing)] = np.nan
    found = _measured(name, "numeric", words, values, missing, "numbers")
    known = values[~np.isnan(values)]
    whole = len(known) and (known == np.floor(known)).all() and np.abs(known).max() < 2**53
    found.storage, found.number, found.unique = ("integer" if whole else "real"), form, len(np.unique(known))
    return found


def _moments(name: str, words: Words) -> Found:
    missing = missing_words(words.texts, numeric=True) | {""}
    told = words.others(missing)
    formats = _numbered_days(told) or date_formats(told)[0]
    found = _measured(name, "datetime", words, as_moments(words.texts, formats), missing, "dates")
    found.storage, found.formats = "moment", formats
    return found


def _numbered_days(told: Sequence[str]) -> list[str]:
    """Formats of dates that are written as whole numbers: days, years, seconds since 1970."""
    if compact_dates(told, named_date=True):
        return ["%Y%m%d"]
    if epoch := epochs(told, named_date=True):
        return [epoch]
    if months_of_years(told):
        return ["%m/%y"]
    return ["%Y"] if told and all(len(word) == 4 and word.isdigit() for word in told) else []


def _measured(
    name: str, kind: Kind, words: Words, values: "NDArray[np.float64]", missing: set[str], what: str
) -> Found:
    """A column of what was read; what could not be is missing, and said."""
    left = strays(words, values, missing)
    if left.read < FEWEST * (left.read + left.rows) or not left.read:
        raise _unlike(name, kind, f"only {left.read:,} of its {left.read + left.rows:,} values are {what}")
    found = Found(kind, "real", odd=left.told("words" if kind == "numeric" else "undated"))
    found.missing = (missing & set(words.texts)) | set(left.texts)
    return found


def _truths(name: str, words: Words) -> Found:
    missing = (missing_words(words.texts, numeric=False) | {""}) & set(words.texts)
    other = [text for text in words.others(missing) if not _is_truth(text)]
    if other:
        raise _unlike(name, "boolean", f"it holds {other[0]!r}")
    return Found("boolean", "text", missing=missing)


def _is_truth(text: str) -> bool:
    try:
        parse_truth(text)
    except ValueError:
        return False
    return True


def _texts(kind: Kind) -> Callable[[str, Words], Found]:
    def read(name: str, words: Words) -> Found:
        missing = (missing_words(words.texts, numeric=False) | {""}) & set(words.texts)
        return Found(kind, "text", missing=missing)

    return read


def _unlike(name: str, kind: str, why: str) -> DataRefused:
    return DataRefused(f"{name!r} cannot be {kind}: {why}.", "Choose another kind, or leave it away.", "kinds")


_READERS: dict[str, Callable[[str, Words], Found]] = {
    "numeric": _numbers,
    "datetime": _moments,
    "boolean": _truths,
    "categorical": _texts("categorical"),
    "text": _texts("text"),
    "id": _texts("id"),
}
