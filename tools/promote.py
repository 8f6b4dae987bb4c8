"""promote: a deployment's canary takes all traffic."""

from tools.core.context import Context
from tools.core.serving.release import Released
from tools.core.tool import Args, tool


class PromoteArgs(Args):
    deployment: str
    """The deployment's name."""


def _asks(args: PromoteArgs, context: Context) -> str:
    from tools.core.serving.canaries import running_canary
    from tools.core.serving.deployments import find_deployment

    deployment = find_deployment(context, args.deployment)
    canary = running_canary(deployment)
    which = f", revision {canary['revision']}," if canary else ""
    return f"Give the canary of {deployment.name}{which} all traffic?"


@tool(effect="release", asks=_asks)
def promote(args: PromoteArgs, context: Context) -> Released:
    """Give a deployment's canary all traffic: it is proven once more, and no request is lost."""
    from tools.core.serving.canaries import promote_canary
    from tools.core.serving.deployments import find_deployment
    from tools.core.serving.release import finished

    deployment = find_deployment(context, args.deployment)
    with context.store.lock(f"deployment-{deployment.name}"):
        return finished(context, deployment, "promote") or promote_canary(context, deployment)
