"""A line of a deployment's record: what happened, to which revision, who did it, and why."""

import getpass
import socket
from typing import Any

from tools.core.context import Context
from tools.core.errors import EkibenError
from tools.core.journal import Journal, now
from tools.core.serving.deployments import Deployment

LONGEST = 500
"""Characters of a request that the record keeps."""


def entry_of(context: Context, deployment: Deployment, event: str, revision: int, **more: Any) -> dict[str, Any]:
    """The line for an event that makes, or leaves, a revision live."""
    record = deployment.revision_record(revision)
    return {
        "at": now(),
        "event": event,
        "revision": revision,
        "previous": deployment.live,
        "left": None if event == "canary" else deployment.left_by_move,
        "model": record["model"],
        "bento": record["bento"],
        "who": who(),
        "why": why(context),
        "key": context.key,
        **more,
    }


def who() -> str:
    """The user and the machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def why(context: Context) -> str | None:
    """The request or command that this step belongs to; None when it was called by itself."""
    number = context.key.partition("/")[0]
    if not number.isdecimal():
        return None
    try:
        return str(Journal(context.workspace).run(int(number))["request"])[:LONGEST]
    except EkibenError:
        return None
