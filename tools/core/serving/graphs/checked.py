"""A model's graph, and the check on training rows that it says what the fitted estimators say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tools.core.serving.graphs.convert import convert
from tools.core.serving.graphs.trees import NotConvertible

TOLERANCE = 1e-5
"""Of a probability, or of the target's standard deviation."""
TIE = 1e-12
"""Two labels whose probabilities are closer are equally likely, and which comes first is rounding."""
MOST_ROWS = 20_000
"""Training rows that are checked, evenly spread."""


def write_graph(path: Path, files: Path, columns: Mapping[str, Any], rows: int) -> None:
    """Write the graph of a model's files beside them as `path`, checked on checked columns of training rows.

    NotConvertible, with nothing left at `path`, where there is no graph that says the same.
    """
    from service.encoder import encode, names
    from service.graph import Graph
    from service.members import combined
    from service.runtime import load_members
    from tools.core.files import read_json

    facts = read_json(files / "model.json")
    features, members = load_members(files)
    labels = len(facts["labels"])
    path.write_bytes(convert(members, len(names(features)), labels))
    matrix = encode(features, columns)[:: max(1, rows // MOST_ROWS)]
    try:
        compare(combined(members, matrix, labels), Graph(path).numbers(matrix), facts)
    except NotConvertible:
        path.unlink()
        raise


def compare(fitted: Any, graph: Any, facts: Mapping[str, Any]) -> None:
    """NotConvertible where a graph's answers for rows differ from the fitted estimators', by a model's facts."""
    if not facts["labels"]:
        scale = float(np.std(fitted)) or 1.0
        return _refuse(np.abs(fitted - graph).max(initial=0.0) > TOLERANCE * scale, "its numbers differ")
    from service.runtime import decided

    _refuse(np.abs(fitted - graph).max(initial=0.0) > TOLERANCE, "its probabilities differ")
    threshold = facts.get("threshold")
    positive = facts["labels"].index(facts["positive"]) if facts["task"] == "binary" else 0
    other = decided(fitted, threshold, positive) != decided(graph, threshold, positive)
    return _refuse(bool((other & ~_tied(fitted, threshold, positive)).any()), "its labels differ")


def _tied(fitted: Any, threshold: float | None, positive: int) -> Any:
    if threshold is not None:
        return np.abs(fitted[:, positive] - threshold) < TIE
    ordered = np.sort(fitted, axis=1)
    return ordered[:, -1] - ordered[:, -2] < TIE


def _refuse(bad: bool, what: str) -> None:
    if bad:
        raise NotConvertible(f"as a graph {what} from the fitted estimators'")
