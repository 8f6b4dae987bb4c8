"""Whether a column is one of numbers, and of which: measures, counts, truth values, identifiers, days."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from service.values import category_text
from tools.core.tables.column import Found, Kind
from tools.core.tables.dates import compact_dates, epochs
from tools.core.tables.identifiers import are_codes, counts_rows, kind_of_numbered
from tools.core.tables.missing import missing_words, strays
from tools.core.tables.number_forms import as_numbers, number_form
from tools.core.tables.oddities import Oddity
from tools.core.tables.words import Words, sampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORDS_AT_MOST = 0.7
"""A column whose texts are words up to this share is still looked at as one of numbers."""
SENTINELS = (-999.0, -9999.0, -99999.0, -999999.0)
DATE_NAME = re.compile(r"date|day|time|(^|[^a-z])(dt|ts)([^a-z]|$)|日期|时间")


def as_quantity(name: str, words: Words, at: int) -> Found | None:
    """A numeric column, or one of the kinds that numbers can be; None when its texts are no numbers."""
    import numpy as np

    missing = missing_words(words.texts, numeric=True) | {""}
    told = words.others(missing)
    form = number_form(sampled(told, 1000))
    if not _look_like_numbers(told, form):
        return None
    values = as_numbers(words.texts, form)
    values[words.among(missing)] = np.nan
    left = strays(words, values, missing)
    if not left.may_miss():
        return None
    found = Found("numeric", "real", number=form, odd=left.told("words"))
    found.missing = (missing & set(words.texts)) | set(left.texts)
    _without_sentinels(found, words, values)
    _place(found, name, np.append(values, np.nan)[words.codes], at)
    return _as_days(found, name, words) if form is None else found


def of_numbers(name: str, values: "NDArray[np.float64]", at: int) -> "tuple[Found, NDArray[np.float64]]":
    """The same of numbers that were never texts, in the rows' order; and these, NaN where they are missing."""
    import numpy as np

    found = Found("numeric", "real")
    if infinite := int(np.isinf(values).sum()):
        found.odd.append(Oddity(what="infinite", rows=infinite))
    values = np.where(np.isfinite(values), values, np.nan)
    values[np.isin(values, _sentinels(found, values))] = np.nan
    _place(found, name, values, at)
    return found, values


def _look_like_numbers(told: Sequence[str], form: dict[str, Any] | None) -> bool:
    import numpy as np

    if not told or np.isnan(as_numbers(sampled(told, 1000), form)).mean() > WORDS_AT_MOST:
        return False
    return not are_codes(told)


def _without_sentinels(found: Found, words: Words, values: "NDArray[np.float64]") -> None:
    """Take the texts of sentinels as missing, and their values out."""
    import numpy as np

    absent = np.isin(values, _sentinels(found, values[words.codes[words.codes >= 0]]))
    found.missing |= {words.texts[at] for at in np.flatnonzero(absent)}
    values[absent] = np.nan


def _sentinels(found: Found, values: "NDArray[np.float64]") -> list[float]:
    """Numbers such as -999 that mean missing: repeated, and far below values that are never negative."""
    import numpy as np

    known = values[~np.isnan(values)]
    others = known[~np.isin(known, SENTINELS)]
    if len(others) == len(known) or not len(others) or others.min() < 0:
        return []
    counts = {s: int((known == s).sum()) for s in SENTINELS}
    absent = [s for s, count in counts.items() if count >= 2]
    if absent:
        texts = [category_text(s) for s in absent]
        found.missing |= set(texts)
        rows = sum(counts[s] for s in absent)
        found.odd.append(Oddity(what="sentinels", rows=rows, shown=" and ".join(texts)))
    return absent


def _place(found: Found, name: str, values: "NDArray[np.float64]", at: int) -> None:
    """Whole or real; measure, truth value or identifier. `values` in the rows' order, NaN where missing."""
    import numpy as np

    known = values[~np.isnan(values)]
    different = np.unique(known)
    found.unique = len(different)
    if not len(known):
        found.storage = "text"
    elif (known == np.floor(known)).all() and np.abs(known).max() < 2**53:
        found.storage = "integer"
        found.kind = _kind_of_integers(name, different, len(known), len(values), at)


def _kind_of_integers(name: str, different: "NDArray[np.float64]", known: int, rows: int, at: int) -> Kind:
    if list(different[:3]) == [0, 1]:
        return "boolean"
    if len(different) == known == rows and counts_rows(name, different, at):
        return "id"
    return kind_of_numbered(name, len(different), known)


def _as_days(found: Found, name: str, words: Words) -> Found:
    """The same column, or one of dates when its plain numbers are days such as 20240131."""
    plain = words.others(found.missing)
    named = bool(DATE_NAME.search(name.lower()))
    fmt = "%Y%m%d" if compact_dates(plain, named) else epochs(plain, named)
    if fmt is not None:
        return Found("datetime", "moment", formats=[fmt], missing=found.missing, odd=found.odd)
    return found
