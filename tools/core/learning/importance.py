"""What a model's score loses when a column is shuffled (permutation importance, Breiman 2001; Fisher et al. 2019).

Measured on training rows, each answered by the model of the fold that did not learn from it: the sealed rows stay
sealed, and what was merely remembered does not count.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from service.derive import with_derived
from service.encoder import encode
from service.members import Member, combined
from service.runtime import load_members
from tools.core.context import Context
from tools.core.files import read_json, write_json
from tools.core.learning.candidate import Problem
from tools.core.learning.metrics import LOWER_IS_BETTER, score
from tools.core.learning.recipe import take

REPEATS = 3
RESAMPLES = 100
MOST_ROWS = 1_500
SECONDS = 8.0
"""After so long the remaining columns are shuffled once only."""
FILE = "importances.json"


class Importance(BaseModel):
    column: str
    importance: float
    """What the metric loses."""
    interval: tuple[float, float]
    """95 %, by bootstrap over rows and shuffles."""


@dataclass(frozen=True)
class Fold:
    """A fold's model and the rows that it did not learn from."""

    features: list[dict[str, Any]]
    members: list[Member]
    rows: Any


def importances_of(context: Context, model: Any, prepared: Any) -> list[Importance]:
    """Every input column's importance, the largest first; worked out once for each model."""
    kept = model.path / FILE
    if kept.exists():
        return [Importance.model_validate(each) for each in read_json(kept)]
    problem, folds = problem_and_folds(model, prepared)
    found = importances(problem, folds, model.record["result"]["metric"], context)
    write_json(kept, [each.model_dump() for each in found])
    return found


def problem_and_folds(model: Any, prepared: Any) -> tuple[Problem, list[Fold]]:
    """The training rows as a problem, and the folds' models with the rows that they did not learn from."""
    from dataclasses import replace

    from tools.core.learning.baselines import problem_of
    from tools.core.learning.candidate import folds_of
    from tools.core.learning.models import goal_of
    from tools.core.learning.prepared import training_rows

    facts = prepared.record["result"]
    goal = replace(goal_of(facts), threshold=model.record["result"]["threshold"])
    rows = training_rows(prepared)
    problem = problem_of(prepared, rows, goal, facts["labels"])
    parts = folds_of(facts["split"], problem.y, rows.groups, bool(goal.labels))
    folders = sorted((model.path / "folds").iterdir(), key=lambda path: int(path.name))
    return problem, [Fold(*load_members(folder), parts[int(folder.name)][1]) for folder in folders]


def importances(problem: Problem, folds: list[Fold], metric: str, context: Context) -> list[Importance]:
    """Shuffle each column among the rows of its fold, and see what the metric loses."""
    random = np.random.default_rng(0)
    cut = [Fold(f.features, f.members, _some(f.rows, len(folds), random)) for f in folds]
    order = np.concatenate([fold.rows for fold in cut])
    y, weights = problem.y[order], None if problem.weights is None else problem.weights[order]
    whole = _answers(problem, cut, None, random)
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    began, found = time.monotonic(), []
    columns = problem.inputs["columns"]
    for number, column in enumerate(columns):
        context.check()
        context.progress(number / len(columns), f"shuffling {column['name']}")
        repeats = REPEATS if time.monotonic() - began < SECONDS else 1
        shuffled = [_answers(problem, cut, column["name"], random) for _ in range(repeats)]
        gains = _gains(metric, y, whole, shuffled, problem, weights, random)
        mean = score(metric, y, whole, problem.goal, weights) - np.mean(
            [score(metric, y, each, problem.goal, weights) for each in shuffled]
        )
        low, high = np.percentile(sign * gains, [2.5, 97.5])
        found.append(Importance(column=column["name"], importance=sign * float(mean), interval=(low, high)))
    return sorted(found, key=lambda each: (-each.importance, each.column))


def _some(rows: Any, folds: int, random: Any) -> Any:
    most = MOST_ROWS // folds
    return rows if len(rows) <= most else np.sort(random.permutation(rows)[:most])


def _answers(problem: Problem, folds: list[Fold], column: str | None, random: Any) -> Any:
    """Each fold's answers for its rows, one column shuffled among them."""
    found = []
    for fold in folds:
        columns = take(problem.columns, fold.rows)
        if column is not None:
            places = random.permutation(len(fold.rows))
            columns = columns | take({column: columns[column]}, places)
            if derived := problem.inputs.get("derived"):
                columns = with_derived(derived, columns, len(fold.rows))
        found.append(combined(fold.members, encode(fold.features, columns), problem.goal.labels))
    return np.concatenate(found)


def _gains(metric: str, y: Any, whole: Any, shuffled: list[Any], problem: Problem, weights: Any, random: Any) -> Any:
    """What is lost in resampled rows, each time by one of the shuffles."""
    found = []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(y), len(y))
        given = None if weights is None else weights[rows]
        other = shuffled[random.integers(0, len(shuffled))]
        both = [score(metric, y[rows], answers[rows], problem.goal, given) for answers in (whole, other)]
        found.append(both[0] - both[1])
    known = np.array(found)
    return known[~np.isnan(known)] if (~np.isnan(known)).any() else np.zeros(1)
