"""What a service's log says of why it ended: the last error in it, else its last line."""

import re
from pathlib import Path

ERROR = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Failure|NotFound)\b.*")
LONGEST = 300
TAIL_BYTES = 64 * 1024


def size_of_log(log: Path) -> int:
    """Where the next line of a log will begin."""
    return log.stat().st_size if log.exists() else 0


def last_words(log: Path, since: int = 0) -> str:
    """The line that says most of what was written from a place on; "" when nothing was."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, size_of_log(log) - TAIL_BYTES))
        lines = file.read().decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if ERROR.fullmatch(line)]
    return (errors or lines or [""])[-1].strip()[:LONGEST]
