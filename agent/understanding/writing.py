"""Expressions as a request writes them: put together from the draft, and read as far as they can be."""

import re
from collections.abc import Mapping

from agent.understanding.columns import resolve
from agent.understanding.lexicon import QUOTES
from agent.understanding.said import Said
from tools.core.tables.column import Column

BOUNDARY = re.compile(
    r"[,;!?]|\.(?!\d)|\s(?:and|but|then|or|with|without)\s|\s(?:to|in|on|for|from|of)\s*(?=(?-i:[\ue000-\ue3ff]))|并|且|然后|再|的|$",
    re.IGNORECASE,
)
NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
KEYWORDS = ("and", "or", "not", "in", "true", "false")
SPOKEN = {
    r"\bdivided by\b|除以": "/",
    r"\b(?:multiplied by|times)\b|乘以": "*",
    r"(?<=\s)plus(?=\s)|加上": "+",
    r"(?<=\s)minus(?=\s)|减去": "-",
}
OPERATOR = re.compile(r"[<>=!*/+\-%^(≥≤≠]")


def forms(said: Said) -> Mapping[str, Column]:
    """What the columns of the request's tables and datasets are, as far as it is known."""
    found: dict[str, Column] = {}
    for source in said.sources:
        found |= {name: column for name, column in said.world.forms(source).items() if name not in found}
    return found


def reference(column: str) -> str:
    """A column as an expression names it."""
    plain = NAME.fullmatch(column) and column.lower() not in KEYWORDS
    return column if plain else f"`{column}`"


def literal(text: str) -> str:
    """A text as an expression writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written(said: Said, text: str) -> str:
    """A part of the draft with its quoted strings written out: columns in backticks, other texts in quotes."""

    def out(match: re.Match[str]) -> str:
        value = said.draft.things[match[0]].value
        column, exact = resolve(value, said.columns)
        return reference(column) if column and exact else literal(value)

    for words, sign in SPOKEN.items():
        text = re.sub(words, f" {sign} ", text, flags=re.IGNORECASE)
    return spaced(re.sub(f"[{QUOTES}]", out, text))


def spaced(expression: str) -> str:
    """The same with one blank around each operator; texts and columns in quotes stay as they are."""
    parts = re.split(r"(\"(?:\\.|[^\"\\])*\"|`[^`]*`)", expression)
    around = [re.sub(r"\s*(\*\*|[<>=!]=|[<>=+*/^%≥≤≠])\s*", r" \1 ", part) for part in parts[::2]]
    parts[::2] = [re.sub(r"\s+", " ", part) for part in around]
    return "".join(parts).strip()


def longest(said: Said, at: int, reads: Mapping[str, Column], condition: bool) -> tuple[str, int] | str | None:
    """The longest expression at a place, and where it ends; why it does not fit the columns; None where none stands.

    It ends where a clause could end. A derived column may be any expression with an operator in it.
    """
    from tools.core.errors import DataRefused
    from tools.core.tables.expressions import condition as read_condition
    from tools.core.tables.expressions import parse, readable

    refused: str | None = None
    text = said.draft.text
    for end in sorted({m.start() for m in BOUNDARY.finditer(text, at + 1)}, reverse=True):
        expression = written(said, text[at:end])
        if not OPERATOR.search(expression) or resolve(expression, said.columns)[1] or not readable(expression):
            continue
        try:
            (read_condition if condition else parse)(expression, reads)
        except DataRefused as exc:
            refused = exc.message
            continue
        return expression, end
    return refused
