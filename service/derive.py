"""Derived columns: expressions as small trees of JSON, worked out on checked columns, the same for a table and a row.

A node is one of

    {value: 3.0}                         a number, a truth value (0 or 1), a moment (seconds since 1970) or a text
    {column: "calls"}                    a checked column
    {op: "divide", args: [node, node]}   an operation of OPERATIONS

Numbers, truths and moments are float64 arrays, NaN being missing; texts are lists with None for missing. What is not
defined (a division by zero, the logarithm of a negative number, anything of a missing value) is missing. A missing
value equals nothing, so that `==` is false and `!=` true of it; `and`, `or` and `not` are those of Kleene (1952).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from service.encoder import date_part

Tree = Mapping[str, Any]
Values = Any
"""A float64 array, or a list of texts and None."""


def with_derived(derived: Sequence[Mapping[str, Any]], columns: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """The columns and, in order, the derived ones ({name, kind, tree}); a later one may use an earlier one."""
    found = dict(columns)
    for column in derived:
        found[column["name"]] = compute(column["tree"], found, rows)
    return found


def compute(tree: Tree, columns: Mapping[str, Values], rows: int) -> Values:
    """What a tree says of each of so many rows."""
    if "column" in tree:
        return columns[tree["column"]]
    if "value" in tree:
        value = tree["value"]
        return [value] * rows if isinstance(value, str) else np.full(rows, float(value))
    args = [compute(arg, columns, rows) for arg in tree["args"]]
    with np.errstate(all="ignore"):
        found = OPERATIONS[tree["op"]](*args)
    return _finite(found) if isinstance(found, np.ndarray) else found


def _finite(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    values = np.ascontiguousarray(values, dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _where_known(found: Any, *args: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The answer, missing where an argument is."""
    gaps = np.logical_or.reduce([np.isnan(arg) for arg in args])
    return np.where(gaps, np.nan, np.asarray(found, dtype=np.float64))


def _ordering(compare: Callable[[Any, Any], Any]) -> Callable[..., Values]:
    return lambda a, b: _where_known(compare(a, b), a, b)


def _equal(a: Values, b: Values) -> Values:
    if isinstance(a, list):
        return np.array([float(x is not None and x == y) for x, y in zip(a, b, strict=True)], dtype=np.float64)
    return (a == b).astype(np.float64)


def _missing(a: Values) -> Values:
    return np.array([float(x is None) for x in a]) if isinstance(a, list) else np.isnan(a).astype(np.float64)


def _and(a: Values, b: Values) -> Values:
    return np.where((a == 0) | (b == 0), 0.0, np.where(np.isnan(a) | np.isnan(b), np.nan, 1.0))


def _or(a: Values, b: Values) -> Values:
    return np.where((a == 1) | (b == 1), 1.0, np.where(np.isnan(a) | np.isnan(b), np.nan, 0.0))


def _round(a: Values, digits: Values | None = None) -> Values:
    """Half to even, at a constant number of digits."""
    return np.round(a, 0 if digits is None or not len(digits) else int(digits[0]))


def _modulo(a: Values, b: Values) -> Values:
    return np.where(b == 0, np.nan, np.mod(a, np.where(b == 0, 1.0, b)))


def _of_texts(measure: Callable[..., Any]) -> Callable[..., Values]:
    """A number for each text, missing where a text is."""

    def measured(*args: list[str | None]) -> Values:
        found = [np.nan if None in row else float(measure(*row)) for row in zip(*args, strict=True)]
        return np.array(found, dtype=np.float64)

    return measured


def _lower(a: list[str | None]) -> list[str | None]:
    return [None if text is None else text.lower() for text in a]


def _part(part: str) -> Callable[[Values], Values]:
    return lambda seconds: date_part(np.asarray(seconds, dtype=np.float64), part)


OPERATIONS: dict[str, Callable[..., Values]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "modulo": _modulo,
    "power": np.power,
    "negate": np.negative,
    "less": _ordering(np.less),
    "at_most": _ordering(np.less_equal),
    "more": _ordering(np.greater),
    "at_least": _ordering(np.greater_equal),
    "equal": _equal,
    "unequal": lambda a, b: 1.0 - _equal(a, b),
    "and": _and,
    "or": _or,
    "not": lambda a: 1.0 - a,
    "missing": _missing,
    "log": np.log,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "round": _round,
    "floor": np.floor,
    "ceil": np.ceil,
    "min": lambda *args: np.minimum.reduce(args),
    "max": lambda *args: np.maximum.reduce(args),
    "length": _of_texts(len),
    "contains": _of_texts(lambda text, part: part in text),
    "lower": _lower,
    "days_between": lambda a, b: np.subtract(a, b) / 86_400.0,
    **{part: _part(part) for part in ("year", "quarter", "month", "day", "weekday", "hour", "minute", "days")},
}
"""By the names that trees use. `date_part` says what the parts of a moment are."""
