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


@dataclass(frozen=True)
class Deployment:
    """A named, served thing."""

    name: str
    folder: Path

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The record's lines: {at, event, revision, previous, model, bento, host, port, key, proof}."""
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
        state = self.running
        return state["revision"] if state and state["running"] else None

    @property
    def state(self) -> State:
        """live, stopped, or failed: the record says live and nothing answers."""
        if self.live is not None:
            return "live"
        events = [entry["event"] for entry in self.entries]
        return "stopped" if events and events[-1] == "stop" else "failed"

    @property
    def revisions(self) -> list[int]:
        """Verified revisions, oldest first."""
        return sorted({e["revision"] for e in self.entries if e["event"] == "deploy"})

    @property
    def last(self) -> dict[str, Any]:
        """The last line that made a revision live."""
        return next(e for e in reversed(self.entries) if e["event"] in ("deploy", "rollback"))

    def revision_folder(self, revision: int) -> Path:
        """Where a revision's own copy of Bento and model is."""
        return self.folder / "revisions" / str(revision)

    def revision_record(self, revision: int) -> dict[str, Any]:
        """What a revision serves: {revision, model, bento, key}."""
        found: dict[str, Any] = read_json(self.revision_folder(revision) / "record.json")
        return found

    def url(self) -> str:
        """Its address."""
        return address(self.last["host"], self.last["port"])

    def needs(self, tag: str, kind: str) -> bool:
        """Whether what is live is, or was made from, that model or Bento."""
        return self.state == "live" and self.live is not None and self.revision_record(self.live)[kind] == tag


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
