"""What serves a model: its graph or else its estimators, and the rows by which it is proven. Made once, then kept."""

import shutil
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import Internal, NotFound
from tools.core.files import folder_sha256, read_json, remove, staging, write_json
from tools.core.serving.lineage import forms_of, kept, lineage
from tools.core.signing import check, signed
from tools.core.store import Artifact

SAMPLE = "sample.json"
GRAPH, ESTIMATORS = "onnx", "skops"


def served(context: Context, model: Artifact) -> Path:
    """The folder that evaluation, batch prediction and the service load; made again where it was changed.

    Its model.json says by which `runtime` (onnx or skops), for what `reason` where it is not onnx, and which
    `packages` that needs beside the service's own.
    """
    from tools.core.learning.models import check_files

    files, folder = check_files(context, model), model.path / "served"
    with context.store.lock(f"served-{model.name}-{model.version}"):
        if not _is_whole(context, model, folder):
            with staging(model.path) as aside:
                _fill(context, model, files, aside)
                remove(folder)
                aside.rename(folder)
            told = {"model_sha256": model.record["sha256"], "sha256": folder_sha256(folder)}
            write_json(model.path / "served.json", signed(context.workspace, told))
    return folder


def served_files(context: Context, model: Artifact, folder: Path) -> Path:
    """Fill an empty folder with what a Bento of the model serves; the same folder."""
    shutil.copytree(served(context, model), folder, dirs_exist_ok=True)
    return folder


def _is_whole(context: Context, model: Artifact, folder: Path) -> bool:
    """Whether what is there was made from this model, and is as it was made."""
    try:
        told = read_json(model.path / "served.json")
        check(context.workspace, told, f"what serves {model.tag}")
    except (OSError, ValueError, Internal):
        return False
    same = told["model_sha256"] == model.record["sha256"]
    return bool(same and folder.is_dir() and told["sha256"] == folder_sha256(folder))


def _fill(context: Context, model: Artifact, files: Path, folder: Path) -> None:
    from service.runtime import ENCODER_FILE, MODEL_FILE, Runtime
    from tools.core.learning.models import own_answers

    shutil.copyfile(files / ENCODER_FILE, folder / ENCODER_FILE)
    facts = read_json(files / MODEL_FILE)
    reason = _write_graph(context, model, files, folder)
    packages = _packages(model, facts["packages"]) if reason else ["onnxruntime"]
    told = {"runtime": ESTIMATORS if reason else GRAPH, "reason": reason, "packages": packages}
    came = {"lineage": lineage(context, model), "table": forms_of(context, model)}
    write_json(folder / MODEL_FILE, {**facts, **told, **came})
    _write_learned(context, model, folder)
    rows = read_json(model.path / SAMPLE)["rows"]
    write_json(folder / SAMPLE, {"rows": rows, "answers": own_answers(Runtime(folder), rows)})


def _write_learned(context: Context, model: Artifact, folder: Path) -> None:
    """Write which rows it learned from, so that it can be told where only the Bento is; not where that was lost."""
    from tools.core.learning.learned import write_learned
    from tools.core.learning.sides import ROWS

    prepared = kept(context, "prepared", model.record["prepared"])
    if prepared and (prepared.path / ROWS).exists():
        write_learned(prepared, folder)


def _write_graph(context: Context, model: Artifact, files: Path, folder: Path) -> str:
    """Write the graph, else the estimators; why it is not the graph, "" where it is."""
    from service.graph import GRAPH_FILE
    from service.runtime import ESTIMATORS as FOLDER
    from tools.core.serving.graphs.checked import write_graph
    from tools.core.serving.graphs.trees import NotConvertible

    try:
        columns, rows = _training_columns(context, model, files)
        write_graph(folder / GRAPH_FILE, files, columns, rows)
    except NotConvertible as exc:
        shutil.copytree(files / FOLDER, folder / FOLDER)
        return str(exc)
    return ""


def _training_columns(context: Context, model: Artifact, files: Path) -> tuple[dict[str, Any], int]:
    """Checked columns of the rows that the model learned from, and how many rows they are."""
    from service.rows import check_columns
    from tools.core.learning.prepared import training_rows
    from tools.core.learning.recipe import columns_of
    from tools.core.serving.graphs.trees import NotConvertible

    try:
        prepared = context.find(f"prepared/{model.record['prepared']}", "prepared")
    except NotFound as exc:
        raise NotConvertible("the rows that a graph would be checked with are gone") from exc
    inputs, rows = read_json(files / "model.json")["inputs"], training_rows(prepared)
    checked = check_columns(inputs, columns_of(rows.frame, inputs), len(rows.frame))
    return checked.columns, len(rows.frame)


def _packages(model: Artifact, optional: list[str]) -> list[str]:
    """The distributions that a model's estimators are loaded with."""
    boosted = any(member["estimator"] == "lightgbm" for member in model.record["result"]["members"])
    return ["scikit-learn", "skops", *(["lightgbm"] if boosted else []), *optional]
