"""What each column of a raw table is, and the typed table that follows from it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from service.values import BLANKS, category_text, parse_truth
from tools.core import kinds

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Kind = Literal["numeric", "categorical", "text", "datetime", "boolean", "id", "constant"]
Storage = Literal["integer", "real", "text", "truth", "moment"]

STRAY_SHARE = 0.01
"""Words in a numeric column up to this share are taken as missing."""
WORD_SHARE = 0.5
"""One or two phrases ("Varies with device") may be up to this share of an otherwise numeric column."""
SENTINELS = (-999.0, -9999.0, -99999.0, -999999.0)
ID_NAME = re.compile(
    r"(^|[^a-z])(id|ids|uuid|guid|pid|sku|ssn|key|no|nr|num|number|code|index|idx|ref)$|编号|序号|学号|工号|账号|身份证"
)
STRONG_ID_NAME = re.compile(r"(^|[^a-z])(id|uuid|guid|pid|key)$")
DATE_NAME = re.compile(r"date|day|time|(^|[^a-z])(dt|ts)([^a-z]|$)|日期|时间")
TIME_NAME = re.compile(r"year|month|week|day|hour|minute|time|age|年|月|日|时")


class Column(BaseModel):
    """A column's name, kind and form: enough to read one cell of it the same way everywhere."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    name: str
    kind: Kind
    storage: Storage
    """How the typed table keeps it."""
    missing: int
    unique: int
    """Distinct values, missing ones not counted."""
    missing_words: list[str] = []
    """Trimmed texts that mean missing in this column; compare `category_text(cell)` with them."""
    number: dict[str, Any] | None = None
    """The number form, when texts need one; None for plain numbers."""
    formats: list[str] = []
    """The strptime formats beside ISO 8601."""
    oddities: list[str] = []
    """Sentences that a person should know."""


@dataclass
class Words:
    """A column as its distinct trimmed texts: row i holds texts[codes[i]], or nothing where that is -1."""

    texts: list[str]
    codes: "NDArray[np.intp]"
    counts: "NDArray[np.intp]"
    padded: int
    """Cells with blanks around a text."""

    def share(self, chosen: "NDArray[np.bool_]") -> int:
        """How many rows hold one of the chosen texts."""
        return int(self.counts[chosen].sum())


@dataclass
class _Found:
    kind: Kind
    storage: Storage
    number: dict[str, Any] | None
    formats: list[str]
    missing: set[str]
    odd: list[str]


def words_of(series: "pd.Series[Any]") -> Words:
    """The distinct texts of a column, trimmed. A value that is no text becomes its category text."""
    import numpy as np
    import pandas as pd

    plain = series.astype(object) if series.dtype != object else series
    if pd.api.types.is_numeric_dtype(series.dtype):
        plain = (
            series.astype(object).map({v: category_text(v) for v in series.dropna().unique()}).astype(object)
        )
    elif pd.api.types.infer_dtype(plain, skipna=True) not in ("string", "empty"):
        plain = plain.map(category_text, na_action="ignore").astype(object)
    codes, uniques = pd.factorize(plain.to_numpy(dtype=object), use_na_sentinel=True)
    raw = [str(text) for text in uniques]
    texts = [text.strip(BLANKS) for text in raw]
    counts = np.bincount(codes[codes >= 0], minlength=len(raw))
    if texts == raw:
        return Words(texts, codes, counts, 0)
    changed = _mask([a != b and b != "" for a, b in zip(raw, texts, strict=True)])
    padded = int(counts[changed].sum())
    place: dict[str, int] = {}
    again = [place.setdefault(text, len(place)) for text in texts]
    codes = np.array([*again, -1], dtype="intp")[codes]
    return Words(list(place), codes, np.bincount(codes[codes >= 0], minlength=len(place)), padded)


def infer_columns(frame: "pd.DataFrame") -> list[Column]:
    """What each column is, decided from all of its cells."""
    return [_infer(str(name), frame.iloc[:, at], at) for at, name in enumerate(frame.columns)]


def duplicates(frame: "pd.DataFrame") -> int:
    """How many rows are fully equal to an earlier one."""
    return int(frame.duplicated().sum())


def _infer(name: str, series: "pd.Series[Any]", at: int) -> Column:
    import pandas as pd

    if pd.api.types.is_bool_dtype(series.dtype):
        return _typed(name, series, "boolean", "truth")
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return _typed(name, series, "datetime", "moment")
    if pd.api.types.is_numeric_dtype(series.dtype) and not _is_beyond_floats(series):
        return _infer_number(name, series, at)
    return _infer_words(name, words_of(series), at)


def _is_beyond_floats(series: "pd.Series[Any]") -> bool:
    """Whether whole numbers are so large that a float would change them: identifiers, then."""
    import pandas as pd

    if pd.api.types.is_complex_dtype(series.dtype):
        return True
    known = series.dropna()
    return pd.api.types.is_integer_dtype(series.dtype) and len(known) > 0 and abs(int(known.max())) >= 10**15


def _typed(name: str, series: "pd.Series[Any]", kind: Kind, storage: Storage) -> Column:
    unique = int(series.nunique())
    kind = "constant" if unique < 2 else kind
    return Column(name=name, kind=kind, storage=storage, missing=int(series.isna().sum()), unique=unique)


def _infer_number(name: str, series: "pd.Series[Any]", at: int) -> Column:
    import numpy as np

    values = series.to_numpy(dtype="float64", na_value=np.nan)
    odd = [f"{name!r} has {int(np.isinf(values).sum())} infinite values."] if np.isinf(values).any() else []
    values = np.where(np.isfinite(values), values, np.nan)
    sentinels, said = _sentinels(name, values)
    values = np.where(np.isin(values, sentinels), np.nan, values)
    found = _Found("numeric", "real", None, [], {category_text(s) for s in sentinels}, odd + said)
    _place_number(found, name, values, at)
    return _column(name, found, int(np.isnan(values).sum()), _distinct(values), len(values))


def _infer_words(name: str, words: Words, at: int) -> Column:
    found = _as_number(name, words, at) or _as_moment(name, words) or _as_words(name, words, at)
    keep = [text not in found.missing for text in words.texts]
    missing = int((words.codes < 0).sum()) + words.share(_mask([not kept for kept in keep]))
    unique = sum(keep)
    if found.storage in ("integer", "real"):
        unique = _distinct(kinds.as_numbers([t for t in words.texts if t not in found.missing], found.number))
    if words.padded and found.storage == "text" and unique:
        found.odd.append(f"{name!r} has blanks around {words.padded:,} of its values; they were trimmed.")
    return _column(name, found, missing, unique, len(words.codes))


def _column(name: str, found: _Found, missing: int, unique: int, rows: int) -> Column:
    kind = "constant" if unique < 2 else found.kind
    if missing >= 0.2 * rows and missing < rows:
        found.odd.append(f"{name!r} is missing in {missing:,} of {rows:,} rows.")
    return Column(
        name=name,
        kind=kind,
        storage=found.storage,
        missing=missing,
        unique=unique,
        missing_words=sorted(found.missing - {""}),
        number=found.number,
        formats=found.formats,
        oddities=found.odd,
    )


def _mask(flags: Sequence[bool]) -> "NDArray[np.bool_]":
    import numpy as np

    return np.array(flags, dtype=bool)


def _among(texts: Sequence[str], chosen: Iterable[str]) -> "NDArray[np.bool_]":
    wanted = set(chosen)
    return _mask([text in wanted for text in texts])


def _distinct(values: "NDArray[np.float64]") -> int:
    import numpy as np

    return len(np.unique(values[~np.isnan(values)]))


def _as_number(name: str, words: Words, at: int) -> _Found | None:
    """A numeric column, or one of the kinds that numbers can be; None when its texts are no numbers."""
    import numpy as np

    missing = kinds.missing_words(words.texts, numeric=True) | {""}
    told = [text for text in words.texts if text not in missing]
    sample = kinds.sampled(told, 1000)
    form = kinds.number_form(sample)
    if not told or np.isnan(kinds.as_numbers(sample, form)).mean() > 0.7 or _are_codes(told):
        return None
    values = kinds.as_numbers(words.texts, form)
    values[_mask([text in missing for text in words.texts])] = np.nan
    strays = [t for t, value in zip(words.texts, values, strict=True) if value != value and t not in missing]
    mixed = _among(words.texts, strays)
    good = words.share(~np.isnan(values))
    if not _may_stray(strays, words.share(mixed), good, int((~np.isnan(values)).sum())):
        return None
    found = _Found("numeric", "real", form, [], missing & set(words.texts) | set(strays), [])
    if strays:
        found.odd.append(_said_stray(name, words.share(mixed), strays))
    sentinels, said = _sentinels(name, values[words.codes[words.codes >= 0]])
    if sentinels:
        found.missing |= {category_text(s) for s in sentinels}
        found.missing |= {t for t, v in zip(words.texts, values, strict=True) if v in sentinels}
        found.odd += said
        values[np.isin(values, sentinels)] = np.nan
    _place_number(found, name, np.append(values, np.nan)[words.codes], at)
    plain = [t for t, value in zip(words.texts, values, strict=True) if value == value]
    if form is None and kinds.compact_dates(plain, bool(DATE_NAME.search(name.lower()))):
        found.kind, found.storage, found.formats = "datetime", "moment", ["%Y%m%d"]
    return found


def _are_codes(told: Sequence[str]) -> bool:
    """Digits that are no quantity: leading zeros, or more of them than a number keeps."""
    zeros = sum(1 for text in told if text[0] == "0" and len(text) > 1 and text.isdigit())
    long = max(map(len, told), default=0) > 15
    return (zeros > 0 and zeros >= 0.02 * len(told)) or (
        long and any(len(t) > 15 and t.isdigit() for t in told)
    )


def _may_stray(strays: Sequence[str], rows: int, good: int, distinct: int) -> bool:
    if not strays:
        return good > 0
    share = rows / (rows + good)
    phrases = len(strays) <= 2 and not any(c.isdigit() for text in strays for c in text) and distinct >= 10
    return share <= STRAY_SHARE or (phrases and share <= WORD_SHARE)


def _said_stray(name: str, rows: int, strays: Sequence[str]) -> str:
    shown = ", ".join(repr(text[:40]) for text in strays[:5]) + (", …" if len(strays) > 5 else "")
    return f"{name!r} is numeric but for {rows:,} cells ({shown}); they were taken as missing."


def _sentinels(name: str, values: "NDArray[np.float64]") -> tuple[list[float], list[str]]:
    """Numbers such as -999 that mean missing: repeated, and far below values that are never negative."""
    import numpy as np

    known = values[~np.isnan(values)]
    others = known[~np.isin(known, SENTINELS)]
    if len(others) == len(known) or not len(others) or others.min() < 0:
        return [], []
    found = [s for s in SENTINELS if (known == s).sum() >= 2]
    return found, [f"{name!r} holds {category_text(s)} for missing; it was taken so." for s in found]


def _place_number(found: _Found, name: str, values: "NDArray[np.float64]", at: int) -> None:
    """Whole or real; measure, truth value or identifier. `values` in the rows' order, NaN where missing."""
    import numpy as np

    known = values[~np.isnan(values)]
    if not len(known):
        found.storage = "text"
    elif (known == np.floor(known)).all() and np.abs(known).max() < 2**53:
        found.storage = "integer"
        found.kind = _kind_of_integers(name, known, len(values), at)


def _kind_of_integers(name: str, known: "NDArray[np.float64]", rows: int, at: int) -> Kind:
    import numpy as np

    distinct = np.unique(known)
    if len(distinct) == 2 and distinct[0] == 0 and distinct[1] == 1:
        return "boolean"
    if len(distinct) == len(known) == rows and _counts_rows(name, distinct, at):
        return "id"
    hinted = _name_says(ID_NAME, name)
    if hinted and len(known) >= 3 and len(distinct) >= 0.9 * len(known) and len(distinct) > 2:
        return "id"
    many = len(distinct) > 20 and _name_says(STRONG_ID_NAME, name)
    return "categorical" if many else "numeric"


def _counts_rows(name: str, distinct: "NDArray[np.float64]", at: int) -> bool:
    """Whether the numbers are 0, 1, 2, … or 1, 2, 3, …, one for each row."""
    steps = distinct[-1] - distinct[0] + 1 == len(distinct)
    if at == 0 and re.fullmatch(r"Unnamed: 0|index|rownames?|", name):
        return len(distinct) >= 3
    if at == 0 and name == "column_0":  # no name: also the row numbers of a part of a larger table
        part = len(distinct) >= 20 and distinct[0] >= 0 and distinct[-1] <= 3 * len(distinct)
        return part or bool(steps and len(distinct) >= 3)
    return (
        bool(steps) and distinct[0] in (0, 1) and len(distinct) >= 10 and not TIME_NAME.search(name.lower())
    )


def _name_says(pattern: re.Pattern[str], name: str) -> bool:
    """Whether the name ends in such a word: customerID, order_no, Sample Number."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().strip()
    return bool(pattern.search(parted))


def _as_moment(name: str, words: Words) -> _Found | None:
    """A datetime column, or None."""
    import numpy as np

    missing = kinds.missing_words(words.texts, numeric=True) | {""}
    told = [text for text in words.texts if text not in missing]
    if not kinds.could_be_dates(kinds.sampled(told)):
        return None
    formats, swappable = kinds.date_formats(told)
    bad = np.isnan(kinds.as_moments(words.texts, formats))
    strays = [t for t, b in zip(words.texts, bad, strict=True) if b and t not in missing]
    stray_rows = words.share(_among(words.texts, strays))
    if not _may_stray(strays, stray_rows, words.share(~bad), int((~bad).sum())):
        return None
    found = _Found("datetime", "moment", None, formats, missing & set(words.texts) | set(strays), [])
    if strays:
        found.odd.append(_said_stray(name, stray_rows, strays).replace("is numeric", "holds dates"))
    if swappable:
        order = "month" if formats[0].startswith("%m") else "day"
        found.odd.append(f"{name!r} could have day and month swapped; it was read with the {order} first.")
    return found


def _as_words(name: str, words: Words, at: int) -> _Found:
    """Truth words, identifiers, free text or categories."""
    missing = (kinds.missing_words(words.texts, numeric=False) | {""}) & set(words.texts)
    told = [text for text in words.texts if text not in missing]
    rows = words.share(_mask([text not in missing for text in words.texts]))
    found = _Found("categorical", "text", None, [], missing, _mixed(name, words, told))
    if _are_opposites(told):
        found.kind = "boolean"
    elif rows and _are_ids(name, told, rows):
        found.kind = "id"
    elif rows and _are_prose(told, rows):
        found.kind = "text"
    return found


_OPPOSITES = ("yes no", "y n", "true false", "t f", "是 否")


def _are_opposites(told: Sequence[str]) -> bool:
    pair = {text.lower() for text in told}
    return len(told) == 2 and any(pair == set(words.split()) for words in _OPPOSITES)


def _mixed(name: str, words: Words, told: Sequence[str]) -> list[str]:
    import numpy as np

    if _are_codes(told):
        return []
    sample = kinds.sampled(words.texts, 2000)
    numbers = ~np.isnan(kinds.as_numbers(sample, None))
    share = numbers.mean() if len(sample) else 0.0
    if not 0.1 <= share < 1:
        return []
    return [
        f"{name!r} mixes types: about {share:.0%} of its distinct values are numbers, the others are words."
    ]


def _are_ids(name: str, told: Sequence[str], rows: int) -> bool:
    """Nearly all different, and codes rather than prose."""
    if len(told) < 3 or len(told) < 0.9 * rows:
        return False
    if any(" " in text for text in told) and _average(told, lambda text: len(text.split())) > 8:
        return False
    if _name_says(ID_NAME, name) or re.search(r"(^|[^a-z])name$|姓名|e-?mail|url", name.lower()):
        return True
    codes = _average(told, lambda t: float(" " not in t and any(c.isdigit() or c in "@/" for c in t)))
    long_enough = len(told) >= 10 and len(told) >= 0.95 * rows
    return long_enough and (codes > 0.9 or (len(told) == rows >= 20 and not _are_prose(told, rows)))


def _are_prose(told: Sequence[str], rows: int) -> bool:
    """Mostly different texts of several words (or, without blanks between words, of many characters)."""
    if len(told) < 0.5 * rows or len(told) < 5:
        return False
    sample = kinds.sampled(told, 2000)
    words = _average(sample, lambda text: len(text.split()))
    wide = _average(sample, lambda text: sum(c > "\u2e80" for c in text))
    return (words >= 3 and _average(sample, len) >= 18) or wide >= 12


def _average(texts: Sequence[str], measure: Callable[[str], float]) -> float:
    return sum(map(measure, texts)) / len(texts)


def convert(frame: "pd.DataFrame", columns: list[Column], *, keep_bad: bool = False) -> "pd.DataFrame":
    """The typed table of these columns. A cell that does not fit is missing, or stays with `keep_bad`."""
    import pandas as pd

    typed = {column.name: _converted(frame[column.name], column, keep_bad) for column in columns}
    return pd.DataFrame(typed, index=frame.index, copy=False)


def _converted(series: "pd.Series[Any]", column: Column, keep_bad: bool) -> "pd.Series[Any]":
    quick = _quick(series, column)
    if quick is not None:
        return quick
    words = words_of(series)
    missing = {*column.missing_words, ""}
    absent = _mask([text in missing for text in words.texts])
    values, bad = _cells(words.texts, column, absent)
    return _assembled(series, column, words, values, absent, bad if keep_bad else bad & False)


def _cells(texts: list[str], column: Column, absent: "NDArray[np.bool_]") -> tuple[Any, "NDArray[np.bool_]"]:
    import numpy as np

    if column.storage == "text":
        return np.array(texts, dtype=object), _mask([False] * len(texts))
    if column.storage == "truth":
        values = np.array([_truth_or_nan(text) for text in texts], dtype="float64")
    elif column.storage == "moment":
        values = kinds.as_moments(texts, column.formats)
    else:
        values = kinds.as_numbers(texts, column.number)
    return values, np.isnan(values) & ~absent


def _truth_or_nan(text: str) -> float:
    try:
        return float(parse_truth(text))
    except ValueError:
        return float("nan")


def _assembled(
    series: "pd.Series[Any]", column: Column, words: Words, values: Any, absent: Any, bad: Any
) -> "pd.Series[Any]":
    """Each row's value from its text's value; where a bad cell stays, the whole column is one of objects."""
    import numpy as np
    import pandas as pd

    if column.storage == "text":
        pool = np.append(values, [None])
        pool[:-1][absent] = None
        return pd.Series(pool[words.codes], index=series.index, dtype=object)
    pool = np.append(np.where(absent, np.nan, values), np.nan)
    typed = _stored(pd.Series(pool[words.codes], index=series.index), column.storage)
    if not bad.any():
        return typed
    wrong = np.append(bad, False)[words.codes]
    kept = typed.astype(object).where(typed.notna(), None)
    kept[wrong] = series[wrong]
    return kept


def _stored(values: "pd.Series[Any]", storage: Storage) -> "pd.Series[Any]":
    """Floats as the storage has them. Whole numbers that turn out to have fractions stay real."""
    gaps = bool(values.isna().any())
    if storage == "moment":
        return (values * 1e6).round().astype("Int64").astype("datetime64[us]")
    if storage == "truth":
        return values.astype("boolean") if gaps else values.astype(bool)
    if storage == "integer" and not (values.dropna() % 1).any():
        return values.astype("Int64") if gaps else values.astype("int64")
    return values


def _quick(series: "pd.Series[Any]", column: Column) -> "pd.Series[Any] | None":
    """A typed column that needs no reading of texts; None when it does."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(series.dtype) and column.storage == "moment":
        return _naive(series)
    if (
        not pd.api.types.is_numeric_dtype(series.dtype)
        or column.storage in ("text", "truth")
        or column.formats
    ):
        return None
    values = series.to_numpy(dtype="float64", na_value=np.nan)
    absent = kinds.as_numbers(
        [w for w in column.missing_words if w not in kinds.MISSING_NUMBERS], column.number
    )
    values = np.where(np.isfinite(values) & ~np.isin(values, absent), values, np.nan)
    return _stored(pd.Series(values, index=series.index), column.storage)


def _naive(series: "pd.Series[Any]") -> "pd.Series[Any]":
    moved = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
    return moved.astype("datetime64[us]")
