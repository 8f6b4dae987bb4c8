"""The command line: `ekiben`. Errors become one sentence and an exit code; nothing heavy is imported for --help."""

import atexit
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

import tools
from agent.settings import MODES, Settings, settle
from tools.core.errors import BadArguments, EkibenError, Internal, Interrupted, disk_errors

HELP = {"help_option_names": ["-h", "--help"]}
COMMANDS = ("run", "plan", "apply", "resume", "runs", "tools", "mcp", "doctor")
EVERYWHERE: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--yes", "-y"), {"is_flag": True, "help": "Approve release steps; take recorded defaults."}),
    (("--json",), {"is_flag": True, "help": "Print exactly one JSON document."}),
    (("--llm",), {"metavar": "NAME", "help": "offline (default), or openai:NAME."}),
    (("--base-url",), {"metavar": "URL", "help": "Another server of OpenAI's protocol."}),
    (("--workspace",), {"metavar": "DIR", "help": "The workspace; .ekiben here by default."}),
    (("--quiet", "-q"), {"is_flag": True, "help": "Print the answer alone."}),
    (("--events",), {"is_flag": True, "help": "Progress as JSON lines on standard error."}),
    (("--max-cost",), {"type": float, "metavar": "USD", "help": "Most that the language model may cost."}),
    (("--max-tokens",), {"type": int, "metavar": "N", "help": "Most tokens that it may use."}),
    (("--max-turns",), {"type": int, "metavar": "N", "help": "Most replies that it may give."}),
    (("--timeout",), {"type": float, "metavar": "SECONDS", "help": "Most seconds for the whole command."}),
    (("--share-rows",), {"type": int, "metavar": "N", "help": "Rows that the language model may see."}),
]
SILENCE = {
    "BENTOML_DO_NOT_TRACK": "True",
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}
"""BentoML reports usage, and LangChain uploads conversations, unless they are told not to."""
FLAGS = [option[0][0].lstrip("-").replace("-", "_") for option in EVERYWHERE]


def global_options() -> list[click.Option]:
    """The flags that mean the same before and after every command."""
    return [click.Option(list(names), **{"default": None, **more}) for names, more in EVERYWHERE]


class Ekiben(click.Group):
    """The command group: commands are made when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *tools.TOOLS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in tools.TOOLS:
            from agent.toolcommands import command_of

            return command_of(tools.load(name))
        if name in COMMANDS:
            from agent import commands

            made: click.Command = getattr(commands, f"{name}_command")
            return made
        return None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"Did you mean: ekiben {near[0]}" if near else f'To make a request: ekiben run "{name} …"'
            raise BadArguments(f"There is no command {name!r}.", hint)
        return super().resolve_command(ctx, args)


def with_globals(command: click.Command) -> click.Command:
    """The command with the flags that every command takes."""
    command.params.extend(global_options())
    command.context_settings = {**command.context_settings, **HELP}
    return command


def given(ctx: click.Context, params: dict[str, Any]) -> tuple[Settings, dict[str, Any]]:
    """The settings and the command's own parameters; a flag after the command wins over one before it."""
    before: dict[str, Any] = ctx.find_root().obj or {}
    after = {name: params.pop(name) for name in FLAGS if name in params}
    flags = {name: before.get(name) if after.get(name) in (None, False) else after[name] for name in FLAGS}
    return settle(flags), params


def group_callback(**params: Any) -> None:
    """Without a command: the chat."""
    ctx = click.get_current_context()
    continued, mode = params.pop("continue_", False), params.pop("mode", None)
    ctx.obj = params
    if ctx.invoked_subcommand is None:
        from agent.chat.session import chat

        ctx.exit(chat(settle(params), continued=continued, mode=mode))


def make_group() -> Ekiben:
    """`ekiben` itself."""
    continued = click.Option(["--continue", "continue_"], is_flag=True, help="Go on with the last conversation.")
    told = "Of the chat: ask before a release (default), plan and never act, or auto."
    mode = click.Option(["--mode"], type=click.Choice(MODES), help=told)
    version = click.version_option(package_name="ekiben")
    group = Ekiben(
        "ekiben",
        params=[*global_options(), continued, mode],
        callback=group_callback,
        invoke_without_command=True,
        help="Train, measure, package, deploy and take back models on tables. Without a command: a chat.",
        context_settings=HELP,
    )
    return version(group)


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command line and end the process with its code."""
    leave(run(list(sys.argv[1:] if argv is None else argv)))


def leave(code: int) -> NoReturn:
    """End the process: exit handlers run, but the libraries are not taken apart, which takes most of a second."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # what was printed is lost: nobody reads it any more, or the disk is full
            code = code or 1
    os._exit(code)


def run(argv: list[str]) -> int:
    """Run a command line; its exit code."""
    os.environ.update(SILENCE)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    as_json = "--json" in argv or os.environ.get("EKIBEN_JSON", "").lower() in ("1", "true", "yes")
    return guarded(lambda: _invoke(argv), as_json)


def _invoke(argv: list[str]) -> int:
    try:
        code = make_group().main(argv, prog_name="ekiben", standalone_mode=False)
    except click.exceptions.Exit as exc:
        return int(exc.exit_code)
    except click.Abort as exc:
        raise KeyboardInterrupt from exc
    except click.UsageError as exc:
        where = exc.ctx.command_path if exc.ctx else "ekiben"
        raise BadArguments(exc.format_message(), f"See: {where} --help") from exc
    return code if isinstance(code, int) else 0


def guarded(work: Callable[[], int], as_json: bool) -> int:
    """Do something; whatever goes wrong is one sentence (or one JSON object) and an exit code."""
    try:
        with disk_errors(_here()):
            return work()
    except EkibenError as exc:
        error = exc
    except KeyboardInterrupt:
        error = Interrupted("Stopped.", "Go on with: ekiben resume")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:
        error = bug(exc)
    from agent import printed

    if as_json:
        click.echo(printed.in_json({"error": printed.error(error.document())}))
    else:
        click.echo(printed.sentence(f"{error.message} {error.hint}".strip()), err=True)
    return error.exit_code


def _here() -> Any:
    from pathlib import Path

    return Path()


def bug(exc: Exception) -> EkibenError:
    """A bug shows its trace in a file and one sentence on the screen."""
    import tempfile
    import traceback

    from agent.printed import without_keys

    with tempfile.NamedTemporaryFile("w", prefix="ekiben-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(without_keys("".join(traceback.format_exception(exc))))
    return Internal(f"Ekiben failed in a way that it did not expect ({type(exc).__name__}).", f"Details: {log.name}")
