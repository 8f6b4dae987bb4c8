"""logs: the end of a deployment's log."""

from pydantic import Field

from tools.core.context import Context
from tools.core.tool import Args, Result, tool


class LogsArgs(Args):
    deployment: str
    """The deployment's name."""
    lines: int = Field(50, ge=1, le=10_000)
    """How many lines from the end."""


class Logged(Result):
    deployment: str
    lines: list[str]

    def headline(self) -> str:
        return f"The last {len(self.lines)} lines of {self.deployment}'s log." if self.lines else "The log is empty."


@tool(effect="read")
def logs(args: LogsArgs, context: Context) -> Logged:
    """The last lines that a deployment's service wrote."""
    from collections import deque

    from tools.core.serving.deployments import find_deployment

    deployment = find_deployment(context, args.deployment)
    path = deployment.folder / "service.log"
    if not path.exists():
        return Logged(deployment=deployment.name, lines=[])
    with path.open(encoding="utf-8", errors="replace") as file:
        last = deque((line.rstrip("\n") for line in file), maxlen=args.lines)
    return Logged(deployment=deployment.name, lines=list(last))
