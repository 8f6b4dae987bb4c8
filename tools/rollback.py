"""rollback: a deployment goes back to an earlier revision, proven first."""

from pydantic import Field

from tools.core.context import Context
from tools.core.errors import BadArguments, NotFound
from tools.core.serving.deployments import Deployment
from tools.core.serving.release import Released
from tools.core.tool import Args, tool


class RollbackArgs(Args):
    deployment: str
    """The deployment's name."""
    to: int | None = Field(None, ge=1)
    """The revision to go back to; by default the last good one below the live one."""


def _asks(args: RollbackArgs, context: Context) -> str:
    from tools.core.serving.deployments import find_deployment

    deployment = find_deployment(context, args.deployment)
    revision = _wanted(deployment, args.to)
    model = deployment.revision_record(revision)["model"]
    return f"Roll {deployment.name} back to revision {revision} ({model})?"


@tool(effect="release", asks=_asks)
def rollback(args: RollbackArgs, context: Context) -> Released:
    """Serve an earlier revision again: it is started and proven before traffic moves."""
    from tools.core.serving.deployments import find_deployment
    from tools.core.serving.release import finished, release

    deployment = find_deployment(context, args.deployment)
    with context.store.lock(f"deployment-{deployment.name}"):
        if done := finished(context, deployment, "rollback"):
            return done
        revision = _wanted(deployment, args.to)
        last = deployment.last
        return release(context, deployment, revision, "rollback", last["host"], last["port"])


def _wanted(deployment: Deployment, to: int | None) -> int:
    live = deployment.live if deployment.live is not None else deployment.last["revision"]
    if to is not None:
        if to not in deployment.revisions:
            raise NotFound(
                f"{deployment.name} has no revision {to}.",
                f"It has: {', '.join(map(str, deployment.revisions))}.",
            )
        if to == live and deployment.live is not None:
            raise BadArguments(f"Revision {to} of {deployment.name} is live already.", "Choose another with --to.")
        return to
    left = {entry["left"] for entry in deployment.entries if entry["event"] == "rollback"}
    earlier = [revision for revision in deployment.revisions if revision < live and revision not in left]
    if not earlier:
        raise NotFound(f"{deployment.name} has no earlier revision than {live} to go back to.", "Name one with --to.")
    return earlier[-1]
