"""The record of runs and their steps, each written before it starts and after it ends: the only truth on resume."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.core.errors import Busy, NotFound, NotWritable, disk_errors
from tools.core.files import finite

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, llm TEXT, base_url TEXT, status TEXT NOT NULL,
    started TEXT NOT NULL, ended TEXT, messages TEXT NOT NULL DEFAULT '[]', waiting TEXT, origin TEXT NOT NULL,
    usage TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS steps (
    run INTEGER NOT NULL REFERENCES runs(id), position INTEGER NOT NULL, call_id TEXT, tool TEXT NOT NULL,
    args TEXT NOT NULL, status TEXT NOT NULL, approved INTEGER NOT NULL DEFAULT 0, started TEXT, seconds REAL,
    result TEXT, error TEXT, drawn TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (run, position));
CREATE TABLE IF NOT EXISTS conversations (
    run INTEGER PRIMARY KEY REFERENCES runs(id), conversation INTEGER NOT NULL, said TEXT NOT NULL);
"""
Status = str
"""Of a run: running, done, failed, question, approval, declined, limit, interrupted, error.
Of a step: planned, started, done, failed; given_up (failed) and not_run (planned) once a new plan took its place."""


def now() -> str:
    """The time as every record writes it: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass
class JournalStep:
    """One step as the journal knows it."""

    position: int
    call_id: str
    tool: str
    args: dict[str, Any]
    status: Status
    approved: bool
    seconds: float | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    drawn: dict[tuple[str, str], int]


class Journal:
    """SQLite in the workspace, flushed to the disk at each write."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.path = workspace / "journal.sqlite"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with disk_errors(self.workspace):
            self.workspace.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(self.path, timeout=30)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous=FULL")
                connection.executescript(SCHEMA)
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.OperationalError as exc:
            raise _translated(exc, self.path) from exc
        except sqlite3.DatabaseError as exc:
            raise NotWritable(
                f"{str(self.path)!r} is not a journal of Ekiben: {exc}.",
                "Move it away, then run this again.",
            ) from exc

    def begin(self, request: str, llm: str, origin: str, base_url: str | None = None) -> int:
        """A new run's number. `origin` is request, plan or command."""
        with self._open() as db:
            cursor = db.execute(
                "INSERT INTO runs (request, llm, base_url, status, started, origin) VALUES (?, ?, ?, 'running', ?, ?)",
                (request, llm, base_url, now(), origin),
            )
        return int(cursor.lastrowid or 0)

    def add(self, run: int, calls: list[tuple[str, str, dict[str, Any]]]) -> None:
        """Append planned steps: (call id, tool, args)."""
        with self._open() as db:
            last = db.execute("SELECT COALESCE(MAX(position), 0) FROM steps WHERE run=?", (run,)).fetchone()[0]
            db.executemany(
                "INSERT INTO steps (run, position, call_id, tool, args, status) VALUES (?, ?, ?, ?, ?, 'planned')",
                [(run, last + n, i, tool, _dump(args)) for n, (i, tool, args) in enumerate(calls, 1)],
            )

    def step(self, run: int, position: int, **values: Any) -> None:
        """Write some columns of a step."""
        self._update("steps", "run=? AND position=?", (run, position), values)

    def end(self, run: int, status: Status, waiting: dict[str, Any] | None = None) -> None:
        """Close a run, or park it with what it waits for."""
        self._update("runs", "id=?", (run,), {"status": status, "ended": now(), "waiting": waiting})

    def set_run(self, run: int, **values: Any) -> None:
        """Write some columns of a run: messages, usage, status."""
        self._update("runs", "id=?", (run,), values)

    def forget(self, run: int) -> None:
        """Take back a run that did nothing."""
        with self._open() as db:
            db.execute("DELETE FROM steps WHERE run=?", (run,))
            db.execute("DELETE FROM conversations WHERE run=?", (run,))
            db.execute("DELETE FROM runs WHERE id=?", (run,))

    def steps(self, run: int) -> list[JournalStep]:
        """A run's steps in order."""
        with self._open() as db:
            rows = db.execute("SELECT * FROM steps WHERE run=? ORDER BY position", (run,)).fetchall()
        return [_step(row) for row in rows]

    def run(self, run: int) -> dict[str, Any]:
        """One run's columns; NotFound when there is no such run."""
        with self._open() as db:
            row = db.execute("SELECT * FROM runs WHERE id=?", (run,)).fetchone()
        if row is None:
            known = [str(r["id"]) for r in self.runs()[:5]]
            raise NotFound(
                f"There is no run {run}.",
                f"The newest are: {', '.join(known)}." if known else "There is none.",
            )
        return _run(row)

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first."""
        if not self.path.exists():
            return []
        with self._open() as db:
            return [_run(row) for row in db.execute("SELECT * FROM runs ORDER BY id DESC")]

    def converse(self, run: int, conversation: int | None, said: str) -> int:
        """Put a run into a conversation (a new one without a number), with what the person said; its number."""
        number = conversation or run
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO conversations VALUES (?, ?, ?)", (run, number, said))
        return number

    def conversation(self, number: int) -> list[dict[str, Any]]:
        """The runs of a conversation, oldest first, each with what the person `said`."""
        with self._open() as db:
            rows = db.execute(
                "SELECT runs.*, said FROM conversations JOIN runs ON runs.id = run WHERE conversation=? ORDER BY run",
                (number,),
            )
            return [_run(row) for row in rows]

    def last_conversation(self) -> int | None:
        """The conversation that was spoken in last."""
        if not self.path.exists():
            return None
        with self._open() as db:
            row = db.execute("SELECT conversation FROM conversations ORDER BY run DESC LIMIT 1").fetchone()
        return int(row[0]) if row else None

    def _update(self, table: str, where: str, keys: tuple[int, ...], values: dict[str, Any]) -> None:
        columns = ", ".join(f"{name}=?" for name in values)
        filled = [_dump(v) if isinstance(v, dict | list) else v for v in values.values()]
        with self._open() as db:
            db.execute(f"UPDATE {table} SET {columns} WHERE {where}", (*filled, *keys))


def _dump(value: Any) -> str:
    return json.dumps(finite(value), ensure_ascii=False, default=str)


def _run(row: sqlite3.Row) -> dict[str, Any]:
    found = dict(row)
    for name in ("messages", "waiting", "usage"):
        found[name] = json.loads(found[name]) if found[name] else None
    return found


def _step(row: sqlite3.Row) -> JournalStep:
    drawn: dict[tuple[str, str], int] = {}
    for key, version in json.loads(row["drawn"]).items():
        kind, _, name = key.partition("/")
        drawn[kind, name] = version
    return JournalStep(
        position=row["position"],
        call_id=row["call_id"] or "",
        tool=row["tool"],
        args=json.loads(row["args"]),
        status=row["status"],
        approved=bool(row["approved"]),
        seconds=row["seconds"],
        result=json.loads(row["result"]) if row["result"] else None,
        error=json.loads(row["error"]) if row["error"] else None,
        drawn=drawn,
    )


def _translated(exc: sqlite3.OperationalError, path: Path) -> Exception:
    text = str(exc)
    if "locked" in text:
        return Busy("Another Ekiben is writing this workspace's journal.", "Wait for it, then run this again.")
    if "full" in text:
        from tools.core.errors import DiskFull

        return DiskFull(f"The disk that holds {str(path)!r} is full.", "Free some room, then run it again.")
    return NotWritable(f"{str(path)!r} cannot be written: {text}.", "Choose another folder with --workspace DIR.")
