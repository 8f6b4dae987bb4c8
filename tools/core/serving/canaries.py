"""A canary from the command's side: refused where it makes no sense, promoted, ended."""

import time
from collections.abc import Sequence
from typing import Any

from tools.core.context import Context
from tools.core.errors import BadArguments, Unverified
from tools.core.serving.control import line_to
from tools.core.serving.deployments import Deployment
from tools.core.serving.entry import entry_of
from tools.core.serving.proof import UNCHANGED, prove_all
from tools.core.serving.release import Released, is_written, released, tell


def running_canary(deployment: Deployment) -> dict[str, Any] | None:
    """What the supervisor says of the canary that runs."""
    state = deployment.running
    return state["canary"] if state else None


def refuse_beside_canary(deployment: Deployment, wanted: int | None) -> None:
    """BadArguments when a canary runs already, or when one is wanted and nothing is live beside it."""
    if canary := running_canary(deployment):
        raise BadArguments(
            f"Revision {canary['revision']} of {deployment.name} runs as a canary.",
            f"End that first: ekiben promote {deployment.name}, or ekiben rollback {deployment.name}",
        )
    if wanted and deployment.live is None:
        raise BadArguments(
            f"Nothing is live as {deployment.name} that a canary could stand beside.", "Deploy it without --canary."
        )


def promote_canary(context: Context, deployment: Deployment) -> Released:
    """Give the canary all traffic, proven once more."""
    canary = running_canary(deployment)
    if canary is None:
        raise BadArguments(
            f"{deployment.name} has no canary that could be promoted.",
            f"Deploy one first: ekiben deploy MODEL --name {deployment.name} --canary 10",
        )
    return _changed(context, deployment, "promote", canary["revision"], canary["private"])


def end_canary(context: Context, deployment: Deployment, canary: dict[str, Any]) -> Released:
    """The live revision, proven once more, has all traffic again."""
    state = deployment.running
    assert state
    private = state["live"].get("private", ())
    more = {"previous": canary["revision"], "left": canary["revision"]}
    return _changed(context, deployment, "rollback", state["revision"], private, **more)


def _changed(
    context: Context, deployment: Deployment, event: str, revision: int, private: Sequence[str], **more: Any
) -> Released:
    began = time.monotonic()
    proof = prove_all(private, deployment, revision)
    own = {name: deployment.last.get(name) for name in ("host", "port", "key_required")}
    entry = entry_of(context, deployment, event, revision, **own, proof=proof.model_dump(), **more)
    try:
        with line_to(deployment.folder) as line:
            if line is None:
                raise Unverified("The deployment's supervisor cannot be reached.", "See: ekiben status")
            tell(line, "promote" if event == "promote" else "end_canary", entry)
    except (OSError, ValueError) as exc:
        if not is_written(deployment, entry):
            raise Unverified("The deployment's supervisor ended meanwhile.", UNCHANGED) from exc
    return released(deployment, entry, time.monotonic() - began)
