"""What texts a column takes, as regular expressions of JSON Schema: the row checks, said for machines.

They hold in ECMAScript and in Python. What no expression can say (an hour before the year 1 in some zone) is left out.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from service.values import BLANKS, EPOCHS, FALSE_WORDS, TRUE_WORDS

BLANK = "[" + "".join(f"\\u{ord(blank):04x}" for blank in BLANKS) + "]"
FILLED = BLANK.replace("[", "[^", 1)
"""Found in a text that is more than blanks."""
SPECIAL = frozenset("^$\\.*+?()[]{}|/-")
SIGN = "[-+\\u2212]"
SPACE = "[ \\u00a0\\u2007\\u202f]"
ALIKE = {"'": "['\\u2019]", " ": SPACE}
"""Marks between thousands that may be written in more than one way."""
MOST_DIGITS = 100

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OFFSET = "(?:[01][0-9]|2[0-3])"
LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
PARTS = {
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%m": "(?:0?[1-9]|1[0-2])",
    "%d": "(?:0?[1-9]|[12][0-9]|3[01])",
    "%H": "(?:[01]?[0-9]|2[0-3])",
    "%I": "(?:0?[1-9]|1[0-2])",
    "%M": "[0-5]?[0-9]",
    "%S": "[0-5]?[0-9]",
    "%f": "[0-9]{1,6}",
    "%p": "[AaPp][Mm]",
    "%z": f"(?:Z|[-+]{OFFSET}:?[0-5][0-9])",
    " ": "[ ]+",
}
"""The codes of strptime that dates of tables are written with."""
ISO_DATE, ISO_TIME = "%Y-%m-%d", f"{OFFSET}(?::[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{{1,6}})?)?)?"
ISO_ZONE = f"(?:Z|[-+]{OFFSET}(?::?[0-5][0-9])?)"


def literal(text: str) -> str:
    """An expression for a text itself."""
    return "".join(f"\\{c}" if c in SPECIAL else c for c in text)


def whole(inner: str) -> str:
    """An expression for all of a text, blanks around it aside."""
    return f"^{BLANK}*(?:{inner}){BLANK}*$"


def missing_text(words: Iterable[str]) -> str:
    """Texts that mean missing."""
    return whole("|".join(["", *map(literal, words)]))


def truth_text() -> str:
    """Texts that mean true or false."""
    return whole("|".join(map(_any_case, sorted(TRUE_WORDS | FALSE_WORDS))))


def number_text(form: Mapping[str, Any]) -> str:
    """Numbers as a column's table writes them: with its currency, percent sign, grouping and scales."""
    marks = sorted([*form.get("affixes", []), *(["%"] if form.get("percent") else [])], key=len, reverse=True)
    before = "".join(f"(?:{literal(mark)}{SPACE}*)?" for mark in marks)
    after = "".join(f"(?:{SPACE}*{literal(mark)})?" for mark in reversed(marks))
    scales = "|".join(map(literal, form.get("scales", {})))
    scale = f"(?:{SPACE}*(?:{scales}))?" if scales else ""
    number = _digits(form.get("decimal", "."), form.get("thousands", "")) + scale + after
    signed = f"(?:{SIGN}{SPACE}*{before}|{before}{SIGN}?{SPACE}*){number}"
    return whole(f"{signed}|\\({BLANK}*{signed}{BLANK}*\\)")


def moment_text(formats: Iterable[str]) -> str:
    """ISO 8601 days and times, and what the formats of a column read."""
    clock = f"[T ]{ISO_TIME}"
    iso = [_dated(ISO_DATE, f"(?:{clock})?"), _dated(ISO_DATE, clock + ISO_ZONE, zoned=True)]
    return whole("|".join([*iso, *map(_format, formats)]))


def _any_case(word: str) -> str:
    return "".join(f"[{c.lower()}{c.upper()}]" if c.lower() != c.upper() else literal(c) for c in word)


def _digits(decimal: str, thousands: str) -> str:
    """The digits of a number without a sign; so few that a float holds it. A point counts where it is no other mark."""
    digits, mark = f"[0-9]{{1,{MOST_DIGITS}}}", ALIKE.get(thousands, literal(thousands))
    grouped = f"[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}}){{0,30}}{mark}[0-9]{{3}}|" if thousands else ""
    point = ALIKE.get(decimal, literal(decimal))
    whole_part = f"(?:{grouped}{digits})(?:{point}[0-9]{{0,{MOST_DIGITS}}})?"
    dotted = f"|{digits}\\.[0-9]{{0,{MOST_DIGITS}}}|\\.{digits}" if "." not in (decimal, thousands) else ""
    return f"(?:{whole_part}|{point}{digits}{dotted})(?:[eE](?:\\+?0*[0-9]{{1,2}}|-[0-9]+))?"


def _format(fmt: str) -> str:
    if fmt in EPOCHS:
        return f"[-+]?[0-9]{{1,{9 + len(str(int(EPOCHS[fmt])))}}}(?:\\.[0-9]{{0,9}})?"
    return _dated(fmt, zoned="%z" in fmt)


def _dated(fmt: str, rest: str = "", zoned: bool = False) -> str:
    """A format's texts, without days that their month does not have and years that no calendar here has."""
    wrong = [
        {"%Y": "(?:0000|0001|9999)" if zoned else "0000"},
        {"%d": "3[01]", **_months("0?2", "February")},
        {"%d": "31", **_months("(?:0?[469]|11)", "April", "June", "September", "November")},
        {"%d": "29", **_months("0?2", "February"), "%Y": f"(?!{LEAP})[0-9]{{4}}", "%y": _no_leap()},
    ]
    bad = "|".join(_translated(fmt, each) for each in wrong if _says(fmt, each))
    return (f"(?!(?:{bad})(?![0-9]))" if bad else "") + _translated(fmt, {}) + rest


def _says(fmt: str, parts: Mapping[str, str]) -> bool:
    """Whether a format writes what a wrong date is wrong in."""
    needed: list[tuple[str, ...]] = [("%Y",)] if len(parts) == 1 else [("%d",), ("%m", "%b", "%B")]
    if len(parts) > 1 and "%Y" in parts:
        needed.append(("%Y", "%y"))
    return all(any(code in fmt for code in codes) for codes in needed)


def _months(numbers: str, *named: str) -> dict[str, str]:
    return {"%m": numbers, "%b": _named(name[:3] for name in named), "%B": _named(named)}


def _no_leap() -> str:
    return "(?:[02468][1235679]|[13579][01345789])"


def _named(words: Iterable[str]) -> str:
    """Names of days or months, in the cases that people write."""
    listed = list(words)
    return "(?:" + "|".join(dict.fromkeys(f(word) for f in (str, str.lower, str.upper) for word in listed)) + ")"


def _translated(fmt: str, wrong: Mapping[str, str]) -> str:
    """A strptime format as an expression; `wrong` has other expressions for some codes."""
    parts = PARTS | {
        "%b": _named(name[:3] for name in MONTHS),
        "%B": _named(MONTHS),
        "%a": _named(name[:3] for name in DAYS),
        "%A": _named(DAYS),
    }
    found = "".join({**parts, **wrong}.get(part, literal(part)) for part in re.split("(%[a-zA-Z]| )", fmt))
    return found.replace("0?", "0") if re.search("%[Ymd]%", fmt) else found
