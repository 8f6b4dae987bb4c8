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
    from tools.core.serving.canaries import running_canary
    from tools.core.serving.deployments import find_deployment

    deployment = find_deployment(context, args.deployment)
    if (canary := running_canary(deployment)) and args.to in (None, deployment.live):
        return f"End the canary of {deployment.name}, revision {canary['revision']}?"
    revision = _wanted(deployment, args.to)
    model = deployment.revision_record(revision)["model"]
    return f"Roll {deployment.name} back to revision {revision} ({model})?"


@tool(effect="release", asks=_asks)
def rollback(args: RollbackArgs, context: Context) -> Released:
    """Serve an earlier revision again, proven before traffic moves; while a canary runs, end it."""
    from tools.core.serving.canaries import end_canary, refuse_beside_canary, running_canary
    from tools.core.serving.deployments import find_deployment
    from tools.core.serving.release import finished, release

    deployment = find_deployment(context, args.deployment)
    with context.store.lock(f"deployment-{deployment.name}"):
        if done := finished(context, deployment, "rollback"):
            return done
        if (canary := running_canary(deployment)) and args.to in (None, deployment.live):
            return end_canary(context, deployment, canary)
        refuse_beside_canary(deployment, None)
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
    earlier = [revision for revision in deployment.revisions if revision < live and revision not in deployment.left]
    if not earlier:
        raise NotFound(f"{deployment.name} has no earlier revision than {live} to go back to.", "Name one with --to.")
    return earlier[-1]
