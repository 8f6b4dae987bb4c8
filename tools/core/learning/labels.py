"""What a target column asks for: which task, which labels, which of them is the positive one."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tools.core.errors import DataRefused
from tools.core.tables.columns import Column
from tools.core.tables.words import vocabulary

Task = Literal["binary", "multiclass", "regression"]
MOST_INTEGER_CLASSES = 10
"""A whole-number target with at most so many values is read as classes."""
MOST_CLASSES = 100
LARGEST_TARGET = 1e100
FEWEST_ROWS = 5
"""A class needs so many rows: one for each fold of cross-validation."""
OPPOSITES = {
    "yes": "no",
    "y": "n",
    "true": "false",
    "t": "f",
    "1": "0",
    "positive": "negative",
    "pos": "neg",
    "ja": "nein",
    "oui": "non",
    "是": "否",
    "有": "无",
}
"""Labels that say yes, and those that say no: 1 is the positive one beside 0, not beside 2."""
NO_LABELS = vocabulary(
    "invalid unknown error n/a tbd undefined undetermined unclear pending missing none null test ? - "
    "9 99 -1 -9 999 -99 未知 无效 待定 不详 缺失"
)
"""What stands in a target where its label is not known."""
MOST_ASIDE = 0.1
"""Other labels beside a yes and a no may have this share of the rows and are set aside all the same."""


@dataclass(frozen=True)
class Goal:
    """The target as it will be predicted."""

    task: Task
    labels: list[Any]
    """In sorted order; empty in regression."""
    positive: Any
    warnings: list[str]
    aside: list[Any] = field(default_factory=list)
    """Values that are no label of the target: their rows are set aside."""


def decide(values: Any, column: Column, task: str, positive: Any) -> Goal:
    """The goal of a target without missing values (a pandas Series); DataRefused when it cannot be one."""
    unique = list(values.unique())
    if len(unique) < 2:
        raise DataRefused(
            f"{column.name!r} has one value only ({_shown(unique[0])}), so there is nothing to predict.",
            "Choose another target with --target.",
            "target",
        )
    if column.kind == "id" or column.kind == "datetime" or (column.kind == "text" and task != "regression"):
        raise DataRefused(
            f"{column.name!r} cannot be a target: it holds {_what(column.kind)}.",
            "Choose another with --target.",
            "target",
        )
    aside = _aside(values, unique, column, task)
    unique = [value for value in unique if plain(value) not in aside]
    found, warnings = _task(column, len(unique), task)
    if found == "regression":
        _refuse_huge(column, values)
        return Goal(found, [], None, warnings)
    values = values[~values.map(plain).isin(aside)] if aside else values
    labels = _labels(unique)
    _refuse_classes(column, labels, values, found)
    return Goal(found, labels, _positive(labels, values, positive) if found == "binary" else None, warnings, aside)


def _refuse_huge(column: Column, values: Any) -> None:
    if values.astype("float64").abs().max() > LARGEST_TARGET:
        raise DataRefused(
            f"{column.name!r} has values beyond {LARGEST_TARGET:g}, whose errors no float can square.",
            "Give it in another unit, as: --derive 'smaller = COLUMN / 1e100'.",
            "target",
        )


def _aside(values: Any, unique: list[Any], column: Column, task: str) -> list[Any]:
    """The values beside two labels that make no third one: `invalid`, or a few `maybe` beside yes and no."""
    if task not in ("auto", "binary") or column.storage == "real" or not 3 <= len(unique) <= 12:
        return []
    words = {plain(value): str(plain(value)).strip().casefold() for value in unique}
    none = [label for label, word in words.items() if word in NO_LABELS]
    rest = [label for label in words if label not in none]
    pairs = [[a, b] for a in rest for b in rest if OPPOSITES.get(words[a]) == words[b]]
    kept = pairs[0] if len(pairs) == 1 else rest if column.storage == "text" else []
    others = [label for label in words if label not in kept]
    if len(kept) != 2 or len(others) == len(words):
        return []
    rows = int(values.map(plain).isin(others).sum())
    small = rows <= MOST_ASIDE * len(values) and (set(others) <= set(none) or column.storage == "text")
    return others if small or task == "binary" else []


def rare_labels(values: Any) -> list[Any]:
    """Labels with fewer rows than a fold each; what is left must be at least two labels."""
    counts = values.value_counts()
    return list(counts[counts < FEWEST_ROWS].index)


def to_codes(values: Any, labels: list[Any]) -> Any:
    """Positions of values among the labels, as an integer array; -1 where it is none of them."""
    import numpy as np

    index = {label: place for place, label in enumerate(labels)}
    return np.array([index.get(plain(value), -1) for value in values], dtype=np.int64)


def plain(value: Any) -> Any:
    """A label as JSON writes it: a whole number, a truth value, a number or a text of Python's own."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _task(column: Column, unique: int, task: str) -> tuple[Task, list[str]]:
    number = column.storage in ("integer", "real")
    if task == "regression":
        if not number:
            raise DataRefused(
                f"{column.name!r} holds {column.kind} values, which cannot be predicted as numbers.",
                "Leave --task away.",
                "task",
            )
        return "regression", []
    if task == "binary" and unique != 2:
        raise DataRefused(f"{column.name!r} has {unique} values, not two.", "Leave --task away.", "task")
    if task in ("binary", "multiclass"):
        return ("binary" if unique == 2 else "multiclass"), []
    if column.storage == "real" and unique > 2:
        return "regression", []
    if unique == 2:
        return "binary", []
    if column.storage == "integer" and unique > MOST_INTEGER_CLASSES:
        return "regression", []
    said = f"{column.name} has {unique} whole numbers, read as classes; say --task regression to predict amounts."
    return "multiclass", [said] if column.storage == "integer" else []


def _labels(unique: list[Any]) -> list[Any]:
    labels = [plain(value) for value in unique]
    try:
        return sorted(labels)
    except TypeError:
        return sorted(labels, key=str)


def _refuse_classes(column: Column, labels: list[Any], values: Any, task: Task) -> None:
    if len(labels) > MOST_CLASSES or (task == "multiclass" and len(labels) > len(values) / 3):
        raise DataRefused(
            f"{column.name!r} has {len(labels)} different values in {len(values)} rows: too many for classes.",
            "Choose another target with --target.",
            "target",
        )
    if len(labels) - len(rare_labels(values)) < 2:
        raise DataRefused(
            f"{column.name!r} has fewer than two values with at least {FEWEST_ROWS} rows, one for each fold.",
            "Bring more rows, or choose another target with --target.",
            "target",
        )


def _positive(labels: list[Any], values: Any, given: Any) -> Any:
    if given is not None:
        match = [label for label in labels if str(label).strip().casefold() == str(given).strip().casefold()]
        if not match:
            raise DataRefused(
                f"{_shown(given)} is no value of the target; its values are {', '.join(map(_shown, labels))}.",
                f"Say --positive {labels[-1]}.",
                "positive",
                told="That is no value of the target, for positive to be. Leave positive away, or ask the person.",
            )
        return match[0]
    words = {str(label).strip().casefold(): label for label in labels}
    truths = [label for word, label in words.items() if OPPOSITES.get(word, word) in words and word in OPPOSITES]
    if len(truths) == 1:
        return truths[0]
    counts = values.map(plain).value_counts()
    return min(reversed(labels), key=lambda label: counts[label])


def _shown(value: Any) -> str:
    return repr(plain(value))


def _what(kind: str) -> str:
    said = {"id": "a different value in each row, like an id", "text": "free text", "datetime": "dates"}
    return said.get(kind, kind)
