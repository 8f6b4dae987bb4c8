"""Writes docs/tools.md from the tools' declarations: `python -m agent.docs`."""

from pathlib import Path
from typing import Any

import tools
from tools.core.tool import Tool

PAGE = Path(__file__).parents[1] / "docs" / "tools.md"
HEAD = """# The tools

Made from the code by `make docs`. Each tool is a command, `ekiben TOOL`: required arguments are positional, the others
are `--kebab-case` options, and lists repeat the option. With `--json` it prints the result's fields.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(tools.load(name)) for name in tools.TOOLS)])


def section(tool: Tool) -> str:
    """One tool: what it does, its arguments, its result."""
    lines = [f"## {tool.name}", "", f"{tool.description} Effect: {tool.effect}.", ""]
    lines += ["| argument | default | |", "|---|---|---|"]
    for name, field in tool.args.model_fields.items():
        shown = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
        lines.append(f"| `{name}` | {shown} | {field.description or ''} |")
    fields = ", ".join(f"`{name}`" for name in tool.result.model_fields)
    return "\n".join([*lines, "", f"Result: {fields}.", ""])


def _shown(value: Any) -> str:
    return "" if value in (None, [], "") else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
