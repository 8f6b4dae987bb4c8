"""Somebody else's table file becomes a raw table: every cell as it stands in the file, and what was odd."""

import gc
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.values import category_text
from tools.core.dialect import Layout, Record, listed, looks_like_names, named, records, sniff
from tools.core.encodings import decode, refuse_binary, unpacked
from tools.core.errors import BadArguments, DataRefused, NotFound

if TYPE_CHECKING:
    import pandas as pd

PEEKED_BYTES = 1 << 20
JUDGED_ROWS = 200
"""Rows that the first row is compared with, to tell column names from data."""
BAD_SHARE, BAD_MOST = 0.01, 100
"""Rows of a wrong width are set aside up to this share and this number; beyond, the file is refused."""
SEPARATOR_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass
class RawTable:
    """A file's table before anything is understood: texts as they stand, or a typed format's own values."""

    frame: "pd.DataFrame"
    dialect: dict[str, Any]
    """JSON-able: format, encoding, separator, quote, header, sheet."""
    notes: list[str] = field(default_factory=list)
    """Sentences: what was odd, and what was done about it."""


@dataclass
class Peek:
    """The columns of a file and its first cells, read fast."""

    columns: list[str]
    sample: dict[str, list[str | None]]


@dataclass
class _Rows:
    """The rows of a text file, all of one width."""

    names: list[str]
    rows: list[list[str]]
    dialect: dict[str, Any]
    notes: list[str]


def read_table(
    path: Path,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
) -> RawTable:
    """The whole table at `path`; NotFound or DataRefused say in one sentence why there is none."""
    kind = _kind(path)
    if kind != "text":
        return _parquet(path) if kind == "parquet" else _workbook(path, sheet, header)
    with _no_collection():
        found = _text_rows(path, _separator(separator), encoding, header, None)
        return RawTable(_framed(found), found.dialect, found.notes)


def peek(path: Path, rows: int = 2000) -> Peek:
    """The column names and the first cells, from the head of the file alone."""
    kind = _kind(path)
    if kind == "parquet":
        return _peek_parquet(path, rows)
    if kind == "xlsx":
        return _peek_frame(_workbook(path, None, None).frame.head(rows))
    found = _text_rows(path, None, None, None, rows)
    columns = zip(*found.rows, strict=True) if found.rows else ([] for _ in found.names)
    return Peek(
        found.names, {n: [cell or None for cell in c] for n, c in zip(found.names, columns, strict=True)}
    )


def _kind(path: Path) -> str:
    """text, parquet or xlsx, by the first bytes. NotFound and DataRefused for what is no readable file."""
    _require_file(path)
    with _unreadable(path), path.open("rb") as stream:
        head = stream.read(8)
        if head.startswith(b"PK\x03\x04"):
            import zipfile

            if "xl/workbook.xml" in zipfile.ZipFile(stream).namelist():
                return "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    if path.suffix.lower() in (".parquet", ".xlsx") and head:
        raise DataRefused(
            f"{path.name!r} is not a {path.suffix[1:]} file, whatever its name says.",
            "Rename it after what it holds, or save it again.",
        )
    return "text"


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except PermissionError as exc:
        raise DataRefused(f"{str(path)!r} may not be read.", "Check the permissions of its folder.") from exc
    except (OSError, ValueError) as exc:
        raise NotFound(f"There is no file {str(path)!r}.", _nearest(path), "path") from exc
    if stat.S_ISDIR(mode):
        raise DataRefused(f"{str(path)!r} is a folder, not a table.", _nearest(path / "*"), "path")
    if not stat.S_ISREG(mode):
        raise DataRefused(
            f"{str(path)!r} is not a regular file.", "Save the table into a file first.", "path"
        )


def _nearest(path: Path) -> str:
    """A hint with the files of that folder that are called most like it."""
    import difflib

    try:
        here = sorted(p.name for p in path.parent.iterdir() if p.is_file() and not p.name.startswith("."))
    except (OSError, ValueError):
        return f"There is no folder {str(path.parent)!r} either."
    lowered = {name.lower(): name for name in here}
    close = [lowered[n] for n in difflib.get_close_matches(path.name.lower(), lowered, 3, 0.5)]
    tables = [n for n in here if n.lower().endswith((".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".gz"))]
    if close:
        return f"Did you mean {' or '.join(repr(name) for name in close)}?"
    return f"Tables in that folder: {listed(tables)}." if tables else "There is no table in that folder."


@contextmanager
def _unreadable(path: Path) -> Iterator[None]:
    """Turn what a damaged archive or a forbidden file raises into DataRefused."""
    import lzma
    import zipfile
    import zlib

    try:
        yield
    except PermissionError as exc:
        raise DataRefused(f"{str(path)!r} may not be read.", "Check the file's permissions.") from exc
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError) as exc:
        raise DataRefused(
            f"{path.name!r} is damaged and cannot be unpacked or read.", "Copy or download it again."
        ) from exc


def _bytes(path: Path, most: int | None) -> tuple[bytes, bool]:
    """What the file holds, unpacked, and whether that is only its head."""
    with _unreadable(path), path.open("rb") as stream:
        head = stream.read(8)
        stream.seek(0)
        with unpacked(stream, path.name, head) as inner:
            data = inner.read() if most is None else inner.read(most)
            return data, most is not None and len(data) == most


@contextmanager
def _no_collection() -> Iterator[None]:
    """Millions of small lists are made and none of them is garbage: the collector would only cost time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _separator(given: str | None) -> str | None:
    mark = SEPARATOR_WORDS.get(given.lower(), given) if given else None
    if mark is not None and (len(mark) != 1 or mark in '"\r\n'):
        raise BadArguments(
            f"{given!r} cannot part columns: a separator is one character.",
            "Use , or ; or | or tab.",
            "separator",
        )
    return mark


def _text_rows(
    path: Path, separator: str | None, encoding: str | None, header: bool | None, rows: int | None
) -> _Rows:
    data, cut = _bytes(path, None if rows is None else PEEKED_BYTES)
    if not data:
        raise DataRefused(f"{path.name!r} is empty: it has 0 bytes.", "Give a file with a table in it.")
    if encoding:
        refuse_binary(data, path)
    text, used, notes = decode(data, path, encoding, cut)
    if not text.strip("\r\n\t ,;|\x00\x1a"):
        raise DataRefused(f"{path.name!r} is empty: it holds only blanks.", "Give a file with a table in it.")
    layout = sniff(text, separator)
    found = _Reader(path, text.rstrip("\x1a"), layout, cut, rows).read(header)
    found.dialect["encoding"] = used
    return _Rows(found.names, found.rows, found.dialect, notes + found.notes)


@dataclass
class _Reader:
    """Reads the rows of one text, sets aside those of a wrong width, names the columns."""

    path: Path
    text: str
    layout: Layout
    cut: bool
    most: int | None
    notes: list[str] = field(default_factory=list)

    def read(self, header: bool | None) -> _Rows:
        found = self._records()
        width = self._width(found)
        good, bad = self._sorted(found, width)
        self._judge(bad, len(good), width)
        raw, rows, headed = self._headed(good, header)
        names, said = named(raw)
        if self.layout.marks.quote is None:
            self.notes.append("Quotes do not come in pairs in this file; they were kept as plain characters.")
        if self.layout.skip:
            self.notes.insert(
                0, f"The table starts at line {self.layout.skip + 1}; what is above was skipped."
            )
        return _Rows(names, rows, self._dialect(headed), self.notes + said)

    def _records(self) -> list[Record]:
        wanted = None if self.most is None else self.most + JUDGED_ROWS + 1
        found = list(islice(records(self.text, self.layout.marks, self.layout.skip), wanted))
        if self.cut and len(found) > 1 and len(found) != wanted:
            found.pop()
        self._refuse_runaway(found[-1])
        return self._without_end(found)

    def _without_end(self, found: list[Record]) -> list[Record]:
        """Drop the empty lines after the last row; lines of separators alone are dropped with a note."""
        empty = 0
        while len(found) > 1 and not any(cell.strip() for cell in found[-1].cells):
            empty += len(found.pop().cells) > 1
        if empty:
            self.notes.append(f"{empty:,} rows without any value at the end of the file were left out.")
        return found

    def _refuse_runaway(self, last: Record) -> None:
        """An unclosed quote swallows the rest of the file into one cell."""
        if self.cut or not last.cells or last.cells[-1].count("\n") + last.cells[-1].count("\r") == 0:
            return
        if not self.text.rstrip("\r\n").endswith(self.layout.marks.quote or ""):
            raise DataRefused(
                f"{self.path.name!r}: a quote that opens in the row of line {last.line} is never closed.",
                "Close or double that quote.",
            )

    def _width(self, found: list[Record]) -> int:
        """The first row's width, or one more when every other row has a cell more: row names."""
        first = found[0].cells
        others = {len(record.cells) for record in found[1:] if record.cells}
        if len(first) > 0 and others == {len(first) + 1} and len(first) > 1:
            self._lengthen(found)
        return len(found[0].cells)

    def _lengthen(self, found: list[Record]) -> None:
        if all(not record.cells[-1].strip() for record in found[1:] if record.cells):
            for record in found[1:]:
                del record.cells[-1:]
            self.notes.append(
                "Every row but the first ends in a separator; the empty last column was dropped."
            )
            return
        found[0].cells.insert(0, "")
        self.notes.append(
            "The first row has one name fewer than there are columns: the first column has none."
        )

    def _sorted(self, found: list[Record], width: int) -> tuple[list[list[str]], list[Record]]:
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
        self.notes.append(
            f"{len(bad)} rows were set aside, since they do not have {width} cells: line {lines}."
        )

    def _headed(self, good: list[list[str]], header: bool | None) -> tuple[list[str], list[list[str]], bool]:
        headed = looks_like_names(good[0], good[1 : JUDGED_ROWS + 1]) if header is None else header
        raw, rows = (good[0], good[1:]) if headed else ([""] * len(good[0]), good)
        if not headed:
            raw = [f"column_{at}" for at in range(len(good[0]))]
            self.notes.append(
                "There is no row of column names; the columns are called column_0, column_1, …."
            )
        if not rows:
            raise _no_rows(self.path)
        return raw, rows if self.most is None else rows[: self.most], headed

    def _dialect(self, headed: bool) -> dict[str, Any]:
        marks = self.layout.marks
        separator = None if marks.separator == "\x1f" else marks.separator
        return {
            "format": "text",
            "encoding": "",
            "separator": separator,
            "quote": marks.quote,
            "header": headed,
            "sheet": None,
        }


def _framed(found: _Rows) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    columns = {}
    for name, cells in zip(found.names, zip(*found.rows, strict=True), strict=True):
        held = np.empty(len(cells), dtype=object)
        held[:] = [cell or None for cell in cells]
        columns[name] = pd.Series(held, dtype=object, copy=False)
    return pd.DataFrame(columns, copy=False)


def _parquet(path: Path) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _no_parquet(path):
        table = pq.ParquetFile(path).read()
    names, notes = named([str(name) for name in table.column_names])
    nested = [n for n, f in zip(names, table.schema, strict=True) if pa.types.is_nested(f.type)]
    if nested:
        notes.append(f"Columns that hold lists or records were taken as text: {listed(nested)}.")
    frame = table.rename_columns(names).to_pandas(ignore_metadata=True, types_mapper=_nullable(table))
    _require_rows(path, frame)
    for name in nested:
        frame[name] = frame[name].map(lambda cell: None if cell is None else str(cell)).astype(object)
    return RawTable(frame, _typed_dialect("parquet", None, True), notes)


def _nullable(table: Any) -> Any:
    """Keep whole numbers and truth values with gaps what they are, instead of floats and objects."""
    import pandas as pd
    import pyarrow as pa

    gaps = {column.type for column in table.columns if column.null_count}
    whole = {t: pd.Int64Dtype() for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64()) if t in gaps}
    return {**whole, **({pa.bool_(): pd.BooleanDtype()} if pa.bool_() in gaps else {})}.get


@contextmanager
def _no_parquet(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as exc:
        raise DataRefused(f"{path.name!r} is a damaged Parquet file.", "Write or copy it again.") from exc


def _peek_parquet(path: Path, rows: int) -> Peek:
    import pyarrow.parquet as pq

    with _no_parquet(path):
        file = pq.ParquetFile(path)
        batch = next(file.iter_batches(batch_size=rows), None)
        columns = [batch.column(at).to_pylist() for at in range(batch.num_columns)] if batch else []
    names, _ = named([str(name) for name in file.schema_arrow.names])
    if not names or not columns or not columns[0]:
        raise _no_rows(path)
    return Peek(names, {n: [_cell_text(cell) for cell in c] for n, c in zip(names, columns, strict=True)})


def _peek_frame(frame: "pd.DataFrame") -> Peek:
    names = [str(name) for name in frame.columns]
    return Peek(names, {name: [_cell_text(cell) for cell in frame[name]] for name in names})


def _cell_text(cell: Any) -> str | None:
    return None if cell is None or cell is _missing() or cell != cell else category_text(cell)


def _missing() -> Any:
    import sys

    pandas = sys.modules.get("pandas")
    return pandas.NA if pandas else None


def _no_rows(path: Path) -> DataRefused:
    return DataRefused(f"{path.name!r} has column names and no rows.", "Give a table with at least one row.")


def _require_rows(path: Path, frame: "pd.DataFrame") -> None:
    if frame.empty:
        raise _no_rows(path)


def _typed_dialect(kind: str, sheet: str | None, header: bool) -> dict[str, Any]:
    marks = dict.fromkeys(("encoding", "separator", "quote"))
    return {"format": kind, **marks, "header": header, "sheet": sheet}


def _workbook(path: Path, sheet: str | None, header: bool | None) -> RawTable:
    name, cells, notes = _sheet(path, sheet)
    while cells and not any(cell != "" for cell in cells[-1]):
        cells.pop()
    start = next((at for at, row in enumerate(cells) if any(cell != "" for cell in row)), 0)
    if not cells:
        raise DataRefused(f"Sheet {name!r} of {path.name!r} is empty.", "Name another with --sheet.", "sheet")
    texts = [[category_text(cell) for cell in row] for row in cells[start : start + JUDGED_ROWS + 1]]
    headed = looks_like_names(texts[0], texts[1:]) if header is None else header
    raw = texts[0] if headed else [f"column_{at}" for at in range(len(texts[0]))]
    if not headed:
        notes.append("There is no row of column names; the columns are called column_0, column_1, ….")
    names, said = named(raw)
    frame = _typed_frame(names, cells[start + headed :])
    _require_rows(path, frame)
    return RawTable(frame, _typed_dialect("xlsx", name, headed), notes + said)


def _sheet(path: Path, sheet: str | None) -> tuple[str, list[list[Any]], list[str]]:
    """The sheet's name, its cells, and which other sheets were left aside."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        if sheet is not None and sheet not in book.sheet_names:
            raise DataRefused(
                f"{path.name!r} has no sheet {sheet!r}.", f"Its sheets: {listed(book.sheet_names)}.", "sheet"
            )
        for name in [sheet] if sheet is not None else book.sheet_names:
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if any(cell != "" for row in cells for cell in row) or sheet is not None:
                break
        else:
            raise DataRefused(
                f"{path.name!r} is empty: no sheet has a cell.", "Give a workbook with a table."
            )
    except (CalamineError, OSError) as exc:
        raise DataRefused(
            f"{path.name!r} is a damaged .xlsx file.", "Save it again as .xlsx or CSV."
        ) from exc
    others = [other for other in book.sheet_names if other != name]
    said = f"Read sheet {name!r}; left aside: {listed(others)}."
    return name, cells, [said] if others and sheet is None else []


def _typed_frame(names: list[str], rows: list[list[Any]]) -> "pd.DataFrame":
    """Columns of one type get it; mixed ones stay objects. A whole number in a sheet is stored as a real."""
    import pandas as pd

    columns = {}
    for at, name in enumerate(names):
        cells = [None if row[at] == "" else row[at] for row in rows]
        kinds = {type(cell) for cell in cells if cell is not None}
        if kinds <= {int, float} and kinds:
            series = pd.Series([float("nan") if c is None else c for c in cells], dtype="float64")
            columns[name] = series if (series.dropna() % 1).any() else series.astype("Int64")
        else:
            columns[name] = pd.Series(cells, dtype=object)
    return pd.DataFrame(columns)
