"""The runtime: loads a model's files and answers for checked columns. Online, batch and evaluation all use it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.encoder import encode
from service.rows import Checked, check_rows

MODEL_FILE = "model.json"
ENCODER_FILE = "encoder.json"
ESTIMATOR_FILE = "estimator.skops"
TRUSTED = (
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfSquaredError",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""Types inside an estimator file that may be made. The list is ours: a file cannot extend it."""


@dataclass(frozen=True)
class Prediction:
    """Answers for n rows: `values` are labels or numbers; `probabilities` is n × labels, or None in regression."""

    values: list[Any]
    probabilities: np.ndarray[Any, np.dtype[np.float64]] | None


class Runtime:
    """One loaded model."""

    def __init__(self, folder: Path) -> None:
        import skops.io

        self.facts: dict[str, Any] = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
        self.features = json.loads((folder / ENCODER_FILE).read_text(encoding="utf-8"))["features"]
        self.estimator = skops.io.load(folder / ESTIMATOR_FILE, trusted=list(TRUSTED))

    @property
    def tag(self) -> str:
        """The model's `name:version`."""
        return str(self.facts["model"])

    @property
    def labels(self) -> list[Any]:
        """The target's labels in sorted order; empty in regression."""
        return list(self.facts["labels"])

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What a row may hold: {columns, ignored}."""
        inputs: Mapping[str, Any] = self.facts["inputs"]
        return inputs

    def predict(self, columns: Mapping[str, Any]) -> Prediction:
        """Answers for checked columns. Raises what the estimator raises."""
        matrix = encode(self.features, columns)
        return answer(self.estimator, matrix, self.labels)

    def respond(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Checked, Prediction | None]:
        """Check posted rows and answer them; no prediction when one of them is refused."""
        checked = check_rows(self.inputs, rows)
        return checked, None if checked.problems else self.predict(checked.columns)


def answer(estimator: Any, matrix: np.ndarray[Any, Any], labels: Sequence[Any]) -> Prediction:
    """What an estimator says of encoded rows, in the target's own labels."""
    if not labels:
        return Prediction([float(value) for value in estimator.predict(matrix)], None)
    probabilities = np.asarray(estimator.predict_proba(matrix), dtype=np.float64)
    if probabilities.shape[1] < len(labels):  # a label that no training row had cannot be predicted
        known, probabilities = probabilities, np.zeros((len(matrix), len(labels)))
        probabilities[:, estimator.classes_.astype(int)] = known
    return Prediction([labels[place] for place in probabilities.argmax(axis=1)], probabilities)


def label_text(label: Any) -> str:
    """A label as a JSON key and a column name write it."""
    return "true" if label is True else "false" if label is False else str(label)
