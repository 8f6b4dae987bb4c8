"""Which columns of a table a model learns from, and which stay away, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tools.core.errors import DataRefused
from tools.core.learning.shaping import Shaped
from tools.core.tables.columns import Column
from tools.core.tables.expressions import columns_in


class Dropped(BaseModel):
    column: str
    reason: str


@dataclass
class Features:
    """The columns that a model learns from, those that a row must hold for them, and those that stay away."""

    names: list[str]
    inputs: list[str]
    """Features that are no derived columns, and the sources of those that are."""
    dropped: list[Dropped]

    def without(self, columns: list[str], reason: str, shaped: Shaped) -> "Features":
        """The same, some columns left away."""
        names = [name for name in self.names if name not in columns]
        gone = [Dropped(column=name, reason=reason) for name in self.names if name in columns]
        return Features(names, _inputs(names, shaped), self.dropped + gone)


def choose(shaped: Shaped, kept: Any, target: str, asked: list[str], roles: Mapping[str, str]) -> Features:
    """Choose the features for a target. `asked` is to be left out; `roles` gives columns that serve something else."""
    _refuse_target_inside(shaped, target, roles)
    made_from = sources(target, shaped)
    akin = {c["name"] for c in shaped.derived if made_from & sources(c["name"], shaped)}
    names, dropped = [], []
    for name, column in shaped.columns.items():
        if name == target:
            continue
        reason = "left out on request" if name in asked else roles.get(name)
        reason = reason or ("the target is made from it" if name in made_from else None)
        reason = reason or ("made from what the target is made from" if name in akin else _unfit(column, kept[name]))
        if reason:
            dropped.append(Dropped(column=name, reason=reason))
        else:
            names.append(name)
    if not names:
        raise nothing_left(target, dropped)
    return Features(names, _inputs(names, shaped), dropped)


def nothing_left(target: str, dropped: list[Dropped]) -> DataRefused:
    """What to raise when no column is left to learn from."""
    told = ", ".join(f"{d.column} ({d.reason})" for d in dropped[:5])
    return DataRefused(
        f"No column is left to predict {target!r} from{f': left out are {told}' if told else ''}.",
        "Bring more columns, or leave fewer out.",
    )


def sources(name: str, shaped: Shaped) -> set[str]:
    """The columns of the table that a derived column is worked out from, through others too."""
    trees = {column["name"]: column["tree"] for column in shaped.derived}
    if name not in trees:
        return set()
    direct = columns_in(trees[name])
    return {c for c in direct if c not in trees} | {s for c in direct for s in sources(c, shaped)}


def _inputs(names: list[str], shaped: Shaped) -> list[str]:
    derived = {column["name"] for column in shaped.derived}
    wanted = {name for name in names if name not in derived} | {s for name in names for s in sources(name, shaped)}
    return [name for name in shaped.columns if name in wanted]


def _refuse_target_inside(shaped: Shaped, target: str, roles: Mapping[str, str]) -> None:
    """A feature that is worked out from the target would give it away, and no row to predict has it."""
    for column in shaped.derived:
        if column["name"] not in (target, *roles) and target in {
            *sources(column["name"], shaped),
            *columns_in(column["tree"]),
        }:
            raise DataRefused(
                f"{column['name']!r} is worked out from {target!r}, the target, which no row to predict has.",
                "Leave it away, or choose another target.",
                "derive",
            )


def _unfit(column: Column, values: Any) -> str | None:
    if column.kind == "id":
        return "an id: nearly every row has a value of its own"
    if column.kind == "constant":
        return "constant: it has one value only"
    different = values.nunique(dropna=True)
    if different == 0:
        return "missing in every row that is left"
    if different == 1 and not values.isna().any():
        return "constant in the rows that are left"
    return None
