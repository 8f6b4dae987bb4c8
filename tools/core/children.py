"""The environment of every process that Ekiben starts: no folder of the user's on the path, nothing reported home."""

import os
import sys
from pathlib import Path

QUIET = {
    "PYTHONSAFEPATH": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONNOUSERSITE": "1",
    "BENTOML_DO_NOT_TRACK": "True",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
    "MPLBACKEND": "Agg",
}
DROPPED = (
    "PYTHON",
    "PIP_",
    "UV_",
    "LANGSMITH_",
    "LANGCHAIN_",
    "OPENAI_",
    "EKIBEN_",
    "PROMETHEUS_",
    "BENTOML_",
)
SECRET = ("_API_KEY", "_API_TOKEN")
"""How variables end that hold keys of language models: no step needs one."""
ELSEWHERE = ("PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER")
"""Settings of pip by which it would install into another place than it is told."""


def environment(path: Path | None = None, **more: str) -> dict[str, str]:
    """Variables for a child: ours, without what could change its imports or carry a secret into an artifact.

    `path` is a folder that comes first on the child's import path.
    """
    named = {name: value for name, value in os.environ.items() if not name.endswith(SECRET)}
    kept = {name: value for name, value in named.items() if not name.startswith(DROPPED)}
    return kept | QUIET | ({"PYTHONPATH": str(path)} if path else {}) | more


def settings_of_installers() -> dict[str, str]:
    """The user's own variables for pip and uv: for one call that asks a registry, never to be written down."""
    asked = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    return {name: value for name, value in asked.items() if name not in ELSEWHERE}


def python(*arguments: str, interpreter: str = sys.executable) -> list[str]:
    """The command line of a Python child."""
    return [interpreter, "-P", *arguments]
