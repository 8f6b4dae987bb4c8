"""Where a model came from and how its table is read: what a Bento tells to those who have the Bento alone."""

from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.store import Artifact


def lineage(context: Context, model: Artifact) -> dict[str, Any]:
    """When a model was made, and from which table: {made, prepared, dataset, table, table_sha256}, null where lost."""
    found = {"made": model.record["made"], "prepared": model.record["prepared"]}
    prepared = kept(context, "prepared", model.record["prepared"])
    dataset = kept(context, "dataset", prepared.record["result"]["dataset"] if prepared else None)
    source = dataset.record["source"] if dataset else {"path": None, "sha256": None}
    table = Path(source["path"]).name if source["path"] else None
    return {**found, "dataset": dataset and dataset.tag, "table": table, "table_sha256": source["sha256"]}


def forms_of(context: Context, model: Artifact) -> dict[str, Any] | None:
    """How cells of another table are read for the model, {dialect, columns}; null where that was lost."""
    prepared = kept(context, "prepared", model.record["prepared"])
    if prepared is None:
        return None
    columns = [{name: told for name, told in column.items() if name != "odd"} for column in prepared.record["columns"]]
    return {"dialect": {"header": prepared.record.get("dialect", {}).get("header")}, "columns": columns}


def kept(context: Context, kind: str, tag: str | None) -> Artifact | None:
    """An artifact that may have been deleted."""
    try:
        return context.find(f"{kind}/{tag}", kind) if tag else None
    except NotFound:
        return None
