"""Datasets and prepared datasets on disk; the sealed rows stand in a file of their own that one function opens."""

from dataclasses import dataclass
from typing import Any

from tools.core.context import Context
from tools.core.files import append_line, read_lines
from tools.core.store import Artifact

TRAIN = "train.parquet"
SEALED = "sealed.parquet"
OPENINGS = "openings.jsonl"
GROUP = "__group__"
"""Rows of one group never stand in two folds. Beside the features in the training file."""


@dataclass(frozen=True)
class Rows:
    """Rows of a prepared dataset: typed feature columns, the target, and the group of each row."""

    frame: Any
    target: Any
    groups: Any


def load_table(dataset: Artifact) -> Any:
    """A dataset's typed table (pandas)."""
    import pandas as pd

    return pd.read_parquet(dataset.path / "table.parquet")


def write_sides(folder: Any, kept: Any, mask: Any, features: list[str], target: str, group: str | None) -> None:
    """Write the training and the sealed rows of a table into two files."""
    from tools.core.learning.split import row_keys

    groups = row_keys(kept[[group] if group else features])
    for side, name in ((~mask, TRAIN), (mask, SEALED)):
        part = kept.loc[side, [*features, target]]
        part.assign(**{GROUP: groups[side]}).to_parquet(folder / name, index=False)


def training_rows(prepared: Artifact) -> Rows:
    """The rows that may be trained on."""
    return _rows(prepared, TRAIN)


def open_sealed(prepared: Artifact, context: Context, model: str) -> tuple[Rows, int]:
    """Open the sealed test set for `evaluate` alone: its rows, and how often it was opened, this time included.

    A repeated step counts once.
    """
    record = prepared.path / OPENINGS
    with context.store.lock(f"openings-{prepared.name}-{prepared.version}"):
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
    return Rows(frame.drop(columns=[target, GROUP]), frame[target], frame[GROUP].to_numpy())
