"""One row at once: reads and encodes a posted row without arrays, exactly as the row checks and the encoder do.

It takes rows that are as training rows were. Whatever is odd about a row (an unknown column, a category not seen, a
value that does not fit) is left to the row checks, which know what to say about it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from service.cells import Odd, reader_of
from service.encoder import DAY, LARGEST, OPERATIONS, Feature, names
from service.members import Numbers

Write = Callable[[Any, list[float]], None]
Read = Callable[[Any], Any]
EPOCH = date(1970, 1, 1).toordinal()
MOST_KEPT = 1_000
LONGEST_KEPT = 100
"""So many texts of a column, so long, are remembered with what they mean."""


class OneRow:
    """The columns of a model, each with how it is read and which of the encoder's numbers it gives."""

    def __init__(self, inputs: Mapping[str, Any], features: Sequence[Feature]) -> None:
        columns = inputs["columns"]
        self.known = frozenset([*(column["name"] for column in columns), *inputs["ignored"]])
        writers: dict[str, list[Write]] = {column["name"]: [] for column in columns}
        self.width = 0
        for feature in features:
            size = len(names([feature]))
            writers[feature["column"]].append(_writer(feature, self.width))
            self.width += size
        self.columns = [(c["name"], _reader(c), _all(writers[c["name"]])) for c in columns]

    def matrix(self, rows: Sequence[Mapping[str, Any]]) -> Numbers:
        """The encoded rows; Odd where the row checks must look."""
        return np.array([self._numbers(row) for row in rows])

    def _numbers(self, row: Mapping[str, Any]) -> list[float]:
        if not row.keys() <= self.known:
            raise Odd
        numbers = [0.0] * self.width
        for name, read, write in self.columns:
            write(read(row.get(name)), numbers)
        return numbers


def quick(inputs: Mapping[str, Any], features: Sequence[Feature]) -> OneRow | None:
    """The quick way for a model; None where its features need whole columns."""
    return None if inputs.get("derived") else OneRow(inputs, features)


def _all(writers: Sequence[Write]) -> Write:
    if len(writers) == 1:
        return writers[0]

    def write(value: Any, numbers: list[float]) -> None:
        for one in writers:
            one(value, numbers)

    return write


def _reader(column: Mapping[str, Any]) -> Read:
    general = reader_of(column)
    if column["kind"] == "numeric" and not column.get("missing_words"):
        return _numeric(general)
    return general if column["kind"] == "numeric" else _remembered(general)


def _numeric(general: Read) -> Read:
    def read(value: Any) -> Any:
        kind = type(value)
        if kind is float and value - value == 0.0:
            return value
        return float(value) if kind is int and -1e300 < value < 1e300 else general(value)

    return read


def _remembered(general: Read) -> Read:
    """Short texts come again and again."""
    kept: dict[str, Any] = {}

    def read(value: Any) -> Any:
        if type(value) is not str:
            return general(value)
        if value in kept:
            return kept[value]
        found = general(value)
        if len(kept) < MOST_KEPT and len(value) <= LONGEST_KEPT:
            kept[value] = found
        return found

    return read


def _writer(feature: Feature, place: int) -> Write:
    make = WRITERS.get(feature["op"], _by_array)
    return _shifted(feature, place) if feature["op"] in ("number", "date") else make(feature, place)


def _shifted(feature: Feature, place: int) -> Write:
    """A number, or a part of a moment, with gaps filled and scaled."""
    fill = math.nan if feature["fill"] is None else float(feature["fill"])
    center, scale = float(feature["center"]), float(feature["scale"])
    part = PARTS[feature["part"]] if feature["op"] == "date" else None

    def write(value: float, numbers: list[float]) -> None:
        if value != value:
            value = fill
        elif part:
            value = part(value)
        numbers[place] = min(max((value - center) / scale, -LARGEST), LARGEST)

    return write


def _missing(feature: Feature, place: int) -> Write:
    def write(value: Any, numbers: list[float]) -> None:
        numbers[place] = 1.0 if value is None or value != value else 0.0

    return write


def _onehot(feature: Feature, place: int) -> Write:
    places = {category: place + number for number, category in enumerate(feature["categories"])}
    fill = feature.get("fill")

    def write(value: Any, numbers: list[float]) -> None:
        found = places.get(fill if value is None else value)
        if found is not None:
            numbers[found] = 1.0

    return write


def _looked_up(feature: Feature, place: int) -> Write:
    """What stands for a category: its position, or what the target is in it. The encoder itself says what that is."""
    categories = [*feature["categories"], None]
    *rows, other = _clipped(OPERATIONS[feature["op"]](feature, [*categories, _unknown(categories)])).tolist()
    known = dict(zip(categories, rows, strict=True))
    width = len(other)

    def write(value: Any, numbers: list[float]) -> None:
        numbers[place : place + width] = known.get(value, other)

    return write


def _unknown(categories: Sequence[str | None]) -> str:
    return "\0" + "".join(category or "" for category in categories)


def _by_array(feature: Feature, place: int) -> Write:
    width = len(names([feature]))

    def write(value: Any, numbers: list[float]) -> None:
        block = OPERATIONS[feature["op"]](feature, [value] if value is None or isinstance(value, str) else _one(value))
        numbers[place : place + width] = _clipped(block[0]).tolist()

    return write


def _clipped(block: Numbers) -> Numbers:
    return np.minimum(np.maximum(block, -LARGEST), LARGEST)


def _one(value: float) -> Numbers:
    return np.array([value], dtype=np.float64)


def _day(seconds: float) -> date:
    return date.fromordinal(int(seconds // DAY) + EPOCH)


PARTS: dict[str, Callable[[float], float]] = {
    "days": lambda seconds: seconds / DAY,
    "hour": lambda seconds: float(math.floor((seconds - math.floor(seconds / DAY) * DAY) / 3600.0)),
    "weekday": lambda seconds: float((math.floor(seconds / DAY) + 3) % 7),
    "year": lambda seconds: float(_day(seconds).year),
    "month": lambda seconds: float(_day(seconds).month),
    "day": lambda seconds: float(_day(seconds).day),
}
WRITERS: dict[str, Callable[[Feature, int], Write]] = {
    "missing": _missing,
    "onehot": _onehot,
    "codes": _looked_up,
    "target": _looked_up,
}
