"""Where a supervisor keeps its sockets and its revisions' metrics: a folder of its own that nobody else may enter."""

import fcntl
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

PREFIX = "ekiben-"
MEMORY = "/dev/shm"
LONGEST = 60
"""A Unix socket's path may have 107 bytes."""


class Place:
    """The folder; that of a killed supervisor is taken over, so that its metrics go on."""

    def __init__(self, folder: Path) -> None:
        self.facts = folder / "supervisor.json"
        self.path = _left_behind(self.facts) or Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base()))
        self.lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self.lock, fcntl.LOCK_SH)  # what sweeps old files out of /tmp lets a locked folder be
        self.control = str(self.path / f"control-{os.getpid()}")
        self.started = time.time()

    def note(self, services: list[dict[str, Any]]) -> None:
        """Write down where we are and which services run, for commands and for a supervisor that comes after us."""
        told = {"pid": os.getpid(), "control": self.control, "place": str(self.path), "started": self.started}
        aside = self.facts.with_name(".supervisor.json")
        aside.write_text(json.dumps(told | {"services": services}), encoding="utf-8")
        aside.replace(self.facts)

    def remove(self) -> None:
        """Everything was ended."""
        self.facts.unlink(missing_ok=True)
        os.close(self.lock)
        shutil.rmtree(self.path, ignore_errors=True)


def _base() -> str | None:
    """Memory where there is such a folder: a disk that is busy would hold up those who count on it.

    Else the temporary folder, unless its path is too long for sockets.
    """
    if os.access(MEMORY, os.W_OK | os.X_OK):
        return MEMORY
    return "/tmp" if len(tempfile.gettempdir()) > LONGEST else None


def _left_behind(facts: Path) -> Path | None:
    try:
        path = Path(json.loads(facts.read_text(encoding="utf-8"))["place"])
        ours = path.name.startswith(PREFIX) and path.is_dir() and path.stat().st_uid == os.getuid()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if ours and not path.is_symlink() else None
