"""Datasets and prepared datasets on disk; the sealed rows stand in a file of their own that one function opens."""

from dataclasses import dataclass
from typing import Any

from tools.core.context import Context
from tools.core.files import append_line, read_lines
from tools.core.store import Artifact

TRAIN = "train.parquet"
SEALED = "sealed.parquet"
OPENINGS = "openings"
"""Where the workspace keeps a file of openings for each seal."""
TABLE, TEXTS = "table.parquet", "texts.parquet"
GROUP, WEIGHT = "__group__", "__weight__"
"""Beside the columns in both files: rows of one group never stand in two folds; how much a row counts."""


@dataclass(frozen=True)
class Rows:
    """Rows of a prepared dataset: typed input columns, the target, the group of each row, and its weight."""

    frame: Any
    target: Any
    groups: Any
    weights: Any = None
    """None where all rows count the same."""


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


def write_sides(folder: Any, rows: Any, sealed: Any, columns: list[str], groups: Any, weights: Any) -> None:
    """Write the training and the sealed rows of a table into two files; `columns` are inputs and target."""
    for side, name in ((~sealed, TRAIN), (sealed, SEALED)):
        hidden = {GROUP: groups[side]} | ({} if weights is None else {WEIGHT: weights[side]})
        rows.loc[side, columns].assign(**hidden).to_parquet(folder / name, index=False)


def training_rows(prepared: Artifact) -> Rows:
    """The rows that may be trained on."""
    return _rows(prepared, TRAIN)


def open_sealed(prepared: Artifact, context: Context, model: str) -> tuple[Rows, int]:
    """Open the sealed test set for `evaluate` alone: its rows, and how often it was opened, this time included.

    What was prepared again from the same rows, or from more of them, has the same seal. A repeated step counts once.
    """
    seal = str(prepared.record["seal"]).replace(":", "-")
    record = context.workspace / OPENINGS / f"{seal}.jsonl"
    with context.store.lock(f"openings-{seal}"):
        openings = read_lines(record)
        if not context.key or context.key not in [opening.get("key") for opening in openings]:
            from tools.core.journal import now

            append_line(record, {"at": now(), "model": model, "key": context.key})
            openings = read_lines(record)
    return _rows(prepared, SEALED), len(openings)


def _rows(prepared: Artifact, file: str) -> Rows:
    import pandas as pd

    frame = pd.read_parquet(prepared.path / file)
    target = prepared.record["result"]["target"]
    weights = frame[WEIGHT].to_numpy(dtype="float64") if WEIGHT in frame else None
    features = frame.drop(columns=[target, GROUP, WEIGHT], errors="ignore")
    return Rows(features, frame[target], frame[GROUP].to_numpy(), weights)


def leak_warnings(prepared: Artifact) -> list[str]:
    """What stands beside every score of a model, as long as it learns from a column that may give the target away."""
    target, suspects = prepared.record["result"]["target"], prepared.record["result"]["suspects"]
    return [
        f"The score may be too good, since {why}. Drop it if you do not know it before {target}." for why in suspects
    ]
