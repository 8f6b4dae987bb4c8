"""Putting a revision live: started aside, proven with sample rows, then given the traffic."""

import http.client
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools.core.context import Context
from tools.core.errors import NO_SPACE, BadArguments, Unverified, disk_errors, disk_full
from tools.core.files import read_json
from tools.core.journal import now
from tools.core.serving.control import Line, line_to, open_listener, start_supervisor, stop_supervisor
from tools.core.serving.deployments import Deployment, address
from tools.core.serving.environments import interpreter_for
from tools.core.tool import Result

TOLERANCE = 1e-9
PROOF_SECONDS = 60


class Released(Result):
    """What deploy and rollback say."""

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
    proof: "Proof"

    def headline(self) -> str:
        return (
            f"{self.model} is live as {self.deployment}, revision {self.revision}, and verified: "
            f"{self.proof.equal} of {self.proof.rows} sample rows equal. {self.url}"
        )


class Proof(BaseModel):
    """Sample rows that were sent, and how many got the model's own answer."""

    rows: int
    equal: int


def release(
    context: Context, deployment: Deployment, revision: int, event: str, host: str, port: int | None
) -> Released:
    """Start a revision, prove it, move the traffic, write it down. Unverified leaves what was live as it was."""
    import time

    began = time.monotonic()
    record = deployment.revision_record(revision)
    previous = deployment.live
    alive = deployment.running
    if alive:
        host, port = alive["host"], alive["public_port"]
    else:
        with open_listener(host, port) as listener:
            port = int(listener.getsockname()[1])
            start_supervisor(deployment.folder, listener)
    assert port is not None
    told = {"revision": revision, "previous": previous, "model": record["model"], "bento": record["bento"]}
    try:
        entry = {"at": now(), "event": event, **told, "host": host, "port": port, "key": context.key}
        entry["left"] = _left(deployment)
        proof = _move(context, deployment, entry)
    except BaseException:
        if not alive:
            stop_supervisor(deployment.folder)
        raise
    return Released(
        deployment=deployment.name,
        platform="local",
        url=address(host, port),
        verified=True,
        seconds=round(time.monotonic() - began, 3),
        proof=proof,
        **told,
    )


def _left(deployment: Deployment) -> int | None:
    """The revision that was the live one, whether it answered or not."""
    state = deployment.running
    if state and state["revision"] is not None:
        return int(state["revision"])
    return int(deployment.last["revision"]) if deployment.revisions else None


def finished(context: Context, deployment: Deployment, event: str) -> Released | None:
    """The result of a release step that was interrupted after the traffic had moved; None when it had not."""
    state = deployment.running
    if not context.key or not state or not state["running"]:
        return None
    entries = [entry for entry in deployment.entries if entry.get("key") == context.key and entry["event"] == event]
    if not entries or entries[-1]["revision"] != state["revision"]:
        return None
    entry = entries[-1]
    told = {name: entry[name] for name in ("revision", "previous", "model", "bento")}
    return Released(
        deployment=deployment.name,
        platform="local",
        url=address(entry["host"], entry["port"]),
        verified=True,
        seconds=0.0,
        proof=Proof(**entry["proof"]),
        **told,
    )


def prove(port: int, sample: Mapping[str, Any], model: str) -> Proof:
    """Send sample rows to a private port and compare with the model's own answers; Unverified where they differ."""
    answer = _post(port, sample["rows"])
    if answer.get("model") != model:
        raise Unverified(f"The service says it is {answer.get('model')!r}, not {model!r}.")
    own = sample["answers"]
    equal = 0
    for row, prediction in enumerate(answer["predictions"]):
        same = alike(prediction, own["predictions"][row])
        if same and own["probabilities"] is not None:
            values = list(answer["probabilities"][row].values())
            same = all(map(alike, values, own["probabilities"][row]))
        equal += same
    if equal < len(sample["rows"]):
        raise Unverified(
            f"The service answers {len(sample['rows']) - equal} of {len(sample['rows'])} sample rows differently "
            "from the model itself.",
            "What was live before still is.",
        )
    return Proof(rows=len(sample["rows"]), equal=equal)


def alike(one: Any, other: Any) -> bool:
    """Equal labels, or numbers within 1e-9 of each other, relative where they are large."""
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def _move(context: Context, deployment: Deployment, entry: dict[str, Any]) -> Proof:
    revision = entry["revision"]
    folder = deployment.revision_folder(revision)
    record = deployment.revision_record(revision)
    with line_to(deployment.folder) as line:
        if line is None:
            raise Unverified("The deployment's supervisor cannot be reached.", "See: ekiben status")
        context.progress(0.2, "starting the service on a private address")
        port = _started(context, line, deployment, revision, record)
        context.progress(0.7, "proving it with sample rows")
        proof = prove(port, read_json(folder / "sample.json"), record["model"])
        context.check()
        answer = line.ask("activate", entry={**entry, "proof": proof.model_dump()})
        if not answer["ok"]:
            raise Unverified(f"The service did not take the traffic: {answer['error']}.", _logged(deployment))
    return proof


def _started(context: Context, line: Line, deployment: Deployment, revision: int, record: dict[str, Any]) -> int:
    home = deployment.revision_folder(revision) / "home"
    name, _, version = record["bento"].partition(":")
    source = home / "bentos" / name / version / "src"
    if not source.is_dir():
        raise Unverified(f"The files of revision {revision} are gone.", "Deploy the model again.")
    interpreter = str(interpreter_for(context, source.parent))
    answer = line.ask("start", revision=revision, source=str(source), home=str(home), interpreter=interpreter)
    if not answer["ok"]:
        if NO_SPACE in _logged(deployment):
            raise disk_full(deployment.folder)
        raise Unverified(f"The service did not start: {answer['error']}.", _logged(deployment))
    return int(answer["port"])


def _logged(deployment: Deployment) -> str:
    log = deployment.folder / "service.log"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return f"Its log ends with: {lines[-1][:300]}" if lines else "What was live before still is."


def _post(port: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROOF_SECONDS)
    try:
        connection.request("POST", "/predict", json.dumps({"rows": rows}), {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
    except OSError as exc:
        raise Unverified(f"The service did not answer the sample rows: {exc}.") from exc
    finally:
        connection.close()
    if response.status != 200:
        raise Unverified(f"The service answers its sample rows with {response.status}.", body.decode()[:300])
    found: dict[str, Any] = json.loads(body)
    return found


def copy_revision(target: Path, bento: Path, record: dict[str, Any]) -> None:
    """Make a revision's own copy of all that it serves, so that nothing deleted later can take it away."""
    from tools.core.files import write_json

    with disk_errors(target):
        _copied(target, bento)
        write_json(target / "record.json", record)


def _copied(target: Path, bento: Path) -> None:
    import shutil

    from tools.core.files import remove
    from tools.core.serving.bento import copy_tree

    remove(target)
    store = target / "home" / "bentos" / bento.parent.name
    copy_tree(bento, store / bento.name)
    (store / "latest").write_text(bento.name, encoding="utf-8")
    shutil.copyfile(bento / "src" / "model" / "sample.json", target / "sample.json")


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
