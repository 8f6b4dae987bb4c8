"""The command `ekiben mcp`: what the server may do is said on its command line, and nowhere else."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from agent.cli import given
from tools.core.errors import BadArguments, NeedsExtra


@click.command("mcp", short_help="The tools over MCP on standard input and output.")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(["release", "destroy"]),
    help="Run tools that change what is served (release), or delete and overwrite (destroy). Repeat it for both.",
)
@click.option("--root", multiple=True, metavar="DIR", help="Another folder whose files may be touched. Repeat it.")
def mcp_command(allow: tuple[str, ...], root: tuple[str, ...], **values: Any) -> int:
    """Serve the tools to an MCP client, until it closes standard input.

    Files are touched in the current folder, in the workspace, and in each --root alone. Tools that change what is
    served, delete or overwrite are refused unless --allow names them; --yes allows the first of these. --timeout is the
    most seconds for one call.
    """
    ctx = click.get_current_context()
    _refuse_without_sdk()
    typed_yes = bool(values.get("yes") or (ctx.find_root().obj or {}).get("yes"))
    roots = _roots(root)
    settings, _ = given(ctx, values)
    from agent.mcp.calls import Permit
    from agent.mcp.server import serve

    serve(settings, Permit(frozenset([*allow, *(["release"] if typed_yes else [])]), roots))
    return 0


def _refuse_without_sdk() -> None:
    try:
        import_module("mcp.server.lowlevel")
    except ImportError as exc:
        raise NeedsExtra(
            "`ekiben mcp` needs the MCP SDK, which is not installed.",
            f"Install it: {sys.executable} -m pip install mcp",
        ) from exc


def _roots(named: tuple[str, ...]) -> tuple[Path, ...]:
    """The folders of --root. A client that starts programs in `/` gets the first of them as its current folder."""
    roots = tuple(Path(name).expanduser().resolve() for name in named)
    for name, root in zip(named, roots, strict=True):
        if not root.is_dir():
            raise BadArguments(f"There is no folder {name!r}.", "Name one with --root.")
    if Path.cwd() == Path(Path.cwd().anchor):
        if not roots:
            raise BadArguments(
                f"Started in {str(Path.cwd())!r}, it could touch every file.", "Name a folder: ekiben mcp --root DIR"
            )
        os.chdir(roots[0])
    return roots
