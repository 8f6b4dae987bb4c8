"""Finds column names in a request: exact, then without case and separators, then contained (Chinese), then close."""

import re
import unicodedata
from dataclasses import dataclass

from agent.understanding.lexicon import HAN, QUOTES, pattern
from agent.understanding.text import Draft

CLOSE, LEAD = 86, 5
SEPARATOR = re.compile(
    r"\s*(?:,\s*(?:and|or)\b|,|、|&|\+|/|\b(?:and|or|nor|plus)\b|以及|还有|和|与|及|跟|或者|或)\s*(?:also\s+|the\s+)?",
    re.IGNORECASE,
)
LATIN_WORD = re.compile(r"[A-Za-z0-9_][\w.\-]*[A-Za-z0-9_]|[A-Za-z0-9_]")
LONGER = re.compile(r"[额量率值费金型期类号](?=列|字段|这|那|[\s,.;!?]|$)")
"""What makes another column's name of a Chinese one: 月消费额 is not 月消费."""
AFTER_PART = re.compile(f"$|[^{HAN}]|[列字和与及的为作做这等]")


@dataclass(frozen=True)
class Read:
    """Columns read at one place: what they are, where the reading ends, what was not exact."""

    columns: list[str]
    end: int
    notes: tuple[tuple[str, str], ...] = ()
    """(as written, the column it was read as)."""
    plurals: tuple[tuple[str, str], ...] = ()
    """The same of a column that is there only in the singular."""


def fuse(text: str) -> str:
    """Without case, blanks, underscores, hyphens and full width, which a request has lost when it is read (NFKC)."""
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", text).casefold())


def read_list(draft: Draft, at: int, columns: list[str]) -> Read:
    """The list of columns that begins at a place: `a, b and c`, `X 和 Y`."""
    found: list[str] = []
    notes: list[tuple[str, str]] = []
    plurals: list[tuple[str, str]] = []
    end = at
    while (one := read_one(draft, at, columns)) is not None:
        found += [c for c in one.columns if c not in found]
        notes += one.notes
        plurals += one.plurals
        end = one.end
        separator = SEPARATOR.match(draft.text, end)
        if not separator:
            break
        at = separator.end()
    return Read(found, end, tuple(notes), tuple(plurals))


def read_one(draft: Draft, at: int, columns: list[str], close: bool = True) -> Read | None:
    """The one column that begins at a place, the longest that fits; None when there is none."""
    at += len(re.match(r"\s*(?:the\s+)?(?:columns?\s+|列|字段)?", draft.text[at:], re.IGNORECASE)[0])  # type: ignore[index]
    mark = draft.text[at : at + 1]
    if mark in draft.things and draft.things[mark].kind == "quoted":
        return _named(draft.things[mark].value, at + 1, columns)
    exact = [(end, c) for c in columns if (end := _ends(draft.text, at, c)) is not None]
    if exact:
        best = max(end for end, _ in exact)
        same = [c for end, c in exact if end == best]
        written = draft.text[at:best]
        return Read([written if written in same else same[0]], best)
    return _contained(draft.text, at, columns) or (_close(draft.text, at, columns) if close else None)


def resolve(text: str, columns: list[str]) -> tuple[str | None, bool]:
    """A whole string as a column, and whether that is exact."""
    if text in columns:
        return text, True
    same = [c for c in columns if fuse(c) == fuse(text)]
    if len(same) == 1:
        return same[0], True
    return closest(text, columns), False


def closest(text: str, columns: list[str]) -> str | None:
    """The column that is at least 86 % alike and 5 ahead of the next."""
    from rapidfuzz import fuzz, process

    if len(fuse(text)) < 3 or not columns:
        return None
    fused = [fuse(c) for c in columns]
    ranked = process.extract(fuse(text), fused, scorer=fuzz.ratio, limit=2)
    first, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    if first[1] < CLOSE or (second and first[1] - second[1] < LEAD):
        return None
    return columns[first[2]]


def _named(text: str, end: int, columns: list[str]) -> Read | None:
    column, exact = resolve(text, columns)
    if column is None:
        return None
    return Read([column], end, () if exact else ((text, column),))


def _ends(text: str, at: int, column: str) -> int | None:
    """Where the column's name ends when it stands at that place, ignoring case and separators."""
    wanted, place = fuse(column), at
    for char in wanted:
        while place > at and place < len(text) and text[place] in " _-":
            place += 1
        if place >= len(text) or text[place].casefold() != char:
            return None
        place += 1
    cuts_word = (
        place < len(text) and re.match(r"[A-Za-z0-9_]", text[place]) and re.match(r"[A-Za-z0-9_]", text[place - 1])
    )
    longer = re.match(f"[{HAN}]", wanted[-1:]) and LONGER.match(text, place)
    return None if cuts_word or longer or not wanted else place


def _contained(text: str, at: int, columns: list[str]) -> Read | None:
    """A Chinese column of which the request says a part: `价格` for `房屋价格`."""
    run = re.match(f"[{HAN}]{{2,12}}", text[at:])
    for length in range(len(run[0]) if run else 0, 1, -1):
        part = text[at : at + length]
        found = [c for c in columns if part in c]
        if len(found) == 1 and length * 2 >= len(found[0]) and AFTER_PART.match(text[at + length :]):
            return Read(found, at + length, ((part, found[0]),))
    return None


def _close(text: str, at: int, columns: list[str]) -> Read | None:
    """A misspelt column: the longest of the next one to four words that is close to one."""
    spans = list(LATIN_WORD.finditer(text, at))[:4]
    ends = [
        s.end() for i, s in enumerate(spans) if not re.search(r"[^\w.\- ]", text[at : s.end()]) and s.start() >= at + i
    ]
    for end in sorted(ends, reverse=True) if spans and spans[0].start() == at else []:
        written = text[at:end].strip()
        if is_plain(written) or (" " in written and any(fuse(c) in fuse(written) for c in columns if len(fuse(c)) > 2)):
            continue
        if column := closest(written, columns):
            plural = {fuse(written), fuse(column)} in ({fuse(column), fuse(column) + s} for s in ("s", "es"))
            found = ((written, column),)
            return Read([column], end, plurals=found) if plural else Read([column], end, found)
    return None


def is_plain(text: str) -> bool:
    """Whether these are ordinary words, which no misspelling may make a column of."""
    from agent.understanding.leftovers import is_filler

    return all(is_filler(word) for word in text.split())


def as_written(draft: Draft, at: int, read: Read) -> Read:
    """A column that was named and is there only in the singular: "target=prices" is close, not exact."""
    written = draft.text[at : read.end].strip()
    plural = len(read.columns) == 1 and fuse(written) in (fuse(read.columns[0]) + s for s in ("s", "es"))
    return Read(read.columns, read.end, ((written, read.columns[0]),)) if plural else read


def partly(text: str, columns: list[str]) -> list[str]:
    """The columns that a word could mean because they contain it."""
    part = fuse(text)
    return [c for c in columns if len(part) >= 2 and part in fuse(c)]


def unknown_word(draft: Draft, at: int) -> tuple[str, int] | None:
    """The word at a place, as somebody would name a column, and where it ends."""
    lead = re.match(r"\s*(?:(?:the|a|an|any|all|our|my)\s+)?(?:columns?\s+|列|字段)?", draft.text[at:], re.IGNORECASE)
    at += len(lead[0]) if lead else 0
    mark = draft.text[at : at + 1]
    if re.match(f"[{QUOTES}]", mark or " "):
        return draft.things[mark].value, at + 1
    word = LATIN_WORD.match(draft.text, at) or re.compile(f"[{HAN}]{{1,12}}").match(draft.text, at)
    return (word[0], word.end()) if word else None


def mentions(draft: Draft, start: int, end: int, columns: list[str]) -> list[tuple[int, Read]]:
    """Every exact mention of a column in a span, left to right."""
    found, at = [], start
    while at < end:
        begins = at == 0 or not re.match(r"[A-Za-z0-9_.\-]", draft.text[at - 1]) or re.match(f"[{HAN}]", draft.text[at])
        read = _exact_at(draft, at, columns) if begins else None
        if read and read.end <= end:
            found.append((at, read))
        at = read.end if read else at + 1
    return found


def _exact_at(draft: Draft, at: int, columns: list[str]) -> Read | None:
    exact = [(stop, c) for c in columns if (stop := _ends(draft.text, at, c)) is not None]
    if not exact:
        return None
    best = max(exact)[0]
    same = [c for stop, c in exact if stop == best]
    written = draft.text[at:best]
    return Read([written if written in same else same[0]], best)


def is_condition(text: str) -> bool:
    """Whether text compares something, so that what precedes it is a filter and no column list."""
    return pattern("_slots", "comparison").match(text) is not None
