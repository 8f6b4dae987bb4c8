"""Members that are no trees: linear models, networks, nearest neighbours."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.core.serving.graphs.trees import NotConvertible
from tools.core.serving.graphs.writer import Writer

MOST_NEIGHBOURS = 20_000_000
"""Kept rows times numbers a row: a larger table of neighbours is no graph's business."""


def write_linear(writer: Writer, estimator: Any, x: str) -> str:
    """Margins or numbers of a linear model: rows × outputs."""
    coefficients = np.atleast_2d(estimator.coef_)
    total = writer.add("MatMul", x, writer.constant(coefficients.T))
    return writer.calculate("Add", total, np.atleast_1d(estimator.intercept_))


def write_network(writer: Writer, estimator: Any, x: str) -> str:
    """Margins or numbers of a multi-layer perceptron, before its last activation."""
    hidden = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid", "identity": "Identity"}
    last = len(estimator.coefs_) - 1
    for number, (weights, offsets) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
        x = writer.calculate("Add", writer.add("MatMul", x, writer.constant(weights)), offsets)
        if number < last:
            x = writer.add(hidden[estimator.activation], x)
    return x


def write_neighbours(writer: Writer, estimator: Any, x: str) -> str:
    """Shares of labels, or numbers, of the nearest rows, each weighed by the inverse of its distance."""
    kept = np.asarray(estimator._fit_X, dtype=np.float64)
    if kept.size > MOST_NEIGHBOURS:
        raise NotConvertible("its table of neighbours is too large")
    if estimator.weights != "distance" or estimator.effective_metric_ != "euclidean":
        raise NotConvertible("its neighbours are not weighed by their distance")
    squares = writer.add("ReduceSumSquare", x, writer.constant([1], np.int64), keepdims=1)
    crossed = writer.add("MatMul", x, writer.constant(-2.0 * kept.T))
    far = writer.add("Add", squares, writer.calculate("Add", crossed, (kept**2).sum(axis=1)))
    return _weighed(writer, estimator, writer.calculate("Max", far, 0.0))


def _weighed(writer: Writer, estimator: Any, squared: str) -> str:
    from onnx import helper

    count = writer.constant([estimator.n_neighbors], np.int64)
    near, places = f"v{len(writer.nodes)}", f"p{len(writer.nodes)}"
    writer.nodes.append(helper.make_node("TopK", [squared, count], [near, places], axis=1, largest=0, sorted=1))
    # a distance of 0 counts as a very small one: then that row decides, as in scikit-learn
    distance = writer.calculate("Max", writer.add("Sqrt", near), 1e-150)
    weight = writer.calculate("Div", writer.constant([[1.0]]), 1.0)
    weight = writer.add("Div", weight, distance)
    weight = writer.add("Div", weight, writer.add("ReduceSum", weight, writer.constant([1], np.int64), keepdims=1))
    told = writer.add("Gather", writer.constant(_answers(estimator)), places, axis=0)
    return writer.add(
        "ReduceSum",
        writer.add("Mul", writer.add("Unsqueeze", weight, writer.constant([2], np.int64)), told),
        writer.constant([1], np.int64),
        keepdims=0,
    )


def _answers(estimator: Any) -> Any:
    """What each kept row says: 1 for its label (with two, whether it is the second), or its number."""
    y = np.asarray(estimator._y)
    if not hasattr(estimator, "classes_"):
        return y.reshape(-1, 1).astype(np.float64)
    if len(estimator.classes_) == 2:
        return y.reshape(-1, 1).astype(np.float64)
    return np.eye(len(estimator.classes_))[y.ravel()]


LAYERS: dict[str, Callable[[Writer, Any, str], str]] = {
    "LogisticRegression": write_linear,
    "Ridge": write_linear,
    "MLPClassifier": write_network,
    "MLPRegressor": write_network,
    "KNeighborsClassifier": write_neighbours,
    "KNeighborsRegressor": write_neighbours,
}
