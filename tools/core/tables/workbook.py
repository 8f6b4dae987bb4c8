"""A sheet of an .xlsx workbook becomes a raw table; columns of one type of cell keep it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.values import category_text
from tools.core.errors import DataRefused
from tools.core.tables.headers import JUDGED_ROWS, NO_NAMES, looks_like_names, named, numbered
from tools.core.tables.raw import Peek, RawTable, dialect, no_rows, peeked
from tools.core.tables.wording import listed

if TYPE_CHECKING:
    import pandas as pd

Cells = list[list[Any]]


def read_workbook(path: Path, sheet: str | None = None, header: bool | None = None) -> RawTable:
    """The table of that sheet, or of the first that is not empty; DataRefused when there is none."""
    name, cells, notes = _sheet(path, sheet)
    cells = _without_margin(cells)
    if not cells:
        raise DataRefused(f"Sheet {name!r} of {path.name!r} is empty.", "Name another with --sheet.", "sheet")
    raw, headed = _first_row(cells, header)
    if len(cells) == headed:
        raise no_rows(path)
    names, said = named(raw)
    notes += said if headed else [NO_NAMES, *said]
    return RawTable(_frame(names, cells[headed:]), dialect("xlsx", header=headed, sheet=name), notes)


def peek_workbook(path: Path, rows: int) -> Peek:
    """The first rows; a workbook has to be read as a whole for them."""
    frame = read_workbook(path).frame.head(rows)
    return peeked([str(name) for name in frame.columns], (frame[name] for name in frame.columns))


def _sheet(path: Path, sheet: str | None) -> tuple[str, Cells, list[str]]:
    """The sheet's name, its cells, and which other sheets were left aside."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        name, cells = _chosen(book, path, sheet)
    except (CalamineError, OSError) as exc:
        raise DataRefused(f"{path.name!r} is a damaged .xlsx file.", "Save it again as .xlsx or CSV.") from exc
    others = [other for other in book.sheet_names if other != name]
    said = f"Read sheet {name!r}; left aside: {listed(others)}."
    return name, cells, [said] if others and sheet is None else []


def _chosen(book: Any, path: Path, sheet: str | None) -> tuple[str, Cells]:
    if sheet is not None and sheet not in book.sheet_names:
        raise DataRefused(f"{path.name!r} has no sheet {sheet!r}.", f"Its sheets: {listed(book.sheet_names)}.", "sheet")
    for name in [sheet] if sheet is not None else book.sheet_names:
        cells: Cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if sheet is not None or any(map(_is_filled, cells)):
            return name, cells
    raise DataRefused(f"{path.name!r} is empty: no sheet has a cell.", "Give a workbook with a table.")


def _without_margin(cells: Cells) -> Cells:
    """The rows from the first filled one to the last."""
    filled = [at for at, row in enumerate(cells) if _is_filled(row)]
    return cells[filled[0] : filled[-1] + 1] if filled else []


def _is_filled(row: list[Any]) -> bool:
    return any(cell != "" for cell in row)


def _first_row(cells: Cells, header: bool | None) -> tuple[list[str], bool]:
    """The columns' names as they stand, and whether the first row holds them."""
    texts = [[category_text(cell) for cell in row] for row in cells[: JUDGED_ROWS + 1]]
    headed = looks_like_names(texts[0], texts[1:]) if header is None else header
    return (texts[0] if headed else numbered(len(texts[0]))), headed


def _frame(names: list[str], rows: Cells) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(
        {name: _column([None if row[at] == "" else row[at] for row in rows]) for at, name in enumerate(names)}
    )


def _column(cells: list[Any]) -> "pd.Series[Any]":
    """A column of numbers, or of objects. A whole number in a sheet is stored as a real."""
    import pandas as pd

    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds or not kinds <= {int, float}:
        return pd.Series(cells, dtype=object)
    series = pd.Series([float("nan") if cell is None else cell for cell in cells], dtype="float64")
    return series if (series.dropna() % 1).any() else series.astype("Int64")
