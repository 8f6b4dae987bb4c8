"""The one JSON document of a run, made from the journal."""

from typing import Any

from agent import printed
from tools.core.errors import EkibenError
from tools.core.journal import Journal

STATUS = {
    "question": "question",
    "approval_needed": "approval",
    "declined": "declined",
    "limit": "limit",
    "interrupted": "interrupted",
    "planner": "error",
    "bad_config": "error",
}
NO_USAGE = {"llm": "offline", "calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}


def status_of(error: EkibenError | None, in_step: bool) -> str:
    """A run's status after it stopped with an error, or did not."""
    if error is None:
        return "done"
    return STATUS.get(error.code, "failed" if in_step else "error")


def document(
    *,
    run: int | None,
    request: str,
    status: str,
    plan: list[dict[str, Any]],
    steps: list[dict[str, Any]],
    answer: str = "",
    question: dict[str, Any] | None = None,
    warnings: list[str] | None = None,
    error: dict[str, Any] | None = None,
    usage: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The document with all its keys."""
    return {
        "schema": 1,
        "run": None if run is None else str(run),
        "request": request,
        "status": status,
        "plan": plan,
        "steps": steps,
        "answer": printed.answer(answer),
        "question": printed.question(question),
        "warnings": [printed.sentence(warning) for warning in warnings or []],
        "error": printed.error(error),
        "usage": usage or NO_USAGE,
    }


def steps_of(journal: Journal, run: int) -> list[dict[str, Any]]:
    """A run's steps as scripts see them. One that waits for an answer was not run."""
    found = []
    for step in journal.steps(run):
        status = {"planned": "not_run", "started": "failed", "given_up": "failed"}.get(step.status, step.status)
        found.append(
            {
                "tool": step.tool,
                "args": step.args,
                "status": status,
                "seconds": step.seconds,
                "result": step.result,
                "error": shown_error(step.error) if step.error and status == "failed" else None,
            }
        )
    return found


def shown_error(noted: dict[str, Any]) -> dict[str, Any] | None:
    """An error of the journal as `--json` prints it."""
    return printed.error({key: value for key, value in noted.items() if key not in ("argument", "told")})
