"""How a model's answer depends on its columns: partial dependence over rows, Shapley values for one row."""

import math
from collections import Counter
from typing import Any

import numpy as np
from pydantic import BaseModel

from service.derive import with_derived
from service.runtime import label_text
from tools.core.context import Context
from tools.core.learning.candidate import Problem
from tools.core.learning.recipe import take

MOST_EFFECTS = 6
POINTS = 10
BACKGROUND = 100
"""Training rows that stand for all in partial dependence and in Shapley values."""
ORDERS = 100
"""Orders of columns that Shapley values are averaged over, each walked forwards and backwards."""


class Point(BaseModel):
    value: float | str | None
    answer: float
    """The mean answer: the probability of the explained label, or the number."""


class Effect(BaseModel):
    column: str
    label: str | None
    """The label whose probability is told; null in regression."""
    points: list[Point]


class Contribution(BaseModel):
    column: str
    value: float | str | None
    contribution: float
    """What this value adds to the mean answer (a Shapley value)."""
    error: float
    """Its standard error, from sampling."""


class Explanation(BaseModel):
    row: int
    prediction: str | bool | int | float
    label: str | None
    answer: float
    """The probability of the label, or the number. Mean answer and contributions add up to it."""
    mean_answer: float
    contributions: list[Contribution]

    def sentence(self) -> str:
        """The largest contributions in words."""
        what = f"the probability of {self.label}" if self.label is not None else "the answer"
        top = ", ".join(f"{each.column} {each.contribution:+.3g}" for each in self.contributions[:3])
        return f"Row {self.row}: {what} is {self.answer:.3g}, {self.mean_answer:.3g} on average; {top}."


def effects_of(runtime: Any, problem: Problem, columns: list[str]) -> list[Effect]:
    """Partial dependence (Friedman 2001) on the first of these columns, over a sample of training rows."""
    rows = _background(problem)
    place, label = _explained(runtime, None)
    kinds = {column["name"]: column["kind"] for column in problem.inputs["columns"]}
    found = []
    for name in [column for column in columns if kinds[column] != "text"][:MOST_EFFECTS]:
        points = []
        for value in _grid(problem.columns[name], kinds[name]):
            changed = take(problem.columns, rows)
            changed[name] = _filled(changed[name], value)
            points.append(Point(value=_told(value), answer=float(_answers(runtime, problem, changed, place).mean())))
        found.append(Effect(column=name, label=label, points=points))
    return found


def explain_row(runtime: Any, problem: Problem, columns: dict[str, Any], row: int, context: Context) -> Explanation:
    """Shapley values of a row's input columns (Strumbelj & Kononenko 2014), by sampled orders against training rows.

    The value function is the model's own answer, so that mean and contributions add up to it. Orders come in pairs,
    one the reverse of the other (Mitchell et al. 2022).
    """
    one = take(columns, np.array([row]))
    prediction = runtime.predict(one)
    place, label = _explained(runtime, prediction)
    names = [column["name"] for column in problem.inputs["columns"]]
    background = take(problem.columns, _background(problem))
    random = np.random.default_rng(0)
    walks = []
    for _ in range(max(8, min(ORDERS, 4_000 // len(names)))):
        context.check()
        order = random.permutation(len(names))
        start = take(background, random.integers(0, _length(background), 1))
        walks += [_walk(runtime, problem, names, each, start, one, place) for each in (order, order[::-1])]
    steps = np.array([walk[0] for walk in walks])
    starts = np.array([walk[1] for walk in walks])
    answer = float(_answers(runtime, problem, one, place)[0])
    mean = float(_answers(runtime, problem, background, place).mean())
    values = steps.mean(axis=0) + (starts.mean() - mean) / len(names)  # sampling leaves a small rest
    errors = steps.std(axis=0, ddof=1) / math.sqrt(len(steps))
    told = [
        Contribution(column=name, value=_told(_first(one[name])), contribution=value, error=error)
        for name, value, error in zip(names, values.tolist(), errors.tolist(), strict=True)
    ]
    told.sort(key=lambda each: (-abs(each.contribution), each.column))
    return Explanation(
        row=row, prediction=prediction.values[0], label=label, answer=answer, mean_answer=mean, contributions=told
    )


def _walk(
    runtime: Any, problem: Problem, names: list[str], order: Any, start: dict[str, Any], end: dict[str, Any], place: Any
) -> tuple[Any, float]:
    """From a background row to the explained one, column by column: what each step adds, and the first answer."""
    rows = len(names) + 1
    table: dict[str, Any] = {}
    turned = np.empty(len(names), dtype=int)
    turned[order] = np.arange(len(names))
    for name, at in zip(names, turned, strict=True):
        before, after = _first(start[name]), _first(end[name])
        column = [before if number <= at else after for number in range(rows)]
        table[name] = np.array(column) if isinstance(end[name], np.ndarray) else column
    answers = _answers(runtime, problem, table, place)
    steps = np.empty(len(names))
    steps[order] = np.diff(answers)
    return steps, float(answers[0])


def _explained(runtime: Any, prediction: Any) -> tuple[int | None, str | None]:
    """Which probability is explained: the positive label's, else the predicted or the first label's."""
    labels = runtime.labels
    if not labels:
        return None, None
    label = runtime.facts["positive"]
    if label is None:
        label = labels[0] if prediction is None else prediction.values[0]
    return labels.index(label), label_text(label)


def _answers(runtime: Any, problem: Problem, columns: dict[str, Any], place: int | None) -> Any:
    if derived := problem.inputs.get("derived"):
        columns = with_derived(derived, columns, _length(columns))
    found = runtime.numbers(columns)
    return found if place is None else found[:, place]


def _length(columns: dict[str, Any]) -> int:
    return len(next(iter(columns.values())))


def _background(problem: Problem) -> Any:
    return np.random.default_rng(0).permutation(len(problem.y))[:BACKGROUND]


def _grid(values: Any, kind: str) -> list[Any]:
    """The values to try: common categories, both truths, or quantiles of what is known."""
    if kind == "categorical":
        return [value for value, _ in Counter(values).most_common(POINTS) if value is not None]
    known = values[~np.isnan(values)]
    if kind == "boolean" or not len(known):
        return [0.0, 1.0]
    return list(np.unique(np.quantile(known, np.linspace(0.05, 0.95, POINTS))).tolist())


def _filled(values: Any, value: Any) -> Any:
    return np.full(len(values), value) if isinstance(values, np.ndarray) else [value] * len(values)


def _first(values: Any) -> Any:
    return values[0].item() if isinstance(values, np.ndarray) else values[0]


def _told(value: Any) -> Any:
    return None if value is None or value != value else value
