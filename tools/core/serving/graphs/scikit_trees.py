"""Trees of scikit-learn: random forests, extra trees, histogram gradient boosting."""

from typing import Any

import numpy as np

from tools.core.serving.graphs.trees import Forest, NotConvertible, Tree, exact_for_float32


def bagged(estimator: Any) -> Forest:
    """A random forest or extra trees: the mean of its trees' shares of labels, or of their numbers."""
    trees = [_tree(one.tree_) for one in estimator.estimators_]
    outputs = trees[0].value.shape[1]
    if outputs == 2:  # the second label's share is enough
        trees = [Tree(t.feature, t.threshold, t.left, t.right, t.missing_left, t.value[:, 1:]) for t in trees]
        outputs = 1
    return Forest(trees, outputs, np.zeros(outputs), 1.0 / len(trees), [None] * len(trees))


def boosted(estimator: Any) -> Forest:
    """Histogram gradient boosting: a baseline, and in each round one tree an output."""
    start = np.asarray(estimator._baseline_prediction, dtype=np.float64).ravel()
    trees = [_nodes(predictor.nodes) for round_ in estimator._predictors for predictor in round_]
    only: list[int | None] = [number for round_ in estimator._predictors for number in range(len(round_))]
    return Forest(trees, len(start), start, 1.0, only)


def _tree(tree: Any) -> Tree:
    leaf = tree.children_left < 0
    return Tree(
        np.where(leaf, -1, tree.feature),
        exact_for_float32(tree.threshold),  # it compares numbers as 32-bit ones
        tree.children_left,
        tree.children_right,
        np.asarray(tree.missing_go_to_left, dtype=bool),
        tree.value[:, 0, :],
    )


def _nodes(nodes: Any) -> Tree:
    if nodes["is_categorical"].any():
        raise NotConvertible("its trees split by sets of categories")
    return Tree(
        np.where(nodes["is_leaf"], -1, nodes["feature_idx"].astype(np.int64)),
        nodes["num_threshold"],
        nodes["left"].astype(np.int64),
        nodes["right"].astype(np.int64),
        nodes["missing_go_to_left"].astype(bool),
        nodes["value"].reshape(-1, 1),
    )
