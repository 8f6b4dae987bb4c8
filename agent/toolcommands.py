"""One command for each tool, made from the tool's declaration."""

import shlex
import types
import typing
from typing import Any, Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from agent.cli import given, with_globals
from agent.details import details
from agent.history import table
from agent.printed import in_json
from tools.core.errors import BadArguments
from tools.core.tool import Tool


def command_of(tool: Tool) -> click.Command:
    """`ekiben TOOL`: positional arguments for what is required, options for the rest."""
    return with_globals(own_command(tool))


def own_command(tool: Tool) -> click.Command:
    """The same without the flags that mean the same everywhere."""
    params: list[click.Parameter] = []
    for name, field in tool.args.model_fields.items():
        make = _argument if name in tool.positionals else _option
        params.append(make(name, field))
    return click.Command(
        tool.name,
        params=params,
        callback=lambda **values: _run(tool, values),
        help=_help(tool),
        short_help=tool.description,
    )


def _run(tool: Tool, values: dict[str, Any]) -> int:
    from agent.approval import can_ask
    from agent.driver import Driver
    from agent.terminal import plain

    ctx = click.get_current_context()
    settings, own = given(ctx, values)
    args = _given_args(own)
    tool.parse(args)
    driver = Driver(settings, can_ask(settings.json))
    result, error = driver.tool(tool.name, args)
    if error:
        raise error
    assert result is not None
    if settings.json:
        click.echo(in_json(result))
    elif settings.quiet or not driver.terminal.console.is_terminal:
        click.echo(plain(result["headline"]))
    if not settings.json and tool.effect == "read":
        shown = [] if driver.terminal.detailed else details(tool.name, result, driver.terminal.width)
        for line in [*shown, *_details(tool.name, result)]:
            click.echo(plain(line))
    return 0


def _given_args(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v is not None and v != ()}


def typed(tool: Tool, args: dict[str, Any]) -> str:
    """A call as the command that a person would type, without `ekiben`."""
    places = [str(v) for name in tool.positionals if name in args for v in _each(args[name])]
    options = [word for name, value in args.items() if name not in tool.positionals for word in _typed(name, value)]
    return shlex.join([tool.name, *places, *options])


def _typed(name: str, value: Any) -> list[str]:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [word for item in _each(value) for word in (f"--{flag}", str(item))]


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def read_typed(tool: Tool, line: str) -> dict[str, Any]:
    """The arguments of a typed call of this tool; BadArguments when it is none."""
    try:
        words = shlex.split(line)
        if words[:1] != [tool.name]:
            raise BadArguments(f"This step is {tool.name}; another cannot take its place.", "Say no to leave it out.")
        found = own_command(tool).make_context(tool.name, words[1:], help_option_names=[]).params
    except (ValueError, click.ClickException) as exc:
        told = exc.format_message() if isinstance(exc, click.ClickException) else f"{exc}."
        raise BadArguments(f"That is no call of {tool.name}: {told}", f"See: ekiben {tool.name} --help") from exc
    args = _given_args({name: value for name, value in found.items() if name in tool.args.model_fields})
    tool.parse(args)
    return args


def _details(name: str, result: dict[str, Any]) -> list[str]:
    """What a person wants to see of a read tool beside its headline."""
    if name == "logs":
        return list(result["lines"])
    if name != "status":
        return []
    kinds = ("datasets", "prepared", "models", "bentos")
    lines = [f"{kind}: {', '.join(result[kind])}" for kind in kinds if result[kind]]
    for found in result["deployments"]:
        lines.append(f"{found['name']}: {found['state']} on {found['url']}")
        lines += [f"  {found['reason']}"] if found["reason"] else []
        lines += table(found["history"])
    decided = [f"  {d['decision']}" + (f"   ({d['overrule']})" if d["overrule"] else "") for d in result["decided"]]
    return lines + (["Decided:", *decided] if decided else [])


def _help(tool: Tool) -> str:
    fields = tool.args.model_fields
    told = [f"  {name.upper()}  {fields[name].description}" for name in tool.positionals]
    return tool.description + "\n\n\b\n" + "\n".join(told)


def _argument(name: str, field: FieldInfo) -> click.Parameter:
    many = get_origin(_bare(field.annotation)) is list
    return click.Argument([name], required=field.is_required(), nargs=-1 if many else 1)


def _option(name: str, field: FieldInfo) -> click.Parameter:
    kind = _bare(field.annotation)
    flag = f"--{name.replace('_', '-')}"
    told = field.description or ""
    if kind is bool:
        both = f"{flag}/--no-{flag[2:]}" if field.default is None else flag
        return click.Option([both, name], is_flag=True, default=None, help=told)
    if get_origin(kind) is list:
        return click.Option([flag, name], multiple=True, metavar="TEXT", help=f"{told} Repeat it for more.")
    if get_origin(kind) is Literal:
        return click.Option([flag, name], type=click.Choice([str(c) for c in get_args(kind)]), help=told)
    metavar = {int: "N", float: "NUMBER"}.get(kind, "TEXT")
    shown = f" [default: {field.default}]" if isinstance(field.default, int | float | str) else ""
    return click.Option([flag, name], metavar=metavar, help=told + shown)


def _bare(annotation: Any) -> Any:
    """The type without `| None`."""
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return next(arg for arg in get_args(annotation) if arg is not type(None))
    return annotation
