"""What a run says at its end: headlines by code, then how to go on."""

import json
import shlex
from typing import Any

from tools.core.context import Context
from tools.core.errors import EkibenError
from tools.core.files import read_json
from tools.core.serving.deployments import find_deployment

RELEASES = ("deploy", "promote", "rollback")


def answer_of(steps: list[dict[str, Any]], context: Context) -> str:
    """The results' headlines, and after a release the address and a line to try it."""
    end = closing(steps, context)
    told = [step["result"]["headline"] for step in steps if step["status"] == "done" and step["result"]]
    return "\n".join([*(line for line in told if line not in end), *end])


def closing(steps: list[dict[str, Any]], context: Context) -> list[str]:
    """After a release: the score again, the address, and a curl line that can be pasted."""
    released = [s["result"] for s in steps if s["status"] == "done" and s["tool"] in RELEASES]
    if not released:
        return []
    last = released[-1]
    scores = [s["result"]["headline"] for s in steps if s["status"] == "done" and s["tool"] == "evaluate"]
    return [*scores[-1:], _how_to_go_on(last), curl(last, context)]


def _how_to_go_on(released: dict[str, Any]) -> str:
    name = released["deployment"]
    if released.get("canary"):
        ends = f"`ekiben promote {name}` or `ekiben rollback {name}`"
        return f"Compare both with `ekiben status {name}`, end it with {ends}. Try it:"
    return f"Live at {released['url']} until `ekiben stop {name}`. Try it:"


def curl(released: dict[str, Any], context: Context) -> str:
    """A command that posts one sample row to a deployment."""
    deployment = find_deployment(context, released["deployment"])
    rows = read_json(deployment.revision_folder(released["revision"]) / "sample.json")["rows"][:1]
    body = shlex.quote(json.dumps({"rows": rows}, ensure_ascii=False))
    key = ' -H "Authorization: Bearer $EKIBEN_SERVICE_KEY"' if deployment.needs_key else ""
    return f"  curl -s {released['url']}/predict -H 'Content-Type: application/json'{key} -d {body}"


def failure(error: EkibenError, steps: list[dict[str, Any]], number: int) -> list[str]:
    """What went wrong, what was not run, and how to go on."""
    left = not_run(steps)
    hint = "" if error.code == "question" else error.hint  # its options are shown as such
    lines = [f"{error.message} {hint}".strip()]
    if left and error.code not in ("question", "approval_needed"):
        lines.append(f"Not run: {', '.join(left)}.")
    if error.argument and error.code == "data_refused":
        lines.append(f"Go on with: ekiben resume {number} {error.argument.upper()}")
    return lines


def after_failure(document: dict[str, Any]) -> list[str]:
    """The same for a person who has the failed step's sentence on the screen already."""
    told = document["answer"].splitlines()
    start = next((n for n, line in enumerate(told) if line.startswith(document["error"]["message"][:40])), 0)
    shown = any(step["error"] for step in document["steps"])
    return [document["error"]["hint"], *told[start + 1 :]] if shown else told[start:]


def not_run(steps: list[dict[str, Any]]) -> list[str]:
    """The tools of steps that were planned and not run."""
    return [step["tool"] for step in steps if step["status"] == "not_run"]
