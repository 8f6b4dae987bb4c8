"""A file's table before anything is understood, and its first cells: what every format is read into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.values import category_text
from tools.core.errors import DataRefused

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class RawTable:
    """Every cell as it stands: texts from a text file, or a typed format's own values."""

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


def dialect(kind: str, **told: Any) -> dict[str, Any]:
    """How a file writes its table; what a format does not have is None."""
    return {
        "format": kind,
        **dict.fromkeys(("encoding", "separator", "quote")),
        "header": True,
        "sheet": None,
        **told,
    }


def peeked(names: Sequence[str], columns: Iterable[Iterable[Any]]) -> Peek:
    """The first cells of a typed format, as the texts that they would be in a text file."""
    return Peek(
        list(names), {name: [_text(cell) for cell in cells] for name, cells in zip(names, columns, strict=True)}
    )


def _text(cell: Any) -> str | None:
    return None if cell is None or cell is _pandas_missing() or cell != cell else category_text(cell)


def _pandas_missing() -> Any:
    """pandas.NA, unless pandas was never imported: a peek does without it."""
    import sys

    pandas = sys.modules.get("pandas")
    return pandas.NA if pandas else None


def no_rows(path: Path) -> DataRefused:
    """What to raise for a table without a row."""
    return DataRefused(f"{path.name!r} has column names and no rows.", "Give a table with at least one row.")
