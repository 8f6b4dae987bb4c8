"""What works on this machine, what does not, and how to mend it."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from agent.settings import Settings
from tools.core.errors import EkibenError

PACKAGES = ("bentoml", "scikit-learn", "pandas", "duckdb", "skops", "langchain", "langchain-openai", "openai")
LEAST_FREE = 1_000_000_000


def checks(settings: Settings) -> list[dict[str, Any]]:
    """Each check: {name, ok, detail, mend}."""
    context = settings.context()
    return [
        _check("python", sys.version_info >= (3, 11), sys.version.split()[0], "Install Python 3.11 or newer."),
        *map(_package, PACKAGES),
        _writable(context.workspace),
        _disk(context.workspace),
        _port(),
        *_planner(settings),
    ]


def _check(name: str, ok: bool, detail: str, mend: str = "") -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail, "mend": "" if ok else mend}


def _package(name: str) -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return _check(name, True, version(name))
    except PackageNotFoundError:
        return _check(name, False, "not installed", "Install Ekiben again.")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _writable(folder: Path) -> dict[str, Any]:
    ok = os.access(_existing(folder), os.W_OK)
    return _check("workspace", ok, str(folder), "Choose another with --workspace DIR.")


def _disk(folder: Path) -> dict[str, Any]:
    free = shutil.disk_usage(_existing(folder)).free
    return _check("disk", free > LEAST_FREE, f"{free / 1e9:.1f} GB free", "Free some room.")


def _port() -> dict[str, Any]:
    from tools.core.serving.control import open_listener

    try:
        with open_listener("127.0.0.1", None) as listener:
            return _check("port", True, f"{listener.getsockname()[1]} is free")
    except (EkibenError, OSError) as exc:
        return _check("port", False, str(exc), "Stop what uses the ports.")


def _planner(settings: Settings) -> list[dict[str, Any]]:
    if settings.llm == "offline":
        return [_check("language model", True, "offline planner, no key and no network needed")]
    from agent.llm.trial import trials

    return [_check(*tried) for tried in trials(settings, settings.context())]
