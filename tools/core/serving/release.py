"""Putting a revision live: started aside, proven with sample rows, then given the traffic."""

import json
import os
import time
from typing import Any

from tools.core.context import Context
from tools.core.errors import NO_SPACE, BadArguments, Unverified, disk_full
from tools.core.serving.control import Line, line_to, open_listener, start_supervisor, state_of, stop_supervisor
from tools.core.serving.deployments import Deployment, address
from tools.core.serving.entry import entry_of
from tools.core.serving.environments import interpreter_for
from tools.core.serving.gate import Gate
from tools.core.serving.proof import UNCHANGED, Proof, prove_all
from tools.core.serving.revisions import check_revision, no_key, source_of
from tools.core.tool import Result

KEY = "EKIBEN_SERVICE_KEY"


class Released(Result):
    """What deploy, promote and rollback say."""

    deployment: str
    revision: int
    previous: int | None
    """The revision that was live before; null when none was."""
    model: str
    bento: str
    platform: str
    url: str
    verified: bool
    seconds: float
    canary: int | None = None
    """The percentage of the requests that it gets beside the live revision; null when it gets all."""
    gate: Gate | None = None
    """How it compared with the live model, where it had to be better; null where it had not to."""
    proof: Proof

    def headline(self) -> str:
        better = f" It is better than {self.gate.live}: {self.gate.told()}." if self.gate else ""
        proven = f"verified: {self.proof.equal} of {self.proof.rows} sample rows equal.{better} {self.url}"
        if self.canary:
            share = f"gets {self.canary} % of the requests to {self.deployment}"
            return f"{self.model} {share} as a canary, revision {self.revision}, and is {proven}"
        return f"{self.model} is live as {self.deployment}, revision {self.revision}, and {proven}"


def release(
    context: Context, deployment: Deployment, revision: int, event: str, host: str, port: int | None, **noted: Any
) -> Released:
    """Start a revision, prove it, move the traffic, write it down. Unverified leaves what was live as it was."""
    began = time.monotonic()
    check_revision(deployment, revision)
    alive = deployment.running
    key = os.environ.get(KEY) if event != "canary" else None  # clients send one key, whoever answers
    noted["key_required"] = deployment.needs_key if key is None else bool(key)
    if noted["key_required"] and not key and not (alive and alive.get("keyed")):
        raise no_key(deployment)
    if alive and alive["revision"] is None and port not in (None, alive["public_port"]):
        stop_supervisor(deployment.folder)  # of a first deploy that was killed, on another port
        alive = None
    if alive:
        host, port = alive["host"], alive["public_port"]
    else:
        with open_listener(host, port) as listener:
            port = int(listener.getsockname()[1])
            start_supervisor(deployment.folder, listener)
    entry = entry_of(context, deployment, event, revision, host=host, port=port, **noted)
    try:
        entry = _move(context, deployment, entry, key)
    except BaseException:
        if not alive:
            stop_supervisor(deployment.folder)
        raise
    return released(deployment, entry, time.monotonic() - began)


def released(deployment: Deployment, entry: dict[str, Any], seconds: float) -> Released:
    """The result that a line of the record stands for."""
    told = {name: entry[name] for name in ("revision", "previous", "model", "bento")}
    return Released(
        deployment=deployment.name,
        platform="local",
        url=address(entry["host"], entry["port"]),
        verified=True,
        seconds=round(seconds, 3),
        canary=entry.get("canary"),
        gate=Gate(**entry["gate"]) if entry.get("gate") else None,
        proof=Proof(**entry["proof"]),
        **told,
    )


def finished(context: Context, deployment: Deployment, *events: str) -> Released | None:
    """The result of a release step that was interrupted after the traffic had moved; None when it had not."""
    state = deployment.running
    if not context.key or not state:
        return None
    entries = [entry for entry in deployment.entries if entry.get("key") == context.key and entry["event"] in events]
    there = [state["revision"], (state["canary"] or {}).get("revision")]
    if not entries or entries[-1]["revision"] != there[entries[-1]["event"] == "canary"]:
        return None
    return released(deployment, entries[-1], 0.0)


def _move(context: Context, deployment: Deployment, entry: dict[str, Any], key: str | None) -> dict[str, Any]:
    revision = entry["revision"]
    try:
        with line_to(deployment.folder) as line:
            if line is None:
                raise Unverified("The deployment's supervisor cannot be reached.", "See: ekiben status")
            context.progress(0.2, "starting the service on a private address")
            private = _started(context, line, deployment, entry, key)
            context.progress(0.7, "proving it with sample rows")
            entry["proof"] = prove_all(private, deployment, revision).model_dump()
            context.check()
            do = "canary" if entry["event"] == "canary" else "activate"
            tell(line, do, entry)
    except (OSError, ValueError) as exc:
        if not is_written(deployment, entry):
            raise Unverified("The deployment's supervisor ended meanwhile.", UNCHANGED) from exc
    return entry


def tell(line: Line, do: str, entry: dict[str, Any]) -> None:
    """Have the supervisor do what an entry of the record says; Unverified when it did not."""
    answer = line.ask(do, entry=entry)
    if not answer["ok"]:
        raise Unverified(f"The service did not take the traffic: {answer['error']}.", UNCHANGED)


def is_written(deployment: Deployment, entry: dict[str, Any]) -> bool:
    """Whether the record has an entry although the supervisor that wrote it ended before it said so."""
    state_of(deployment.folder)  # once another one is there, nothing more is written for the one before
    return json.loads(json.dumps(entry)) in deployment.entries


def _started(context: Context, line: Line, deployment: Deployment, entry: dict[str, Any], key: str | None) -> list[str]:
    record = deployment.revision_record(entry["revision"])
    source = source_of(deployment, entry["revision"])
    interpreter = str(interpreter_for(context, source.parent))
    answer = line.ask(
        "start",
        revision=entry["revision"],
        source=str(source),
        home=str(deployment.revision_folder(entry["revision"]) / "home"),
        replicas=record.get("replicas", 1),
        cors=record.get("cors", []),
        interpreter=interpreter,
        key=key,
        key_required=entry["key_required"],
    )
    if not answer["ok"]:
        if NO_SPACE in answer["error"]:
            raise disk_full(deployment.folder)
        raise Unverified(f"The service did not start: {answer['error']}.", UNCHANGED)
    private: list[str] = answer["private"]
    return private


def refuse_move(deployment: Deployment, host: str | None, port: int | None) -> tuple[str, int | None]:
    """The address to serve on: the deployment's own, else what was asked for. A live one cannot change it."""
    if not deployment.revisions:
        return host or "127.0.0.1", port
    own = deployment.last
    if deployment.running and (host or own["host"], port or own["port"]) != (own["host"], own["port"]):
        raise BadArguments(
            f"{deployment.name} is live on {deployment.url()} and keeps that address.",
            f"Stop it first to move it: ekiben stop {deployment.name}",
        )
    return host or own["host"], port or own["port"]
