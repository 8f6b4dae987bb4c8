"""Whether a column of texts is one of dates and times."""

import re

from tools.core.tables.column import Found
from tools.core.tables.dates import as_moments, could_be_dates, date_formats, months_of_years
from tools.core.tables.missing import missing_words, strays
from tools.core.tables.oddities import Oddity
from tools.core.tables.words import Words, sampled

MONTH_NAME = re.compile(r"date|month|period|expir|issue|日期|月")


def as_moment(name: str, words: Words) -> Found | None:
    """A datetime column, or None. 08/24 is a month only in a column whose name says so."""
    missing = missing_words(words.texts, numeric=True) | {""}
    told = words.others(missing)
    months = MONTH_NAME.search(name.lower()) is not None and months_of_years(told)
    if not months and not could_be_dates(sampled(told)):
        return None
    formats, swappable = (["%m/%y"], False) if months else date_formats(told)
    left = strays(words, as_moments(words.texts, formats), missing)
    if not left.may_miss():
        return None
    found = Found("datetime", "moment", formats=formats, odd=left.told("undated"))
    found.missing = (missing & set(words.texts)) | set(left.texts)
    if swappable:
        first = "month" if formats[0].startswith("%m") else "day"
        found.odd.append(Oddity(what="swappable", rows=words.rows(words.among(told)), shown=first))
    return found
