"""The rows of a text file, all of one width, and the names of its columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.core.errors import DataRefused
from tools.core.tables.dialect import NO_SEPARATOR, Layout, Record, records, sniff
from tools.core.tables.encodings import Decoded, decode, refuse_binary
from tools.core.tables.headers import JUDGED_ROWS, NO_NAMES, looks_like_names, named, numbered
from tools.core.tables.opening import contents
from tools.core.tables.raw import dialect, no_rows
from tools.core.tables.wording import listed

if TYPE_CHECKING:
    import pandas as pd

PEEKED_BYTES = 1 << 20
BAD_SHARE, BAD_MOST = 0.01, 100
"""Rows of a wrong width are set aside up to this share and this number; beyond, the file is refused."""
MARKUP = {
    "a web page": re.compile(r"<(?:!doctype html|html|head|body)\b"),
    "XML": re.compile(r"<\?xml\b"),
    "JSON": re.compile(r'\[\s*\{\s*"|\{\s*"[^"]*"\s*:'),
}
FILLED = re.compile(r"[^\r\n\t ,;|\x00\x1a]")
TRAILING = "Every row but the first ends in a separator; the empty last column was dropped."
UNNAMED = "The first row has one name fewer than there are columns: the first column has none."
UNPAIRED = "Quotes do not come in pairs in this file; they were kept as plain characters."


@dataclass(frozen=True)
class Asked:
    """What somebody told about a file; what is None is found out."""

    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    rows: int | None = None
    """How many of the first rows are wanted; None for all."""


@dataclass
class Rows:
    """The rows of a text file, all of one width."""

    names: list[str]
    rows: list[list[str]]
    dialect: dict[str, Any]
    notes: list[str]
    held: "list[pd.Series[Any]] | None" = None
    """The columns, where they were read without going through rows."""

    def columns(self) -> list[list[str | None]]:
        """The cells of each column; an empty one is None."""
        if not self.rows:
            return [[] for _ in self.names]
        return [[cell or None for cell in column] for column in zip(*self.rows, strict=True)]


def read_rows(path: Path, asked: Asked) -> Rows:
    """The rows of the text file at `path`; DataRefused when it holds no table."""
    decoded, cut = _decoded(path, asked)
    if not FILLED.search(decoded.text):
        raise DataRefused(f"{path.name!r} is empty: it holds only blanks.", "Give a file with a table in it.")
    _refuse_markup(path, decoded.text)
    layout = sniff(decoded.text, asked.separator)
    text = decoded.text.rstrip("\x1a")
    found = _quickly(path, text, layout, asked) if asked.rows is None else None
    if found is None:
        reader = _Reader(path, text, layout, cut, asked.rows)
        names, rows, headed = reader.read(asked.header)
        found = Rows(names, rows, {"header": headed}, reader.notes)
    marks = layout.marks
    separator = None if marks.separator == NO_SEPARATOR else marks.separator
    found.dialect = dialect("text", encoding=decoded.encoding, separator=separator, quote=marks.quote, **found.dialect)
    found.notes = decoded.notes + found.notes
    return found


def _refuse_markup(path: Path, text: str) -> None:
    """JSON and web pages are texts, and no tables."""
    start = text[:200].lstrip().lower()
    if found := next((kind for kind, looks in MARKUP.items() if looks.match(start)), None):
        raise DataRefused(f"{path.name!r} holds {found}, not a table.", "Save the table as CSV, Parquet or .xlsx.")


def _quickly(path: Path, text: str, layout: Layout, asked: Asked) -> Rows | None:
    """The columns of a usual file, its first rows read exactly for its names; None where anything is unusual."""
    from tools.core.tables.quick import SMALL, quick_columns

    if len(text) < SMALL:
        return None
    head = _Reader(path, text[:SMALL], layout, cut=True, most=JUDGED_ROWS)
    names, _, headed = head.read(asked.header)
    if head.mended:
        return None
    held = quick_columns(text, layout, layout.skip + headed, len(names))
    return None if held is None else Rows(names, [], {"header": headed}, head.notes, held)


def _decoded(path: Path, asked: Asked) -> tuple[Decoded, bool]:
    """The file's text, or that of its head, and whether it was cut."""
    data, cut = contents(path, None if asked.rows is None else PEEKED_BYTES)
    if not data:
        raise DataRefused(f"{path.name!r} is empty: it has 0 bytes.", "Give a file with a table in it.")
    if asked.encoding:
        refuse_binary(data, path)
    return decode(data, path, asked.encoding, cut), cut


@dataclass
class _Reader:
    """Reads the rows of one text, sets aside those of a wrong width, names the columns."""

    path: Path
    text: str
    layout: Layout
    cut: bool
    most: int | None
    notes: list[str] = field(default_factory=list)
    mended: bool = False
    """Whether rows or cells were left out or added."""

    def read(self, header: bool | None) -> tuple[list[str], list[list[str]], bool]:
        """The columns' names, the rows, and whether the file names its columns."""
        found = self._records()
        width = self._width(found)
        good, bad = self._parted(found, width)
        self._judge(bad, len(good), width)
        self.mended = bool(self.notes)
        raw, rows, headed = self._headed(good, header)
        self.mended = self.mended or any("\n" in name or "\r" in name for name in raw)
        names, said = named(raw)
        if self.layout.marks.quote is None:
            self.notes.append(UNPAIRED)
        if self.layout.skip:
            start = f"The table starts at line {self.layout.skip + 1}; what is above was skipped."
            self.notes.insert(0, start)
        self.notes += said
        return names, rows, headed

    def _records(self) -> list[Record]:
        wanted = None if self.most is None else self.most + JUDGED_ROWS + 1
        found = list(islice(records(self.text, self.layout.marks, self.layout.skip), wanted))
        if self.cut and len(found) > 1 and len(found) != wanted:
            found.pop()
        self._refuse_runaway(found[-1])
        return self._without_end(found)

    def _refuse_runaway(self, last: Record) -> None:
        """An unclosed quote swallows the rest of the file into one cell."""
        if self.cut or not last.cells or last.cells[-1].count("\n") + last.cells[-1].count("\r") == 0:
            return
        if not self.text.rstrip("\r\n").endswith(self.layout.marks.quote or ""):
            raise DataRefused(
                f"{self.path.name!r}: a quote that opens in the row of line {last.line} is never closed.",
                "Close or double that quote.",
            )

    def _without_end(self, found: list[Record]) -> list[Record]:
        """Drop the empty lines after the last row; lines of separators alone are dropped with a note."""
        empty = 0
        while len(found) > 1 and not _is_filled(found[-1].cells):
            empty += len(found.pop().cells) > 1
        if empty:
            self.notes.append(f"{empty:,} rows without any value at the end of the file were left out.")
        return found

    def _width(self, found: list[Record]) -> int:
        """The first row's width, or one more when every other row has a cell more: row names."""
        first = found[0].cells
        others = {len(record.cells) for record in found[1:] if record.cells}
        if len(first) > 1 and others == {len(first) + 1}:
            self._lengthen(found)
        return len(found[0].cells)

    def _lengthen(self, found: list[Record]) -> None:
        if any(record.cells[-1].strip() for record in found[1:] if record.cells):
            found[0].cells.insert(0, "")
            self.notes.append(UNNAMED)
            return
        for record in found[1:]:
            del record.cells[-1:]
        self.notes.append(TRAILING)

    def _parted(self, found: list[Record], width: int) -> tuple[list[list[str]], list[Record]]:
        """The rows of the right width, and the others. In a single column an empty line is a missing cell."""
        good, bad, blank = [], [], 0
        for record in found:
            if len(record.cells) == width:
                good.append(record.cells)
            elif record.cells:
                bad.append(record)
            elif width == 1:
                good.append([""])
            else:
                blank += 1
        if blank:
            self.notes.append(f"{blank} empty lines between the rows were skipped.")
        return self._without_last(good, width), bad

    def _without_last(self, good: list[list[str]], width: int) -> list[list[str]]:
        """Drop a last column that has neither name nor value: every line ends in a separator."""
        if width < 2 or len(good) < 2 or any(row[-1].strip() for row in good):
            return good
        self.notes.append("Every row ends in a separator; the empty last column was dropped.")
        for row in good:
            del row[-1]
        return good

    def _judge(self, bad: list[Record], good: int, width: int) -> None:
        if not bad:
            return
        if len(bad) > min(BAD_MOST, BAD_SHARE * (good + len(bad) - 1)) and not self.cut:
            raise DataRefused(
                f"{self.path.name!r} is ragged: line {bad[0].line} has {len(bad[0].cells)} cells where "
                f"{width} were expected, and {len(bad)} of {good + len(bad)} rows are like that.",
                "Mend those lines, or name the right --separator.",
            )
        lines = listed([record.line for record in bad], 10)
        self.notes.append(f"{len(bad)} rows were set aside, since they do not have {width} cells: line {lines}.")

    def _headed(self, good: list[list[str]], header: bool | None) -> tuple[list[str], list[list[str]], bool]:
        headed = looks_like_names(good[0], good[1 : JUDGED_ROWS + 1]) if header is None else header
        raw, rows = (good[0], good[1:]) if headed else (numbered(len(good[0])), good)
        if not headed:
            self.notes.append(NO_NAMES)
        if not rows:
            raise no_rows(self.path)
        return raw, rows if self.most is None else rows[: self.most], headed


def _is_filled(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)
