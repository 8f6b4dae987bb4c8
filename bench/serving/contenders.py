"""Who takes part in the serving bench: how each is started, what it is posted, how its answer is read."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prepare import EKIBEN, Prepared, variables

HERE = Path(__file__).resolve().parent
PEERS = {
    "fastapi": ["fastapi", "uvicorn[standard]", "pandas"],
    "mlflow": ["mlflow"],
}
"""What is installed into the environment of those that have one, beside the scikit-learn that is here."""


@dataclass(frozen=True)
class Contender:
    """One server."""

    name: str
    command: Callable[[Prepared, Path, int], list[str]]
    """From what was prepared, the folder of the peers' environments and a port."""
    answers: Callable[[Prepared], list[float]] | None
    """What is right for the rows; None for one that answers nothing."""
    peer: str = ""
    path: str = "/predict"
    rows: str = "rows"
    """The key that the rows stand under in the body."""
    stop: tuple[str, ...] = ()
    """The command that ends it, for one that outlives its own command."""


def chances(answer: Any) -> list[float]:
    """The probabilities of yes in an answer, whichever its shape."""
    found = answer.get("probabilities", answer.get("predictions")) if isinstance(answer, dict) else answer
    return [float(each["yes"]) if isinstance(each, dict) else float(each[1]) for each in found]


def _bentoml(service: str) -> Callable[[Prepared, Path, int], list[str]]:
    def command(prepared: Prepared, peers: Path, port: int) -> list[str]:
        serve = [sys.executable, "-m", "bentoml", "serve", service, "--working-dir", str(HERE)]
        return [*serve, "--host", "127.0.0.1", "--port", str(port)]

    return command


def _ekiben(prepared: Prepared, peers: Path, port: int) -> list[str]:
    return [EKIBEN, "deploy", "train", "--port", str(port), "--yes", "--json"]


def _naive(prepared: Prepared, peers: Path, port: int) -> list[str]:
    return [str(python_of("fastapi", peers)), str(HERE / "naive.py")]


def _limit(prepared: Prepared, peers: Path, port: int) -> list[str]:
    return [sys.executable, str(HERE / "limit.py")]


def _mlflow(prepared: Prepared, peers: Path, port: int) -> list[str]:
    """MLflow's server on the pipeline, which is kept as MLflow keeps models first."""
    python, kept = str(python_of("mlflow", peers)), prepared.folder / "mlflow"
    if not kept.exists():
        told = [str(prepared.folder / "pipeline.joblib"), str(prepared.folder / "train.csv"), str(kept)]
        subprocess.run([python, str(HERE / "keep_mlflow.py"), *told], check=True, cwd=prepared.folder, env=variables())
    serve = [python, "-m", "mlflow", "models", "serve", "--model-uri", str(kept), "--env-manager", "local"]
    return [*serve, "--host", "127.0.0.1", "--port", str(port)]


def _by_pipeline(prepared: Prepared) -> list[float]:
    return prepared.pipeline


def _by_ekiben(prepared: Prepared) -> list[float]:
    return prepared.ekiben


CONTENDERS = (
    Contender("ekiben", _ekiben, _by_ekiben, stop=(EKIBEN, "stop", "train", "--yes")),
    Contender("limit", _limit, _by_ekiben),
    Contender("nothing", _bentoml("nothing:Nothing"), None),
    Contender("tutorial", _bentoml("tutorial:Tutorial"), _by_pipeline),
    Contender("fastapi", _naive, _by_pipeline, peer="fastapi"),
    Contender("mlflow", _mlflow, _by_pipeline, peer="mlflow", path="/invocations", rows="dataframe_records"),
)
SAID = {
    "ekiben": "ekiben deploy",
    "limit": "raw uvicorn, the same encoder and model",
    "nothing": "BentoML's endpoint that does nothing",
    "tutorial": "the tutorial's BentoML service",
    "fastapi": "naive FastAPI",
    "mlflow": "MLflow's model server",
}


def python_of(peer: str, peers: Path) -> Path:
    """The interpreter of a peer's environment, made where it is missing."""
    from importlib.metadata import version

    place = peers / peer
    if not (place / ".ready").exists():
        sys.stdout.write(f"making an environment for {peer}\n")
        pins = [f"{name}=={version(name)}" for name in ("scikit-learn", "numpy")]
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(place / "bin/python"), "-m", "pip", "install", "-q", *PEERS[peer], *pins], check=True)
        (place / ".ready").touch()
    return place / "bin/python"
