"""Whether a column of texts is one of dates and times."""

from tools.core.tables.column import Found
from tools.core.tables.dates import as_moments, could_be_dates, date_formats
from tools.core.tables.missing import missing_words, strays
from tools.core.tables.oddities import Oddity
from tools.core.tables.words import Words, sampled


def as_moment(words: Words) -> Found | None:
    """A datetime column, or None."""
    missing = missing_words(words.texts, numeric=True) | {""}
    told = words.others(missing)
    if not could_be_dates(sampled(told)):
        return None
    formats, swappable = date_formats(told)
    left = strays(words, as_moments(words.texts, formats), missing)
    if not left.may_miss():
        return None
    found = Found("datetime", "moment", formats=formats, odd=left.told("undated"))
    found.missing = (missing & set(words.texts)) | set(left.texts)
    if swappable:
        first = "month" if formats[0].startswith("%m") else "day"
        found.odd.append(Oddity(what="swappable", rows=words.rows(words.among(told)), shown=first))
    return found
