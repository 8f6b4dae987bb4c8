"""How a column of categories becomes numbers: one for each, a code, or what the target is in each of them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from service.encoder import Feature, Matrix

MOST_ONEHOT = {"linear": 60, "forest": 12, "boosting": 60}
MOST_ASKED = 1_000
"""Categories that get a number of their own when somebody asks for one-hot."""
MOST_CODES = 250
MANY = 60
"""From so many categories on, what the target is in each of them says more than their codes."""
MOST_LABELS = 10
"""With more labels a target encoding would have too many numbers."""
FEWEST_ROWS = 20
"""Rows from which on the target can be learned from other ones."""
RARE = 3
"""A category needs so many training rows to get a number of its own."""
BOTH = "both"
"""A way to encode that estimators ask for: as auto does, and what the target is in each category beside it."""
NOTHING = "\0"


def fit_category(
    name: str, values: Sequence[str | None], family: str, how: str, impute: str, y: Any, labels: int
) -> tuple[list[Feature], dict[int, Matrix]]:
    """The features of one column, and by their place what the training rows are encoded as where that differs."""
    counts = Counter(values)
    seen = [c for c, times in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))) if c is not None]
    often = [category for category in seen if counts[category] >= RARE] or seen[:2]
    fill = often[0] if impute == "most_frequent" and often else None
    gaps = [None] if counts[None] and fill is None else []
    told = {"column": name, **({"fill": fill} if fill else {})}
    can = y is not None and labels <= MOST_LABELS and len(y) >= FEWEST_ROWS and len(np.unique(y)) > 1
    if how == "target" and can:
        feature, own = _targets(told, often, values, y, labels)
        return [feature], {0: own}
    if how == "ordinal":
        return [_codes(told, sorted(seen, key=_in_order), -1.0)], {}
    if how == "onehot":
        return [{"op": "onehot", **told, "categories": often[:MOST_ASKED] + gaps}], {}
    plain = _usual(told, often, gaps, family)
    if (len(often) <= MANY and how != BOTH) or not can:
        return [plain], {}
    feature, own = _targets(told, often, values, y, labels)
    return [plain, feature], {1: own}


def _usual(told: Feature, often: list[str], gaps: list[None], family: str) -> Feature:
    if family == "boosting":
        return _codes(told, often[:MOST_CODES], None)
    if family == "forest" and len(often) > MOST_ONEHOT["forest"]:
        return _codes(told, often, -1.0)
    return {"op": "onehot", **told, "categories": [*often[: MOST_ONEHOT[family]], *gaps]}


def _codes(told: Feature, categories: list[str], other: float | None) -> Feature:
    return {"op": "codes", **told, "categories": categories, "other": other}


def _in_order(category: str) -> tuple[int, float, str]:
    """Numbers by their size, then words by their letters."""
    try:
        return (0, float(category), category)
    except ValueError:
        return (1, 0.0, category)


def _targets(told: Feature, often: list[str], values: Any, y: Any, labels: int) -> tuple[Feature, Matrix]:
    """Means of the target by category, shrunk to the overall one (Micci-Barreca 2001), cross-fitted in training."""
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    known, fill = set(often), told.get("fill")
    filled = [fill if value is None else value for value in values]
    texts = [[NOTHING if v is None else v if v in known else NOTHING * 2] for v in filled]
    kind = "continuous" if not labels else "binary" if labels == 2 else "multiclass"
    encoder = TargetEncoder(target_type=kind, cv=KFold(5, shuffle=True, random_state=0))
    own = encoder.fit_transform(np.array(texts, dtype=object), y)
    columns = np.column_stack(encoder.encodings_)
    place = {category: at for at, category in enumerate(encoder.categories_[0])}
    categories = [c for c in often if c in place] + ([None] if NOTHING in place else [])
    means = [columns[place[NOTHING if c is None else c]].tolist() for c in categories]
    rare = place.get(NOTHING * 2)
    other = np.atleast_1d(encoder.target_mean_ if rare is None else columns[rare]).astype(float).tolist()
    return {"op": "target", **told, "categories": categories, "values": means, "other": other}, own
