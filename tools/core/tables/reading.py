"""Somebody else's table file becomes a raw table: every cell as it stands in the file, and what was odd."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.core.errors import BadArguments
from tools.core.tables.delimited import Asked, Rows, read_rows
from tools.core.tables.opening import format_of
from tools.core.tables.raw import Peek, RawTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Peek", "RawTable", "peek", "read_table"]

SEPARATOR_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def read_table(
    path: Path,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
) -> RawTable:
    """The whole table at `path`; NotFound or DataRefused say in one sentence why there is none."""
    match format_of(path):
        case "parquet":
            from tools.core.tables.parquet import read_parquet

            return read_parquet(path)
        case "xlsx":
            from tools.core.tables.workbook import read_workbook

            return read_workbook(path, sheet, header)
    with _no_collection():
        found = read_rows(path, Asked(_separator(separator), encoding, header))
        return RawTable(_frame(found), found.dialect, found.notes)


def peek(path: Path, rows: int = 2000) -> Peek:
    """The column names and the first cells, from the head of the file alone."""
    match format_of(path):
        case "parquet":
            from tools.core.tables.parquet import peek_parquet

            return peek_parquet(path, rows)
        case "xlsx":
            from tools.core.tables.workbook import peek_workbook

            return peek_workbook(path, rows)
    found = read_rows(path, Asked(rows=rows))
    columns = found.columns()
    return Peek(found.names, {name: list(cells) for name, cells in zip(found.names, columns, strict=True)})


def _separator(given: str | None) -> str | None:
    mark = SEPARATOR_WORDS.get(given.lower(), given) if given else None
    if mark is not None and (len(mark) != 1 or mark in '"\r\n'):
        raise BadArguments(
            f"{given!r} cannot part columns: a separator is one character.",
            "Use , or ; or | or tab.",
            "separator",
        )
    return mark


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


def _frame(found: Rows) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    if found.held is not None:
        return pd.DataFrame(dict(zip(found.names, found.held, strict=True)), copy=False)
    for name, cells in zip(found.names, found.columns(), strict=True):
        held = np.empty(len(cells), dtype=object)
        held[:] = cells
        columns[name] = pd.Series(held, dtype=object, copy=False)
    return pd.DataFrame(columns, copy=False)
