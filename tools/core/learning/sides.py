"""A row keeps its side: which side each row of a dataset had in what was prepared from its earlier versions.

A row is told by its content, that is by all columns or by all but the target, not by its place; else by its id alone.
What only counts the rows is no id. Columns are compared where both versions have them in one form; where they are not
the same ones, and a row could be one of several that stood on both sides, it is for training, unless the rows kept
their places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.learning.prepared import load_table
from tools.core.learning.split import SEALED, TRAIN, UNKNOWN, row_keys, with_their_unit
from tools.core.learning.structure import counts_the_rows
from tools.core.store import Artifact
from tools.core.tables.columns import Column

ROWS = "rows.parquet"
SAME_CUT = ("test_fraction", "seed")
"""Arguments that ask for another cut when they change; split, time and group columns do so when they are given."""
FORMS = {"integer": "number", "real": "number", "truth": "number", "text": "text", "moment": "moment"}
IN_PLACE = 0.9
"""Rows are told by their places too when so large a share of them is equal to what stood there."""
Array = Any


@dataclass(frozen=True)
class Identity:
    """What tells the rows of one dataset version: forms of columns by name, and hashes of content and of ids."""

    forms: dict[str, str]
    content: Array
    exact: Array
    """Hashes of content and target."""
    id_column: str | None
    ids: Array

    def record(self) -> dict[str, Any]:
        """What has to be known to compare the hashes with another version's."""
        return {"forms": self.forms, "id_column": self.id_column}


@dataclass(frozen=True)
class Earlier:
    """The sides that rows had before, and the prepared dataset that was made last."""

    sides: Array
    last: Artifact | None
    kept: int
    """Rows whose side is known."""
    doubtful: int = 0
    """Rows of which nobody can tell, and which are for training."""
    recut: str = ""
    """What asks for another cut than the last one's, if something does."""


def identity(
    table: Any, columns: Mapping[str, Column], target: str, among: Mapping[str, str] | None = None
) -> Identity:
    """What tells the rows of a dataset's table, by all its columns or by those that stand `among` others too."""
    counters = {name for name, column in columns.items() if counts_the_rows(column, table[name])}
    forms = {n: FORMS[c.storage] for n, c in columns.items() if n != target and n not in counters}
    if among is not None:
        forms = {name: form for name, form in forms.items() if among.get(name) == form}
    ids = [n for n in forms if columns[n].kind == "id" and columns[n].unique == len(table)]
    names = sorted(forms)
    return Identity(
        {name: forms[name] for name in names},
        row_keys(table[names]),
        row_keys(table[[*names, *([target] if target in table else [])]]),
        ids[0] if ids else None,
        row_keys(table[ids[:1]]),
    )


def earlier_sides(
    context: Context, dataset: Artifact, table: Any, columns: Mapping[str, Column], asked: Mapping[str, Any]
) -> Earlier:
    """The side of each row of the dataset's table, UNKNOWN where it stood in no earlier version.

    `asked` holds target and the arguments of the cut, those of split, time and group only where they were given.
    """
    import numpy as np

    sides = np.full(len(table), UNKNOWN)
    before = _of_the_same_name(context, dataset, asked["target"])
    if not before:
        return Earlier(sides, None, 0)
    if recut := _other_cut(before[0], asked):
        return Earlier(sides, before[0], 0, recut=recut)
    now, doubtful = identity(table, columns, asked["target"]), 0
    for prepared in before:
        if not _other_cut(prepared, asked):
            doubtful += _take_sides(sides, now, prepared, context, table, columns, asked["target"])
    return Earlier(sides, before[0], int((sides != UNKNOWN).sum()) - doubtful, doubtful)


def sides_in(context: Context, prepared: Artifact, dataset: Artifact) -> Array | None:
    """The side that each row of a dataset's table had in something that was prepared, from it or from another dataset.

    A row that equals one of a known side has that side; UNKNOWN where it stood on none. None where nobody can tell,
    since there is nothing to compare the rows by.
    """
    import numpy as np

    target, told = prepared.record["result"]["target"], prepared.record["rows"]
    columns = {column["name"]: Column.model_validate(column) for column in dataset.record["columns"]}
    table, rows = load_table(dataset), stored_rows(prepared)
    now, places = identity(table, columns, target), rows["row"].to_numpy()
    if told["forms"] != now.forms and not _compared(context, prepared, places, told["forms"], table, columns, target):
        return None
    sides = np.full(len(table), UNKNOWN)
    _take_sides(sides, now, prepared, context, table, columns, target)
    return with_their_unit(now.exact, sides)


def stored_rows(prepared: Artifact) -> Any:
    """What `keep_rows` wrote (pandas)."""
    import pandas as pd

    return pd.read_parquet(prepared.path / ROWS)


def keep_rows(folder: Path, known: Identity, rows: Array, sides: Array) -> None:
    """Write which rows of the dataset stand on which side, and the hashes that tell them."""
    import pandas as pd

    kept = {"content": known.content[rows], "exact": known.exact[rows], "sealed": sides == SEALED}
    if known.id_column:
        kept["id"] = known.ids[rows]
    pd.DataFrame({"row": rows, **kept}).to_parquet(folder / ROWS, index=False)


def _of_the_same_name(context: Context, dataset: Artifact, target: str) -> list[Artifact]:
    """What was prepared from versions of this dataset for this target, the newest first."""
    found = [p for p in context.store.all("prepared") if (p.path / ROWS).exists()]
    same = [p for p in found if str(p.record["dataset"]).rpartition(":")[0] == dataset.name]
    same = [p for p in same if p.record["result"]["target"] == target]
    return sorted(same, key=lambda p: (str(p.record["made"]), p.version), reverse=True)


def _other_cut(prepared: Artifact, asked: Mapping[str, Any]) -> str:
    """The argument that asks for another cut than this one, if there is one."""
    given, was = prepared.record["arguments"], prepared.record["cut"]
    for name in SAME_CUT:
        if given[name] != asked[name]:
            return name
    return next((n for n in ("split", "time_column", "group_column") if asked.get(n) not in (None, was[n])), "")


def _take_sides(
    sides: Array,
    now: Identity,
    prepared: Artifact,
    context: Context,
    table: Any,
    columns: Mapping[str, Column],
    target: str,
) -> int:
    """Take what the earlier rows tell; how many rows are for training since nobody can tell."""
    import numpy as np
    import pandas as pd

    rows, told = stored_rows(prepared), prepared.record["rows"]
    was, places = np.where(rows["sealed"].to_numpy(), SEALED, TRAIN), rows["row"].to_numpy()
    open_rows, doubtful = np.ones(len(rows), dtype=bool), 0
    if told["id_column"] and told["id_column"] == now.id_column:
        _match(sides, open_rows, now.ids, rows["id"].to_numpy(), was)
    if told["forms"] == now.forms:
        for keys, then in ((now.exact, rows["exact"]), (now.content, rows["content"])):
            _match(sides, open_rows, keys, then.to_numpy(), was)
    elif both := _compared(context, prepared, places, told["forms"], table, columns, target):
        content, then = both
        there = places < len(content)
        if there.any() and np.mean(content[places[there]] == then[there]) > IN_PLACE:
            at = row_keys(pd.DataFrame({"content": content, "row": np.arange(len(content))}))
            _match(sides, open_rows, at, row_keys(pd.DataFrame({"content": then, "row": places})), was)
        mixed = _on_both_sides(then[open_rows], was[open_rows])
        doubt = (sides == UNKNOWN) & np.isin(content, mixed)
        sides[doubt], doubtful = TRAIN, int(doubt.sum())
        _match(sides, open_rows, content, then, was)
    return doubtful


def _compared(
    context: Context,
    prepared: Artifact,
    rows: Array,
    forms: Mapping[str, str],
    table: Any,
    columns: Mapping[str, Column],
    target: str,
) -> tuple[Array, Array] | None:
    """Hashes of this table and of the earlier rows over the columns that both have; None when nobody can tell."""
    name, _, version = str(prepared.record["dataset"]).rpartition(":")
    try:
        old = context.find(f"dataset/{name}:{version}", "dataset")
    except NotFound:
        return None
    now = identity(table, columns, target, forms)
    if not now.forms:
        return None
    return now.content, row_keys(load_table(old)[sorted(now.forms)])[rows]


def _match(sides: Array, open_rows: Array, keys: Array, then: Array, was: Array) -> None:
    """Give the rows that are not known yet the sides of those with an equal key, one for one, in their order."""
    import numpy as np

    now, before = np.flatnonzero(sides == UNKNOWN), np.flatnonzero(open_rows)
    pairs = _counted(keys[now], now).merge(_counted(then[before], before), on=["key", "nth"], suffixes=("", "_then"))
    sides[pairs["row"]] = was[pairs["row_then"]]
    open_rows[pairs["row_then"]] = False


def _counted(keys: Array, rows: Array) -> Any:
    """Rows by key, and by how many of the same key stand before each."""
    import pandas as pd

    frame = pd.DataFrame({"key": keys, "row": rows})
    return frame.assign(nth=frame.groupby("key").cumcount())


def _on_both_sides(keys: Array, sides: Array) -> Array:
    """The keys of which rows stand on both sides."""
    import numpy as np

    return np.intersect1d(keys[sides == TRAIN], keys[sides == SEALED])
