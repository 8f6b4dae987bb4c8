"""What a Bento serves of a model: the files that its runtime loads, and the rows by which it is proven."""

import shutil
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.files import read_json, write_json
from tools.core.store import Artifact


def served_files(context: Context, model: Artifact, folder: Path) -> Path:
    """Fill an empty folder with what a Bento of the model serves; the same folder.

    Its model.json says by which `runtime`, for what `reason`, and which `packages` that needs beside the service's own.
    """
    from service.runtime import ENCODER_FILE, ESTIMATORS, MODEL_FILE
    from tools.core.learning.models import check_files

    files = check_files(context, model)
    shutil.copyfile(files / ENCODER_FILE, folder / ENCODER_FILE)
    shutil.copytree(files / ESTIMATORS, folder / ESTIMATORS)
    shutil.copyfile(model.path / "sample.json", folder / "sample.json")
    facts = read_json(files / MODEL_FILE)
    packages = _packages(model, facts["packages"])
    told = {"runtime": "skops", "reason": "", "packages": packages, "lineage": lineage(context, model)}
    write_json(folder / MODEL_FILE, {**facts, **told})
    return folder


def lineage(context: Context, model: Artifact) -> dict[str, Any]:
    """When a model was made, and from which table: {made, prepared, dataset, table, table_sha256}, null where lost."""
    from tools.core.errors import NotFound

    found = {"made": model.record["made"], "prepared": model.record["prepared"], "dataset": None}
    found |= {"table": None, "table_sha256": None}
    try:
        prepared = context.find(f"prepared/{found['prepared']}", "prepared")
        found["dataset"] = prepared.record["result"]["dataset"]
        source = context.find(f"dataset/{found['dataset']}", "dataset").record["source"]
    except NotFound:
        return found
    return {**found, "table": Path(source["path"]).name, "table_sha256": source["sha256"]}


def _packages(model: Artifact, optional: list[str]) -> list[str]:
    """The distributions that a model's estimators are loaded with."""
    boosted = any(member["estimator"] == "lightgbm" for member in model.record["result"]["members"])
    return ["scikit-learn", "skops", *(["lightgbm"] if boosted else []), *optional]
