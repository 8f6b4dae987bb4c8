"""Which rows are sealed: equal rows stand on one side, and a row's side does not depend on the table's order."""

from typing import Any

from tools.core.errors import DataRefused

Array = Any
LARGE = 500
"""Rows from which on chance gives a share close enough to what was asked for."""


def row_keys(frame: Any) -> Array:
    """A 64-bit hash of each row's content (pandas' hash_array over the columns): equal rows, equal keys."""
    import numpy as np
    import pandas as pd
    from pandas.util import hash_pandas_object

    total = np.zeros(len(frame), dtype=np.uint64)
    for position in range(frame.shape[1]):
        column = _canonical(frame.iloc[:, position].reset_index(drop=True))
        hashed = hash_pandas_object(pd.Series(column), index=False).to_numpy(dtype=np.uint64)
        total = (total * np.uint64(1_000_003) + hashed).astype(np.uint64)
    return total


def _canonical(column: Any) -> Any:
    """A column in the form that is hashed: 1 and 1.0 are one value, whatever type the column has grown into."""
    import pandas as pd

    number = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    return column.to_numpy(dtype="float64", na_value=float("nan")) if number else column


def sealed_rows(keys: Array, strata: Array | None, fraction: float, seed: int) -> Array:
    """A mask of the rows to seal: of each stratum about the share `fraction`, equal keys on one side.

    In a stratum of LARGE rows and more a row's side follows from its key alone, so that it keeps its side when the
    table grows; in a smaller one chance could leave too few, and the share is exact.
    """
    import numpy as np

    order = _shuffled(keys, seed)
    mask = order < np.uint64(min(int(fraction * 2**64), 2**64 - 1))
    for rows in _strata(strata, len(keys)):
        if len(rows) >= LARGE:
            continue
        mask[rows] = False
        ranked = rows[np.argsort(order[rows], kind="stable")]
        mask[_first_groups(ranked, keys, round(fraction * len(rows)))] = True
    _refuse_empty(mask)
    return mask


def latest_rows(times: Array, fraction: float) -> Array:
    """A mask of the last rows by time; rows of one moment stay together, rows without one come first."""
    import numpy as np

    known = np.nan_to_num(np.asarray(times, dtype=np.float64), nan=-np.inf)
    limit = np.sort(known)[max(0, round(len(known) * (1 - fraction)) - 1)]
    mask = np.asarray(known > limit)
    _refuse_empty(mask)
    return mask


def _shuffled(keys: Array, seed: int) -> Array:
    """Pseudo-random 64-bit numbers that depend on key and seed alone (splitmix64's finaliser)."""
    import numpy as np

    mixed = keys.astype(np.uint64) + np.uint64((seed * 2 + 1) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _strata(strata: Array | None, rows: int) -> list[Array]:
    import numpy as np

    if strata is None:
        return [np.arange(rows)]
    return [np.flatnonzero(strata == value) for value in np.unique(strata)]


def _first_groups(ranked: Array, keys: Array, wanted: int) -> Array:
    """The first `wanted` ranked rows, without cutting through a run of equal keys."""
    end = wanted
    while 0 < end < len(ranked) and keys[ranked[end]] == keys[ranked[end - 1]]:
        end += 1
    if end >= len(ranked):
        end = wanted
        while end > 0 and keys[ranked[end]] == keys[ranked[end - 1]]:
            end -= 1
    return ranked[:end]


def _refuse_empty(mask: Array) -> None:
    if not mask.any() or mask.all():
        side = "sealed" if not mask.any() else "left to train on"
        raise DataRefused(f"With this split no row would be {side}.", "Choose another --test-fraction or --split.")
