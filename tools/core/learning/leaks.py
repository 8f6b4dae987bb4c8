"""Columns that give the target away, looked for on training rows alone.

Four looks: one column that predicts the target nearly by itself, columns whose exact sum or product is the target,
gaps that follow the target, and columns that sound as if they were recorded afterwards and go with it. Nothing here
decides: the person is asked.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tools.core.learning.single import predictive
from tools.core.tables.column import Column
from tools.core.tables.targets import plain_words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FEWEST_ROWS = 50
GIVES_AWAY = {"binary": 0.98, "multiclass": 0.98, "regression": 0.95}
"""AUC, or R2, from which on a single column is suspected. At 0.97 one of 79 public tables gave a false alarm."""
GOES_WITH = {"binary": 0.8, "multiclass": 0.8, "regression": 0.5}
"""The same for a column whose name sounds like afterwards."""
FOLLOWS = {"binary": 0.9, "multiclass": 0.9, "regression": 0.5}
"""The same for whether a column is filled."""
ONE_SIDED = 0.99
FEWEST_FILLED = 20
MOST_SUMMED = 60
EXACT = 1e-8
AFTERWARDS = re.compile(
    r"\b(closed|closing|ended|exit|leaving|cancel\w*|terminat\w*|resign\w*|discharge\w*|death|died|deceased|resolved"
    r"|resolution|refund\w*|recover\w*|settle\w*|settlement|outcome|returned|repaid|repayment|charge ?off|chargeback"
    r"|collections?|last payment|actual|delivered|after)\b|注销|离职|退订|结清|出院|死亡|取消|关闭|终止|退款|事后"
)


class Suspect(BaseModel):
    """Columns that would not be known before the target is, and what speaks for it."""

    columns: list[str]
    why: str


def suspects(table: "pd.DataFrame", columns: Mapping[str, Column], y: Any, task: str, labels: list[Any],
             target: str) -> list[Suspect]:  # fmt: skip
    """What gives the target away among the feature columns of the training rows, each column named once."""
    if len(y) < FEWEST_ROWS:
        return []
    found = _one_sided(table, columns, y, labels, target) + _following(table, columns, y, task, target)
    scores = predictive(table, columns, y, task)
    metric = "R2" if task == "regression" else "roc_auc"
    for name, score in scores.items():
        if score >= GIVES_AWAY[task]:
            found.append(Suspect(columns=[name], why=f"{name} alone predicts {target} ({metric} {score:.3f})"))
        elif score >= GOES_WITH[task] and AFTERWARDS.search(plain_words(name)):
            why = f"{name} sounds recorded afterwards and goes with {target} ({metric} {score:.3f} by itself)"
            found.append(Suspect(columns=[name], why=why))
    if task == "regression":
        found += _sums(table, columns, y, target)
    return _each_once(found)


def _each_once(found: list[Suspect]) -> list[Suspect]:
    """Sums first; then each column once, with the first that speaks against it."""
    kept: dict[tuple[str, ...], Suspect] = {}
    for suspect in sorted(found, key=lambda s: -len(s.columns)):
        kept.setdefault(tuple(suspect.columns), suspect)
    return list(kept.values())


def _one_sided(
    table: "pd.DataFrame", columns: Mapping[str, Column], y: "NDArray[np.int64]", labels: list[Any], target: str
) -> list[Suspect]:
    """Columns that are filled for one label only: of a cancellation, of a death."""
    import numpy as np

    found = []
    shares = np.bincount(y, minlength=len(labels)) / len(y) if labels else np.zeros(0)
    for name in columns if labels else ():
        filled = table[name].notna().to_numpy()
        count = int(filled.sum())
        if not FEWEST_FILLED <= count <= 0.95 * len(y):
            continue
        counts = np.bincount(y[filled], minlength=len(labels))
        most = int(counts.argmax())
        chance = shares[most] ** count
        if counts[most] >= ONE_SIDED * count and chance < 1e-9 / len(columns):
            told = "all" if counts[most] == count else f"{counts[most]:,}"
            why = f"{name} is filled in {count:,} training rows, and {target} is {labels[most]} in {told} of them"
            found.append(Suspect(columns=[name], why=why))
    return found


def _following(table: "pd.DataFrame", columns: Mapping[str, Column], y: Any, task: str, target: str) -> list[Suspect]:
    """Columns whose gaps predict the target."""
    import pandas as pd

    gaps = {n: table[n].isna().astype("float64") for n in columns if 0.01 < table[n].isna().mean() < 0.99}
    if not gaps:
        return []
    flags = {n: Column(name=n, kind="numeric", storage="real", missing=0, unique=2) for n in gaps}
    metric = "R2" if task == "regression" else "roc_auc"
    scores = predictive(pd.DataFrame(gaps), flags, y, task)
    return [
        Suspect(columns=[name], why=f"whether {name} is filled predicts {target} ({metric} {score:.3f})")
        for name, score in scores.items()
        if score >= FOLLOWS[task]
    ]


def _sums(table: "pd.DataFrame", columns: Mapping[str, Column], y: Any, target: str) -> list[Suspect]:
    """Columns whose sum or difference, or whose product or quotient, is the target (least squares with residual 0)."""
    import numpy as np

    names = [n for n, c in columns.items() if c.storage in ("integer", "real") and c.kind in ("numeric", "boolean")]
    names = [n for n in names if table[n].isna().mean() < 0.2][:MOST_SUMMED]
    if len(names) < 2:
        return []
    matrix = np.column_stack([table[n].to_numpy(dtype="float64", na_value=np.nan) for n in names])
    whole = ~np.isnan(matrix).any(axis=1)
    if whole.sum() < 2 * len(names) + FEWEST_ROWS:
        return []
    matrix, values = matrix[whole], np.asarray(y, dtype=np.float64)[whole]
    found = [_exact(matrix, values, names, target, whole.sum(), " + ", " - ")]
    positive = [at for at in range(len(names)) if (matrix[:, at] > 0).all()]
    if len(positive) > 1 and (values > 0).all():
        logs, logged = np.log(matrix[:, positive]), np.log(values)
        found.append(_exact(logs, logged, [names[at] for at in positive], target, whole.sum(), " * ", " / "))
    return [suspect for suspect in found if suspect]


def _exact(matrix: Any, values: Any, names: list[str], target: str, rows: int, plus: str, minus: str) -> Suspect | None:
    import numpy as np

    middle, spread = matrix.mean(axis=0), matrix.std(axis=0)
    moving = spread > 0
    if moving.sum() < 2 or values.std() == 0:
        return None
    design = (matrix[:, moving] - middle[moving]) / spread[moving]
    answer = (values - values.mean()) / values.std()
    solution, *_ = np.linalg.lstsq(design, answer, rcond=None)
    if ((design @ solution - answer) ** 2).mean() > EXACT:
        return None
    slopes = dict(zip(np.array(names)[moving], solution * values.std() / spread[moving], strict=True))
    parts = {str(n): s for (n, s), weight in zip(slopes.items(), solution, strict=True) if abs(weight) > 1e-3}
    if len(parts) < 2 or max(abs(abs(s) - 1) for s in parts.values()) > 0.01:
        return None
    ordered = sorted(parts, key=lambda n: parts[n] < 0)
    told = ordered[0] + "".join((plus if parts[n] > 0 else minus) + n for n in ordered[1:])
    return Suspect(columns=ordered, why=f"{told} is {target}, in all {rows:,} training rows without gaps")
