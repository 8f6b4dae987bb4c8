"""How a column writes its numbers: decimal and thousands marks, currency, unit, percent, scale."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from service.values import parse_number
from tools.core.tables.words import vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAIN_CHARACTERS = frozenset("0123456789+-.eE")


_MONEY = vocabulary("USD EUR GBP JPY CNY RMB CHF SEK NOK DKK INR KRW Rs Rs. R$ US$ C$ A$ HK$ kr zł Kč Ft")
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "mn": 1e6, "B": 1e9, "bn": 1e9, "万": 1e4, "亿": 1e8}
_BYTES = {"B": 1.0, "KB": 1e3, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_UNITS = vocabulary(
    "kg g mg t lb lbs oz km m cm mm mi ft in yd h hr hrs hour min mins minute s sec second ms year yr yrs "
    "month mo week day kwh kw w v hz ghz mhz px l ml cl °c °f ° km/h kmh mph kmpl km/kg cc bhp hp nm m² m2 "
    "sqft ㎡ pcs 元 岁 年 个 人 公斤 平米 平方米 分 次 天 小时 分钟 月 room people person item point pt pts"
)
_NEVER = re.compile(r"(?!)")
_PLAIN = re.compile(r"([-+]?)((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)", re.ASCII)
_PARTS = re.compile(
    r"\(?[-+]?\s*(?P<prefix>[^\d\s.,()+\-]{1,4})?\s*[-+]?\s*(?P<body>\d[\d.,' ]*|[.,]\d+)([eE][-+]?\d+)?"
    r"\s*(?P<suffix>[^\d()]{0,12})\)?"
)
_GROUPS = re.compile(r"[1-9]\d{0,2}(?P<mark>[.,' ])(\d{2,3}(?P=mark))*\d{3}")


def as_numbers(words: Sequence[str], form: dict[str, Any] | None) -> "NDArray[np.float64]":
    """The numbers that the words write, as `parse_number` reads each; NaN where a word writes none."""
    import numpy as np

    if form is None and PLAIN_CHARACTERS.issuperset("".join(words)):
        try:
            values = np.fromiter(map(float, words), dtype="float64", count=len(words))
            return np.where(np.isfinite(values), values, np.nan)
        except ValueError:
            pass
    return np.fromiter(map(_reader(form), words), dtype="float64", count=len(words))


def _reader(form: dict[str, Any] | None) -> Callable[[str], float]:
    """`parse_number` for one form. The usual shape ($1,234.50) is read by one expression, for speed alone."""
    usual, plain = _usual(form)

    def read(word: str) -> float:
        try:
            found = usual.fullmatch(word)
            value = float(found[1] + found[2].translate(plain)) if found else parse_number(word, form)
        except ValueError:
            return float("nan")
        return value if math.isfinite(value) else float("nan")

    return read


def _usual(form: dict[str, Any] | None) -> "tuple[re.Pattern[str], dict[int, str]]":
    """What matches a sign and digits as most cells of that form have them, and what makes the digits plain."""
    if form is None:
        return _PLAIN, {}
    if form.get("scales"):
        return _NEVER, {}
    point, thousands = form["decimal"], form["thousands"]
    marks = "|".join(re.escape(mark) for mark in form["affixes"]) or "(?!)"
    group = re.escape(thousands) if thousands else "(?!)"
    digits = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{re.escape(point)}\d+)?"
    usual = re.compile(rf"([-+]?)(?:{marks})?({digits})(?:{marks})?", re.ASCII)
    return usual, str.maketrans({**({thousands: ""} if thousands else {}), point: "."})


def number_form(words: Sequence[str]) -> dict[str, Any] | None:
    """The one form in which such words write numbers; None when they do it plainly or not at all."""
    if all(_PLAIN.fullmatch(word) for word in words):
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
