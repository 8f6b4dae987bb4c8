"""Values as the text of a script: prose for its docstring, literals, long texts in lines."""

from pprint import pformat
from typing import Any

WIDTH = 118


def prose(text: str) -> str:
    """Text of a table as the script's docstring may hold it: nothing in it ends the docstring, or is a line of code."""
    plain = text.replace("\\", "/").replace('"', "'")
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in plain.split("\n"))


def pretty(value: Any, indent: int = 4) -> str:
    """A literal, in lines that are indented so far."""
    text = pformat(value, width=WIDTH - indent, sort_dicts=False, compact=True)
    return text.replace("\n", "\n" + " " * (indent - 4))


def wrapped(text: str) -> str:
    """A long text as literals that stand below each other."""
    lines = [text[at : at + WIDTH - 6] for at in range(0, len(text), WIDTH - 6)]
    return "\n".join(f'    "{line}"' for line in lines)
