"""The rows that can be learned from: with a target, of a label that has enough rows, with a weight."""

from dataclasses import dataclass, field
from typing import Any

from tools.core.errors import DataRefused
from tools.core.learning.decisions import Decision
from tools.core.learning.labels import FEWEST_ROWS, Goal, decide, plain, rare_labels
from tools.core.learning.shaping import Shaped
from tools.core.tables.wording import counted, listed


@dataclass
class Usable:
    """Rows (pandas, indexed by their places in the dataset), what they are to predict, and why others are not there."""

    rows: Any
    goal: Goal
    weights: Any
    """A pandas Series, or None where all rows count the same."""
    decisions: list[Decision] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def labels(self, target: Any) -> list[Any]:
        """The labels that are left."""
        there = {plain(value) for value in target.unique()} if self.goal.labels else set()
        return [label for label in self.goal.labels if label in there]


def usable(
    shaped: Shaped, target: str, task: str, positive: str | None, weight_column: str | None, fewest: int
) -> Usable:
    """The rows to cut; DataRefused when too few are left, or the target is none."""
    table, column = shaped.table, shaped.columns[target]
    warnings = []
    if shaped.filtered:
        warnings.append(f"{_aside(shaped.filtered)}: the condition does not hold there.")
    rows = table[table[target].notna()]
    if gone := len(table) - len(rows):
        warnings.append(f"{_aside(gone)}: without {target}.")
    if not len(rows):
        raise DataRefused(
            f"{target!r} is missing in every one of the {len(table):,} rows.",
            "Choose another target with --target.",
            "target",
        )
    weights = None
    if weight_column is not None:
        weights = _weights(rows, weight_column, warnings)
        rows = rows.loc[weights.index]
    _refuse_few(rows, fewest)
    found = Usable(rows, decide(rows[target], column, task, positive), weights, warnings=warnings)
    _set_labels_aside(found, target)
    if rare := _rare_aside(found, target):
        _refuse_few(found.rows, fewest)
        found.goal = decide(found.rows[target], column, task, positive)
        found.warnings.append(rare)
    found.warnings += found.goal.warnings
    found.decisions += _about_target(found.goal, target, task, positive)
    return found


def _refuse_few(rows: Any, fewest: int) -> None:
    if len(rows) < fewest:
        raise DataRefused(
            f"{len(rows)} rows with a target are too few to train and test on; {fewest} are needed.", "Bring more rows."
        )


def _set_labels_aside(found: Usable, target: str) -> None:
    """Take out the rows of what is no label."""
    if found.goal.aside:
        gone = found.rows[target].map(plain).isin(found.goal.aside)
        found.rows = found.rows[~gone]
        told = f"{_aside(int(gone.sum()))}: {target} is {' or '.join(map(str, found.goal.labels))}"
        found.warnings.append(f"{told}, not {listed(found.goal.aside)}. Say --task multiclass to predict that too.")


def _rare_aside(found: Usable, target: str) -> str:
    """Take out the rows of labels that have too few, and say so."""
    rare = rare_labels(found.rows[target]) if found.goal.labels else []
    if rare:
        found.rows = found.rows[~found.rows[target].isin(rare)]
    return f"Rows of labels with fewer than {FEWEST_ROWS} rows are set aside: {listed(rare)}." if rare else ""


def _weights(rows: Any, name: str, warnings: list[str]) -> Any:
    """The weights of the rows that have one, by their index."""
    import pandas as pd

    weights = rows[name]
    if not pd.api.types.is_numeric_dtype(weights) or pd.api.types.is_bool_dtype(weights):
        raise DataRefused(f"{name!r} holds no numbers to weigh rows by.", "Choose another --weight-column.")
    weights = weights.astype("float64")
    if (weights < 0).any():
        raise DataRefused(f"{name!r} holds weights below 0.", "Choose another --weight-column.")
    there = weights > 0
    if gone := int((~there).sum()):
        warnings.append(f"{_aside(gone)}: {name}, the weight, is missing or 0.")
    if not there.any():
        raise DataRefused(f"{name!r}, the weight, is missing or 0 in every row.", "Choose another --weight-column.")
    return relative(weights[there])


def relative(weights: Any) -> Any:
    """Weights with a mean of 1, which leave an estimator's other settings their meaning."""
    weights = weights / weights.max()
    return weights / weights.mean()


def _aside(count: int) -> str:
    return f"{counted(count, 'row is', 'rows are')} set aside"


def _about_target(goal: Goal, target: str, task: str, positive: str | None) -> list[Decision]:
    found = []
    if task == "auto":
        what = {"regression": "a number to predict", "binary": "one of two labels", "multiclass": "one of its labels"}
        told = f"{target} is {what[goal.task]} ({goal.task})."
        found.append(
            Decision(what="task", column=target, decision=told, overrule="--task regression, binary or multiclass")
        )
    if goal.task == "binary" and positive is None:
        told = f"{goal.positive} is the label that scores are about."
        other = next(label for label in goal.labels if label != goal.positive)
        found.append(Decision(what="positive", column=target, decision=told, overrule=f'--positive "{other}"'))
    return found
