"""status: what exists and what is live."""

from typing import Any

from pydantic import BaseModel

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.learning.decisions import Decision
from tools.core.tool import Args, Result, tool

KINDS = ("dataset", "prepared", "model", "bento")


class StatusArgs(Args):
    positional = ("name",)
    name: str | None = None
    """Tell only of artifacts of that name."""


class DeploymentStatus(BaseModel):
    name: str
    state: str
    platform: str
    revision: int | None
    model: str | None
    bento: str | None
    url: str
    since: str | None
    requests: int | None
    """Requests that the live revision answered; null when it is not live."""
    errors: int | None
    """Those of them that it answered with a 5xx."""
    history: list[dict[str, Any]]


class Status(Result):
    datasets: list[str]
    prepared: list[str]
    models: list[str]
    bentos: list[str]
    deployments: list[DeploymentStatus]
    decided: list[Decision]
    """What was decided about the newest prepared dataset that the name names; empty without a name."""

    def headline(self) -> str:
        live = [d for d in self.deployments if d.state == "live"]
        if live:
            return "\n".join(self._told(d) for d in live)
        made = f"{len(self.datasets)} datasets, {len(self.models)} models and {len(self.bentos)} Bentos"
        return f"Nothing is live. There are {made}."

    @staticmethod
    def _told(d: DeploymentStatus) -> str:
        asked = f"{d.requests:,} requests, {d.errors:,} errors"
        return f"{d.name}  revision {d.revision}  {d.model}  {d.url}  live since {d.since}, {asked}"


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


def _deployment(found: Any) -> DeploymentStatus:
    live, last = found.live, found.last
    record = found.revision_record(live) if live is not None else None
    requests, errors = _counts(found.running) if live is not None else (None, None)
    return DeploymentStatus(
        name=found.name,
        state=found.state,
        platform="local",
        revision=live,
        model=record and record["model"],
        bento=record and record["bento"],
        url=found.url(),
        since=last["at"] if live is not None else None,
        requests=requests,
        errors=errors,
        history=found.entries,
    )


def _counts(state: dict[str, Any]) -> tuple[int | None, int | None]:
    """Clients' requests to /predict and 5xx answers, as the service counts them (Prometheus)."""
    import re
    from urllib.request import urlopen

    try:
        with urlopen(f"http://127.0.0.1:{state['port']}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return None, None
    found = re.findall(r'_request_total\{([^}]*endpoint="/predict"[^}]*)\} ([0-9.e+]+)', text)
    errors = sum(float(count) for labels, count in found if 'http_response_code="5' in labels)
    return max(0, int(sum(float(count) for _, count in found)) - state["proofs"]), int(errors)
