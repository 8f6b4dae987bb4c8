"""What a score is held against: always guessing, and a simple model of the training rows."""

from typing import Any

import numpy as np

from service.encoder import encode
from service.members import answers
from tools.core.learning.candidate import Problem, fit_all, member_of
from tools.core.learning.metrics import Goal, guess
from tools.core.learning.portfolio import Candidate
from tools.core.learning.recipe import AUTO, Recipe, columns_of, take

MOST_ROWS = 20_000
"""The simple model learns from at most so many training rows."""
SIMPLE = {"regression": "ridge regression"}


def problem_of(prepared: Any, rows: Any, goal: Goal, labels: list[Any], recipe: Recipe | None = None) -> Problem:
    """Training rows as a problem without folds."""
    from service.rows import check_columns
    from tools.core.learning.labels import to_codes
    from tools.core.learning.recipe import inputs_of

    inputs = inputs_of(prepared.record, rows.frame)
    y = to_codes(rows.target, labels) if labels else rows.target.to_numpy(dtype="float64")
    columns = check_columns(inputs, columns_of(rows.frame, inputs), len(y)).columns
    given = Recipe(**prepared.record["recipe"]) if recipe is None else recipe
    return Problem(inputs, columns, y, goal, [], 0, given, rows.weights)


def guesses(problem: Problem, rows: int) -> Any:
    """What a Dummy estimator answers: the training rows' shares of labels, or their mean."""
    found = guess(problem.y, problem.goal, problem.weights)
    return np.tile(found, (rows, 1) if problem.goal.labels else rows)


def simple_answers(problem: Problem, columns: Any) -> Any:
    """What logistic or ridge regression at its defaults answers for other rows."""
    rows = np.random.default_rng(0).permutation(len(problem.y))[:MOST_ROWS]
    weights = None if problem.weights is None else problem.weights[rows]
    recipe = problem.recipe if problem.recipe.impute != "none" else AUTO
    part = Problem(
        problem.inputs, take(problem.columns, rows), problem.y[rows], problem.goal, [], 0, recipe, weights
    )  # fmt: skip
    candidate = Candidate("linear")
    fitted = fit_all(candidate, part, None)
    return answers(member_of(candidate, fitted.estimator, part), encode(fitted.features, columns), problem.goal.labels)


def simple_name(task: str) -> str:
    """What the simple model is called."""
    return SIMPLE.get(task, "logistic regression")
