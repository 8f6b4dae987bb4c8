"""How a text file writes its table: its separator, its quote, and the lines above its first row."""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from tools.core.tables.headers import NUMBER_LIKE

SEPARATORS = (",", ";", "\t", "|")
NO_SEPARATOR = "\x1f"
"""Stands where a table of one column has no separator: a character that text does not contain."""
SNIFFED_CHARACTERS = 65_536
SNIFFED_RECORDS = 500
WEIGHED_CELLS = 5_000
LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]+")


class Record(NamedTuple):
    """One row of the file, and the line that it starts on (1 is the first)."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Marks:
    """The characters that part cells, and those that hold one together."""

    separator: str
    quote: str | None = '"'
    skip_blanks: bool = False


@dataclass(frozen=True)
class Layout:
    """Where the table starts in its file, and how wide its first row is."""

    marks: Marks
    skip: int
    """Lines before the first row."""
    width: int


def records(text: str, marks: Marks, skip: int = 0) -> Iterator[Record]:
    """The rows of `text` with their line numbers; an empty line is a row without cells."""
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(
        islice(_lines(text), skip, None),
        delimiter=marks.separator,
        quotechar=marks.quote or '"',
        quoting=csv.QUOTE_MINIMAL if marks.quote else csv.QUOTE_NONE,
        skipinitialspace=marks.skip_blanks,
    )
    line = skip + 1
    for cells in reader:
        yield Record(line, cells)
        line = skip + reader.line_num + 1


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, as io.StringIO(newline="") gives them without its fourfold copy of the text."""
    return (found.group() for found in LINE.finditer(text))


def sniff(text: str, separator: str | None = None) -> Layout:
    """The layout of the table at the start of `text`. A given separator is taken as it is."""
    sample, whole = _sample(text)
    told = re.match(r'"?sep=(.)"?\r?\n', sample)
    if told and separator is None:
        separator = told.group(1)
    tried = [_weighed(sample, marks, whole) for marks in _candidates(sample, separator)]
    fitting = [found for found in tried if found is not None and (separator or _splits(found))]
    if not fitting:
        return Layout(_single_column(sample), _blank_lines(text), 1)
    best = max(fitting, key=lambda found: found.score)
    return Layout(best.marks, best.skip, best.width)


def _sample(text: str) -> tuple[str, bool]:
    """The first lines, at least twenty of them, and whether they are the whole text."""
    size = SNIFFED_CHARACTERS
    while size < len(text) and text.count("\n", 0, size) + text.count("\r", 0, size) < 20 and size < 1 << 20:
        size *= 2
    return text[:size], size >= len(text)


def _candidates(sample: str, separator: str | None) -> Iterator[Marks]:
    for mark in (separator,) if separator else SEPARATORS:
        if mark not in sample and not separator:
            continue
        yield Marks(mark)
        if f'{mark} "' in sample:
            yield Marks(mark, skip_blanks=True)
        if '"' in sample:
            yield Marks(mark, quote=None)
        if _single_quoted(sample, mark):
            yield Marks(mark, quote="'")


def _single_quoted(sample: str, mark: str) -> bool:
    """Whether every line, on average, has a cell in single quotes: an apostrophe now and then is none."""
    around = re.escape(mark)
    wrapped = re.findall(rf"(?:^|{around})'[^'\r\n]*'(?={around}|\r|$)", sample, re.MULTILINE)
    return len(wrapped) > sample.count("\n") + sample.count("\r") // 2


@dataclass(frozen=True)
class _Weighed:
    marks: Marks
    skip: int
    width: int
    usual: int
    score: float
    even: float


def _weighed(sample: str, marks: Marks, whole: bool) -> _Weighed | None:
    """How well `marks` read the sample: rows of one width, and cells that hold no other table's marks."""
    found = list(islice(records(sample, marks), SNIFFED_RECORDS + 1))
    lines = max(1, found[-1].line if found else 1)
    if len(found) > 1 and (not whole or len(found) > SNIFFED_RECORDS):
        found.pop()
    filled = [record for record in found if record.cells]
    if not filled:
        return None
    usual = _usual_width(filled)
    start = _first_row(filled, usual)
    body = filled[start:]
    even = sum(len(record.cells) == usual for record in body) / len(body)
    read = body[-1].line / lines if len(body) > 1 else 1.0
    runaway = 0.5 if _runs_away(body[-1], sample, whole) else 1.0
    score = even * (1 - 0.5 * _foreign(body, marks)) * (0.5 + 0.5 * read) * runaway
    return _Weighed(marks, body[0].line - 1, len(body[0].cells), usual, score, even)


def _usual_width(filled: Sequence[Record]) -> int:
    widths = Counter(len(record.cells) for record in filled)
    return max(widths, key=lambda width: (widths[width], width))


def _runs_away(last: Record, sample: str, whole: bool) -> bool:
    """Whether the last row swallowed much of the file, as an unclosed quote makes it do."""
    longest = max(map(len, last.cells))
    return whole and longest > 200 and longest > len(sample) * 0.3 and last.line > 1


def _first_row(filled: Sequence[Record], usual: int) -> int:
    """How many rows stand before the table: comments, titles, `sep=;`."""
    if re.match(r'"?sep=.?"?$', ",".join(filled[0].cells)) and len(filled) > 1:
        return 1
    for start, record in enumerate(filled[:20]):
        if len(record.cells) in (usual, usual - 1) and not _is_title(record, filled[start + 1 :][:1], usual):
            return start if usual > 1 and all(_may_skip(r, usual) for r in filled[:start]) else 0
    return 0


def _may_skip(record: Record, usual: int) -> bool:
    filled = [cell for cell in record.cells if cell.strip()]
    return record.cells[0].startswith(("#", "//", "%")) or (len(filled) <= 1 and usual > 2)


def _is_title(record: Record, following: Sequence[Record], usual: int) -> bool:
    if len(record.cells) == usual - 1 and len(record.cells) == 1:
        return True
    alone = usual > 2 and record.cells[0].strip() != "" and not any(cell.strip() for cell in record.cells[1:])
    return alone and any(_could_be_names(after.cells, usual) for after in following)


def _could_be_names(cells: Sequence[str], usual: int) -> bool:
    filled = {cell.strip() for cell in cells if cell.strip() and not NUMBER_LIKE.fullmatch(cell.strip())}
    return len(filled) == usual


def _foreign(body: Sequence[Record], marks: Marks) -> float:
    """The share of cells that hold another separator or are still wrapped in quotes."""
    cells = list(islice((cell for record in body for cell in record.cells if cell), WEIGHED_CELLS))
    others = set(SEPARATORS) - {marks.separator}
    odd = sum(
        (not others.isdisjoint(cell) and not NUMBER_LIKE.fullmatch(cell.strip())) or _is_wrapped(cell.strip())
        for cell in cells
    )
    return odd / max(1, len(cells))


def _is_wrapped(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'"


def _splits(found: _Weighed) -> bool:
    """Whether the marks make a table of several columns, not accidents of prose."""
    if found.skip and found.even < 0.6:
        return False
    return found.width > 1 and (abs(found.width - found.usual) <= 1 or found.even > 0.5 or found.usual == 1)


def _single_column(sample: str) -> Marks:
    alone = Marks(NO_SEPARATOR)
    even = all(len(record.cells) <= 1 for record in islice(records(sample, Marks(",")), SNIFFED_RECORDS))
    return Marks(",") if even else alone


def _blank_lines(text: str) -> int:
    """Empty lines before the first line that holds something."""
    blank = re.match(r"(?:[ \t]*(?:\r\n|\r|\n))*", text)
    return len(re.findall(r"\r\n|\r|\n", blank.group())) if blank else 0
