"""The column recipe: which columns feed a model and how each becomes numbers, fitted on training rows alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from service.encoder import LARGEST, PARTS, Columns, Feature, Matrix, date_part, encode, names, words
from service.values import category_text
from tools.core.learning.categories import fit_category
from tools.core.tables.columns import Column
from tools.core.tables.expressions import columns_in, type_of

Family = Literal["linear", "forest", "boosting"]
"""Estimators that want the same numbers: scaled and one-hot; filled; gaps and codes left as they are."""

MOST_WORDS = {"linear": 300, "forest": 100, "boosting": 100}
RARE = 3
"""A word needs so many training rows to get a number of its own."""
KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)
FEWEST_VALUES = 8
MANY_VALUES = 2_000
PLAIN_KINDS = {"number": "numeric", "truth": "boolean", "moment": "datetime", "text": "text"}


@dataclass(frozen=True)
class Recipe:
    """What a person asked for; auto is what each family of estimators does best with."""

    impute: Literal["auto", "median", "mean", "most_frequent", "constant", "none"] = "auto"
    scale: Literal["auto", "standard", "minmax", "none"] = "auto"
    encode: Literal["auto", "onehot", "ordinal", "target", "both"] = "auto"
    """Both: as auto does, and target encodings beside it."""
    curved: bool = False
    """Numbers also as hinges, which let a linear estimator bend."""


AUTO = Recipe()


@dataclass
class Fitted:
    """The features of `service.encoder`, and what the training rows themselves are encoded as where that differs."""

    features: list[Feature] = field(default_factory=list)
    own: dict[int, Matrix] = field(default_factory=dict)
    """By a feature's place: target encodings of the training rows, each from rows of other folds."""

    def matrix(self, columns: Columns) -> Matrix:
        """The training rows as numbers."""
        matrix = encode(self.features, columns)
        for place, block in self.own.items():
            start = len(names(self.features[:place]))
            matrix[:, start : start + block.shape[1]] = block
        return matrix


def inputs_of(record: Mapping[str, Any], frame: Any) -> dict[str, Any]:
    """What a row may hold ({columns, derived, features, ignored}), from a prepared dataset and its training rows."""
    columns = [Column.model_validate(column) for column in record["columns"]]
    features = set(record["features"])
    return {
        "columns": [_input(column, frame[column.name], column.name in features) for column in columns],
        "derived": needed_for(record["features"], record["derived"]),
        "features": record["features"],
        "ignored": list(record["ignored"]),
    }


def needed_for(features: Sequence[str], derived: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The derived columns that some features are or are worked out from, in order: not the target, nor a weight."""
    wanted = set(features)
    for column in reversed(derived):
        if column["name"] in wanted:
            wanted |= columns_in(column["tree"])
    return [column for column in derived if column["name"] in wanted]


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


def fit_encoder(
    inputs: Mapping[str, Any], columns: Columns, family: Family, y: Any = None, labels: int = 0,
    recipe: Recipe = AUTO,
) -> Fitted:  # fmt: skip
    """The features for checked training columns. `y` (label positions, or numbers) is for target encodings alone."""
    fitted = Fitted()
    kinds = {c["name"]: c["kind"] for c in [*inputs["columns"], *inputs.get("derived", [])]}
    for name in inputs.get("features", list(kinds)):
        if kinds[name] == "categorical":
            features, own = fit_category(name, columns[name], family, recipe.encode, recipe.impute, y, labels)
            features = [_centred(feature, columns, family, recipe) for feature in features]
            for place, block in own.items():
                at = features[place]
                fitted.own[len(fitted.features) + place] = (block - at["center"]) / at["scale"]
            fitted.features += features
        else:
            fit = {"numeric": _number, "boolean": _number, "datetime": _date, "text": _text}[kinds[name]]
            fitted.features += fit(name, columns[name], family, recipe)
    return fitted


def take(columns: Columns, rows: Any) -> dict[str, Any]:
    """The checked columns of some rows, given by position."""
    return {
        name: values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows]
        for name, values in columns.items()
    }


def _input(column: Column, values: Any, is_feature: bool) -> dict[str, Any]:
    known = values.dropna()
    kind = column.kind if is_feature else PLAIN_KINDS[type_of(column)]
    found: dict[str, Any] = {
        "name": column.name,
        "kind": kind,
        "missing": column.missing > 0,
        "missing_words": column.missing_words if column.missing else [],
        "number": column.number,
        "formats": column.formats,
    }
    if column.canonical:
        found["canonical"] = True
    if kind == "categorical":
        found["categories"] = sorted({category_text(value) for value in known.unique().tolist()})
    elif kind == "boolean":
        found["labels"] = sorted({str(value) for value in known.unique().tolist()})
    elif kind == "numeric" and len(known):
        found |= {"minimum": float(known.min()), "maximum": float(known.max())}
    return found


def _number(name: str, values: Any, family: Family, recipe: Recipe) -> list[Feature]:
    features = [_scaled({"op": "number", "column": name}, values, family, recipe)]
    if recipe.curved and (hinges := _hinges(name, values, features[0])):
        features.append(hinges)
    if features[0]["fill"] is not None and np.isnan(values).any():
        features.append({"op": "missing", "column": name})
    return features


def _hinges(name: str, values: Any, plain: Feature) -> Feature | None:
    """A line that may bend at some quantiles (Friedman 1991), for a number with many values."""
    known = values[~np.isnan(values)]
    if plain["fill"] is None or len(np.unique(known[:MANY_VALUES])) < FEWEST_VALUES:
        return None
    knots = np.unique(np.quantile(known, KNOTS))
    return {"op": "hinges", "column": name, "fill": plain["fill"], "knots": knots.tolist(), "scale": plain["scale"]}


def _scaled(feature: Feature, values: Any, family: Family, recipe: Recipe) -> Feature:
    known = np.clip(values[~np.isnan(values)], -LARGEST, LARGEST)  # as the encoder cuts them
    return feature | {"fill": _fill(known, family, recipe), **_spread(known, family, recipe)}


def _fill(known: Any, family: Family, recipe: Recipe) -> float | None:
    how = recipe.impute
    if how == "none" or (how == "auto" and family == "boosting"):
        return None
    if how == "constant" or not len(known):
        return 0.0
    if how == "most_frequent":
        values, counts = np.unique(known, return_counts=True)
        return float(values[counts.argmax()])
    return float(known.mean() if how == "mean" else np.median(known))


def _spread(known: Any, family: Family, recipe: Recipe) -> dict[str, float]:
    """What is taken away and what it is divided by."""
    how = "standard" if recipe.scale == "auto" and family == "linear" else recipe.scale
    if not len(known) or how in ("auto", "none"):
        return {"center": 0.0, "scale": 1.0}
    center, scale = (known.mean(), known.std()) if how == "standard" else (known.min(), np.ptp(known))
    return {"center": float(center), "scale": float(scale) if scale > 1e-12 else 1.0}


def _centred(feature: Feature, columns: Columns, family: Family, recipe: Recipe) -> Feature:
    """A category's code or target encoding, scaled as the numbers are."""
    if feature["op"] not in ("codes", "target"):
        return feature
    block = encode([feature], {feature["column"]: columns[feature["column"]]})
    return feature | _spread(block[~np.isnan(block)], family, recipe)


def _date(name: str, values: Any, family: Family, recipe: Recipe) -> list[Feature]:
    features = []
    for part in PARTS:
        numbers = date_part(values, part)
        known = numbers[~np.isnan(numbers)]
        if len(known) and known.min() != known.max():
            features.append(_scaled({"op": "date", "column": name, "part": part}, numbers, family, recipe))
    if features and features[0]["fill"] is not None and np.isnan(values).any():
        features.append({"op": "missing", "column": name})
    return features


def _text(name: str, values: Any, family: Family, recipe: Recipe) -> list[Feature]:
    lengths = np.array([np.nan if value is None else float(len(value)) for value in values])
    features = [_scaled({"op": "length", "column": name}, lengths, family, recipe)]
    holding = Counter(word for value in values if value for word in set(words(value)))
    common = sorted((w for w, n in holding.items() if n >= RARE), key=lambda w: (-holding[w], w))
    vocabulary = common[: MOST_WORDS[family]]
    if vocabulary:
        idf = [float(np.log((1 + len(values)) / (1 + holding[word])) + 1) for word in vocabulary]
        features.append({"op": "words", "column": name, "vocabulary": vocabulary, "idf": idf})
    return features
