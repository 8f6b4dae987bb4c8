"""What the texts of a column are: numbers in some form, moments in some format, words for missing."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from service.values import parse_moment, parse_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLED = 300


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)

MISSING = _set(
    "? NA N/A n/a na #N/A NaN nan NAN null NULL Null \\N (null) <NA> NaT - -- --- #VALUE! #REF! #DIV/0! "
    "#NUM! #NAME? #NULL! 缺失 空"
)
"""Texts that mean missing in any column, but for what `missing_words` keeps."""
MISSING_NUMBERS = MISSING | _set("none None NONE . .. missing Missing unknown Unknown nil 无 未知 inf -inf")

_MONEY = _set("USD EUR GBP JPY CNY RMB CHF SEK NOK DKK INR KRW Rs Rs. R$ US$ C$ A$ HK$ kr zł Kč Ft")
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "mn": 1e6, "B": 1e9, "bn": 1e9, "万": 1e4, "亿": 1e8}
_BYTES = {"B": 1.0, "KB": 1e3, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_UNITS = _set(
    "kg g mg t lb lbs oz km m cm mm mi ft in yd h hr hrs hour min mins minute s sec second ms year yr yrs "
    "month mo week day kwh kw w v hz ghz mhz px l ml cl °c °f ° km/h kmh mph kmpl km/kg cc bhp hp nm m² m2 "
    "sqft ㎡ pcs 元 岁 年 个 人 公斤 平米 平方米 分 次 天 小时 分钟 月 room people person item point pt pts"
)
_PARTS = re.compile(
    r"\(?[-+]?\s*(?P<prefix>[^\d\s.,()+\-]{1,4})?\s*[-+]?\s*(?P<body>\d[\d.,' ]*|[.,]\d+)([eE][-+]?\d+)?"
    r"\s*(?P<suffix>[^\d()]{0,12})\)?"
)
_GROUPS = re.compile(r"[1-9]\d{0,2}(?P<mark>[.,' ])(\d{2,3}(?P=mark))*\d{3}")

_DATES = (
    *("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y"),
    *("%d.%m.%y", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%d. %B %Y", "%b %d, %Y"),
    *("%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b-%d-%Y", "%d/%b/%Y", "%A, %B %d, %Y", "%a, %d %b %Y"),
    *("%Y年%m月%d日", "%Y年%m月", "%b-%Y", "%b %Y", "%B %Y", "%b-%y", "%Y-%m", "%Y/%m", "%Y%m%d"),
)
_SWAPPED = {"%m/%d": "%d/%m", "%d/%m": "%m/%d", "%m-%d-%Y": "%d-%m-%Y", "%d-%m-%Y": "%m-%d-%Y"}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE_GATE = re.compile(
    rf"\d{{4}}-\d\d?\b.*|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}\b.*|\d{{4}}年.*|(?:19|20)\d{{6}}|\d{{4}}/\d\d|"
    rf".{{0,12}}\b{_MONTH}\b.*\d.*|\d{{1,2}}[-/ ]{_MONTH}\b.*",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?P<date>.*?)(?P<gap>T|,? +|:)(?P<clock>\d{1,2}:\d\d)(?P<seconds>:\d\d)?(?P<fraction>\.\d{1,6})?"
    r"(?P<half>\s?[AaPp][Mm])?(?P<zone>\s?(?:Z|[+-]\d\d:?\d\d))?"
)


def sampled(words: Sequence[str], most: int = SAMPLED) -> list[str]:
    """At most so many of the words, spread evenly over them."""
    return list(words) if len(words) <= most else list(words[:: len(words) // most])[:most]


def as_numbers(words: Sequence[str], form: dict[str, Any] | None) -> "NDArray[np.float64]":
    """The numbers that the words write; NaN where a word writes none."""
    import numpy as np

    if form is None:
        try:
            quick = np.fromiter(map(float, words), dtype="float64", count=len(words))
            if np.isfinite(quick).all() and not any("_" in word or not word.isascii() for word in words):
                return quick
        except ValueError:
            pass
    read = _plain_or_nan if form is None else _reader(form)
    values = np.fromiter(map(read, words), dtype="float64", count=len(words))
    return np.where(np.isfinite(values), values, np.nan)


def _plain_or_nan(word: str) -> float:
    return float(word) if PLAIN_NUMBER.fullmatch(word) else float("nan")


def _reader(form: dict[str, Any]) -> Callable[[str], float]:
    """`parse_number` for one form. The usual shape ($1,234.50) is read by one expression, for speed alone."""
    point, thousands = form["decimal"], form["thousands"]
    marks = "|".join(re.escape(mark) for mark in form["affixes"]) or "(?!)"
    group = re.escape(thousands) if thousands else "(?!)"
    digits = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{re.escape(point)}\d+)?"
    usual = re.compile(rf"([-+]?)(?:{marks})?({digits})(?:{marks})?", re.ASCII)
    plain = str.maketrans({point: ".", **({thousands: ""} if thousands else {})})

    def read(word: str) -> float:
        found = None if form.get("scales") else usual.fullmatch(word)
        if found:
            return float(found[1] + found[2].translate(plain))
        try:
            return parse_number(word, form)
        except ValueError:
            return float("nan")

    return read


def number_form(words: Sequence[str]) -> dict[str, Any] | None:
    """The one form in which such words write numbers; None when they do it plainly or not at all."""
    if all(PLAIN_NUMBER.fullmatch(word) for word in words):
        return None
    parts = [found for word in words if (found := _PARTS.fullmatch(_spaced(word)))]
    marks = _decimal_and_thousands([part["body"].strip() for part in parts])
    if not parts or marks is None:
        return None
    dressed = _dress(parts)
    signed = any(word[0] in "(\u2212" for word in words)
    if dressed is None or (marks == (".", "") and dressed == _form(False, [], {}) and not signed):
        return None
    return {"decimal": marks[0], "thousands": marks[1], **dressed}


def _spaced(word: str) -> str:
    return re.sub("[\u00a0\u2007\u202f]", " ", word).replace("\u2212", "-").replace("\u2019", "'")


def _decimal_and_thousands(bodies: Sequence[str]) -> tuple[str, str] | None:
    """The marks that all bodies agree on; None when they do not."""
    blank = next((mark for mark in " '" if any(mark in body for body in bodies)), "")
    if blank:
        wholes = [re.split("[.,]", body)[0] for body in bodies if blank in body]
        if not all(_GROUPS.fullmatch(whole) for whole in wholes):
            return None
        return (",", blank) if any("," in body for body in bodies) else (".", blank)
    both = [body for body in bodies if "." in body and "," in body]
    if both:
        decimals = {"." if body.rfind(".") > body.rfind(",") else "," for body in both}
        decimal = decimals.pop()
        return None if decimals else (decimal, "." if decimal == "," else ",")
    return _one_mark([b for b in bodies if "," in b], [b for b in bodies if "." in b])


def _one_mark(commas: Sequence[str], dots: Sequence[str]) -> tuple[str, str] | None:
    grouped_commas = all(_GROUPS.fullmatch(body) for body in commas)
    grouped_dots = all(_GROUPS.fullmatch(body) for body in dots)
    if commas and grouped_commas:
        return (".", ",") if all(body.count(".") == 1 for body in dots) else None
    if commas:
        single = all(body.count(",") == 1 for body in commas)
        return (",", "." if dots else "") if single and grouped_dots else None
    if any(body.count(".") > 1 for body in dots):
        return (",", ".") if grouped_dots else None
    return (".", "")


def _dress(parts: Sequence["re.Match[str]"]) -> dict[str, Any] | None:
    """What stands before and after the numbers; None when it is too mixed to be one unit."""
    prefixes = {part["prefix"] for part in parts} - {None}
    if not all(_is_money(prefix) or prefix == "#" for prefix in prefixes):
        return None
    suffixes = Counter((part["suffix"] or "").strip() for part in parts)
    plus = any(suffix.endswith("+") for suffix in suffixes)
    bare = Counter[str]()
    for suffix, count in suffixes.items():
        bare[suffix.rstrip("+").strip()] += count
    return _measured(prefixes, bare, ["+"] if plus else [])


def _measured(prefixes: set[str], bare: "Counter[str]", affixes: list[str]) -> dict[str, Any] | None:
    total = sum(bare.values())
    named = {suffix for suffix in bare if suffix}
    money = prefixes | {suffix for suffix in named if _is_money(suffix)}
    units = named - money - {"%"}
    percent = "%" in named
    if len(money) > 1 or (percent and (units or money or bare["%"] < 0.9 * total)):
        return None
    scales = next((table for table in (_SCALES, _BYTES) if units and units <= set(table)), None)
    if scales is not None and (len(units) > 1 or scales is _SCALES):
        return _form(percent, [*affixes, *sorted(money)], {unit: scales[unit] for unit in sorted(units)})
    if len({unit.lower().rstrip("s.") for unit in units}) > 1 or not all(
        _is_unit(unit, bare[unit] / total, total) for unit in units
    ):
        return None
    return _form(percent, [*affixes, *sorted(money), *sorted(units)], {})


def _form(percent: bool, affixes: list[str], scales: dict[str, float]) -> dict[str, Any]:
    return {"percent": percent, "affixes": affixes, **({"scales": scales} if scales else {})}


def _is_money(mark: str | None) -> bool:
    return mark is not None and (mark in _MONEY or (len(mark) == 1 and mark in "$€£¥₹₩₽₺₫฿￥¢"))


def _is_unit(unit: str, share: float, total: int) -> bool:
    known = unit.lower() in _UNITS or unit.lower().rstrip("s.") in _UNITS
    if len(unit) == 1 and unit.isascii():
        return known and share > 0.9
    return known or (share > 0.9 and total >= 10 and unit.isalpha())


def as_moments(words: Sequence[str], formats: Sequence[str]) -> "NDArray[np.float64]":
    """Seconds since 1970 for each word, as `parse_moment` reads it; NaN where it reads nothing."""
    import numpy as np

    values = np.fromiter(map(_iso_or_nan, words), dtype="float64", count=len(words))
    for fmt in formats:
        open_ = np.flatnonzero(np.isnan(values))
        if len(open_):
            values[open_] = _by_format([words[int(at)] for at in open_], fmt)
    return values


def _iso_or_nan(word: str) -> float:
    if word[4:5] != "-":
        return float("nan")
    try:
        return parse_moment(word)
    except (ValueError, OverflowError):
        return float("nan")


def _by_format(words: Sequence[str], fmt: str) -> "NDArray[np.float64]":
    import numpy as np
    import pandas as pd

    read = pd.to_datetime(pd.Series(words, dtype=object), format=fmt, errors="coerce", utc=True)
    stamps = read.dt.tz_localize(None).astype("datetime64[us]")
    return np.where(read.isna(), np.nan, stamps.astype("int64").to_numpy() / 1e6)


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
    for one, other in _SWAPPED.items():
        if fmt.startswith(one):
            return other + fmt[len(one) :]
    return fmt


def _formats_of(word: str) -> list[str]:
    found = _CLOCK.fullmatch(word)
    date, clock = (found["date"], _clock_format(found)) if found else (word, "")
    return [fmt + clock for fmt in _DATES if _reads(date, fmt)]


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


def missing_words(words: Sequence[str], numeric: bool) -> set[str]:
    """Which of the words mean missing here. NA among two-letter codes is Namibia, - beside + is a sign."""
    found = {word for word in words if word in (MISSING_NUMBERS if numeric else MISSING)}
    if numeric:
        return found
    others = [word for word in words if word not in found]
    codes = sum(len(word) == 2 and word.isalpha() and word.isupper() for word in others)
    lower = sum(len(word) == 2 and word.isalpha() and word.islower() for word in others)
    kept = {"NA"} if len(others) >= 3 and codes >= 0.9 * len(others) else set()
    kept |= {"na"} if len(others) >= 3 and lower >= 0.9 * len(others) else set()
    return found - kept - ({"-", "--", "---"} if {"+", "++", "+++"} & set(others) else set())
