"""Which rows are sealed: rows that belong together stand on one side, and each row keeps the side that it had.

A side is TRAIN or SEALED; UNKNOWN until it is drawn.
"""

from typing import Any

from tools.core.errors import DataRefused

Array = Any
UNKNOWN, TRAIN, SEALED = -1, 0, 1
LARGE = 500
"""Rows from which on chance gives a share close enough to what was asked for."""
FEWEST_UNITS = 30
LARGEST_UNIT = 0.4
"""With fewer units of equal rows, or a larger one, no share of them can be sealed: rows are drawn one by one."""

TRAINING_UNIT = 0.05
"""A unit with so large a share of the rows is for training: as part of the test set it would be most of it."""


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

    return column.to_numpy(dtype="float64", na_value=float("nan")) if pd.api.types.is_numeric_dtype(column) else column


def units_of(*keys: Array) -> Array:
    """The smallest key of the rows that each row is joined with by an equal key, of whatever kind, through others."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if len(keys) == 1:
        return keys[0]
    rows = len(keys[0])
    codes = [np.unique(key, return_inverse=True)[1] for key in keys]
    starts = np.cumsum([0, *(code.max() + 1 for code in codes)])
    ends = np.concatenate([code + start for code, start in zip(codes, starts, strict=False)]) + rows
    pairs = (np.tile(np.arange(rows), len(keys)), ends)
    size = rows + int(starts[-1])
    _, joined = connected_components(coo_array((np.ones(len(ends)), pairs), shape=(size, size)), directed=False)
    smallest = np.full(joined.max() + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(smallest, joined[:rows], keys[0])
    return smallest[joined[:rows]]


def are_too_few(units: Array) -> bool:
    """Whether units of equal rows are too few, or one of them too large, to draw a share of them."""
    import numpy as np

    counts = np.unique(units, return_counts=True)[1]
    return bool(len(counts) < FEWEST_UNITS or counts.max() > LARGEST_UNIT * len(units))


def drawn(units: Array, known: Array, strata: Array | None, fraction: float, seed: int) -> Array:
    """Each row's side: as it was, else that of its unit, else drawn: of each stratum about the share `fraction`.

    In a stratum of LARGE rows and more a drawn side follows from the unit's key alone; in a smaller one, or where units
    are few, chance could leave too few, and the share is exact.
    """
    import numpy as np

    sides = with_their_unit(units, known)
    large, few = _are_large(units), len(np.unique(units)) < FEWEST_UNITS
    if (~large).sum() >= fraction * len(units):
        sides[(sides == UNKNOWN) & large] = TRAIN
    order = _shuffled(units, seed)
    limit = np.uint64(min(int(fraction * 2**64), 2**64 - 1))
    for rows in sorted(_strata(strata, len(units)), key=len, reverse=True):
        sides[rows] = with_their_unit(units, sides)[rows]  # a unit of several labels goes where the first of them went
        free = rows[sides[rows] == UNKNOWN]
        if len(rows) >= LARGE and not few:
            sides[free] = order[free] < limit
            continue
        wanted = round(fraction * len(rows)) - int((sides[rows] == SEALED).sum())
        ranked = free[np.argsort(order[free], kind="stable")]
        sides[free] = TRAIN
        sides[_first_units(ranked, units, max(0, min(wanted, len(ranked))))] = SEALED
    return sides


def _are_large(units: Array) -> Array:
    import numpy as np

    _, unit, counts = np.unique(units, return_inverse=True, return_counts=True)
    return counts[unit] > max(TRAINING_UNIT * len(units), 2)


def latest(times: Array, known: Array, fraction: float) -> Array:
    """Each row's side: as it was, else sealed where it is among the last by time.

    Rows of one moment stay together; rows without one come first.
    """
    import numpy as np

    sides = known.copy()
    free = np.flatnonzero(known == UNKNOWN)
    if len(free):
        moments = np.nan_to_num(np.asarray(times, dtype=np.float64)[free], nan=-np.inf)
        limit = np.sort(moments)[max(0, round(len(moments) * (1 - fraction)) - 1)]
        sides[free] = np.where(moments > limit, SEALED, TRAIN)
    return sides


def twins(features: Array, sides: Array) -> Array:
    """A mask of the sealed rows that equal a training row in all features."""
    import numpy as np

    return (sides == SEALED) & np.isin(features, features[sides == TRAIN])


def refuse_empty(sides: Array) -> None:
    """DataRefused when a side has no row."""
    for side, name in ((SEALED, "sealed"), (TRAIN, "left to train on")):
        if not (sides == side).any():
            raise DataRefused(
                f"With this split no row would be {name}.", "Choose another --test-fraction, --split or --seed."
            )


def with_their_unit(units: Array, known: Array) -> Array:
    """Rows whose side is known, and those that belong to them: training, where one of them is for training."""
    import numpy as np

    sides = known.copy()
    for side in (SEALED, TRAIN):
        if (known == side).any():
            sides[(known == UNKNOWN) & np.isin(units, units[known == side])] = side
    return sides


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


def _first_units(ranked: Array, units: Array, wanted: int) -> Array:
    """The first `wanted` ranked rows, without cutting through a unit."""
    end = wanted
    while 0 < end < len(ranked) and units[ranked[end]] == units[ranked[end - 1]]:
        end += 1
    if end >= len(ranked):
        end = wanted
        while 0 < end < len(ranked) and units[ranked[end]] == units[ranked[end - 1]]:
            end -= 1
    return ranked[:end]
