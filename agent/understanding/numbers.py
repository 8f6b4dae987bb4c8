"""Numerals and durations in English and Chinese."""

import re

from agent.understanding.lexicon import NUMBER

ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "ninety": 90,
}  # fmt: skip
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
HAN_TENS = {"十": 10, "百": 100, "千": 1000}
UNITS = {
    r"(?:s|secs?|seconds?|秒钟?)": 1,
    r"(?:m|mins?|minutes?|分(?:钟|(?![类组层割布开成之数析别为支部享辨])))": 60,
    r"(?:h|hrs?|hours?|个?小时|个?钟头)|(?<=刻)钟": 3600,
}
_BLANK = r"[\s\-]*"
_UNIT = "|".join(UNITS)
_AMOUNT = (
    r"(?:(?P<half>half\s+an?|半个?)|(?P<quarter>(?:a\s+)?quarter\s+of\s+an?|一刻)"
    rf"|(?P<threequarters>three\s+quarters\s+of\s+an?|三刻)|(?P<one>an?\b)|(?P<number>{NUMBER}))"
)
_TAIL = rf"(?:\s+and\s+a\s+half|半)?(?:{_BLANK}(?:and{_BLANK})?{NUMBER}{_BLANK}(?:{_UNIT})(?![A-Za-z0-9]))?"
DURATION = re.compile(
    rf"(?:(?<![A-Za-z0-9_.])|(?=[零〇一二两三四五六七八九十百半]))(?<!\d:){_AMOUNT}(?P<and>\s+and\s+a\s+half|(?<=[个])半|个半)?{_BLANK}"
    rf"(?P<unit>{_UNIT})(?![A-Za-z0-9_])(?P<tail>{_TAIL})",
    re.IGNORECASE,
)


def number(text: str) -> float:
    """What a numeral says: `8,080`, `two`, `二十五`. ValueError when it is none."""
    plain = text.strip().lower().replace(",", "")
    if plain in ENGLISH:
        return ENGLISH[plain]
    if plain in ORDINALS:
        return ORDINALS.index(plain) + 1
    return _han(plain) if plain and plain[0] in "零〇一二两三四五六七八九十百千" else float(plain)


def _han(text: str) -> float:
    if not any(c in HAN_TENS for c in text):
        if len(text) == 2 and (HAN_DIGITS[text[1]] - HAN_DIGITS[text[0]] == 1 or text == "三五"):
            return float(HAN_DIGITS[text[1]])  # 两三分钟 is at most three minutes
        return float("".join(str(HAN_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for c in text:
        if c in HAN_TENS:
            total += (digit or 1) * HAN_TENS[c]
            digit = 0
        else:
            digit = HAN_DIGITS[c]
    short = len(text) > 1 and text[-2] in "百千"  # 一百五 is 150
    return total + digit * (HAN_TENS[text[-2]] // 10 if short else 1)


def seconds(match: re.Match[str]) -> float:
    """The length of the duration that `DURATION` matched."""
    unit = _unit(match["unit"])
    total = _amount(match) * unit
    if match["and"]:
        total += unit / 2
    return total + _more(match["tail"] or "", unit)


def _amount(match: re.Match[str]) -> float:
    if match["half"]:
        return 0.5
    if match["quarter"] or match["threequarters"]:
        return 0.25 if match["quarter"] else 0.75
    return 1 if match["one"] else number(match["number"])


def _unit(text: str) -> int:
    if text == "钟":
        return 3600
    return next(s for p, s in UNITS.items() if re.fullmatch(p, text, re.IGNORECASE))


def _more(tail: str, unit: int) -> float:
    if not tail.strip():
        return 0
    half = unit / 2 if re.match(r"\s+and\s+a\s+half|半", tail, re.IGNORECASE) else 0
    rest = DURATION.search(re.sub(r"^(?:\s+and\s+a\s+half|半|[\s\-]*(?:and[\s\-]*)?)", "", tail))
    return half + (seconds(rest) if rest else 0)


def whole(value: float) -> float | int:
    """60.0 as 60."""
    return int(value) if value == int(value) else value
