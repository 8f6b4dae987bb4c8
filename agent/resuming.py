"""Goes on with a run: killed, failed, or waiting for an answer or an approval."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from agent.driver import Driver
from agent.ended import Ended
from agent.settings import Settings
from agent.strangers import is_local
from agent.understanding.choosing import consents, refuses
from tools.core.errors import BadArguments, NotFound
from tools.core.journal import Journal, JournalStep

CAN_GO_ON = ("running", "interrupted", "approval", "question", "failed", "limit", "error")


def resume(driver: Driver, number: int | None, answer: str | None) -> Ended:
    """Go on with a run; the answer takes the place of the argument that was asked for, or of words."""
    run = driver.journal.run(number) if number is not None else newest(driver.journal)
    number = int(run["id"])
    driver.settings = as_it_began(driver.settings, run)
    steps = driver.journal.steps(number)
    waiting = run["waiting"] or {}
    if run["status"] in ("done", "declined"):
        raise BadArguments(f"Run {number} is {run['status']}; there is nothing to go on with.", "See: ekiben runs")
    open_step = next((step for step in steps if step.status in ("planned", "started", "failed")), None)
    if run["status"] == "question" and open_step is None:
        return answered_planner(driver, run, answer)
    if open_step is None:
        return without_steps(driver, run)
    if answer is not None:
        take_answer(driver, number, open_step, waiting, answer)
    elif run["status"] == "question":
        raise BadArguments(
            f"Run {number} waits for an answer: {waiting['question']['text']}",
            f"Say it with: ekiben resume {number} ANSWER",
        )
    if driver.settings.yes and run["status"] == "approval":
        driver.approved.add(open_step.position)
    return go_on(driver, run)


def as_it_began(settings: Settings, run: dict[str, Any]) -> Settings:
    """The settings with the run's own planner, unless another one is named now."""
    if settings.llm != "offline" or run["llm"] in ("offline", "none"):
        return settings
    kept = run["base_url"]  # the journal may have come with the folder
    doubted = settings.strangers | ({kept} if kept and kept != settings.base_url and not is_local(kept) else set())
    return replace(settings, llm=run["llm"], base_url=settings.base_url or kept, strangers=doubted)


def newest(journal: Journal, statuses: Collection[str] = CAN_GO_ON) -> dict[str, Any]:
    """The newest run that can go on."""
    for run in journal.runs():
        if run["status"] in statuses:
            return run
    raise NotFound("There is no run to go on with.", "See: ekiben runs")


def answered_planner(driver: Driver, run: dict[str, Any], answer: str | None) -> Ended:
    """The planner's question is answered: the conversation goes on."""
    from agent.loop import recall

    question = run["waiting"]["question"]
    if answer is None:
        raise BadArguments(
            f"Run {run['id']} waits for an answer: {question['text']}",
            f"Say it with: ekiben resume {run['id']} ANSWER",
        )
    chosen = chosen_option(answer, question["options"])
    driver.journal.set_run(int(run["id"]), status="running")
    return driver.talk(int(run["id"]), driver.planner(), recall(run["messages"]), chosen)


def chosen_option(answer: str, options: list[str]) -> str:
    """The option that a number stands for, else the answer itself."""
    if answer.isascii() and answer.isdigit() and answer not in options and 1 <= int(answer) <= len(options):
        return options[int(answer) - 1]
    return answer


def take_answer(driver: Driver, number: int, step: JournalStep, waiting: dict[str, Any], answer: str) -> None:
    """Put an answer in the place of the argument that was asked for; yes and no answer an approval."""
    argument = waiting.get("argument")
    if argument:
        options = (waiting.get("question") or {}).get("options", [])
        step.args = {**step.args, argument: chosen_option(answer, options)}
        driver.journal.step(number, step.position, args=step.args)
    elif (waiting.get("error") or {}).get("code") == "approval_needed" and (consents(answer) or refuses(answer)):
        (driver.approved if consents(answer) else driver.declined).add(step.position)
    else:
        raise BadArguments(f"Run {number} waits for no answer like {answer!r}.", f"Say: ekiben resume {number}")


def go_on(driver: Driver, run: dict[str, Any]) -> Ended:
    """Run the steps that are left, and let a planner that has the last word say it."""
    from tools.core.run import held

    number = int(run["id"])
    with held(driver.context, number):
        driver.journal.set_run(number, status="running")
        running = driver.running(number, run["origin"])
        error = running.go()
        driver.approved.clear()
        driver.declined.clear()
    if error is None and run["origin"] == "request" and run["messages"] and driver.settings.llm != "offline":
        from agent.loop import with_outcomes

        planner = driver.planner()
        return driver.converse(number, planner, with_outcomes(run["messages"], running.steps(), planner.names))
    return driver.ended(running, error)


def without_steps(driver: Driver, run: dict[str, Any]) -> Ended:
    """A run that was killed or failed before it had a plan, or after all its steps: its request is planned again."""
    if driver.journal.steps(int(run["id"])):
        return go_on(driver, run)
    driver.journal.set_run(int(run["id"]), status="running")
    if driver.settings.llm != "offline" and run["messages"]:
        from agent.loop import recall

        return driver.converse(int(run["id"]), driver.planner(), recall(run["messages"]))
    return driver.talk(int(run["id"]), driver.planner(), [], run["request"])
