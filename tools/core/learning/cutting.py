"""Cutting off the sealed test set: how the rows are drawn, and what a person should know of it.

By group where rows belong together, else by time where they stand in its order, else each label with its share. Equal
rows stand on one side, and a row keeps the side that it had in an earlier version of its dataset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tools.core.context import Context
from tools.core.errors import DataRefused, NeedsAnswer
from tools.core.learning.decisions import Decision
from tools.core.learning.labels import Goal, plain, to_codes
from tools.core.learning.sides import Earlier, earlier_sides
from tools.core.learning.split import SEALED, TRAIN, UNKNOWN, are_too_few, drawn, latest, refuse_empty, row_keys
from tools.core.learning.split import units_of as joined_units
from tools.core.learning.structure import grouping, in_words, time_order, times_of
from tools.core.store import Artifact
from tools.core.tables.columns import Column
from tools.core.tables.wording import counted, listed

Array = Any
FEWEST_GROUPS = 2
EARLY = 5 / 6
AT_HIGH_COST = 0.5
"""Sealed rows with a twin among the training rows are set aside, unless they are more than this share."""


@dataclass(frozen=True)
class Wish:
    """What was asked of the cut; None or "auto" where nothing was."""

    split: str
    time_column: str | None
    group_column: str | None
    test_fraction: float
    seed: int


@dataclass
class Cut:
    """The rows in their order, each one's side, and which of them belong together."""

    split: str
    rows: Any
    """The table of rows (pandas), in the order of time where it is cut by time."""
    sides: Array
    units: Array
    group: str | None
    order: list[str]
    """The columns that tell the time, where the rows are cut by it."""
    decisions: list[Decision] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    apart: bool = True
    """Whether equal rows stand on one side; where too few rows differ, they cannot."""
    seal: str | None = None
    """The seal that some of the sealed rows have already, by the prepared dataset that had it first."""

    def _replaced(self, by: "Cut") -> "Cut":
        """This cut, which was made since another one would not do."""
        told = f"The rows are not cut by {by.split}: there would be one label only to learn from or to measure by."
        self.decisions.append(Decision(what="split", column=None, decision=told, overrule=f"--split {by.split}"))
        return self

    def record(self) -> dict[str, Any]:
        """What the next version of the dataset has to know."""
        time = self.order[0] if len(self.order) == 1 else None
        return {"split": self.split, "group_column": self.group, "time_column": time, "order": self.order}


def cut(
    context: Context,
    dataset: Artifact,
    whole: tuple[Any, Mapping[str, Column]],
    kept: Any,
    columns: Mapping[str, Column],
    features: list[str],
    target: str,
    goal: Goal,
    wish: Wish,
) -> Cut:
    """Give each of the kept rows a side. `whole` is the dataset as it is stored: rows are told by it."""
    asked = {"target": target, "test_fraction": wish.test_fraction, "seed": wish.seed} | _given(wish)
    earlier = earlier_sides(context, dataset, *whole, asked)
    found = _arranged(kept, columns, target, goal, wish, earlier)
    known = earlier.sides[found.rows.index.to_numpy()]
    equal = row_keys(found.rows[[name for name in features if name != found.group]])
    _draw(found, equal, known, goal, target, columns, wish)
    if goal.labels and _is_one_sided(found, target):
        if _given(wish)["split"] or found.split in ("stratified", "random"):
            raise DataRefused(
                f"Cut by {found.split}, there would be one label of {target!r} only to learn from or to measure by.",
                "Choose another --split, or bring more rows.",
            )
        return cut(
            context, dataset, whole, kept, columns, features, target, goal, replace(wish, split="stratified")
        )._replaced(found)
    _tell_unlearned(found, target, goal)
    _tell_earlier(found, known, earlier)
    if earlier.last and (known == SEALED).any():
        found.seal = str(earlier.last.record["seal"])
    return found


def _is_one_sided(found: Cut, target: str) -> bool:
    """Whether one side has rows of one label alone, so that nothing can be learned or measured there.

    Folds forward in time have at most EARLY of the training rows to learn from.
    """
    train = found.rows[target][found.sides == TRAIN]
    if found.split == "time" and train.iloc[: int(EARLY * len(train))].nunique() < 2:
        return True
    return any(found.rows[target][found.sides == side].nunique() < 2 for side in (TRAIN, SEALED))


def _tell_unlearned(found: Cut, target: str, goal: Goal) -> None:
    trained, sealed = ({plain(v) for v in found.rows[target][found.sides == side].unique()} for side in (TRAIN, SEALED))
    only = [label for label in goal.labels if label in sealed - trained]
    if only:
        found.warnings.append(
            f"{target} is {listed(only)} in sealed rows alone: no estimator can learn that, and scores suffer."
        )


def _given(wish: Wish) -> dict[str, Any]:
    split = None if wish.split == "auto" else wish.split
    split = split or ("group" if wish.group_column else "time" if wish.time_column else None)
    return {"split": split, "time_column": wish.time_column, "group_column": wish.group_column}


def _arranged(kept: Any, columns: Mapping[str, Column], target: str, goal: Goal, wish: Wish, earlier: Earlier) -> Cut:
    """How the rows are to be cut, and the rows in the order for it."""
    others = {name: column for name, column in columns.items() if name != target}
    given = _given(wish)
    if given["split"]:
        return _as_asked(kept, columns, given["split"], goal, wish)
    last = earlier.last.record["cut"] if earlier.last and not earlier.recut else None
    if last and _can_be_cut_so(kept, columns, last):
        return _by(last["split"], kept, columns, last["group_column"], last["order"])
    group, why_not = grouping(kept, others)
    notes = (
        [Decision(what="split", column=None, decision=f"{why_not}.", overrule="--group-column COLUMN")]
        if why_not
        else []
    )
    if group:
        found = _by("group", kept, columns, group, [])
        found.decisions.append(_grouped(kept, group))
    elif order := time_order(kept, others):
        found = _by("time", kept, columns, None, list(order.columns))
        found.decisions.append(_timed(order.columns))
    else:
        found = _by("stratified" if goal.labels else "random", kept, columns, None, [])
    found.decisions += notes
    return found


def _can_be_cut_so(kept: Any, columns: Mapping[str, Column], last: Mapping[str, Any]) -> bool:
    """Whether the columns of an earlier cut are there, and still tell times."""
    if last["group_column"] and last["group_column"] not in columns:
        return False
    return all(name in columns and times_of(kept[name], columns[name]) is not None for name in last["order"])


def _as_asked(kept: Any, columns: Mapping[str, Column], split: str, goal: Goal, wish: Wish) -> Cut:
    if split == "time" and not wish.time_column:
        found = time_order(kept, columns)
        if found is None:
            raise NeedsAnswer("time_column", "Which column tells the time of a row?")
        return _by("time", kept, columns, None, list(found.columns))
    if split == "group" and not wish.group_column:
        group, _ = grouping(kept, columns)
        if group is None:
            raise NeedsAnswer("group_column", "Which column tells the group of a row?")
        return _by("group", kept, columns, group, [])
    if split == "stratified" and not goal.labels:
        raise DataRefused("A regression target has no labels to stratify by.", "Say --split random.", "split")
    order = [wish.time_column] if split == "time" and wish.time_column else []
    return _by(split, kept, columns, wish.group_column if split == "group" else None, order)


def _by(split: str, kept: Any, columns: Mapping[str, Column], group: str | None, order: list[str]) -> Cut:
    import numpy as np

    if split == "time":
        times = [_times(kept, columns[name]) for name in order]
        kept = kept.iloc[np.lexsort([np.nan_to_num(t, nan=-np.inf) for t in reversed(times)])]
    return Cut(split, kept, np.full(len(kept), UNKNOWN), None, group, order)


def _times(kept: Any, column: Column) -> Array:
    times = times_of(kept[column.name], column)
    if times is None:
        raise DataRefused(f"{column.name!r} holds neither times nor numbers to order rows by.", "Choose another.")
    return times


def _draw(
    found: Cut, equal: Array, known: Array, goal: Goal, target: str, columns: Mapping[str, Column], wish: Wish
) -> None:
    """Give each row its side, and say what equal rows did to it."""
    found.units = joined_units(equal, row_keys(found.rows[[found.group]])) if found.group else equal
    if are_too_few(found.units):
        found.apart = False
        found.units = row_keys(found.rows[[found.group]]) if found.group else _one_by_one(found.units)
        said = "So few rows differ that equal ones may stand on both sides: the score is that of rows seen before."
        found.warnings.append(said)
    if found.split == "time":
        found.sides = latest(_ranks(found, columns), known, wish.test_fraction)
    else:
        strata = to_codes(found.rows[target], goal.labels) if found.split == "stratified" else None
        found.sides = drawn(found.units, known, strata, wish.test_fraction, wish.seed)
    refuse_empty(found.sides)
    if found.group and found.rows[found.group][found.sides == TRAIN].nunique(dropna=False) < FEWEST_GROUPS:
        raise DataRefused(
            f"{found.group!r} has too few values: fewer than {FEWEST_GROUPS} would be left to train on, and "
            "cross-validation needs as many.",
            "Choose another --group-column or --split.",
        )


def _one_by_one(units: Array) -> Array:
    """Each row a unit of its own, told by its content and by how many equal ones stand before it."""
    import pandas as pd

    frame = pd.DataFrame({"unit": units})
    return row_keys(frame.assign(place=frame.groupby("unit").cumcount()))


def _ranks(found: Cut, columns: Mapping[str, Column]) -> Array:
    """A number for each moment that the rows, which stand in the order of time, go through."""
    import numpy as np

    times = np.column_stack([np.nan_to_num(_times(found.rows, columns[name]), nan=-np.inf) for name in found.order])
    return np.cumsum(np.concatenate([[0], (times[1:] != times[:-1]).any(axis=1)])).astype(np.float64)


def set_twins_aside(found: Cut, features: list[str]) -> None:
    """Take sealed rows that equal a training row in all features out, where that leaves enough of them."""
    from tools.core.learning.split import twins

    twin = twins(row_keys(found.rows[features]), found.sides)
    count, sealed = int(twin.sum()), int((found.sides == SEALED).sum())
    if not count or not found.apart:
        return
    if count > AT_HIGH_COST * sealed:
        said = f"Of {sealed:,} sealed rows {count:,} equal a training row in the columns that are left."
        found.warnings.append(said)
        return
    equal = counted(count, "sealed row equals", "sealed rows equal")
    found.warnings.append(f"{equal} a training row in every feature, and {'is' if count == 1 else 'are'} set aside.")
    keep = ~twin
    found.rows, found.sides, found.units = found.rows[keep], found.sides[keep], found.units[keep]


def _tell_earlier(found: Cut, known: Array, earlier: Earlier) -> None:
    if earlier.last is None:
        return
    if earlier.recut:
        flag = f"--{earlier.recut.replace('_', '-')}"
        found.warnings.append(
            f"The rows are cut anew, since {flag} is another one than for {earlier.last.tag}: "
            "rows that were trained on may be sealed now, and the other way round."
        )
        return
    kept, new = int((known != UNKNOWN).sum()) - earlier.doubtful, int((known == UNKNOWN).sum())
    sealed, trained = (int((found.sides[known == UNKNOWN] == side).sum()) for side in (SEALED, TRAIN))
    told = f"{kept:,} rows keep the side that they had in {earlier.last.tag}"
    told += f"; of {new:,} others {sealed:,} are sealed and {trained:,} to train on" if new else ""
    if earlier.doubtful:
        told += f"; {earlier.doubtful:,} that could be several of the earlier rows are to train on"
    told += "."
    found.decisions.append(Decision(what="sides", column=None, decision=told, overrule="--seed N cuts anew"))


def _grouped(kept: Any, group: str) -> Decision:
    counts = kept[group].value_counts()
    several = int((counts > 1).sum())
    told = f"{several:,} of {len(counts):,} values of {group} have several rows: those of one stand on one side."
    return Decision(what="split", column=group, decision=told, overrule="--split stratified or --split random")


def _timed(columns: tuple[str, ...]) -> Decision:
    told = f"The rows stand in the order of {in_words(columns)}: the latest are sealed."
    return Decision(what="split", column=None, decision=told, overrule="--split stratified or --split random")
