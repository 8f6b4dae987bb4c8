"""Deployments: an append-only record of what was live when, and what is live now."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.files import append_line, read_json, read_lines
from tools.core.journal import now
from tools.core.names import parse_reference
from tools.core.serving.control import state_of
from tools.core.store import Artifact

State = Literal["live", "stopped", "failed"]
MOVES = ("deploy", "promote", "rollback")
"""Events that say which revision is live."""


@dataclass(frozen=True)
class Deployment:
    """A named, served thing."""

    name: str
    folder: Path

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The record's lines: {at, event, revision, previous, left, model, bento, host, port, who, why, key, proof, …}.

        Events: deploy, canary, promote, rollback, stop; canary_failed and failed, which the supervisor writes.
        """
        return read_lines(self.folder / "record.jsonl")

    def note(self, **facts: Any) -> None:
        """Add a line to the record."""
        append_line(self.folder / "record.jsonl", {"at": now(), **facts})

    @cached_property
    def running(self) -> dict[str, Any] | None:
        """What the supervisor says; None when there is none."""
        return state_of(self.folder)

    @property
    def live(self) -> int | None:
        """The revision that takes traffic now."""
        return self.running["revision"] if self.running else None

    @property
    def state(self) -> State:
        """live, stopped, or failed: the record says live and nothing answers."""
        if self.live is not None:
            return "live"
        return "failed" if self.is_wanted else "stopped"

    @property
    def is_wanted(self) -> bool:
        """Whether the record says that something is to be live."""
        events = [entry["event"] for entry in self.entries]
        return not events or events[-1] != "stop"

    @property
    def reason(self) -> str | None:
        """Why it failed, or what troubles it while it is live; None when nothing is known."""
        if self.running:
            return self.running["live"]["error"] or None
        if not self.is_wanted:
            return None
        last = self.entries[-1]
        gone = "its supervisor and its service are gone: they were killed, or the machine was started anew"
        return last["why"] if last["event"] == "failed" else gone

    @property
    def revisions(self) -> list[int]:
        """Verified revisions, oldest first."""
        return sorted({e["revision"] for e in self.entries if e["event"] in ("deploy", "canary")})

    @property
    def left(self) -> set[int]:
        """Revisions that somebody rolled back from, or that failed as a canary."""
        return {e["left"] for e in self.entries if e["event"] in ("rollback", "canary_failed")}

    @property
    def last(self) -> dict[str, Any]:
        """The last line that made a revision live."""
        return next(e for e in reversed(self.entries) if e["event"] in MOVES)

    @property
    def canary(self) -> dict[str, Any] | None:
        """The line that began the canary which the record says is running."""
        entries = self.entries
        return entries[-1] if entries and entries[-1]["event"] == "canary" else None

    def revision_folder(self, revision: int) -> Path:
        """Where a revision's own copy of Bento and model is."""
        return self.folder / "revisions" / str(revision)

    def revision_record(self, revision: int) -> dict[str, Any]:
        """What a revision serves, and how: {revision, model, bento, replicas, cors}; its line where lost."""
        try:
            found: dict[str, Any] = read_json(self.revision_folder(revision) / "record.json")
        except (OSError, ValueError):
            return self._line(revision) or {}
        return found

    def sha256(self, revision: int) -> str | None:
        """The hash of a revision's files when it was deployed."""
        return (self._line(revision) or {}).get("sha256")

    def _line(self, revision: int) -> dict[str, Any] | None:
        found = [e for e in self.entries if e["event"] in ("deploy", "canary") and e["revision"] == revision]
        return found[-1] if found else None

    @property
    def needs_key(self) -> bool:
        """Whether its clients must send a key."""
        return bool(self.revisions and self.last.get("key_required"))

    @property
    def left_by_move(self) -> int | None:
        """The revision that a move leaves: the live one, whether it answers or not."""
        if self.live is not None:
            return self.live
        return int(self.last["revision"]) if self.revisions else None

    def url(self) -> str:
        """Its address."""
        return address(self.last["host"], self.last["port"])

    def needs(self, tag: str, kind: str) -> bool:
        """Whether what is live, or a canary beside it, is, or was made from, that model or Bento."""
        running = self.running or {}
        there = [self.live, (running.get("canary") or {}).get("revision")]
        return any(number is not None and self.revision_record(number)[kind] == tag for number in there)

    def names(self, tag: str, kind: str) -> bool:
        """Whether its record names that model or Bento."""
        return any(entry.get(kind) == tag for entry in self.entries)


def address(host: str, port: int) -> str:
    """The URL at which a local client reaches a listening address."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def deployments(context: Context) -> list[Deployment]:
    """All that were ever live, by name."""
    folder = context.workspace / "deployments"
    if not folder.is_dir():
        return []
    there = [Deployment(path.name, path) for path in sorted(folder.iterdir())]
    return [deployment for deployment in there if deployment.revisions]


def find_deployment(context: Context, text: str) -> Deployment:
    """The deployment of that name; NotFound names those that exist."""
    wanted = parse_reference(text)
    known = deployments(context)
    for deployment in known:
        if deployment.name == wanted.name and wanted.kind in (None, "deployment") and wanted.version is None:
            return deployment
    names = ", ".join(d.name for d in known)
    raise NotFound(
        f"There is no deployment {text!r} in this workspace.", f"There are: {names}." if names else "There is none yet."
    )


def find_model(context: Context, text: str) -> Artifact:
    """The model of that name, else the live model of the deployment of that name; NotFound when there is neither."""
    wanted = parse_reference(text)
    if wanted.kind != "deployment":
        try:
            return context.find(text, "model")
        except NotFound:
            if wanted.version is not None:
                raise
    for deployment in deployments(context):
        if deployment.name == wanted.name and deployment.live is not None:
            return _model_behind(context, deployment, deployment.live)
    return context.find(text, "model")


def _model_behind(context: Context, deployment: Deployment, live: int) -> Artifact:
    tag = deployment.revision_record(live)["model"]
    try:
        return context.find(f"model/{tag}", "model")
    except NotFound as exc:
        raise NotFound(
            f"{deployment.name} serves {tag} from a Bento alone: the model itself is not in this workspace.",
            "Ask where it was trained, or train one here.",
        ) from exc
