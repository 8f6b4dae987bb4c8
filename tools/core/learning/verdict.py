"""Whether a model is better than others: their out-of-fold answers on the same rows, and a paired test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from tools.core.context import Context
from tools.core.errors import DataRefused, Internal
from tools.core.files import sha256
from tools.core.learning.metrics import FEW_ROWS, Goal, better, score
from tools.core.learning.paired import paired_gain
from tools.core.store import Artifact

ALPHA = 0.05
RESAMPLES = 400
TRAINING_VARIANCE = 1.0
"""How much of the rows' variance is added for what another training sample would have changed."""


@dataclass(frozen=True)
class Common:
    """Rows that all models answered without having learned from them."""

    metric: str
    y: Any
    answers: list[Any]
    goals: list[Goal]
    weights: Any
    units: Any
    """Rows of one unit belong together."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Judged:
    """What the test says of the first model."""

    scores: list[float]
    verdict: Literal["better", "worse", "no_difference"]
    best: int
    p_value: float
    difference: float
    interval: tuple[float, float]


def judge(rows: Common) -> Judged:
    """Compare the first model with each other one; Holm's correction keeps the error for all of them at 5 %."""
    scores = [score(rows.metric, rows.y, a, g, rows.weights) for a, g in zip(rows.answers, rows.goals, strict=True)]
    best = 0
    for number, worth in enumerate(scores):
        if better(rows.metric, worth, scores[best]):
            best = number
    gains = [_gain(rows, number) for number in range(1, len(scores))]
    corrected = holm([p_value(mean, error) for mean, error in gains])
    losses = [n for n, (mean, _) in enumerate(gains) if mean < 0 and corrected[n] < ALPHA]
    if losses:
        deciding = min(losses, key=lambda n: (corrected[n], gains[n][0]))
        verdict: Literal["better", "worse", "no_difference"] = "worse"
    else:
        deciding = max(range(len(gains)), key=lambda n: (corrected[n], -gains[n][0]))
        wins = all(mean > 0 and corrected[n] < ALPHA for n, (mean, _) in enumerate(gains))
        verdict = "better" if wins else "no_difference"
    mean, error = gains[deciding]
    interval = (mean - 1.96 * error, mean + 1.96 * error)
    return Judged(scores, verdict, best, corrected[deciding], mean, interval)


def p_value(mean: float, error: float) -> float:
    """Two-sided, by the normal distribution; 1 where there is no difference at all."""
    if mean == 0 or not math.isfinite(error):
        return 1.0
    return math.erfc(abs(mean) / max(error, 1e-300) / math.sqrt(2))


def holm(values: Sequence[float]) -> list[float]:
    """P values corrected for their number (Holm 1979), in the order given."""
    order = sorted(range(len(values)), key=lambda n: values[n])
    found, last = [0.0] * len(values), 0.0
    for place, number in enumerate(order):
        last = max(last, min(1.0, (len(values) - place) * values[number]))
        found[number] = last
    return found


def common(context: Context, models: list[Artifact]) -> Common:
    """The rows that all models were cross-validated on, told by their content; DataRefused where targets differ."""
    prepared = [context.find(f"prepared/{model.record['prepared']}", "prepared") for model in models]
    facts = [each.record["result"] for each in prepared]
    _refuse_other_targets(models, facts)
    keys = [_keys(each) for each in prepared]
    known = [_answers(model) for model in models]
    tables = [_places(key, answers) for key, answers in zip(keys, known, strict=True)]
    shared = [key for key in tables[0] if all(key in table for table in tables[1:])]
    rows = [np.array([table[key] for key in shared], dtype=np.int64) for table in tables]
    return _together(models, prepared, known, rows)


def _together(models: list[Artifact], prepared: list[Artifact], known: list[Any], rows: list[Any]) -> Common:
    from tools.core.learning.labels import to_codes
    from tools.core.learning.models import goal_of
    from tools.core.learning.prepared import training_rows

    facts, first = prepared[0].record["result"], training_rows(prepared[0])
    y = to_codes(first.target, facts["labels"]) if facts["labels"] else first.target.to_numpy(dtype="float64")
    metrics = [model.record["result"]["metric"] for model in models]
    warnings = []
    if len(set(metrics)) > 1:
        warnings.append(f"They were chosen by different metrics ({', '.join(metrics)}): {metrics[0]} is used.")
    if len(rows[0]) < FEW_ROWS:
        warnings.append(f"{len(rows[0])} rows are few: only a large difference shows.")
    goal = goal_of(facts)
    goals = [replace(goal, threshold=model.record["result"]["threshold"]) for model in models]
    answers = [found[places] for found, places in zip(known, rows, strict=True)]
    weights = None if first.weights is None else first.weights[rows[0]]
    return Common(metrics[0], y[rows[0]], answers, goals, weights, first.groups[rows[0]], warnings)


def _gain(rows: Common, number: int) -> tuple[float, float]:
    """By how much the first is better than another, and the standard error of that."""
    found = paired_gain(
        rows.metric, rows.y, rows.answers[0], rows.answers[number], (rows.goals[0], rows.goals[number]),
        rows.weights, rows.units, RESAMPLES,
    )  # fmt: skip
    return found.mean, found.error * math.sqrt(1.0 + TRAINING_VARIANCE)


def _refuse_other_targets(models: list[Artifact], facts: list[dict[str, Any]]) -> None:
    for model, other in zip(models[1:], facts[1:], strict=True):
        if (other["target"], other["task"], other["labels"]) != (
            facts[0]["target"], facts[0]["task"], facts[0]["labels"],
        ):  # fmt: skip
            raise DataRefused(
                f"{models[0].tag} predicts {facts[0]['target']} ({facts[0]['task']}), {model.tag} "
                f"{other['target']} ({other['task']}).",
                "Compare models of one target.",
            )


def _keys(prepared: Artifact) -> Any:
    """What tells each training row: its content with the target."""
    import pandas as pd

    from tools.core.learning.sides import ROWS

    told = pd.read_parquet(prepared.path / ROWS)
    return told.loc[~told["sealed"], "exact"].to_numpy()


def _answers(model: Artifact) -> Any:
    """A model's out-of-fold answers for its training rows, NaN where no fold tested one."""
    path = model.path / "answers.npy"
    if not path.exists() or sha256(path) != model.record["answers_sha256"]:
        raise Internal(f"The answers of {model.tag} are not those that cross-validation gave.", "Train it again.")
    return np.load(path)


def _places(keys: Any, answers: Any) -> dict[tuple[Any, int], int]:
    """Where each row stands that was tested; equal rows are told by which of them it is."""
    from tools.core.learning.attempt import tested

    there = tested(answers)
    seen: dict[Any, int] = {}
    found = {}
    for place, key in enumerate(keys.tolist()):
        number = seen.get(key, 0)
        seen[key] = number + 1
        if there[place]:
            found[key, number] = place
    return found
