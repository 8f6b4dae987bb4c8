"""Takes back the last release step: the step that does the opposite, from the journal and the deployment's record."""

from typing import Any

import tools
from tools.core.context import Context
from tools.core.errors import BadArguments
from tools.core.journal import Journal, JournalStep
from tools.core.plan import Step

REQUEST = "/undo"


def opposite(journal: Journal, context: Context) -> Step:
    """The step that takes the last release step back; BadArguments says why there is none."""
    last = _last(journal)
    if last is None or last.result is None:
        raise BadArguments("There is no deploy, promote, rollback or stop to take back.", "See: /deployments")
    return _opposite(last, last.result, context)


def _last(journal: Journal) -> JournalStep | None:
    """The newest release step that was not taken back; a step of an /undo takes one back."""
    taken_back = 0
    for run in journal.runs():
        steps = [s for s in journal.steps(int(run["id"])) if s.status == "done" and _releases(s.tool)]
        if run["request"] == REQUEST:
            taken_back += len(steps)
            continue
        for step in reversed(steps):
            if not taken_back:
                return step
            taken_back -= 1
    return None


def _releases(tool: str) -> bool:
    return tool in tools.TOOLS and tools.load(tool).effect == "release"


def _opposite(step: JournalStep, result: dict[str, Any], context: Context) -> Step:
    from tools.core.serving.deployments import find_deployment

    name = result["deployment"]
    deployment = find_deployment(context, name)
    if step.tool == "stop":
        _expect(deployment.live is None, name, deployment.live)
        return _back_to(name, deployment.last["revision"])
    if result.get("canary"):
        running = deployment.canary or {}
        _expect(running.get("revision") == result["revision"], name, deployment.live)
        return Step(tool="rollback", args={"deployment": name})
    _expect(deployment.live == result["revision"], name, deployment.live)
    if step.tool == "rollback" and [e["event"] for e in deployment.entries[-2:]] == ["canary", "rollback"]:
        raise BadArguments(f"The canary of {name} was ended and is not brought back.", "Deploy it again with --canary.")
    if result["previous"] is None:
        return Step(tool="stop", args={"deployment": name})
    return _back_to(name, result["previous"])


def _back_to(name: str, revision: int) -> Step:
    return Step(tool="rollback", args={"deployment": name, "to": revision})


def _expect(as_it_was: bool, name: str, live: int | None) -> None:
    if not as_it_was:
        now = f"revision {live} is live" if live else "it is stopped"
        raise BadArguments(f"{name} was changed by something else since: {now}.", f"See: /status {name}")
