"""What is odd about columns, as data, and the sentences for it: one a column, or one for many columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from tools.core.tables.wording import counted

if TYPE_CHECKING:
    from tools.core.tables.column import Column

What = Literal["mixed", "words", "undated", "sentinels", "infinite", "swappable", "gaps", "padded"]
MOST_NAMED = 4
"""Columns that one sentence names."""
MOST_SHOWN = 40
"""Characters that it gives to a column's name, and to its words."""


class Oddity(BaseModel):
    """Something odd about one column."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    what: What
    rows: int = 0
    """Cells that it concerns."""
    share: float = 0.0
    """The same as a share of the rows; where types are mixed, that of the numbers."""
    shown: str = ""
    """The texts, numbers or order that it is about."""


class _Wording(NamedTuple):
    """Formats of an Oddity: a sentence on its column, the start of one on several, and each column's place in it."""

    one: str
    many: str
    each: str = "{name}"


WORDINGS: dict[What, _Wording] = {
    "mixed": _Wording(
        "{name!r} mixes types: {share:.0%} of its values are numbers, the others are words.",
        "mix numbers and words",
        "{name} ({share:.0%} numbers)",
    ),
    "words": _Wording(
        "{name!r} is numeric but for {cells} ({shown}), taken as missing.",
        "are numeric but for some words, taken as missing",
        "{name} ({shown})",
    ),
    "undated": _Wording(
        "{name!r} holds dates but for {cells} ({shown}), taken as missing.",
        "hold dates but for some words, taken as missing",
        "{name} ({shown})",
    ),
    "sentinels": _Wording(
        "{name!r} holds {shown} for missing; it was taken so.",
        "hold a number for missing; it was taken so",
        "{name} ({shown})",
    ),
    "infinite": _Wording(
        "{name!r} is infinite in {cells}, taken as missing.",
        "hold infinite values, taken as missing",
    ),
    "swappable": _Wording(
        "{name!r} could have day and month swapped; it was read with the {shown} first.",
        "could have day and month swapped",
        "{name} (read with the {shown} first)",
    ),
    "gaps": _Wording(
        "{name!r} is missing in {rows} ({share:.0%}).",
        "are missing in many rows",
        "{name} ({share:.0%})",
    ),
    "padded": _Wording(
        "{name!r} has blanks around {count:,} of its values, which are trimmed.",
        "have blanks around their values, which are trimmed",
    ),
}
"""The most important first."""


def sentence(name: str, odd: Oddity) -> str:
    """What a person should know of one column."""
    return _filled(WORDINGS[odd.what].one, name, odd, odd.shown)


def summarised(columns: Sequence["Column"]) -> list[str]:
    """At most one sentence for each kind of oddity, the most important first; each names a few columns."""
    groups = ((what, [(c.name, o) for c in columns for o in c.odd if o.what == what]) for what in WORDINGS)
    return [_together(what, group) for what, group in groups if group]


def _together(what: What, group: list[tuple[str, Oddity]]) -> str:
    if len(group) == 1:
        return sentence(*group[0])
    worst = sorted(group, key=lambda pair: -pair[1].rows)
    named = [_filled(WORDINGS[what].each, _brief(name), odd, _brief(odd.shown)) for name, odd in worst[:MOST_NAMED]]
    more = f" and {len(group) - MOST_NAMED} more" if len(group) > MOST_NAMED else ""
    return f"{len(group)} columns {WORDINGS[what].many}: {', '.join(named)}{more}."


def _filled(wording: str, name: str, odd: Oddity, shown: str) -> str:
    cells, rows = counted(odd.rows, "cell", "cells"), counted(odd.rows, "row", "rows")
    return wording.format(name=name, count=odd.rows, cells=cells, rows=rows, share=odd.share, shown=shown)


def _brief(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
