"""Converts the members of a model to one ONNX graph: encoded rows in, probabilities or numbers out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.members import SMALLEST, Member
from tools.core.serving.graphs import boosters, scikit_trees
from tools.core.serving.graphs.forests import write_forests
from tools.core.serving.graphs.layers import LAYERS
from tools.core.serving.graphs.trees import Array, Forest, NotConvertible
from tools.core.serving.graphs.writer import Writer

FORESTS: dict[str, Callable[[Any], Forest]] = {
    "RandomForest": scikit_trees.bagged,
    "ExtraTrees": scikit_trees.bagged,
    "HistGradientBoosting": scikit_trees.boosted,
    "LGBM": boosters.lightgbm,
    "XGB": boosters.xgboost,
    "CatBoost": boosters.catboost,
}
SHARES = ("RandomForest", "ExtraTrees")
"""What they answer are probabilities; others answer margins (log odds)."""
NEVER = -1e30
"""The margin of a label that an estimator has never seen."""


@dataclass(frozen=True)
class _Raw:
    """A member and its raw answers: a value of rows × outputs in the graph."""

    member: Member
    value: str
    outputs: int
    shares: bool


def convert(members: Sequence[Member], width: int, labels: int) -> bytes:
    """The graph of a model whose encoder gives `width` numbers a row; NotConvertible says why there is none.

    It takes x (float64, rows × width) and gives y: rows × labels, or rows.
    """
    writer = Writer()
    raw = [_raw(writer, member, width, forest) for member, forest in _with_forests(writer, members, width)]
    if not labels:
        return writer.model(width, _numbers(writer, raw), [])
    chances = _two(writer, raw) if labels == 2 else _many(writer, raw, labels)
    return writer.model(width, chances, [labels])


def _with_forests(writer: Writer, members: Sequence[Member], width: int) -> list[tuple[Member, _Raw | None]]:
    """Each member with its columns of the one node of all trees; None beside those without trees."""
    found = [(member, _forest(member.estimator)) for member in members]
    forests = [(forest, _columns(member, width)) for member, forest in found if forest]
    if not forests:
        return [(member, None) for member, _ in found]
    total, place = write_forests(writer, forests, width), 0
    whole = sum(forest.outputs for forest, _ in forests)
    told: list[tuple[Member, _Raw | None]] = []
    for member, forest in found:
        if forest is None:
            told.append((member, None))
            continue
        places = range(place, place + forest.outputs)
        value = total if forest.outputs == whole else writer.columns(total, list(places))
        told.append((member, _Raw(member, value, forest.outputs, _answers_shares(member))))
        place += forest.outputs
    return told


def _forest(estimator: Any) -> Forest | None:
    name = type(estimator).__name__
    read = next((read for start, read in FORESTS.items() if name.startswith(start)), None)
    return read(estimator) if read else None


def _answers_shares(member: Member) -> bool:
    return type(member.estimator).__name__.startswith(SHARES)


def _columns(member: Member, width: int) -> Array:
    return np.arange(width) if member.columns is None else np.asarray(member.columns)


def _raw(writer: Writer, member: Member, width: int, known: _Raw | None) -> _Raw:
    if known:
        return known
    kind = type(member.estimator).__name__
    if kind.startswith("KNeighbors"):
        raise NotConvertible("its neighbours are found by exact distances to the rows that it keeps")
    if kind not in LAYERS:
        raise NotConvertible(f"{kind} is not known to the converter")
    x = "x" if member.columns is None else writer.columns("x", member.columns)
    classes = len(getattr(member.estimator, "classes_", ()))
    value = LAYERS[kind](writer, member.estimator, x)
    return _Raw(member, value, classes if classes > 2 else 1, _answers_shares(member))


def _two(writer: Writer, raw: Sequence[_Raw]) -> str:
    """Probabilities of two labels: every member's log odds of the second, calibrated; their weighted mean."""
    odds = [_log_odds(writer, one.value) if one.shares else one.value for one in raw]
    slope = [one.member.slope for one in raw]
    moved = [one.member.intercept * (1 if one.member.positive == 1 else -1) for one in raw]
    value = writer.add("Concat", *odds, axis=1) if len(odds) > 1 else odds[0]
    value = writer.calculate("Mul", value, slope) if set(slope) != {1.0} else value
    value = writer.calculate("Add", value, moved) if any(moved) else value
    weights = writer.constant([[one.member.weight] for one in raw])
    second = writer.add("MatMul", writer.add("Sigmoid", value), weights)
    first = writer.add("Sub", writer.constant([[1.0]]), second)
    return writer.add("Concat", first, second, axis=1)


def _log_odds(writer: Writer, share: str) -> str:
    other = writer.add("Sub", writer.constant([[1.0]]), share)
    logs = [writer.add("Log", writer.calculate("Max", each, SMALLEST)) for each in (share, other)]
    return writer.add("Sub", *logs)


def _many(writer: Writer, raw: Sequence[_Raw], labels: int) -> str:
    """Probabilities of more labels: the weighted mean of the members' softmax of stretched margins."""
    each = [writer.add("Unsqueeze", _margins(writer, one, labels), writer.constant([1], np.int64)) for one in raw]
    value = writer.add("Concat", *each, axis=1) if len(each) > 1 else each[0]
    value = writer.calculate("Mul", value, [[one.member.slope] for one in raw])
    weights = writer.constant([[one.member.weight] for one in raw])
    chances = writer.add("Mul", writer.add("Softmax", value, axis=2), weights)
    return writer.add("ReduceSum", chances, writer.constant([1], np.int64), keepdims=0)


def _margins(writer: Writer, one: _Raw, labels: int) -> str:
    """Rows × labels of log probabilities (plus anything that is the same for all labels of a row)."""
    value = one.value
    if one.outputs == 1:  # it saw two labels alone
        value = _log_odds(writer, value) if one.shares else value
        value = writer.add("Concat", writer.calculate("Mul", value, 0.0), value, axis=1)
    elif one.shares:
        value = writer.add("Log", writer.calculate("Max", value, SMALLEST))
    classes = np.asarray(one.member.estimator.classes_).astype(int)
    if len(classes) == labels:
        return value
    spread = np.zeros((len(classes), labels))
    spread[np.arange(len(classes)), classes] = 1.0
    unseen = np.full(labels, NEVER)
    unseen[classes] = 0.0
    return writer.calculate("Add", writer.calculate("MatMul", value, spread), unseen)


def _numbers(writer: Writer, raw: Sequence[_Raw]) -> str:
    """The weighted mean of the members' numbers, each brought back to the target's own scale."""
    members = [one.member for one in raw]
    value = writer.add("Concat", *[one.value for one in raw], axis=1) if len(raw) > 1 else raw[0].value
    value = writer.calculate("Mul", value, [m.scale for m in members])
    value = writer.calculate("Add", value, [m.center for m in members])
    if any(m.exponential for m in members):
        powers = writer.add("Exp", writer.calculate("Min", value, 700.0))
        powers = writer.calculate("Sub", powers, [m.shift for m in members])
        value = writer.add("Where", writer.constant([m.exponential for m in members], np.bool_), powers, value)
    value = writer.calculate("Max", value, [-np.inf if m.low is None else m.low for m in members])
    value = writer.calculate("Min", value, [np.inf if m.high is None else m.high for m in members])
    total = writer.add("MatMul", value, writer.constant([[m.weight] for m in members]))
    return writer.add("Squeeze", total, writer.constant([1], np.int64))
