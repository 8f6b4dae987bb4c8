"""Datasets and prepared datasets on disk: the training rows, and the sealed rows in a file that one function opens."""

from dataclasses import dataclass
from typing import Any

from tools.core.context import Context
from tools.core.errors import Internal
from tools.core.files import sha256
from tools.core.learning.seal import SEALED, open_sealed, write_sealed
from tools.core.store import Artifact

TRAIN = "train.parquet"
TABLE, TEXTS = "table.parquet", "texts.parquet"
GROUP, WEIGHT = "__group__", "__weight__"
"""Beside the columns in both files: rows of one group never stand in two folds; how much a row counts."""


@dataclass(frozen=True)
class _Rows:
    """Rows of a prepared dataset: typed input columns, the target, the group of each row, and its weight."""

    frame: Any
    target: Any
    groups: Any
    weights: Any = None
    """None where all rows count the same."""


class TrainingRows(_Rows):
    """Rows that may be learned from."""


@dataclass(frozen=True)
class SealedRows(_Rows):
    """Rows that are measured on alone: nothing that learns takes them."""

    openings: int = 0
    """How often they were opened, this time included."""


def load_table(dataset: Artifact) -> Any:
    """A dataset's typed table (pandas)."""
    import pandas as pd

    return pd.read_parquet(dataset.path / TABLE)


def load_texts(dataset: Artifact) -> dict[str, Any]:
    """Cells as they were written, of the columns whose typed form keeps less than that (dates, $1,200)."""
    import pandas as pd

    path = dataset.path / TEXTS
    found = pd.read_parquet(path) if path.exists() else pd.DataFrame()
    return {str(name): found[name].astype(object) for name in found}


def write_sides(
    context: Context, folder: Any, seal: str, rows: Any, sealed: Any, columns: list[str], groups: Any, weights: Any
) -> dict[str, str]:
    """Write the training and the sealed rows of a table into two files; `columns` are inputs and target.

    Returns what the record keeps of them: their hashes.
    """
    for side, name in ((~sealed, TRAIN), (sealed, SEALED)):
        hidden = {GROUP: groups[side]} | ({} if weights is None else {WEIGHT: weights[side]})
        table = rows.loc[side, columns].assign(**hidden)
        if name == TRAIN:
            table.to_parquet(folder / name, index=False)
        else:
            write_sealed(context, seal, table, folder / name)
    return {"train_sha256": sha256(folder / TRAIN), "sealed_sha256": sha256(folder / SEALED)}


def training_rows(prepared: Artifact) -> TrainingRows:
    """The rows that may be trained on; Internal where they are not those that were prepared."""
    import pandas as pd

    path = prepared.path / TRAIN
    if not path.exists() or sha256(path) != prepared.record["train_sha256"]:
        raise Internal(f"The training rows of {prepared.tag} were changed.", "Prepare the dataset again.")
    return TrainingRows(*_parts(pd.read_parquet(path), prepared))


def sealed_rows(prepared: Artifact, context: Context, model: str) -> SealedRows:
    """The sealed rows, for `evaluate` and the gate of `deploy`. Each call is written down and counted."""
    opened = open_sealed(prepared, context, model)
    return SealedRows(*_parts(opened.table, prepared), openings=opened.openings)


def _parts(frame: Any, prepared: Artifact) -> tuple[Any, Any, Any, Any]:
    target = prepared.record["result"]["target"]
    weights = frame[WEIGHT].to_numpy(dtype="float64") if WEIGHT in frame else None
    features = frame.drop(columns=[target, GROUP, WEIGHT], errors="ignore")
    return features, frame[target], frame[GROUP].to_numpy(), weights


def leak_warnings(prepared: Artifact) -> list[str]:
    """What stands beside every score of a model, as long as it learns from a column that may give the target away."""
    target, suspects = prepared.record["result"]["target"], prepared.record["result"]["suspects"]
    return [
        f"The score may be too good, since {why}. Drop it if you do not know it before {target}." for why in suspects
    ]
