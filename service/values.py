"""How one cell becomes a value: the same for training, batch prediction and the live service."""

import contextlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import takewhile
from typing import Any

PLAIN: dict[str, Any] = {"decimal": ".", "thousands": "", "percent": False, "affixes": []}
"""The number form of a column that needs none. `scales` (suffix to factor, as {"k": 1000}) may be added."""

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_800
"""From the start of the year 1 to that of 10000, in UTC and as seconds since 1970: what a calendar here holds."""

TRUE_WORDS = frozenset({"true", "yes", "y", "t", "1", "1.0", "是"})
FALSE_WORDS = frozenset({"false", "no", "n", "f", "0", "0.0", "否"})
BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"

EPOCHS = {"epoch seconds": 1.0, "epoch milliseconds": 1e3}
"""Formats beside strptime's: a count since the start of 1970."""

_PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_EXPONENT = re.compile(r"[eE][-+]?\d+$", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d?-\d\d?([T ].*)?", re.ASCII)
_GROUPED = {mark: re.compile(rf"\d{{1,3}}({re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}") for mark in ",.' "}


def parse_number(text: str, form: dict[str, Any] | None = None) -> float:
    """The finite number that `text` writes in `form`; ValueError if it writes none.

    A percentage keeps the number as written (12% is 12.0); accounting parentheses mean a negative number.
    """
    form = form or PLAIN
    body = text.strip(BLANKS)
    negative = body.startswith("(") and body.endswith(")")
    body = _tidy(body[1:-1] if negative else body)
    factor, body = _stripped(body, form)
    value = float(_as_plain(body, form)) * factor
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return -value if negative else value


def _tidy(body: str) -> str:
    body = body.strip(BLANKS).replace("\u2212", "-")
    for blank in "\u00a0\u2007\u202f":
        body = body.replace(blank, " ")
    return body.replace("\u2019", "'")


def _stripped(body: str, form: dict[str, Any]) -> tuple[float, str]:
    """The factor that a scale suffix stands for, and the number without its affixes."""
    sign = body[:1] if body[:1] in ("-", "+") else ""
    body = body[len(sign) :].strip()
    marks = sorted([*form.get("affixes", []), *(["%"] if form.get("percent") else [])], key=len, reverse=True)
    body = _without(body, marks)
    factor = 1.0
    for suffix, scale in form.get("scales", {}).items():
        if body.endswith(suffix):
            factor, body = float(scale), body[: -len(suffix)].strip()
            break
    if body[:1] in ("-", "+"):
        if sign:
            raise ValueError("two signs")
        sign, body = body[0], body[1:].strip()
    return factor, sign + body


def _without(body: str, marks: Iterable[str]) -> str:
    for mark in marks:
        if body.startswith(mark):
            body = body[len(mark) :].strip()
        if body.endswith(mark) and len(body) > len(mark):
            body = body[: -len(mark)].strip()
    return body


def _as_plain(body: str, form: dict[str, Any]) -> str:
    """The digits as Python writes them; ValueError when they are not grouped as the form says."""
    decimal, thousands = form.get("decimal", "."), form.get("thousands", "")
    sign = body[:1] if body[:1] in ("-", "+") else ""
    found = _EXPONENT.search(body)
    exponent = found.group() if found else ""
    whole, point, fraction = body[len(sign) : len(body) - len(exponent)].partition(decimal)
    if thousands and thousands in whole:
        if not _GROUPED[thousands].fullmatch(whole):
            raise ValueError(f"{body!r} is not a number")
        whole = whole.replace(thousands, "")
    plain = f"{sign}{whole}{'.' if point else ''}{fraction}{exponent}"
    if not _PLAIN_NUMBER.fullmatch(plain):
        raise ValueError(f"{body!r} is not a number")
    return plain


def parse_moment(value: str | int | float | datetime | date, formats: Iterable[str] = ()) -> float:
    """Seconds since 1970 in UTC; a moment without a zone is taken as UTC. ValueError if `value` is none.

    ISO 8601 is always read, then `formats` (as strptime knows them). A bare number is seconds since 1970,
    unless a format reads its digits (20240131 with %Y%m%d).
    """
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a moment")
    if isinstance(value, datetime):
        return _seconds(value)
    if isinstance(value, date):
        return _seconds(datetime(value.year, value.month, value.day))
    if isinstance(value, str):
        return _seconds(_read_moment(value.strip(BLANKS), formats))
    try:
        return _seconds(_by_format(category_text(value), formats))
    except ValueError:
        if any(_writes_digits_only(fmt) for fmt in formats):
            raise
        return _within(float(value))


def _writes_digits_only(fmt: str) -> bool:
    return fmt in EPOCHS or not re.sub(r"%[a-zA-Z]", "", fmt)


def _seconds(moment: datetime) -> float:
    """By datetime's own method: a pandas Timestamp's rounds by other rules."""
    return _within(datetime.timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))


def _within(seconds: float) -> float:
    if not FIRST_SECOND <= seconds < LAST_SECOND:
        raise ValueError(f"{seconds!r} seconds since 1970 are not within the years 1 to 9999")
    return seconds


def _read_moment(text: str, formats: Iterable[str]) -> datetime:
    if _ISO.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            year, month, rest = text.split("-", 2)
            day = "".join(takewhile(str.isdigit, rest[:2]))
            with contextlib.suppress(ValueError):
                return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}{rest[len(day) :]}")
    return _by_format(text, formats)


def _by_format(text: str, formats: Iterable[str]) -> datetime:
    for fmt in formats:
        try:
            if fmt in EPOCHS:
                return datetime.fromtimestamp(_within(parse_number(text) / EPOCHS[fmt]), UTC)
            return datetime.strptime(text, fmt)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a moment")


def parse_truth(value: Any) -> bool:
    """True or False from a truth word, a 0 or 1, or a bool; ValueError for anything else."""
    word = str(value).strip(BLANKS).lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def category_text(value: Any) -> str:
    """The one text of a category: 1 and 1.0 are "1", True is "True", a day 2024-02-03, a string itself, trimmed."""
    if isinstance(value, str):
        return value.strip(BLANKS)
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, datetime):
        return str(value).removesuffix(" 00:00:00")
    return str(value).strip(BLANKS)


def canonical_text(text: str) -> str:
    """The category text of the number or truth value that a text writes: 2.0 is "2", true is "True"."""
    if _WHOLE.fullmatch(text):
        return str(int(text))
    if text.lower() in ("true", "false"):
        return text.capitalize()
    try:
        return category_text(parse_number(text))
    except ValueError:
        return text
