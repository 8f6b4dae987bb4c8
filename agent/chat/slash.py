"""The chat's commands: a line that begins with a slash."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools
from agent.chat import listing
from agent.settings import MODES
from tools.core.errors import BadArguments, EkibenError
from tools.core.plan import Plan, Step

if TYPE_CHECKING:
    from agent.chat.talk import Talk

LEAVING = ("/quit", "/exit", "quit", "exit", "退出", "bye")
STOPPED = ("running", "interrupted", "approval", "failed", "limit", "error")
"""Runs to go on with where none is named; one that asked and got no answer was left."""


def command(talk: "Talk", line: str) -> None:
    """Do what a line like `/status churn` says; a tool's name runs that tool."""
    name, _, rest = line[1:].strip().partition(" ")
    name, rest = name.casefold() or "help", rest.strip()
    if name in COMMANDS:
        return COMMANDS[name][1](talk, rest)
    if name in tools.TOOLS:
        return _tool(talk, f"{name} {rest}")
    from difflib import get_close_matches

    near = get_close_matches(name, [*COMMANDS, *tools.TOOLS], n=1)
    raise BadArguments(f"There is no command /{name}.", f"Did you mean /{near[0]}?" if near else "See: /help")


def _help(talk: "Talk", rest: str) -> None:
    talk.terminal.say("Say what you want, as: train and deploy on churn.csv. Or: 用 churn.csv 训练并部署")
    for name, (told, _) in COMMANDS.items():
        talk.terminal.say(told, lead=f"  /{name:<12} ")
    talk.terminal.say("runs one tool, as: /evaluate churn:1", lead=f"  /{'TOOL …':<12} ")
    talk.terminal.say(
        "Alt-Enter or \\ goes on in a new line, Tab completes, Ctrl-R searches, Ctrl-C stops, Ctrl-D leaves."
    )


def _plan(talk: "Talk", rest: str) -> None:
    if rest:
        return talk.plan(rest)
    from agent.chat.showing import show_plan

    if talk.planned is None:
        raise BadArguments("No plan was made that is not run yet.", "Make one with: /plan REQUEST")
    return show_plan(talk.terminal, talk.planned, talk.settings.llm)


def _run(talk: "Talk", rest: str) -> None:
    from agent.planfile import changed, read

    talk.may_act()
    if rest and not rest.endswith((".yaml", ".yml", ".json")):
        return talk.request(rest, rest)
    if rest:
        plan = read(Path(rest).expanduser())
        for warning in changed(plan, talk.settings.context()):
            talk.terminal.say(f"! {warning}", "yellow")
        return talk.run(plan, f"/run {rest}", "plan")
    if talk.planned is None:
        raise BadArguments("There is no plan to run.", "Make one with: /plan REQUEST, or name a file: /run plan.yaml")
    return talk.run(talk.planned, talk.planned.request)


def _resume(talk: "Talk", rest: str) -> None:
    from agent.resuming import newest, resume

    talk.may_act()
    run, _, answer = rest.partition(" ")
    if run and not (run.isascii() and run.isdigit()):
        raise BadArguments(f"{run!r} is no run's number.", "See them with: /runs")
    driver = talk.driver()
    number = int(run or newest(driver.journal, STOPPED)["id"])
    ended = resume(driver, number, answer.strip() or None)
    driver.converses(int(ended.document["run"]), f"/resume {rest}".strip())
    talk.after(driver, ended)


def _undo(talk: "Talk", rest: str) -> None:
    from agent.chat.undo import REQUEST, opposite

    talk.may_act()
    driver = talk.driver()
    talk.run(Plan(request=REQUEST, plan=[opposite(driver.journal, driver.context)]), REQUEST, "command")


def _save(talk: "Talk", rest: str) -> None:
    from agent.planfile import hashes, write

    plan, context = talk.planned or _last_plan(talk), talk.settings.context()
    path = context.path(rest or "plan.yaml")
    if path.exists():
        raise BadArguments(f"{str(path)!r} exists already.", "Name another: /save FILE")
    write(plan.model_copy(update={"tables": hashes(plan, context)}), path)
    talk.terminal.say(f"Kept in {path}. Run it with: ekiben apply {shlex.quote(str(rest or 'plan.yaml'))}")


def _last_plan(talk: "Talk") -> Plan:
    journal = talk.driver().journal
    runs = journal.conversation(talk.conversation) if talk.conversation else []
    for run in reversed(runs):
        steps = [step for step in journal.steps(int(run["id"])) if step.status not in ("given_up", "not_run")]
        if steps:
            return Plan(request=run["request"], plan=[Step(tool=s.tool, args=_kept(s.args)) for s in steps])
    raise BadArguments("No plan was made yet that could be kept.", "Say what you want first.")


def _kept(args: dict[str, Any]) -> dict[str, Any]:
    """A step's arguments without the yes to replace a file, which was for that one time."""
    return {name: value for name, value in args.items() if name != "overwrite"}


def _llm(talk: "Talk", rest: str) -> None:
    from agent.llm.keys import without_secrets

    if rest:
        from agent.planners import make_planner

        name, _, url = rest.partition(" ")
        settings = replace(talk.settings, llm=name, base_url=url.strip() or None)
        make_planner(settings, settings.context())  # what is missing is said now, not at the next request
        talk.settings = settings
        talk.usage.llm = name
    where = f" at {without_secrets(talk.settings.base_url)}" if talk.settings.base_url else ""
    talk.terminal.say(f"{talk.settings.llm}{where}")


def _mode(talk: "Talk", rest: str) -> None:
    if rest and rest not in MODES:
        raise BadArguments(f"There is no mode {rest!r}.", f"The modes are: {', '.join(MODES)}.")
    talk.mode = rest or talk.mode
    told = {"ask": "asks before a release", "plan": "plans and never acts", "auto": "asks only before it deletes"}
    talk.terminal.say(f"Mode {talk.mode}: {told[talk.mode]}.")


def _cost(talk: "Talk", rest: str) -> None:
    talk.terminal.say(f"{talk.usage.llm}: {talk.usage.told()}")


def _clear(talk: "Talk", rest: str) -> None:
    talk.conversation, talk.planned, talk.listed = 0, None, []
    talk.options, talk.waiting, talk.planning, talk.consent.always = [], None, [], False
    talk.terminal.say("What was said before is forgotten; what was made is kept.")


def _tool(talk: "Talk", line: str) -> None:
    """One typed tool: what it names, a person named."""
    from agent.toolcommands import read_typed

    tool = tools.load(line.split()[0])
    if tool.effect != "read":
        talk.may_act()
    try:
        args = read_typed(tool, line)
    except EkibenError as exc:
        raise BadArguments(exc.message, exc.hint.replace("ekiben ", "/")) from exc
    talk.run(Plan(request=f"/{line}".strip(), plan=[Step(tool=tool.name, args=args)]), f"/{line}".strip(), "command")


COMMANDS: dict[str, tuple[str, Callable[["Talk", str], None]]] = {
    "help": ("what can be said", _help),
    "plan": ("show what a request would do: /plan REQUEST", _plan),
    "run": ("run the plan that was shown, or a plan file: /run [FILE]", _run),
    "status": ("what is live: /status [NAME]", listing.status),
    "models": ("the models and their scores", listing.models),
    "deployments": ("the deployments", listing.deployments),
    "runs": ("what was run", listing.runs),
    "resume": ("go on with a run, or answer it: /resume [RUN] [ANSWER]", _resume),
    "undo": ("take back the last deploy, promote, rollback or stop", _undo),
    "save": ("keep the last plan as a file: /save [FILE]", _save),
    "llm": ("show or change the language model: /llm [NAME [URL]]", _llm),
    "mode": ("ask, plan (never acts) or auto: /mode [MODE]", _mode),
    "cost": ("what the language model has cost", _cost),
    "clear": ("forget what was said", _clear),
    "quit": ("leave", lambda talk, rest: None),
}
