"""One command for each tool, made from the tool's declaration."""

import json
import types
import typing
from typing import Any, Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from agent.cli import given, with_globals
from agent.explained import explained
from agent.history import table
from tools.core.tool import Tool


def command_of(tool: Tool) -> click.Command:
    """`ekiben TOOL`: positional arguments for what is required, options for the rest."""
    params: list[click.Parameter] = []
    for name, field in tool.args.model_fields.items():
        make = _argument if name in tool.positionals else _option
        params.append(make(name, field))
    command = click.Command(
        tool.name,
        params=params,
        callback=lambda **values: _run(tool, values),
        help=_help(tool),
        short_help=tool.description,
    )
    return with_globals(command)


def _run(tool: Tool, values: dict[str, Any]) -> int:
    from agent.approval import can_ask
    from agent.driver import Driver
    from agent.terminal import plain

    ctx = click.get_current_context()
    settings, own = given(ctx, values)
    args = {name: list(v) if isinstance(v, tuple) else v for name, v in own.items() if v is not None and v != ()}
    tool.parse(args)
    driver = Driver(settings, can_ask(settings.json))
    result, error = driver.tool(tool.name, args)
    if error:
        raise error
    assert result is not None
    if settings.json:
        click.echo(json.dumps(result, ensure_ascii=False))
    elif settings.quiet or not driver.terminal.console.is_terminal:
        click.echo(plain(result["headline"]))
    if not settings.json and tool.effect == "read":
        for line in _details(tool.name, result):
            click.echo(plain(line))
    return 0


def _details(name: str, result: dict[str, Any]) -> list[str]:
    """What a person wants to see of a read tool beside its headline."""
    if name == "logs":
        return list(result["lines"])
    if name == "explain":
        return explained(result)
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
