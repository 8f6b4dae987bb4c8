"""What each operation of an expression takes and gives: numbers, truth values, moments or texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from service.values import canonical_text, category_text, parse_moment, parse_number, parse_truth
from tools.core.errors import DataRefused

TYPES = {"number": "a number", "truth": "true or false", "moment": "a date or time", "text": "a text"}
PARTS = ("year", "quarter", "month", "day", "weekday", "hour", "minute", "days")
MOST_DIGITS = 12
SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "modulo": "%", "power": "**", "negate": "-",
    "less": "<", "at_most": "<=", "more": ">", "at_least": ">=", "equal": "==", "unequal": "!=",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """A tree of `service.derive`, what it is of, and how a number in it was written."""

    tree: dict[str, Any] = field(hash=False)
    type: str
    written: str = ""
    canonical: bool = False
    """Whether it is a column of texts that stand for numbers."""


@dataclass(frozen=True)
class Signature:
    """The types of the arguments (the last one for all that follow, up to `most`), and that of the result."""

    takes: tuple[str, ...]
    gives: str
    most: int


def _takes(*types: str, gives: str = "number", most: int | None = None) -> Signature:
    return Signature(types, gives, len(types) if most is None else most)


FUNCTIONS = {
    **{name: _takes("number") for name in ("log", "log1p", "exp", "sqrt", "abs", "floor", "ceil")},
    **{name: _takes("number", "number", most=20) for name in ("min", "max")},
    **{name: _takes("moment") for name in PARTS},
    "round": _takes("number", most=2),
    "length": _takes("text"),
    "contains": _takes("text", "text", gives="truth"),
    "lower": _takes("text", gives="text"),
    "missing": _takes("any", gives="truth"),
}
"""By the names that people call them."""
OPERATORS = {
    **{name: _takes("number", "number") for name in ("add", "subtract", "multiply", "divide", "modulo", "power")},
    "negate": _takes("number"),
    **{name: _takes("same", "same", gives="truth") for name in ("less", "at_most", "more", "at_least")},
    **{name: _takes("same", "same", gives="truth") for name in ("equal", "unequal")},
    **{name: _takes("truth", "truth", gives="truth") for name in ("and", "or")},
    "not": _takes("truth", gives="truth"),
}


def is_function(name: str) -> bool:
    """Whether people may call something by that name."""
    return name in FUNCTIONS


def literal(value: float | str, kind: str, written: str = "") -> Typed:
    """A constant."""
    return Typed({"value": value}, kind, written)


def applied(operation: str, args: Sequence[Typed], text: str, argument: str) -> Typed:
    """The operation on its arguments; DataRefused where one is of another type than it takes."""
    signature = FUNCTIONS.get(operation) or OPERATORS[operation]
    name = SYMBOLS.get(operation, operation)
    if not len(signature.takes) <= len(args) <= signature.most:
        raise DataRefused(
            f"{name!r} takes {_counted(signature)}, not {len(args)}, in {text!r}.", "Write it again.", argument
        )
    fitted = _same(list(args)) if signature.takes[0] == "same" else [_fits(a, w) for a, w in _pairs(signature, args)]
    if operation == "subtract" and [a.type for a in args] == ["moment", "moment"]:
        return Typed({"op": "days_between", "args": [a.tree for a in args]}, "number")
    if fitted is None or None in fitted:
        raise _misfit(name, signature, args, text, argument)
    known = [one for one in fitted if one is not None]
    if operation == "round" and len(known) == 2 and not _is_digits(known[1]):
        raise DataRefused(
            f"'round' takes a number and how many digits to keep, from -{MOST_DIGITS} to {MOST_DIGITS}, in {text!r}.",
            "Write the digits as a number, as: round(price, 2).",
            argument,
        )
    if operation in ("less", "at_most", "more", "at_least") and known[0].type == "text":
        raise DataRefused(
            f"{name!r} orders numbers and dates, and {_told(args[0])} is a text, in {text!r}.",
            "Compare texts with == or !=, or say that the column holds numbers: --kinds COLUMN=numeric.",
            argument,
        )
    return Typed({"op": operation, "args": [one.tree for one in known]}, signature.gives)


def _is_digits(arg: Typed) -> bool:
    digits = arg.tree.get("value")
    return isinstance(digits, float) and digits.is_integer() and abs(digits) <= MOST_DIGITS


def _pairs(signature: Signature, args: Sequence[Typed]) -> list[tuple[Typed, str]]:
    return [(arg, signature.takes[min(at, len(signature.takes) - 1)]) for at, arg in enumerate(args)]


def _fits(arg: Typed, wanted: str) -> Typed | None:
    """The argument as what is wanted: a flag counts as 0 or 1, a constant is read as its type."""
    if wanted in ("any", arg.type) or (wanted == "number" and arg.type == "truth"):
        return arg
    return _read_as(arg, wanted) if "value" in arg.tree else None


def _same(args: list[Typed]) -> list[Typed] | None:
    """Both of one type: a constant is read as what it is compared with."""
    one, other = args
    if one.type == other.type and not (one.canonical or other.canonical):
        return args
    if {one.type, other.type} == {"number", "truth"} and not any("value" in arg.tree for arg in args):
        return args
    for first, second in ((one, other), (other, one)):
        if "value" in second.tree and (read := _read_as(second, first.type, first.canonical)) is not None:
            return [first, read] if first is one else [read, first]
    return args if one.type == other.type else None


def _read_as(constant: Typed, wanted: str, canonical: bool = False) -> Typed | None:
    value = constant.tree["value"]
    try:
        if wanted == "text":
            text = constant.written or category_text(value)
            return Typed({"value": canonical_text(text) if canonical else text}, "text")
        if wanted == "moment" and isinstance(value, str):
            return Typed({"value": parse_moment(value)}, "moment")
        if wanted == "truth":
            return Typed({"value": float(parse_truth(value))}, "truth")
        if wanted == "number" and isinstance(value, str):
            return replace(constant, tree={"value": parse_number(value)}, type="number")
    except ValueError:
        return None
    return None


def _misfit(name: str, signature: Signature, args: Sequence[Typed], text: str, argument: str) -> DataRefused:
    told = " and ".join(f"{_told(arg)} is {TYPES[arg.type]}" for arg in args)
    wanted = "two of one type" if signature.takes[0] == "same" else _counted(signature)
    hint = "Take a part of a date, as year(COLUMN)." if any(a.type == "moment" for a in args) else ""
    return DataRefused(f"{name!r} takes {wanted}, and {told}, in {text!r}.", hint or "Write it again.", argument)


def _counted(signature: Signature) -> str:
    words = {"number": "numbers", "text": "texts", "moment": "dates", "truth": "conditions"}
    takes = signature.takes
    if len(takes) == 1:
        return {"any": "a column", **TYPES, "truth": "a condition"}[takes[0]]
    return f"{'two' if signature.most == 2 else 'two or more'} {words.get(takes[0], 'values')}"


def _told(arg: Typed) -> str:
    if "column" in arg.tree:
        return repr(arg.tree["column"])
    return repr(arg.tree["value"]) if "value" in arg.tree else "what is calculated there"
