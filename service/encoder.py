"""The encoder: from checked columns to the numbers that an estimator sees, the same in training and in the service.

It is a list of features, each a small JSON object that was fitted on training rows:

    number   {op, column, fill, center, scale}       fill null keeps a missing value as NaN
    hinges   {op, column, fill, knots, scale}        how far the value is above each knot, 0 below
    missing  {op, column}                            1 where the value is missing
    onehot   {op, column, categories, fill}          one number a category; null among them stands for missing
    codes    {op, column, categories, fill, other, center, scale}    the category's position; `other` where unseen
    target   {op, column, categories, fill, values, other, center, scale}  what the target is in that category
    date     {op, column, part, fill, center, scale} part is one of PARTS
    length   {op, column, fill, center, scale}       characters of a text
    words    {op, column, vocabulary, idf}           tf-idf of its words, each row scaled to length 1

A category's `fill` takes the place of a missing one before it is looked up.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Feature = dict[str, Any]
Columns = Mapping[str, Any]
"""Checked columns by name: float64 arrays (numbers, truths, seconds since 1970) or lists of texts and None."""
Matrix = np.ndarray[Any, np.dtype[np.float64]]

PARTS = ("days", "year", "month", "day", "weekday", "hour")
DAY = 86_400.0
LARGEST = float(np.finfo(np.float32).max)
"""Numbers beyond are cut to it: trees take 32-bit numbers, and a posted 1e300 must not end in an error."""
WORD = re.compile(r"[^\W_]+", re.UNICODE)
WIDE = re.compile(r"[぀-ヿ㐀-鿿가-힯]")


def encode(features: Sequence[Feature], columns: Columns) -> Matrix:
    """The matrix of all features' numbers: rows × len(`names(features)`), float64."""
    if not features:
        return np.empty((max(map(len, columns.values()), default=0), 0))
    with np.errstate(over="ignore"):
        blocks = [OPERATIONS[feature["op"]](feature, columns[feature["column"]]) for feature in features]
    return np.ascontiguousarray(np.minimum(np.maximum(np.hstack(blocks), -LARGEST), LARGEST))


def names(features: Sequence[Feature]) -> list[str]:
    """One readable name for each number that `encode` makes, in order."""
    found: list[str] = []
    for feature in features:
        column = feature["column"]
        if feature["op"] == "onehot":
            found += [f"{column}={category}" for category in feature["categories"]]
        elif feature["op"] == "target":
            found += [f"{column}.target{place or ''}" for place in range(len(feature["other"]))]
        elif feature["op"] == "hinges":
            found += [f"{column}>{knot:.6g}" for knot in feature["knots"]]
        elif feature["op"] == "words":
            found += [f"{column}:{word}" for word in feature["vocabulary"]]
        else:
            found.append(column if feature["op"] == "number" else f"{column}.{feature.get('part', feature['op'])}")
    return found


def words(text: str) -> list[str]:
    """A text's words in lower case; scripts without blanks give pairs of characters."""
    found: list[str] = []
    for word in WORD.findall(text.lower()):
        if WIDE.search(word) and len(word) > 1:
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            found.append(word)
    return found


def date_part(seconds: Matrix, part: str) -> Matrix:
    """One part of moments given as seconds since 1970 (UTC); NaN stays NaN. Weekdays count from Monday, which is 0."""
    days = np.floor(seconds / DAY)
    if part == "days":
        return np.asarray(seconds / DAY)
    if part == "hour":
        return np.asarray(np.floor((seconds - days * DAY) / 3600.0))
    if part == "minute":
        return np.asarray(np.floor((seconds - days * DAY) / 60.0) % 60)
    if part == "weekday":
        return np.asarray((days + 3) % 7)
    known = np.isfinite(days)
    stamps = np.where(known, days, 0).astype("int64").astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    whole = {
        "year": stamps.astype("datetime64[Y]").astype("int64") + 1970,
        "quarter": months.astype("int64") % 12 // 3 + 1,
        "month": months.astype("int64") % 12 + 1,
        "day": (stamps - months).astype("int64") + 1,
    }[part]
    return np.asarray(np.where(known, whole.astype(np.float64), np.nan))


def _scaled(feature: Feature, values: Matrix) -> Matrix:
    if feature["fill"] is not None:
        values = np.where(np.isnan(values), feature["fill"], values)
    return np.asarray((values - feature["center"]) / feature["scale"]).reshape(-1, 1)


def _number(feature: Feature, values: Any) -> Matrix:
    return _scaled(feature, np.asarray(values, dtype=np.float64))


def _hinges(feature: Feature, values: Any) -> Matrix:
    filled = np.where(np.isnan(values), feature["fill"], values)
    return np.asarray(np.maximum(filled[:, None] - np.array(feature["knots"]), 0.0) / feature["scale"])


def _missing(feature: Feature, values: Any) -> Matrix:
    if isinstance(values, np.ndarray):
        return np.isnan(values).astype(np.float64).reshape(-1, 1)
    return np.array([[float(value is None)] for value in values]).reshape(-1, 1)


def _positions(feature: Feature, values: Any) -> Any:
    index = {category: place for place, category in enumerate(feature["categories"])}
    fill = feature.get("fill")
    return np.array([index.get(fill if value is None else value, -1) for value in values], dtype=np.int64)


def _centred(feature: Feature, block: Matrix) -> Matrix:
    return np.asarray((block - feature.get("center", 0.0)) / feature.get("scale", 1.0))


def _onehot(feature: Feature, values: Any) -> Matrix:
    places = _positions(feature, values)
    block = np.zeros((len(places), len(feature["categories"])))
    known = places >= 0
    block[np.flatnonzero(known), places[known]] = 1.0
    return block


def _codes(feature: Feature, values: Any) -> Matrix:
    places = _positions(feature, values).astype(np.float64)
    other = np.nan if feature["other"] is None else feature["other"]
    return _centred(feature, np.where(places < 0, other, places).reshape(-1, 1))


def _target(feature: Feature, values: Any) -> Matrix:
    known = np.array([*feature["values"], feature["other"]], dtype=np.float64).reshape(-1, len(feature["other"]))
    return _centred(feature, known[_positions(feature, values)])


def _date(feature: Feature, values: Any) -> Matrix:
    return _scaled(feature, date_part(np.asarray(values, dtype=np.float64), feature["part"]))


def _length(feature: Feature, values: Any) -> Matrix:
    return _scaled(feature, np.array([np.nan if v is None else float(len(v)) for v in values], dtype=np.float64))


def _words(feature: Feature, values: Any) -> Matrix:
    index = {word: place for place, word in enumerate(feature["vocabulary"])}
    block = np.zeros((len(values), len(index)))
    for row, text in enumerate(values):
        for word, times in Counter(words(text or "")).items():
            if (place := index.get(word)) is not None:
                block[row, place] = times * feature["idf"][place]
    norms = np.linalg.norm(block, axis=1, keepdims=True)
    return np.asarray(block / np.where(norms > 0, norms, 1.0))


OPERATIONS: dict[str, Callable[[Feature, Any], Matrix]] = {
    "number": _number,
    "hinges": _hinges,
    "missing": _missing,
    "onehot": _onehot,
    "codes": _codes,
    "target": _target,
    "date": _date,
    "length": _length,
    "words": _words,
}
