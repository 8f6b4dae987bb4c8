"""What was decided about a table without being asked: one sentence each, why, and how to overrule it."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, product
from typing import NamedTuple

from pydantic import BaseModel

from tools.core.tables.column import Column
from tools.core.tables.wording import counted

SHOWN = 4
LINES = 8


class Decision(BaseModel):
    """One decision. `column` is null where it is about the rows as a whole."""

    what: str
    """Decisions of one kind bear one word: id, dates, missing, split, …"""
    column: str | None
    decision: str
    """What was done and why, in one sentence."""
    overrule: str
    """What to say for something else; empty where nothing else can be done."""


class _Look(NamedTuple):
    """One kind of decision on columns: what it says of one (empty where it does not apply), and of many together."""

    what: str
    said: Callable[[Column], str]
    together: str


def about_columns(columns: Iterable[Column], target: str) -> list[Decision]:
    """How each column was read, where it could have been read otherwise; those of one kind stand together."""
    found = []
    for look, column in product(LOOKS, list(columns)):
        if (said := look.said(column)) and not (look.what in ("codes", "blanks") and column.name == target):
            told = f"{column.name} {said}."
            found.append(
                Decision(what=look.what, column=column.name, decision=told, overrule=_overrule(column, target))
            )
    return found


def in_lines(decisions: Sequence[Decision], most: int = LINES) -> list[str]:
    """For a screen: columns about which the same was decided share a line."""
    together = {look.what: look.together for look in LOOKS}
    lines = []
    for what, group in groupby(decisions, key=lambda d: d.what):
        same = list(group)
        if len(same) == 1 or what not in together:
            lines += [decision.decision for decision in same]
            continue
        named = [str(decision.column)[:40] for decision in same[:SHOWN]]
        more = f" and {len(same) - SHOWN} more" if len(same) > SHOWN else ""
        lines.append(f"{together[what]}: {', '.join(named)}{more}.")
    rest = len(lines) - most
    return lines if rest <= 0 else [*lines[:most], f"{counted(rest, 'more decision', 'more decisions')} in the record."]


def _overrule(column: Column, target: str) -> str:
    other = "categorical" if column.kind != "categorical" else "text"
    return f'--kinds "{column.name}={other}"' + ("" if column.name == target else f', or --drop "{column.name}"')


def _id(column: Column) -> str:
    return f"is an id ({column.unique:,} different values) and no feature" if column.kind == "id" else ""


def _date(column: Column) -> str:
    if column.kind != "datetime":
        return ""
    if column.formats and all(fmt.startswith("%H") for fmt in column.formats):
        return "holds times of the day: the hour is a feature"
    how = f" written as {' or '.join(column.formats)}" if column.formats else ""
    return f"holds dates{how}: year, month, day, weekday and hour are features"


def _order(column: Column) -> str:
    swapped = [odd for odd in column.odd if odd.what == "swappable"]
    return f"was read with the {swapped[0].shown} first" if swapped else ""


def _form(column: Column) -> str:
    form = column.number
    if column.kind != "numeric" or not form:
        return ""
    parts = [f"decimal {form['decimal']!r}"] if form["decimal"] != "." else []
    parts += [f"thousands {form['thousands']!r}"] if form["thousands"] else []
    parts += [", ".join(form["affixes"])] if form["affixes"] else []
    parts += ["percent"] if form["percent"] else []
    parts += [f"scales {', '.join(form['scales'])}"] if form.get("scales") else []
    return f"holds numbers written with {', '.join(parts) or 'signs of their own'}"


def _words(column: Column) -> str:
    words = [word for word in column.missing_words if word]
    if not words:
        return ""
    shown = ", ".join(map(repr, words[:SHOWN])) + (f" and {len(words) - SHOWN} more" if len(words) > SHOWN else "")
    return f"has {shown} for missing ({column.missing:,} missing in all)"


def _blanks(column: Column) -> str:
    blank = column.missing and not any(column.missing_words)
    return f"is empty in {counted(column.missing, 'row', 'rows')}: missing" if blank else ""


def _text(column: Column) -> str:
    return "is free text: its words are features" if column.kind == "text" else ""


def _codes(column: Column) -> str:
    """Whole numbers, or numbers among words, that name things."""
    odd = any(odd.what == "mixed" for odd in column.odd)
    if column.kind != "categorical" or not (column.storage == "integer" or odd):
        return ""
    return f"holds codes, each a category ({column.unique:,} of them), not amounts"


LOOKS: Sequence[_Look] = (
    _Look("id", _id, "Ids are no features"),
    _Look("dates", _date, "Dates give year, month, day, weekday and hour as features"),
    _Look("order", _order, "Dates could have day and month swapped"),
    _Look("numbers", _form, "Numbers are read with their units, currency or thousands marks"),
    _Look("text", _text, "The words of free text are features"),
    _Look("codes", _codes, "Codes are categories, not amounts"),
    _Look("missing", _words, "Words for missing were found in"),
    _Look("blanks", _blanks, "Empty cells are missing"),
)
