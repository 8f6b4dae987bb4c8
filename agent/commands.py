"""The commands that are no tools: run, plan, apply, resume, runs, tools, mcp, doctor."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import tools
from agent.cli import given, with_globals
from agent.mcp.command import mcp_command
from agent.printed import in_json, sentence
from agent.settings import Settings
from tools.core.errors import BadArguments

if TYPE_CHECKING:
    from agent.driver import Driver
    from agent.ended import Ended


def _driver(settings: Settings, piped: bool = False) -> "Driver":
    from agent.approval import can_ask
    from agent.driver import Driver

    return Driver(settings, can_ask(settings.json) and not piped)


def _show(driver: "Driver", ended: "Ended") -> int:
    """Print a run's end: its document, or its answer (without what the terminal has shown already)."""
    from agent.epilogue import text_of
    from agent.terminal import plain

    found = ended.document
    if driver.settings.json:
        click.echo(in_json(found))
        return ended.exit_code
    text = text_of(driver, ended)
    if text:
        click.echo(text)
    options = (found["question"] or {}).get("options") or []
    if options and found["status"] == "question":
        click.echo(plain("  ".join(f"{n} {option}" for n, option in enumerate(options, 1))))
        if found["run"]:
            click.echo(f"Answer with: ekiben resume {found['run']} ANSWER")
    return ended.exit_code


@click.command("run", short_help="One request, start to end.")
@click.argument("request")
def run_command(request: str, **values: Any) -> int:
    """Plan REQUEST and run it; with - the request is read from standard input."""
    settings, _ = given(click.get_current_context(), values)
    piped = request == "-"
    text = sys.stdin.read() if piped else request
    driver = _driver(settings, piped)
    return _show(driver, driver.request(text.strip()))


@click.command("plan", short_help="The plan only; nothing is run or written.")
@click.argument("request")
@click.option("-o", "--output", metavar="FILE", help="Write the plan to this YAML file.")
def plan_command(request: str, output: str | None, **values: Any) -> int:
    """Say what REQUEST would do."""
    from agent.document import document
    from agent.planfile import hashes, write
    from agent.planner import Usage
    from agent.planners import plan_only
    from agent.terminal import arguments, plain
    from tools.core.plan import Question

    settings, _ = given(click.get_current_context(), values)
    context = settings.context()
    usage = Usage(settings.llm)
    outcome, notes = plan_only([request], settings, context, usage)
    asked = outcome.model_dump() if isinstance(outcome, Question) else None
    if not isinstance(outcome, Question):
        outcome = outcome.model_copy(update={"request": request, "tables": hashes(outcome, context)})
        if output:
            write(outcome, context.path(output))
    steps = [] if isinstance(outcome, Question) else [step.model_dump() for step in outcome.plan]
    if settings.json:
        status = "question" if asked else "done"
        found = document(
            run=None,
            request=request,
            status=status,
            plan=steps,
            steps=[],
            answer=asked["text"] if asked else "",
            question=asked,
            warnings=notes,
            usage=usage.document(),
        )
        tables = {} if isinstance(outcome, Question) else {"version": 1, "tables": outcome.tables}
        click.echo(in_json(found | tables))
    elif asked:
        click.echo(plain(asked["text"]))
        for number, option in enumerate(asked["options"], 1):
            click.echo(plain(f"  {number} {option}"))
    else:
        for note in notes:
            click.echo(plain(note), err=True)
        for number, step in enumerate(steps, 1):
            click.echo(plain(f"  {number}  {step['tool']:<11} {arguments(step['args'])}"))
    return 4 if asked else 0


@click.command("apply", short_help="Run a plan file; no language model.")
@click.argument("file")
def apply_command(file: str, **values: Any) -> int:
    """Run the plan in FILE: YAML, or what `plan --json` printed."""
    from agent.planfile import changed, read

    settings, _ = given(click.get_current_context(), values)
    plan = read(Path(file).expanduser())
    driver = _driver(settings)
    warnings = changed(plan, driver.context)
    for warning in warnings:
        driver.terminal.say(f"! {warning}", "yellow")
    ended = driver.plan(plan)
    ended.document["warnings"] = [*warnings, *ended.document["warnings"]]
    return _show(driver, ended)


@click.command("resume", short_help="Go on with a run, or answer one that waits.")
@click.argument("run", required=False)
@click.argument("answer", required=False)
def resume_command(run: str | None, answer: str | None, **values: Any) -> int:
    """Go on with RUN (the newest that can go on), or give it the ANSWER that it waits for."""
    from agent.resuming import resume

    settings, _ = given(click.get_current_context(), values)
    if run is not None and not (run.isascii() and run.isdigit()):
        raise BadArguments(f"{run!r} is no run's number.", "See them with: ekiben runs")
    driver = _driver(settings)
    return _show(driver, resume(driver, int(run) if run else None, answer))


@click.command("runs", short_help="The runs, newest first.")
def runs_command(**values: Any) -> int:
    """List what was run in this workspace."""
    from agent.terminal import plain
    from tools.core.journal import Journal

    settings, _ = given(click.get_current_context(), values)
    context = settings.context()
    told = ("request", "status", "llm", "started", "ended", "origin")
    runs = Journal(context.workspace).runs()
    found = [{"run": str(run["id"])} | {name: run[name] for name in told} for run in runs]
    if settings.json:
        click.echo(in_json({"runs": found}))
        return 0
    for run in found:
        click.echo(plain(f"{run['run']:>4}  {run['started']}  {run['status']:<11}  {run['request'][:100]}"))
    if not found:
        click.echo("There is no run yet.")
    return 0


@click.command("tools", short_help="The tools and their schemas.")
def tools_command(**values: Any) -> int:
    """List the tools."""
    settings, _ = given(click.get_current_context(), values)
    found = [tools.load(name) for name in tools.TOOLS]
    if settings.json:
        told = ("name", "effect", "description")
        listed = [{name: getattr(t, name) for name in told} | {"schema": t.schema()} for t in found]
        click.echo(in_json({"tools": listed}))
        return 0
    for tool in found:
        click.echo(f"{tool.name:<11} {tool.effect:<8} {tool.description}")
    return 0


@click.command("doctor", short_help="What works on this machine, and how to mend what does not.")
def doctor_command(**values: Any) -> int:
    """Check this machine."""
    from agent.doctor import checks

    settings, _ = given(click.get_current_context(), values)
    found = checks(settings)
    if settings.json:
        click.echo(in_json({"checks": found}))
    else:
        for check in found:
            mend = "" if check["ok"] else f"  {check['mend']}"
            click.echo(sentence(f"{'ok  ' if check['ok'] else 'FAIL'} {check['name']:<22} {check['detail']}{mend}"))
    return 0 if all(check["ok"] for check in found) else 1


for _command in (
    run_command,
    plan_command,
    apply_command,
    resume_command,
    runs_command,
    tools_command,
    mcp_command,
    doctor_command,
):
    with_globals(_command)
