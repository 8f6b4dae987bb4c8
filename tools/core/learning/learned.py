"""Which rows a model learned from, as its Bento tells it elsewhere: a bitmap of their hashes, from which none is read.

One in twenty rows that the model never saw has a bit of another's (Bloom 1970), so that a bit betrays no row for sure.
"""

import base64
from pathlib import Path
from typing import Any

from tools.core.files import read_json, write_json
from tools.core.learning.prepared import load_table
from tools.core.learning.sides import identity, stored_rows
from tools.core.store import Artifact
from tools.core.tables.columns import Column

LEARNED = "learned.json"
BITS = 20
"""For each row: so many rows that were never seen come on one that is taken for a row that was."""
Array = Any


def write_learned(prepared: Artifact, folder: Path) -> None:
    """Write which rows of a prepared dataset may be learned from: {forms, bits}, by the hashes that tell its rows."""
    import numpy as np

    rows = stored_rows(prepared)
    keys = rows.loc[~rows["sealed"], "exact"].to_numpy(dtype=np.uint64)
    bits = np.zeros((len(keys) * BITS + 7) // 8 * 8, dtype=np.uint8)
    bits[keys % np.uint64(len(bits))] = 1
    told = base64.b64encode(np.packbits(bits).tobytes()).decode()
    write_json(folder / LEARNED, {"forms": prepared.record["rows"]["forms"], "bits": told})


def learned_in(dataset: Artifact, target: str, folder: Path) -> Array | None:
    """A mask of the rows of a dataset that a model may have learned from; None where nobody can tell."""
    import numpy as np

    if not (folder / LEARNED).exists():
        return None
    told = read_json(folder / LEARNED)
    columns = {column["name"]: Column.model_validate(column) for column in dataset.record["columns"]}
    now = identity(load_table(dataset), columns, target, told["forms"])
    if now.forms != told["forms"]:
        return None
    bits = np.unpackbits(np.frombuffer(base64.b64decode(told["bits"]), dtype=np.uint8))
    return bits[now.exact % np.uint64(len(bits))] == 1
