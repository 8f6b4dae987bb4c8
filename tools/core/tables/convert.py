"""The typed table of columns that are known: each cell as `service.values` reads it, a column at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from service.values import FIRST_SECOND, LAST_SECOND, canonical_text, parse_truth
from tools.core.tables.column import Column, Storage
from tools.core.tables.dates import as_moments
from tools.core.tables.missing import MISSING_NUMBERS
from tools.core.tables.number_forms import as_numbers
from tools.core.tables.words import Words, as_texts, is_text, words_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Series = pd.Series[Any]


def convert(frame: "pd.DataFrame", columns: list[Column], *, keep_bad: bool = False) -> "pd.DataFrame":
    """The typed table of these columns. A cell that does not fit is missing, or stays with `keep_bad`."""
    import pandas as pd

    typed = {column.name: _converted(frame[column.name], column, keep_bad) for column in columns}
    return pd.DataFrame(typed, index=frame.index, copy=False)


def as_written(frame: "pd.DataFrame", columns: list[Column]) -> "pd.DataFrame":
    """The cells of columns whose typed form keeps less than was written: $1,200, 3 Feb 2021."""
    lossy = [c.name for c in columns if c.number or c.storage == "moment"]
    texts = {name: as_texts(frame[name]) for name in lossy if is_text(frame[name])}
    return frame[list(texts)].assign(**texts).astype("category")


def _converted(series: "Series", column: Column, keep_bad: bool) -> "Series":
    quick = _typed_already(series, column)
    if quick is not None:
        return quick
    words = words_of(series)
    absent = words.among({*column.missing_words, ""})
    if column.storage == "text":
        return _texts(series, column, words, absent)
    return _values(series, column, words, absent, keep_bad)


def _texts(series: "Series", column: Column, words: Words, absent: "NDArray[np.bool_]") -> "Series":
    import numpy as np
    import pandas as pd

    texts = [canonical_text(text) for text in words.texts] if column.canonical else words.texts
    pool = np.array([*texts, None], dtype=object)
    pool[:-1][absent] = None
    return pd.Series(pool[words.codes], index=series.index, dtype=object)


def _values(series: "Series", column: Column, words: Words, absent: "NDArray[np.bool_]", keep_bad: bool) -> "Series":
    """Each row's value from its text's value; where a bad cell stays, the whole column is one of objects."""
    import numpy as np
    import pandas as pd

    read = _read(words.texts, column)
    values = np.append(np.where(absent, np.nan, read), np.nan)[words.codes]
    typed = _stored(pd.Series(values, index=series.index), column.storage)
    wrong = np.append(np.isnan(read) & ~absent, False)[words.codes]
    if not keep_bad or not wrong.any():
        return typed
    kept = typed.astype(object).where(typed.notna(), None)
    kept.iloc[np.flatnonzero(wrong)] = series.to_numpy(dtype=object)[wrong]
    return kept


def _read(texts: Sequence[str], column: Column) -> "NDArray[np.float64]":
    """The number that stands for each text; NaN where it is none of the column's."""
    import numpy as np

    if column.storage == "truth":
        return np.array([_truth_or_nan(text) for text in texts], dtype="float64")
    if column.storage == "moment":
        return as_moments(texts, column.formats)
    return as_numbers(texts, column.number)


def _truth_or_nan(text: str) -> float:
    try:
        return float(parse_truth(text))
    except ValueError:
        return float("nan")


def _stored(values: "Series", storage: Storage) -> "Series":
    """Floats as the storage has them. Whole numbers that turn out to have fractions stay real."""
    gaps = bool(values.isna().any())
    if storage == "moment":
        return moments(values)
    if storage == "truth":
        return values.astype("boolean") if gaps else values.astype(bool)
    if storage == "integer" and not (values % 1 > 0).any() and not (values.abs() >= 2**63).any():
        return values.astype("Int64") if gaps else values.astype("int64")
    return values


def moments(seconds: "Series") -> "Series":
    """Seconds since 1970 to the microsecond; whole seconds are split off, since a float holds no more digits."""
    import numpy as np
    import pandas as pd

    values = seconds.to_numpy()
    known = (values >= FIRST_SECOND) & (values < LAST_SECOND)
    whole = np.floor(np.where(known, values, 0))
    micros = whole.astype(np.int64) * 1_000_000 + np.rint(np.where(known, values - whole, 0) * 1e6).astype(np.int64)
    stamps = np.where(known, micros.astype("datetime64[us]"), np.datetime64("NaT"))
    return pd.Series(stamps, index=seconds.index)


def _typed_already(series: "Series", column: Column) -> "Series | None":
    """A typed column that needs no reading of texts; None when it does."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(series.dtype) and column.storage == "moment":
        return _in_utc(series)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        return None
    if column.storage in ("text", "truth") or column.formats:
        return None
    return _numbers(series, column)


def _in_utc(series: "Series") -> "Series":
    moved = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
    return moved.astype("datetime64[us]")


def _numbers(series: "Series", column: Column) -> "Series":
    import numpy as np
    import pandas as pd

    values = series.to_numpy(dtype="float64", na_value=np.nan)
    words = [word for word in column.missing_words if word not in MISSING_NUMBERS]
    absent = np.isin(values, as_numbers(words, column.number))
    values = np.where(np.isfinite(values) & ~absent, values, np.nan)
    return _stored(pd.Series(values, index=series.index), column.storage)
