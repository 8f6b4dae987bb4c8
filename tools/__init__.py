"""The workflow's tools by name, in workflow order; none of them is imported until asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.core.tool import Tool

TOOLS = (
    "profile",
    "preprocess",
    "train",
    "evaluate",
    "explain",
    "compare",
    "package",
    "deploy",
    "promote",
    "predict",
    "rollback",
    "stop",
    "logs",
    "status",
    "export",
    "delete",
)


def load(name: str) -> "Tool":
    """The tool of that name, its module imported. KeyError when there is none."""
    if name not in TOOLS:
        raise KeyError(name)
    found: Tool = getattr(import_module(f"tools.{name}"), name)
    return found
