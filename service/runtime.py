"""The runtime: loads a model's files and answers for checked columns. Online, batch and evaluation all use it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.cells import Odd
from service.encoder import encode
from service.graph import GRAPH_FILE, Graph
from service.members import Member, Numbers, combined
from service.onerow import quick
from service.rows import Checked, check_rows

MODEL_FILE = "model.json"
ENCODER_FILE = "encoder.json"
ESTIMATORS = "estimators"
"""The folder of the members' estimators: 0.skops, 1.skops, …"""
TRUSTED = (
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRegressor",
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
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
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
"""Types inside an estimator file that may be made. The list is ours: a file cannot extend it."""
FEW = 32
"""Up to so many rows are read one by one, which is quicker than making columns of them."""
PIECE = 4_096
"""Rows that estimators answer in one go; between pieces it is asked whether to go on."""


def go_on() -> None:
    """Nothing stops the work."""


@dataclass(frozen=True)
class Prediction:
    """Answers for n rows: `values` are labels or numbers; `probabilities` is n × labels, or None in regression."""

    values: list[Any]
    probabilities: np.ndarray[Any, np.dtype[np.float64]] | None


class Runtime:
    """One loaded model: its graph where the folder has one, else its estimators."""

    def __init__(self, folder: Path) -> None:
        self.facts: dict[str, Any] = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
        self.estimators: list[Member] = []
        self.graph = Graph(folder / GRAPH_FILE) if (folder / GRAPH_FILE).exists() else None
        if self.graph:
            self.features: list[dict[str, Any]] = _encoder(folder)["features"]
        else:
            self.features, self.estimators = load_members(folder)
        self.tag = str(self.facts["model"])
        self.labels: list[Any] = list(self.facts["labels"])
        self.keys = [label_text(label) for label in self.labels]
        binary = self.facts["task"] == "binary"
        self.positive = self.labels.index(self.facts["positive"]) if binary else 0
        self.quick = quick(self.inputs, self.features)

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What a row may hold: {columns, ignored}."""
        inputs: Mapping[str, Any] = self.facts["inputs"]
        return inputs

    def numbers(self, columns: Mapping[str, Any], go_on: Callable[[], None] = go_on) -> Numbers:
        """Probabilities (rows × labels), or numbers, for checked columns; `go_on` may raise to stop the work."""
        return self.answers(encode(self.features, columns), go_on)

    def answers(self, matrix: Numbers, go_on: Callable[[], None] = go_on) -> Numbers:
        """Probabilities (rows × labels), or numbers, for encoded rows."""
        if self.graph:
            return self.graph.numbers(matrix, go_on)
        found = []
        for start in range(0, max(1, len(matrix)), PIECE):
            go_on()
            found.append(combined(self.estimators, matrix[start : start + PIECE], len(self.labels)))
        return np.concatenate(found)

    def predict(self, columns: Mapping[str, Any]) -> Prediction:
        """Answers for checked columns. Raises what the estimators raise."""
        return self.told(self.numbers(columns))

    def told(self, found: Numbers) -> Prediction:
        """Probabilities or numbers with what they stand for."""
        labels = self.facts["labels"]
        if not labels:
            return Prediction(found.tolist(), None)
        places = decided(found, self.facts.get("threshold"), self.positive)
        return Prediction([labels[place] for place in places], found)

    def respond(
        self, rows: Sequence[Mapping[str, Any]], go_on: Callable[[], None] = go_on
    ) -> tuple[Checked, Prediction | None]:
        """Check posted rows and answer them; no prediction when one of them is refused."""
        if self.quick and len(rows) <= FEW:
            try:
                return Checked({}), self.told(self.answers(self.quick.matrix(rows), go_on))
            except Odd:
                pass
        checked = check_rows(self.inputs, rows)
        return checked, None if checked.problems else self.told(self.numbers(checked.columns, go_on))


def load_members(folder: Path) -> tuple[list[dict[str, Any]], list[Member]]:
    """The features that are encoded once for all members of a folder, and the members."""
    import skops.io

    encoder = _encoder(folder)
    files = [folder / ESTIMATORS / f"{number}.skops" for number in range(len(encoder["members"]))]
    estimators = [skops.io.load(file, trusted=list(TRUSTED)) for file in files]
    told = zip(estimators, encoder["members"], strict=True)
    return encoder["features"], [Member(estimator=estimator, **member) for estimator, member in told]


def _encoder(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ENCODER_FILE).read_text(encoding="utf-8"))
    return found


def decided(probabilities: Numbers, threshold: float | None, positive: int) -> Any:
    """The label positions that probabilities stand for: the likeliest; the positive one from a threshold on."""
    if threshold is None:
        return probabilities.argmax(axis=1)
    return np.where(probabilities[:, positive] >= threshold, positive, 1 - positive)


def label_text(label: Any) -> str:
    """A label as a JSON key and a column name write it."""
    return "true" if label is True else "false" if label is False else str(label)
