"""The column recipe: which columns feed a model and how each becomes numbers, fitted on training rows alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from service.encoder import LARGEST, PARTS, Columns, Feature, date_part, words
from service.values import category_text
from tools.core.tables.columns import Column

Family = Literal["linear", "forest", "boosting"]
"""Estimators that want the same numbers: scaled and one-hot; filled; gaps and codes left as they are."""

MOST_ONEHOT = {"linear": 60, "forest": 12}
MOST_CODES = 250
MOST_WORDS = {"linear": 300, "forest": 100, "boosting": 100}
RARE = 3
"""A category or word needs so many training rows to get a number of its own."""


def inputs_of(columns: Sequence[Column], frame: Any, ignored: Sequence[str]) -> dict[str, Any]:
    """What a row may hold ({columns, ignored}), told from the training rows (a typed pandas table)."""
    return {"columns": [_input(column, frame[column.name]) for column in columns], "ignored": list(ignored)}


def columns_of(frame: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A typed table's columns as the row checks take them: float arrays and lists with None for missing."""
    found: dict[str, Any] = {}
    for column in inputs["columns"]:
        values = frame[column["name"]]
        if column["kind"] == "numeric" and values.dtype.kind in "iuf":
            found[column["name"]] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            found[column["name"]] = [None if missing else v for v, missing in zip(values, values.isna(), strict=True)]
    return found


def fit_encoder(inputs: Mapping[str, Any], columns: Columns, family: Family) -> list[Feature]:
    """The features of `service.encoder` for checked training columns."""
    features: list[Feature] = []
    for column in inputs["columns"]:
        fit = {
            "numeric": _number,
            "boolean": _number,
            "categorical": _category,
            "datetime": _date,
            "text": _text,
        }[column["kind"]]
        features += fit(column["name"], columns[column["name"]], family)
    return features


def take(columns: Columns, rows: Any) -> dict[str, Any]:
    """The checked columns of some rows, given by position."""
    return {
        name: values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows]
        for name, values in columns.items()
    }


def _input(column: Column, values: Any) -> dict[str, Any]:
    known = values.dropna()
    found: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "missing": column.missing > 0,
        "missing_words": column.missing_words if column.missing else [],
        "number": column.number,
        "formats": column.formats,
    }
    if column.kind == "categorical":
        found["categories"] = sorted({category_text(value) for value in known.unique().tolist()})
    elif column.kind == "boolean":
        found["labels"] = sorted({str(value) for value in known.unique().tolist()})
    elif column.kind == "numeric" and len(known):
        found |= {"minimum": float(known.min()), "maximum": float(known.max())}
    return found


def _number(name: str, values: Any, family: Family) -> list[Feature]:
    features = [_scaled({"op": "number", "column": name}, values, family)]
    if family != "boosting" and np.isnan(values).any():
        features.append({"op": "missing", "column": name})
    return features


def _scaled(feature: Feature, values: Any, family: Family) -> Feature:
    known = np.clip(values[~np.isnan(values)], -LARGEST, LARGEST)  # as the encoder cuts them
    middle = float(np.median(known)) if len(known) else 0.0
    feature |= {"fill": None if family == "boosting" else middle, "center": 0.0, "scale": 1.0}
    if family == "linear" and len(known):
        spread = float(known.std())
        feature |= {"center": float(known.mean()), "scale": spread if spread > 1e-12 else 1.0}
    return feature


def _category(name: str, values: Any, family: Family) -> list[Feature]:
    counts = Counter(values)
    seen = [c for c, times in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))) if c is not None]
    often = [category for category in seen if counts[category] >= RARE] or seen[:2]
    if family == "boosting":
        return [{"op": "codes", "column": name, "categories": often[:MOST_CODES], "other": None}]
    if family == "forest" and len(often) > MOST_ONEHOT["forest"]:
        return [{"op": "codes", "column": name, "categories": often, "other": -1.0}]
    gaps = [None] if counts[None] else []
    return [{"op": "onehot", "column": name, "categories": often[: MOST_ONEHOT[family]] + gaps}]


def _date(name: str, values: Any, family: Family) -> list[Feature]:
    features = []
    for part in PARTS:
        numbers = date_part(values, part)
        known = numbers[~np.isnan(numbers)]
        if len(known) and known.min() != known.max():
            features.append(_scaled({"op": "date", "column": name, "part": part}, numbers, family))
    if family != "boosting" and np.isnan(values).any():
        features.append({"op": "missing", "column": name})
    return features


def _text(name: str, values: Any, family: Family) -> list[Feature]:
    lengths = np.array([np.nan if value is None else float(len(value)) for value in values])
    features = [_scaled({"op": "length", "column": name}, lengths, family)]
    holding = Counter(word for value in values if value for word in set(words(value)))
    common = sorted((w for w, n in holding.items() if n >= RARE), key=lambda w: (-holding[w], w))
    vocabulary = common[: MOST_WORDS[family]]
    if vocabulary:
        idf = [float(np.log((1 + len(values)) / (1 + holding[word])) + 1) for word in vocabulary]
        features.append({"op": "words", "column": name, "vocabulary": vocabulary, "idf": idf})
    return features
