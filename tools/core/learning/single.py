"""How well each single column predicts the target: a shallow tree, or the labels' shares within a category."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tools.core.tables.column import Column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ROWS, QUICK_ROWS = 3_000, 800
MANY = 60
"""From so many columns on, each gets a quick look first, and only the promising ones a full one."""
PROMISING = 0.75
FOLDS = 3
DEPTH = {"binary": 4, "multiclass": 4, "regression": 6}
PRIOR = 2.0
"""Rows that the overall share of a label weighs among those of a category."""


def predictive(table: "pd.DataFrame", columns: Mapping[str, Column], y: Any, task: str) -> dict[str, float]:
    """By column: out-of-fold AUC (one-versus-rest, macro) or R2 on at most 3,000 rows, three folds, seed 0."""
    names = [name for name, column in columns.items() if column.kind != "text"]
    if len(names) > MANY:
        names = [n for n, score in _scores(table, columns, names, y, task, QUICK_ROWS).items() if score > PROMISING]
    return _scores(table, columns, names, y, task, ROWS)


def _scores(
    table: "pd.DataFrame", columns: Mapping[str, Column], names: list[str], y: Any, task: str, most: int
) -> dict[str, float]:
    import numpy as np

    rows = np.random.default_rng(0).permutation(len(y))[:most]
    part, target = table.iloc[rows], np.asarray(y)[rows]
    folds = np.arange(len(rows)) % FOLDS
    wanted = target.astype(np.float64).reshape(-1, 1) if task == "regression" else _indicators(target)
    return {name: _score(_values(part[name], columns[name]), wanted, folds, task) for name in names}


def _indicators(y: "NDArray[np.int64]") -> "NDArray[np.float64]":
    import numpy as np

    present = np.unique(y)
    return np.asarray(y[:, None] == (present if len(present) > 2 else present[-1:]), dtype=np.float64)


def _values(series: "pd.Series[Any]", column: Column) -> "NDArray[np.float64] | NDArray[np.int64]":
    """Numbers, or an integer code for each category."""
    import numpy as np
    import pandas as pd

    from service.encoder import LARGEST
    from tools.core.learning.structure import times_of

    if column.kind == "boolean" or column.storage in ("text", "truth"):
        return pd.factorize(series)[0]
    numbers = times_of(series, column)
    assert numbers is not None
    return np.clip(numbers, -LARGEST, LARGEST)


def _score(values: Any, wanted: "NDArray[np.float64]", folds: "NDArray[np.int64]", task: str) -> float:
    import numpy as np

    guess = np.zeros_like(wanted)
    by_category = values.dtype.kind == "i"
    for fold in range(FOLDS):
        test = folds == fold
        known, truth, asked = values[~test], wanted[~test], values[test]
        guess[test] = _by_category(known, truth, asked) if by_category else _by_tree(known, truth, asked, DEPTH[task])
    return _r2(wanted, guess) if task == "regression" else _auc(wanted, guess)


def _by_category(values: Any, wanted: Any, asked: Any) -> Any:
    import numpy as np

    size = int(max(values.max(initial=0), asked.max(initial=0))) + 2
    counts = np.bincount(values + 1, minlength=size)[:, None] + PRIOR
    sums = np.column_stack([np.bincount(values + 1, weights=w, minlength=size) for w in wanted.T])
    return ((sums + PRIOR * wanted.mean(axis=0)) / counts)[asked + 1]


def _by_tree(values: Any, wanted: Any, asked: Any, depth: int) -> Any:
    import numpy as np
    from sklearn.tree import DecisionTreeRegressor

    if np.isnan(values).all():
        return np.tile(wanted.mean(axis=0), (len(asked), 1))
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=3, random_state=0)
    return tree.fit(values.reshape(-1, 1), wanted).predict(asked.reshape(-1, 1)).reshape(len(asked), -1)


def _r2(wanted: Any, guess: Any) -> float:
    spread = ((wanted - wanted.mean()) ** 2).sum()
    return float(1 - ((wanted - guess) ** 2).sum() / spread) if spread else 0.0


def _auc(wanted: Any, guess: Any) -> float:
    """The mean over labels of the area under the ROC curve, by ranks (Mann and Whitney 1947)."""
    import numpy as np
    from scipy.stats import rankdata

    areas = []
    for truth, chance in zip(wanted.T, guess.T, strict=True):
        hits = truth.sum()
        if 0 < hits < len(truth):
            ranks = rankdata(chance)[truth == 1].sum()
            areas.append((ranks - hits * (hits + 1) / 2) / (hits * (len(truth) - hits)))
    return float(np.mean(areas)) if areas else 0.5
