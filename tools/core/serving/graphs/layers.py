"""Members that are no trees: linear models and networks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tools.core.serving.graphs.writer import Writer


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


LAYERS: dict[str, Callable[[Writer, Any, str], str]] = {
    "LogisticRegression": write_linear,
    "Ridge": write_linear,
    "MLPClassifier": write_network,
    "MLPRegressor": write_network,
}
