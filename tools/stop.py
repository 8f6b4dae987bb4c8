"""stop: a deployment ends, its address is free."""

from tools.core.context import Context
from tools.core.tool import Args, Result, tool


class StopArgs(Args):
    deployment: str
    """The deployment's name."""


class Stopped(Result):
    deployment: str
    url: str

    def headline(self) -> str:
        return f"{self.deployment} is stopped; {self.url} is free."


def _asks(args: StopArgs, context: Context) -> str:
    from tools.core.serving.deployments import find_deployment

    deployment = find_deployment(context, args.deployment)
    return f"Stop {deployment.name}, which is {deployment.state} on {deployment.url()}?"


@tool(effect="release", asks=_asks)
def stop(args: StopArgs, context: Context) -> Stopped:
    """Stop a deployment: it finishes what it has, then its address is free."""
    from tools.core.files import append_line
    from tools.core.journal import now
    from tools.core.serving.control import stop_supervisor
    from tools.core.serving.deployments import find_deployment
    from tools.core.serving.entry import who, why

    deployment = find_deployment(context, args.deployment)
    with context.store.lock(f"deployment-{deployment.name}"):
        before = deployment.state
        entry = {"at": now(), "event": "stop", "revision": deployment.live, "key": context.key}
        entry |= {"left": deployment.live, "who": who(), "why": why(context)}
        context.progress(None, "finishing what it has")
        if not stop_supervisor(deployment.folder, entry) and before != "stopped":
            append_line(deployment.folder / "record.jsonl", entry)
        warnings = [f"{deployment.name} was stopped already."] if before == "stopped" else []
        return Stopped(deployment=deployment.name, url=deployment.url(), warnings=warnings)
