"""One row of typical values: medians, common categories, a plausible day. It is nobody's row."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

MOST_ROWS = 20_000
"""Rows that it is made from, evenly spaced."""
SHARED_BY = 10
"""A text stands in it only where so many rows have it."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY, MINUTE = 86_400, 60


def example_of(inputs: Mapping[str, Any], frame: Any) -> dict[str, Any]:
    """A row that the row checks of `inputs` accept, from typed training rows."""
    from service.rows import check_columns
    from tools.core.learning.recipe import columns_of

    some = frame.iloc[:: max(1, len(frame) // MOST_ROWS)]
    checked = check_columns(inputs, columns_of(some, inputs), len(some)).columns
    return {column["name"]: _typical(column["kind"], checked[column["name"]]) for column in inputs["columns"]}


def _typical(kind: str, values: Any) -> Any:
    """A JSON value in the middle of checked values; None where nothing is known."""
    if kind in ("categorical", "text"):
        return _common(kind, [value for value in values if value is not None])
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    middle = float(np.quantile(known, 0.5, method="nearest"))
    if kind == "boolean":
        return bool(middle)
    return _moment(middle, known) if kind == "datetime" else _number(middle, known)


def _common(kind: str, values: list[str]) -> str | None:
    if not values:
        return None
    text, rows = Counter(values).most_common(1)[0]
    return text if kind == "categorical" or rows >= SHARED_BY else "some text"


def _number(middle: float, known: Any) -> int | float:
    """A whole number in a column of whole ones; else four digits of it."""
    rounded = middle if (known == np.round(known)).all() else float(f"{middle:.4g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def _moment(middle: float, known: Any) -> str:
    """A day, with a time to the minute where the column has times. ISO 8601."""
    if not (known % DAY).any():
        return (EPOCH + timedelta(seconds=middle)).date().isoformat()
    moment = EPOCH + timedelta(seconds=middle // MINUTE * MINUTE)
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")
