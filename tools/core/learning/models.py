"""Models: the facts that ship with one, the rows it is proven with, and loading it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import Internal, NotFound
from tools.core.files import read_json
from tools.core.learning.estimators import DISTRIBUTIONS
from tools.core.learning.metrics import Goal
from tools.core.store import Artifact

SAMPLE_ROWS = 50
TOLERANCE = 1e-9


def facts_of(result: Mapping[str, Any], asked: Mapping[str, Any], frame: Any) -> dict[str, Any]:
    """What model.json holds: all that the service needs to know, and no row. `frame` is the typed training rows."""
    from tools.core.learning.example import example_of

    told = ("model", "prepared", "estimator", "metric", "score", "interval", "baseline", "threshold")
    asked_for = ("task", "labels", "positive", "inputs", "seed")
    return {
        "schema": 1,
        **{name: result[name] for name in told},
        **{name: asked[name] for name in asked_for},
        "target": asked["inputs"]["ignored"][0],
        "train_rows": len(frame),
        "example": example_of(asked["inputs"], frame),
        "packages": [_distribution(m["estimator"]) for m in result["members"] if m["estimator"] in DISTRIBUTIONS],
        "versions": versions(),
    }


def _distribution(estimator: str) -> str:
    """The installed distribution that an optional estimator comes from."""
    from importlib.metadata import packages_distributions

    return packages_distributions()[estimator][0]


def versions() -> dict[str, str]:
    """The libraries that a model depends on, as installed here."""
    from importlib.metadata import version

    return {name: version(name) for name in ("ekiben", "scikit-learn", "lightgbm", "skops", "numpy")}


def sample_of(files: Path, frame: Any) -> dict[str, Any]:
    """Training rows as a client would post them, and the model's own answers: {rows, answers}."""
    from service.runtime import Runtime

    runtime = Runtime(files)
    names = [column["name"] for column in runtime.inputs["columns"]]
    head = frame.iloc[:: max(1, len(frame) // SAMPLE_ROWS)].head(SAMPLE_ROWS)
    rows = [dict(zip(names, map(plain, row), strict=True)) for row in head[names].itertuples(index=False, name=None)]
    return {"rows": rows, "answers": own_answers(runtime, rows)}


def own_answers(runtime: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The model's predictions and probabilities for rows, without a server."""
    checked, prediction = runtime.respond(rows)
    if prediction is None:
        raise Internal(f"The model refuses its own training rows: {checked.problems[0].message}")
    probabilities = None if prediction.probabilities is None else prediction.probabilities.tolist()
    return {"predictions": prediction.values, "probabilities": probabilities}


def goal_of(facts: Mapping[str, Any]) -> Goal:
    """What a model predicts, as the metrics take it."""
    labels = facts["labels"]
    positive = labels.index(facts["positive"]) if facts["task"] == "binary" else 0
    return Goal(facts["task"], len(labels), positive, facts.get("threshold"))


def load_runtime(context: Context, model: Artifact) -> Any:
    """The model as it is served; NotFound when the store lost its files, Internal when something was changed."""
    from service.runtime import Runtime
    from tools.core.serving.served import served

    return Runtime(served(context, model))


def check_files(context: Context, model: Artifact) -> Path:
    """The folder of a model's files, which are those that were trained."""
    from tools.core.serving.bento import model_folder

    folder = model_folder(context, model.tag)
    if shipped_hash(folder) != model.record["sha256"]:
        raise Internal(
            f"The files of model {model.tag} are not those that were trained.", "Train it again, or restore them."
        )
    return folder


def shipped_hash(folder: Path) -> str:
    """The hash of a model's own files, without what BentoML adds."""
    import hashlib

    from service.runtime import ENCODER_FILE, ESTIMATORS, MODEL_FILE
    from tools.core.files import folder_sha256, sha256

    total = hashlib.sha256()
    for name in (ENCODER_FILE, ESTIMATORS, MODEL_FILE):
        if not (folder / name).exists():
            raise NotFound(f"{name} is missing in {str(folder)!r}.", "Train the model again.")
        found = folder_sha256(folder / name) if name == ESTIMATORS else sha256(folder / name)
        total.update(f"{name}\0{found}\n".encode())
    return total.hexdigest()


def sample(model: Artifact) -> dict[str, Any]:
    """The rows and answers that a deployment of the model is proven with."""
    found: dict[str, Any] = read_json(model.path / "sample.json")
    return found


def plain(value: Any) -> Any:
    """A cell as JSON holds it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
