"""Rows to tell two models apart on: the sealed rows of one, as far as the other did not learn from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.learning.learned import learned_in
from tools.core.learning.prepared import load_table
from tools.core.learning.sides import ROWS, sides_in, stored_rows
from tools.core.learning.split import TRAIN
from tools.core.store import Artifact

Array = Any


def unseen(context: Context, prepared: Artifact, other: Artifact | None, files: Path) -> Array | None:
    """A mask of the sealed rows, in their order, that another model did not learn from; no seal is opened for that.

    By what that model was prepared from, else by what its served `files` tell. None where nobody can tell.
    """
    import numpy as np

    places = _places(prepared)
    if other and prepared.tag == other.tag:
        return np.ones(len(places), dtype=bool)
    dataset = _dataset_of(context, prepared)
    if dataset is None:
        return None
    if other and (other.path / ROWS).exists():
        sides = sides_in(context, other, dataset)
        return None if sides is None else sides[places] != TRAIN
    learned = learned_in(dataset, prepared.record["result"]["target"], files)
    return None if learned is None else ~learned[places]


def absent(context: Context, prepared: Artifact, names: Sequence[str]) -> list[str]:
    """The columns that the sealed rows do not have, neither as they were prepared nor in their dataset."""
    dataset = _dataset_of(context, prepared)
    records = [prepared.record, *([dataset.record] if dataset else [])]
    there = {column["name"] for record in records for column in record["columns"]}
    return [name for name in names if name not in there]


def with_columns(context: Context, prepared: Artifact, frame: Any, names: Sequence[str]) -> Any:
    """The sealed rows (pandas) with those of the named columns that were left out when they were prepared."""
    left_out = [name for name in names if name not in frame]
    dataset = _dataset_of(context, prepared) if left_out else None
    if dataset is None:
        return frame
    table = load_table(dataset).iloc[_places(prepared)]
    return frame.assign(**{name: table[name].array for name in left_out})


def _places(prepared: Artifact) -> Array:
    """Where the sealed rows stand in the dataset's table."""
    rows = stored_rows(prepared)
    return rows.loc[rows["sealed"], "row"].to_numpy()


def _dataset_of(context: Context, prepared: Artifact) -> Artifact | None:
    try:
        return context.find(f"dataset/{prepared.record['dataset']}", "dataset")
    except NotFound:
        return None
