"""The columns that arguments of preprocess name, and the roles that one column cannot have together."""

from collections.abc import Mapping
from typing import Any

from tools.core.errors import DataRefused
from tools.core.learning.shaping import raise_unknown

ROLES = ("drop", "time_column", "group_column", "weight_column")
ONE_SAY = "Say one of them."


def check_roles(args: Any, columns: Mapping[str, Any], dataset: str) -> None:
    """DataRefused for a column that is none, and for roles that do not go together."""
    known = {**columns, **{text.partition("=")[0].strip().strip("`"): None for text in args.derive}}
    for argument in ("target", *ROLES):
        for name in _named(args, argument):
            if name not in known:
                raise_unknown(name, known, argument if argument == "target" else None, dataset)
    for role in ROLES:
        if args.target in _named(args, role):
            raise DataRefused(f"{args.target!r} is the target and cannot be {_flag(role)} too.", ONE_SAY)
    for role, split in (("time_column", "time"), ("group_column", "group")):
        if _named(args, role) and args.split not in ("auto", split):
            raise DataRefused(f"{_flag(role)} needs --split {split}, not {args.split}.", ONE_SAY)
    if args.time_column and args.group_column:
        raise DataRefused("Rows are cut by time or by group, not by both.", "Say --time-column or --group-column.")


def _named(args: Any, argument: str) -> list[str]:
    given = getattr(args, argument)
    return [*given] if isinstance(given, list) else [] if given is None else [given]


def _flag(argument: str) -> str:
    return f"--{argument.replace('_', '-')}"
