"""status: what exists and what is live."""

import time
from typing import Any, ClassVar

from pydantic import BaseModel

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.learning.decisions import Decision
from tools.core.serving.counts import Latency, read_counts
from tools.core.serving.deployments import Deployment
from tools.core.tool import Args, Result, tool

KINDS = ("dataset", "prepared", "model", "bento")


class StatusArgs(Args):
    positional = ("name",)
    name: str | None = None
    """Tell only of artifacts of that name."""


class RevisionStatus(BaseModel):
    """One revision that takes traffic, as the canary does beside the live one."""

    revision: int
    model: str
    bento: str
    percent: int
    """Its share of the requests."""
    uptime_seconds: float
    requests: int | None
    refused: int | None
    errors: int | None
    latency_ms: Latency | None


class DeploymentStatus(BaseModel):
    name: str
    state: str
    reason: str | None
    """Why it failed, or what troubles it."""
    platform: str
    revision: int | None
    model: str | None
    bento: str | None
    url: str
    since: str | None
    requests: int | None
    """Requests that the live revision answered; null when it is not live."""
    refused: int | None
    """Those of them that it answered with a 4xx: bad rows, no key, too many at once."""
    errors: int | None
    """Those of them that it answered with a 5xx."""
    latency_ms: Latency | None
    """Half of the requests, and 99 of 100, took at most so many milliseconds; null when there is none."""
    uptime_seconds: float | None
    replicas: int | None
    """How many processes serve the live revision."""
    canary: RevisionStatus | None
    unit: str | None
    """A systemd user unit that brings it back after a start of the machine, for who wants that."""
    history: list[dict[str, Any]]


class Status(Result):
    many_lines: ClassVar[bool] = True
    datasets: list[str]
    prepared: list[str]
    models: list[str]
    bentos: list[str]
    deployments: list[DeploymentStatus]
    decided: list[Decision]
    """What was decided about the newest prepared dataset that the name names; empty without a name."""

    def headline(self) -> str:
        told = [self._told(d) for d in self.deployments if d.state != "stopped"]
        if told:
            return "\n".join(told)
        made = f"{len(self.datasets)} datasets, {len(self.models)} models and {len(self.bentos)} Bentos"
        return f"Nothing is live. There are {made}."

    @staticmethod
    def _told(d: DeploymentStatus) -> str:
        if d.state == "failed":
            return f"{d.name} has failed: {d.reason}. Bring it back: ekiben rollback {d.name} --to N, or ekiben deploy"
        told = f"{d.name}  revision {d.revision}  {d.model}  {d.url}  live since {d.since}, {_figures(d)}"
        if d.canary:
            c = d.canary
            told += (
                f"\n{d.name}  canary: revision {c.revision}  {c.model}  {c.percent} % of the requests, {_figures(c)}"
            )
        return told + (f"\n{d.name}  {d.reason}" if d.reason else "")


def _figures(of: DeploymentStatus | RevisionStatus) -> str:
    if of.requests is None:
        return "its counts cannot be read"
    speed = f", p50 {of.latency_ms.p50:.1f} ms, p99 {of.latency_ms.p99:.1f} ms" if of.latency_ms else ""
    refused = f"{of.refused:,} refused, " if of.refused else ""
    return f"{of.requests:,} requests, {refused}{of.errors:,} errors{speed}"


@tool(effect="read")
def status(args: StatusArgs, context: Context) -> Status:
    """What exists in this workspace, and what is live."""
    from tools.core.names import parse_reference
    from tools.core.serving.deployments import deployments

    wanted = parse_reference(args.name) if args.name else None
    found = {kind: [a for a in context.store.all(kind) if _is_meant(a, wanted)] for kind in KINDS}
    tags = {kind: [artifact.tag for artifact in artifacts] for kind, artifacts in found.items()}
    live = [
        _deployment(d)
        for d in deployments(context)
        if wanted is None or (wanted.kind in (None, "deployment") and d.name == wanted.name)
    ]
    if wanted and not live and not any(tags.values()):
        raise NotFound(f"Nothing is called {args.name!r} in this workspace.", "See all of it: ekiben status")
    prepared = found["prepared"][0].record["result"] if wanted and found["prepared"] else {}
    return Status(
        datasets=tags["dataset"],
        prepared=tags["prepared"],
        models=tags["model"],
        bentos=tags["bento"],
        deployments=live,
        decided=[Decision.model_validate(decision) for decision in prepared.get("decisions", [])],
    )


def _is_meant(artifact: Any, wanted: Any) -> bool:
    """Whether an artifact is what a reference names; without one every artifact is."""
    if wanted is None:
        return True
    same = artifact.name == wanted.name and wanted.kind in (None, artifact.kind)
    return same and wanted.version in (None, artifact.version)


def _deployment(found: Deployment) -> DeploymentStatus:
    live, last, state = found.live, found.last, found.running or {}
    told = found.revision_record(live) if live is not None else {}
    counts = read_counts(state["live"].get("metrics")) if live is not None else None
    unit = found.folder / f"ekiben-{found.name}.service"
    return DeploymentStatus(
        name=found.name,
        state=found.state,
        reason=found.reason,
        platform="local",
        revision=live,
        model=told.get("model"),
        bento=told.get("bento"),
        url=found.url(),
        since=last["at"] if live is not None else None,
        requests=counts and counts.requests,
        refused=counts and counts.refused,
        errors=counts and counts.errors,
        latency_ms=counts and counts.latency_ms,
        uptime_seconds=_uptime(state["live"]) if live is not None else None,
        replicas=state["live"].get("replicas") if live is not None else None,
        canary=_canary(found, state["canary"]) if state.get("canary") else None,
        unit=str(unit) if unit.exists() else None,
        history=found.entries,
    )


def _canary(found: Deployment, state: dict[str, Any]) -> RevisionStatus:
    told = found.revision_record(state["revision"])
    counts = read_counts(state["metrics"])
    return RevisionStatus(
        revision=state["revision"],
        model=told["model"],
        bento=told["bento"],
        percent=state["percent"],
        uptime_seconds=_uptime(state) or 0.0,
        requests=counts and counts.requests,
        refused=counts and counts.refused,
        errors=counts and counts.errors,
        latency_ms=counts and counts.latency_ms,
    )


def _uptime(state: dict[str, Any]) -> float | None:
    return round(time.time() - state["since"], 1) if "since" in state else None
