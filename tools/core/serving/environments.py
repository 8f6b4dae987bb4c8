"""Where a Bento runs: in Ekiben's own environment while that has what the Bento pins, else in one made from its lock.

Such an environment is built once, by pip and with the user's own settings for it, and is kept in the workspace.
"""

import hashlib
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from tools.core.children import environment, python, settings_of_installers
from tools.core.context import Context
from tools.core.errors import NO_SPACE, NeedsExtra, NotFound, disk_full
from tools.core.files import staging, write_text
from tools.core.serving.bento import LOCK
from tools.core.serving.lock import installed, read_lock

READY = "ready"
"""The file that says that an environment is whole."""
BUILD_SECONDS = 1800.0
POLL_SECONDS = 0.5


def interpreter_for(context: Context, bento: Path) -> Path:
    """The Python of the versions that a Bento pins; NeedsExtra when they are not here and cannot be had."""
    lock = bento / LOCK
    if not lock.exists():
        raise NotFound(f"The lock of the Bento in {str(bento)!r} is gone.", "Deploy the model again.")
    text = lock.read_text(encoding="utf-8")
    others = other_versions(text)
    if not others:
        return Path(sys.executable)
    place = context.workspace / "environments" / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not _whole(place):
        with context.store.lock(place.name, place.parent, BUILD_SECONDS):
            if not _whole(place):  # else another command built it meanwhile
                _build(context, place, text, others)
    return _python_of(place)


def other_versions(lock: str) -> list[str]:
    """The pins of a lock that Ekiben's own environment does not have."""
    return [pin for pin, _ in read_lock(lock) if _here(pin) != pin]


def _here(pin: str) -> str:
    name = pin.partition("==")[0]
    try:
        return f"{name}=={installed(name)}"
    except PackageNotFoundError:
        return ""


def _whole(place: Path) -> bool:
    """Whether an environment was built to its end, and the Python that it was made with is still there."""
    return (place / READY).exists() and _python_of(place).exists()


def _python_of(place: Path) -> Path:
    return place / "bin" / "python"


def _build(context: Context, place: Path, lock: str, others: list[str]) -> None:
    from tools.core.files import remove

    named = _named(others)
    context.progress(None, f"building the environment that it pins ({named}); this is done once")
    with staging(place.parent) as aside:
        made = aside / place.name
        _run(context, python("-m", "venv", str(made)), aside, named)
        write_text(made / "requirements.txt", lock)
        options = ["--quiet", "--no-deps", "--no-compile", *(["--require-hashes"] if "--hash=" in lock else [])]
        install = [str(_python_of(made)), "-P", "-m", "pip", "install", *options, "-r", str(made / "requirements.txt")]
        _run(context, install, aside, named)
        write_text(made / READY, "")
        remove(place)
        made.rename(place)


def _run(context: Context, command: list[str], folder: Path, named: str) -> None:
    """Run one command of the build to its end, unless the person or the time limit ends it first."""
    variables = environment() | settings_of_installers()
    with (folder / "log").open("w+", encoding="utf-8", errors="replace") as log:
        child = subprocess.Popen(command, env=variables, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while child.poll() is None:
                context.check()
                try:
                    child.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            child.kill()
            child.wait()
        log.seek(0)
        said = log.read()
    if NO_SPACE in said:
        raise disk_full(folder)
    if child.returncode:
        raise NeedsExtra(
            f"This Bento runs with {named}, which Ekiben does not have, and no environment with that could be built.",
            f"Make your package registry reachable for pip, then run this again. pip said: {_last_error(said)}",
        )


def _named(others: list[str]) -> str:
    shown = ", ".join(pin.replace("==", " ") for pin in sorted(others, key=_weight)[:3])
    return shown + (f" and {len(others) - 3} other packages" if len(others) > 3 else "")


def _weight(pin: str) -> int:
    """What people know comes first."""
    known = ("scikit-learn", "lightgbm", "xgboost", "catboost", "onnxruntime", "numpy", "bentoml")
    name = pin.partition("==")[0]
    return known.index(name) if name in known else len(known)


def _last_error(said: str) -> str:
    errors = [line for line in said.splitlines() if "ERROR" in line] or said.strip().splitlines() or ["nothing"]
    return _without_address(errors[-1])[:300]


def _without_address(line: str) -> str:
    """A line of pip's without where it looked, since an address may hold a password."""
    import re

    return re.sub(r"\S+://\S+", "(address)", line).removeprefix("ERROR: ")
