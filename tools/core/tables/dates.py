"""How a column writes its moments: the strptime formats of its texts, and the moments that they read."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from service.values import EPOCHS, FIRST_SECOND, LAST_SECOND, parse_moment
from tools.core.tables.words import mask, sampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATES = (
    *("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y"),
    *("%d.%m.%y", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%d. %B %Y", "%b %d, %Y"),
    *("%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b-%d-%Y", "%d/%b/%Y", "%A, %B %d, %Y", "%a, %d %b %Y"),
    *("%Y年%m月%d日", "%Y年%m月", "%b-%Y", "%b %Y", "%B %Y", "%b-%y", "%Y-%m", "%Y/%m", "%Y%m%d"),
)
CLOCKS = ("%H:%M", "%H:%M:%S")
ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?", re.ASCII)
SHAPES = {
    "%Y": r"\d{4}",
    "%y": r"(?<!\d)\d\d(?!\d)",
    **dict.fromkeys(("%m", "%d", "%H", "%I", "%M"), r"(?<!\d)\d\d?(?!\d)"),
    "%S": r"(?<!\d)[0-5]?\d(?!\d)",
    "%f": r"\d{1,6}",
    "%p": "[AaPp][Mm]",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,}",
    "%z": r"(?:Z|[+-][01]\d:?[0-5]\d)",
}
"""What each code of a format looks like where it is written as usual."""
EPOCH_FROM, EPOCH_TO = 631_152_000, 2_524_608_000
"""The years 1990 to 2050, as seconds since 1970."""
SWAPPED = {"%m/%d": "%d/%m", "%d/%m": "%m/%d", "%m-%d-%Y": "%d-%m-%Y", "%d-%m-%Y": "%m-%d-%Y"}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE_GATE = re.compile(
    rf"\d{{4}}-\d\d?\b.*|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}\b.*|\d{{4}}年.*|(?:19|20)\d{{6}}|\d{{4}}/\d\d|\d{{1,2}}:\d\d(?::\d\d)?|"
    rf".{{0,12}}\b{_MONTH}\b.*\d.*|\d{{1,2}}[-/ ]{_MONTH}\b.*",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?P<date>.*?)(?P<gap>T|,? +|:)(?P<clock>\d{1,2}:\d\d)(?P<seconds>:\d\d)?(?P<fraction>\.\d{1,6})?"
    r"(?P<half>\s?[AaPp][Mm])?(?P<zone>\s?(?:Z|[+-]\d\d:?\d\d))?"
)


def as_moments(words: Sequence[str], formats: Sequence[str]) -> "NDArray[np.float64]":
    """Seconds since 1970 for each word, as `parse_moment` reads it; NaN where it reads nothing."""
    import numpy as np

    values = _read(words, ISO, "ISO8601", _iso_or_nan)
    for fmt in formats:
        unread = np.flatnonzero(np.isnan(values))
        rest = [words[at] for at in unread.tolist()]
        values[unread] = _read(rest, _shape(fmt), fmt, partial(_moment_or_nan, formats=[fmt]))
    return np.where((values >= FIRST_SECOND) & (values < LAST_SECOND), values, np.nan)


def _read(
    words: Sequence[str], shape: "re.Pattern[str]", fmt: str, alone: Callable[[str], float]
) -> "NDArray[np.float64]":
    """pandas reads words of the usual shape, for speed alone; beyond it, it reads what Python does not."""
    import numpy as np

    if fmt in EPOCHS:
        return np.array([alone(word) for word in words], dtype="float64")
    usual = mask([shape.fullmatch(word) is not None for word in words])
    values = np.empty(len(words))
    values[usual] = _by_pandas([words[at] for at in np.flatnonzero(usual).tolist()], fmt)
    values[~usual] = [alone(words[at]) for at in np.flatnonzero(~usual).tolist()]
    return values


def _iso_or_nan(word: str) -> float:
    return _moment_or_nan(word) if word[4:5] == "-" else float("nan")


def _moment_or_nan(word: str, formats: Sequence[str] = ()) -> float:
    try:
        return parse_moment(word, formats)
    except (ValueError, OverflowError):
        return float("nan")


def _shape(fmt: str) -> "re.Pattern[str]":
    return re.compile("".join(SHAPES.get(part, re.escape(part)) for part in re.split("(%.)", fmt)), re.ASCII)


def _by_pandas(words: Sequence[str], fmt: str) -> "NDArray[np.float64]":
    import numpy as np
    import pandas as pd

    read = pd.to_datetime(pd.Series(words, dtype=object), format=fmt, errors="coerce", utc=True)
    stamps = read.dt.tz_localize(None).astype("datetime64[us]")
    return np.where(read.isna(), np.nan, _seconds(stamps.to_numpy().astype(np.int64)))


def _seconds(micros: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """As `datetime.timestamp` rounds them; a float of 2**53 microseconds or more has lost some of them."""
    import numpy as np

    whole, rest = np.divmod(micros, 1_000_000)
    return np.where(np.abs(micros) < 2**53, micros / 1e6, whole + rest / 1e6)


def could_be_dates(words: Sequence[str]) -> bool:
    """Whether most words have the look of a date."""
    return bool(words) and sum(bool(_DATE_GATE.fullmatch(word)) for word in words) >= 0.8 * len(words)


def date_formats(words: Sequence[str]) -> tuple[list[str], bool]:
    """The strptime formats that read what ISO does not, and whether day and month could be swapped."""
    import numpy as np

    rest = [w for w in sampled(words) if np.isnan(_iso_or_nan(w))]
    formats: list[str] = []
    while rest and len(formats) < 4:
        reads = Counter(fmt for word in rest[:40] for fmt in _formats_of(word))
        if not reads:
            break
        best = max(reads, key=lambda fmt: reads[fmt])
        formats.append(best)
        rest = [word for word in rest if not _reads(word, best)]
    return _with_right_order(words, formats)


def _with_right_order(words: Sequence[str], formats: list[str]) -> tuple[list[str], bool]:
    """Day before month or after, as the whole column has it; never both in one column."""
    import numpy as np

    turned = [_turned(fmt) for fmt in formats]
    if turned == formats:
        return formats, False
    kept = [fmt for at, fmt in enumerate(formats) if fmt not in turned[:at]]
    other = [_turned(fmt) for fmt in kept]
    wrong, wrong_other = (int(np.isnan(as_moments(sampled(words, 5000), f)).sum()) for f in (kept, other))
    if wrong == wrong_other and len(words) > 5000:
        wrong, wrong_other = (int(np.isnan(as_moments(words, f)).sum()) for f in (kept, other))
    return (other, False) if wrong_other < wrong else (kept, wrong == wrong_other)


def _turned(fmt: str) -> str:
    for one, other in SWAPPED.items():
        if fmt.startswith(one):
            return other + fmt[len(one) :]
    return fmt


def _formats_of(word: str) -> list[str]:
    found = _CLOCK.fullmatch(word)
    date, clock = (found["date"], _clock_format(found)) if found else (word, "")
    return [fmt + clock for fmt in DATES if _reads(date, fmt)] + [fmt for fmt in CLOCKS if _reads(word, fmt)]


def _clock_format(found: "re.Match[str]") -> str:
    hours = "%I:%M" if found["half"] else "%H:%M"
    parts = (("seconds", ":%S"), ("fraction", ".%f"), ("half", "%p"), ("zone", "%z"))
    tail = (_leading_blank(found[name]) + code for name, code in parts if found[name])
    return found["gap"] + hours + "".join(tail)


def _leading_blank(text: str) -> str:
    return " " if text[0].isspace() else ""


def _reads(word: str, fmt: str) -> bool:
    try:
        datetime.strptime(word, fmt)
    except ValueError:
        return False
    return True


def compact_dates(words: Sequence[str], named_date: bool) -> bool:
    """Whether eight-digit numbers are days as yyyymmdd: every one of them, and enough of them."""
    enough = len(words) >= (2 if named_date else 10)
    looks = enough and all(len(word) == 8 and word[:2] in ("19", "20") for word in sampled(words))
    return looks and all(len(word) == 8 and _reads(word, "%Y%m%d") for word in words)


def months_of_years(words: Sequence[str]) -> bool:
    """Whether the texts are all months such as 08/24."""
    return bool(words) and all(re.fullmatch(r"(?:0?[1-9]|1[0-2])/\d\d", word, re.ASCII) for word in words)


def epochs(words: Sequence[str], named_date: bool) -> str | None:
    """The format of whole numbers that count seconds or milliseconds since 1970, every one between 1990 and 2050."""
    if not named_date or len(words) < 2:
        return None
    for fmt, factor in EPOCHS.items():
        if all(word.isascii() and word.replace(".0", "").isdigit() for word in sampled(words)) and all(
            EPOCH_FROM * factor <= float(word) < EPOCH_TO * factor for word in words
        ):
            return fmt
    return None
