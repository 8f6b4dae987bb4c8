"""Trees of the boosting libraries: LightGBM's text, XGBoost's and CatBoost's JSON."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tools.core.serving.graphs.trees import Array, Forest, NotConvertible, Tree, exact_for_float32

CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_ZERO, MISSING_NAN = 1, 2
"""Bits of LightGBM's decision_type: is categorical, default left, then two for what counts as missing."""


def lightgbm(estimator: Any) -> Forest:
    """A LightGBM model; a missing number of a column that had none in training counts as 0."""
    booster = estimator.booster_
    text = booster.model_to_string(num_iteration=booster.best_iteration or -1)
    blocks = text.split("\nend of trees")[0].split("\nTree=")[1:]
    trees = [_of_text(dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)) for block in blocks]
    outputs = int(booster.num_model_per_iteration())
    return Forest(trees, outputs, np.zeros(outputs), 1.0, [number % outputs for number in range(len(trees))])


def xgboost(estimator: Any) -> Forest:
    """An XGBoost model: 32-bit numbers, below the threshold goes left."""
    booster = estimator.get_booster()
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    model = learner["gradient_booster"]["model"]
    if learner["gradient_booster"]["name"] != "gbtree":
        raise NotConvertible(f"it is an XGBoost {learner['gradient_booster']['name']!r}")
    outputs = max(1, int(learner["learner_model_param"]["num_class"]))
    rounds = estimator._get_iteration_range(None)[1] or booster.num_boosted_rounds()
    kept = rounds * len(model["trees"]) // max(1, booster.num_boosted_rounds())
    start = np.broadcast_to(_base_score(learner), (outputs,)).astype(np.float64)
    return Forest(list(map(_of_json, model["trees"][:kept])), outputs, start, 1.0, model["tree_info"][:kept])


def catboost(estimator: Any) -> Forest:
    """A CatBoost model: every level of a tree asks one question, and the answers are the leaf's number in binary."""
    with tempfile.TemporaryDirectory(prefix="ekiben-") as folder:
        path = Path(folder) / "model.json"
        estimator.save_model(str(path), format="json")
        told = json.loads(path.read_text(encoding="utf-8"))
    if "oblivious_trees" not in told or told["features_info"].get("categorical_features"):
        raise NotConvertible("its trees are not CatBoost's plain ones")
    scale, bias = told["scale_and_bias"]
    start = np.atleast_1d(np.asarray(bias, dtype=np.float64)) / scale
    missing_left = {
        feature["feature_index"]: feature["nan_value_treatment"] != "AsTrue"
        for feature in told["features_info"]["float_features"]
    }
    places = {f["feature_index"]: f["flat_feature_index"] for f in told["features_info"]["float_features"]}
    trees = [_oblivious(tree, len(start), missing_left, places) for tree in told["oblivious_trees"]]
    return Forest(trees, len(start), start, scale, [None] * len(trees))


def _of_text(told: dict[str, str]) -> Tree:
    leaves = _floats(told["leaf_value"])
    if int(told["num_leaves"]) <= 1:
        return _constant(leaves[:1].reshape(1, 1))
    kinds, thresholds = _floats(told["decision_type"]).astype(int), _floats(told["threshold"])
    if (kinds & CATEGORICAL).any() or told.get("is_linear", "0").strip() == "1":
        raise NotConvertible("its trees split by sets of categories, or have linear leaves")
    missing = kinds >> 2 & 3
    if (missing == MISSING_ZERO).any():
        raise NotConvertible("it takes 0 for a missing value")
    left, right = _floats(told["left_child"]).astype(int), _floats(told["right_child"]).astype(int)
    inner = len(thresholds)
    zeros = np.zeros(len(leaves))
    missing_left = np.where(missing == MISSING_NAN, kinds & DEFAULT_LEFT > 0, thresholds >= 0)
    return Tree(
        np.concatenate([_floats(told["split_feature"]).astype(int), zeros.astype(int) - 1]),
        np.concatenate([thresholds, zeros]),
        np.concatenate([np.where(left < 0, inner + ~left, left), zeros.astype(int)]),
        np.concatenate([np.where(right < 0, inner + ~right, right), zeros.astype(int)]),
        np.concatenate([missing_left, zeros > 0]),
        np.concatenate([np.zeros(inner), leaves]).reshape(-1, 1),
    )


def _floats(text: str) -> Array:
    return np.array(text.split(), dtype=np.float64)


def _constant(value: Array) -> Tree:
    nothing = np.zeros(1, dtype=int)
    return Tree(nothing - 1, np.zeros(1), nothing, nothing, nothing > 0, value)


def _of_json(told: dict[str, Any]) -> Tree:
    if any(told.get("split_type", [])) or told.get("categories"):
        raise NotConvertible("its trees split by sets of categories")
    left, right = np.array(told["left_children"]), np.array(told["right_children"])
    conditions = np.array(told["split_conditions"], dtype=np.float32).astype(np.float64)
    return Tree(
        np.where(left < 0, -1, np.array(told["split_indices"])),
        exact_for_float32(conditions, strict=True),
        left,
        right,
        np.array(told["default_left"], dtype=bool),
        conditions.reshape(-1, 1),  # a leaf's value stands where a split's threshold does
    )


def _base_score(learner: dict[str, Any]) -> Array:
    """The margin that XGBoost starts from; its file holds it as the objective's answer."""
    given = np.atleast_1d(np.array(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float64))
    objective = learner["objective"]["name"]
    if objective in ("binary:logistic", "reg:logistic"):
        return np.asarray(np.log(given / (1.0 - given)))
    if objective in ("reg:squarederror", "multi:softprob", "multi:softmax"):
        return given
    raise NotConvertible(f"its objective is {objective!r}")


def _oblivious(told: dict[str, Any], outputs: int, missing_left: dict[int, bool], places: dict[int, int]) -> Tree:
    """A tree whose level asks its last question first, so that the leaves stand in the order of their numbers."""
    splits = told.get("splits") or []
    values = np.array(told["leaf_values"], dtype=np.float64).reshape(-1, outputs)
    if any(split["split_type"] != "FloatFeature" for split in splits):
        raise NotConvertible("its trees split by sets of categories")
    inner = len(values) - 1
    level = np.floor(np.log2(np.arange(1, inner + 1))).astype(int)
    asked = [splits[len(splits) - 1 - depth] for depth in level]
    borders = np.array([split["border"] for split in asked], dtype=np.float32).astype(np.float64)
    children = np.concatenate([2 * np.arange(inner) + 1, np.zeros(len(values), dtype=int)])
    return Tree(
        np.array([places[split["float_feature_index"]] for split in asked] + [-1] * len(values), dtype=int),
        np.concatenate([exact_for_float32(borders), np.zeros(len(values))]),
        children,
        children + 1,
        np.array([missing_left[split["float_feature_index"]] for split in asked] + [False] * len(values)),
        np.concatenate([np.zeros((inner, outputs)), values]),
    )
