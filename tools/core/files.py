"""Writing so that a killed process leaves the old state or the new one, and hashing what was written."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.core.errors import disk_errors

STAGING = ".ekiben-staging-"
"""How our own folders are called while they are filled, wherever that is; the process's number follows."""


def write_text(path: Path, text: str) -> None:
    """Replace a file's content at once: written aside, flushed to the disk, renamed."""
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".aside-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """`write_text` of readable JSON; NaN becomes null."""
    write_text(path, json.dumps(finite(value), ensure_ascii=False, indent=1, default=str) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def append_line(path: Path, value: Any) -> None:
    """Add one JSON line to an append-only record and flush it to the disk."""
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite(value), ensure_ascii=False, default=str) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read_lines(path: Path) -> list[Any]:
    """The values of a record; a last line that a killed process cut off is left out."""
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines


def finite(value: Any) -> Any:
    """The value with every NaN and infinity replaced by None, since JSON has neither."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def sha256(path: Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path) -> str:
    """One hash of a folder's files: their relative names and contents, in sorted order."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(f"{path.relative_to(folder).as_posix()}\0{sha256(path)}\n".encode())
    return total.hexdigest()


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def remove(path: Path) -> None:
    """Delete a file or folder: renamed out of sight first, so that it is there whole or not at all."""
    if not path.exists():
        return
    aside = path.with_name(f".gone-{os.getpid()}-{path.name}")
    path.rename(aside)
    shutil.rmtree(aside) if aside.is_dir() else aside.unlink()


def _sweep(parent: Path) -> None:
    """Remove what killed processes left."""
    for path in parent.glob(f"{STAGING}*"):
        found = re.fullmatch(rf"{re.escape(STAGING)}(\d+)-\w+", path.name)
        if found and not is_running(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def is_running(pid: int) -> bool:
    """Whether a process of that number is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A fresh folder on the same disk, to be filled and then renamed into place; removed if it is still there."""
    with disk_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{STAGING}{os.getpid()}-"))
    try:
        with disk_errors(parent):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
