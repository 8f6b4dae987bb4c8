"""Expressions over columns, as people write them: parsed into the small typed trees of `service.derive`, never run.

    calls / months            log(price + 1)            weekday(ordered)            missing(age)
    year >= 2020 and region != "test"       city in ("Bonn", "Köln")       contains(`Home Town`, "burg")

A column whose name is no plain word stands in backticks. Errors name the place, and the nearest column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from tools.core.errors import DataRefused
from tools.core.tables.column import Column
from tools.core.tables.signatures import TYPES, Typed, applied, is_function, literal

if TYPE_CHECKING:
    from lark import Lark, Token

GRAMMAR = r"""
?start: either
?either: both | either _OR both -> either
?both: negation | both _AND negation -> both
?negation: comparison | _NOT negation -> negation
?comparison: sum
    | sum (COMPARE sum)+ -> compared
    | sum _IN "(" either ("," either)* ")" -> listed
    | sum _NOT _IN "(" either ("," either)* ")" -> unlisted
?sum: product | sum SIGN product -> calculated
?product: signed | product TIMES signed -> calculated
?signed: power | SIGN signed -> signed
?power: atom | atom POWER signed -> calculated
?atom: NUMBER -> number | STRING -> string | NAME -> column | QUOTED -> column
    | NAME "(" [either ("," either)*] ")" -> called
    | "(" either ")"
_OR.2: /or\b|\|\|?|或者?/i
_AND.2: /and\b|&&?|并且|且/i
_NOT.2: /not\b|!(?!=)/i
_IN.2: /in\b/i
COMPARE: "==" | "!=" | "<>" | "<=" | ">=" | "<" | ">" | "="
SIGN: "+" | "-"
POWER: "**" | "^"
TIMES: "*" | "/" | "%"
NUMBER: /\d[\d_]*(\.\d*)?([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
NAME: /[^\W\d]\w*(\.\w+)*/
QUOTED: /`[^`]+`/
%ignore /\s+/
"""
MARKS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "（": "(", "）": ")", "，": ",", "≥": " >=", "≤": " <=",
                       "≠": " !=", "×": "*", "÷": "/", "－": "-", "＝": "=", "＞": ">", "＜": "<"})  # fmt: skip
MARKED = re.compile(
    r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|“[^”]*”|‘[^’]*’|[""" + "".join(map(chr, MARKS)) + "]"
)
"""Texts and names in quotes, which stay as they are, and marks of a Chinese keyboard outside of them."""
COMPARED = {"==": "equal", "=": "equal", "!=": "unequal", "<>": "unequal", "<": "less", "<=": "at_most", ">": "more",
            ">=": "at_least"}  # fmt: skip
CALCULATED = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo", "**": "power", "^": "power"}
LONGEST = 2_000
"""Characters of an expression; a longer one is no thought of a person."""
SHOWN = 100
"""Characters of an expression that an error repeats."""


def parse(text: str, columns: Mapping[str, Column], argument: str = "where") -> Typed:
    """The typed tree of an expression; DataRefused names the place where it cannot be read or does not fit."""
    from lark.exceptions import UnexpectedInput, VisitError

    written = _plain_marks(text)
    if len(text) > LONGEST:
        raise DataRefused(f"The expression of {len(text):,} characters is too long.", "Write it shorter.", argument)
    try:
        return _Reader(text, columns, argument).read(_grammar().parse(written))
    except UnexpectedInput as exc:
        ended = getattr(getattr(exc, "token", None), "type", "") == "$END"
        at = max(getattr(exc, "pos_in_stream", -1) or 0, 0)
        rest = "" if ended else written[at:].strip()
        place = f"at character {at + 1}, before {rest[:20]!r}" if rest else "at its end"
        shown = repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}…"
        raise DataRefused(f"{shown} cannot be read {place}.", _hint(written, columns), argument) from exc
    except (VisitError, RecursionError) as exc:
        raise DataRefused(f"{text[:SHOWN]!r}… is nested too deeply.", "Write it shorter.", argument) from exc


def readable(text: str) -> bool:
    """Whether a text is written as an expression, whatever its columns are."""
    from lark.exceptions import UnexpectedInput

    try:
        _grammar().parse(_plain_marks(text))
    except UnexpectedInput:
        return False
    return len(text) <= LONGEST


def condition(text: str, columns: Mapping[str, Column]) -> Typed:
    """A tree that is true or false of a row."""
    found = parse(text, columns, "where")
    if found.type != "truth":
        raise DataRefused(f"{text!r} is {TYPES[found.type]}, not a condition.", "Write one, as: year >= 2020.", "where")
    return found


def assignment(text: str, columns: Mapping[str, Column]) -> tuple[str, Typed]:
    """The new column's name and its tree, from `name = expression`."""
    name, sign, rest = text.partition("=")
    name = name.strip().strip("`").strip()
    if not sign or not name or rest.startswith("="):
        raise DataRefused(
            f"{text!r} makes no column.", "Write NAME = EXPRESSION, as: per_month = calls / months.", "derive"
        )
    if name in columns:
        raise DataRefused(f"There is a column {name!r} already.", "Choose another name for the derived one.", "derive")
    return name, parse(rest.strip(), columns, "derive")


def _plain_marks(text: str) -> str:
    """The expression as a plain keyboard writes it; what stands in quotes is as it was."""

    def plain(found: re.Match[str]) -> str:
        mark = found[0]
        if mark[0] in "“‘" and len(mark) > 1:
            return '"' + mark[1:-1].replace("\\", "\\\\").replace('"', '\\"') + '"'
        return mark.translate(MARKS) if len(mark) == 1 else mark

    return MARKED.sub(plain, text)


@cache
def _grammar() -> "Lark":
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


def _hint(written: str, columns: Mapping[str, Column]) -> str:
    """What to do about a text that is no expression: usually a name with a blank stands without backticks."""
    bare = [name for name in columns if not name.isidentifier() and name in written and f"`{name}`" not in written]
    if bare:
        return f"Write the column as `{max(bare, key=len)}`, in backticks."
    return 'Write it as: year >= 2020 and region != "test".'


@dataclass
class _Reader:
    """Reads a parse tree from its leaves up, and checks each operation against the types of its arguments."""

    text: str
    columns: Mapping[str, Column]
    argument: str

    def read(self, node: Any) -> Typed:
        """The typed tree of a node, by the name of its rule."""
        found: Typed = getattr(self, f"_{node.data}")(*node.children)
        return found

    def _number(self, token: "Token") -> Typed:
        value = float(token.replace("_", ""))
        if value == float("inf"):
            raise DataRefused(f"{str(token)!r} is too large for a number.", "Write a smaller one.", self.argument)
        return literal(value, "number", str(token))

    def _string(self, token: "Token") -> Typed:
        return literal(re.sub(r"\\(.)", r"\1", token[1:-1]), "text")

    def _column(self, token: "Token") -> Typed:
        name = str(token).strip("`")
        same = [c for c in self.columns if c == name] or [c for c in self.columns if c.casefold() == name.casefold()]
        if len(same) == 1:
            column = self.columns[same[0]]
            return Typed({"column": column.name}, type_of(column), canonical=column.canonical)
        if name.lower() in ("true", "false"):
            return literal(float(name.lower() == "true"), "truth")
        return self._unknown(name, token)

    def _unknown(self, name: str, token: "Token") -> NoReturn:
        from rapidfuzz import process
        from rapidfuzz.utils import default_process

        near = process.extractOne(name, list(self.columns), processor=default_process)
        place = f"(character {(token.start_pos or 0) + 1} of {self.text!r})"
        text = f"{name!r} is no column {place}." + (f" The nearest is {near[0]!r}." if near else "")
        quoted = 'A text stands in quotes, as "test".'
        raise DataRefused(text, quoted, self.argument)

    def _either(self, one: Any, other: Any) -> Typed:
        return self._apply("or", one, other)

    def _both(self, one: Any, other: Any) -> Typed:
        return self._apply("and", one, other)

    def _negation(self, one: Any) -> Typed:
        return self._apply("not", one)

    def _signed(self, sign: "Token", one: Any) -> Typed:
        if sign == "+":
            return self._apply("add", one, literal(0.0, "number", "0"))
        read = self.read(one)
        if "value" in read.tree and read.type == "number":
            return literal(-read.tree["value"], "number", f"-{read.written}")
        return self._apply("negate", read)

    def _calculated(self, one: Any, sign: "Token", other: Any) -> Typed:
        return self._apply(CALCULATED[str(sign)], one, other)

    def _compared(self, *parts: Any) -> Typed:
        """`a < b < c` means both."""
        pairs = zip(parts[::2], parts[1::2], parts[2::2], strict=False)
        found = [self._apply(COMPARED[str(sign)], one, other) for one, sign, other in pairs]
        whole = found[0]
        for more in found[1:]:
            whole = self._apply("and", whole, more)
        return whole

    def _listed(self, one: Any, *others: Any) -> Typed:
        read = self.read(one)
        found = self._apply("equal", read, others[0])
        for other in others[1:]:
            found = self._apply("or", found, self._apply("equal", read, other))
        return found

    def _unlisted(self, one: Any, *others: Any) -> Typed:
        return self._apply("not", self._listed(one, *others))

    def _called(self, name: "Token", *args: Any) -> Typed:
        if not is_function(name.lower()):
            from tools.core.tables.signatures import FUNCTIONS

            raise DataRefused(
                f"There is no function {str(name)!r} (character {(name.start_pos or 0) + 1} of {self.text!r}).",
                f"There are: {', '.join(sorted(FUNCTIONS))}.",
                self.argument,
            )
        return self._apply(name.lower(), *args)

    def _apply(self, operation: str, *args: Any) -> Typed:
        typed = [arg if isinstance(arg, Typed) else self.read(arg) for arg in args]
        return applied(operation, typed, self.text, self.argument)


def type_of(column: Column) -> str:
    """number, truth, moment or text: what an expression sees of a column."""
    if column.kind in ("categorical", "text"):
        return "text"
    if column.kind == "boolean":
        return "truth"
    return {"integer": "number", "real": "number", "truth": "truth", "moment": "moment"}.get(column.storage, "text")


def columns_in(tree: Mapping[str, Any]) -> set[str]:
    """The columns that a tree reads."""
    if "column" in tree:
        return {str(tree["column"])}
    return set().union(*(columns_in(arg) for arg in tree.get("args", [])))
