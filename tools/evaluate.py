"""evaluate: a model on the sealed test set, the one place that opens it."""

from dataclasses import dataclass
from typing import Any

from tools.core.context import Context
from tools.core.errors import DataRefused
from tools.core.learning.metrics import FEW_ROWS, shown
from tools.core.learning.slices import ByLabel, Slice
from tools.core.tool import Args, Result, tool

MOST_LEARNED = 0.05
"""With a larger share of training rows in another table, its score is said to be too good."""


class EvaluateArgs(Args):
    model: str
    """Model: NAME or NAME:VERSION."""
    path: str | None = None
    """Another table with the same columns and the target, instead of the sealed test set."""


class Evaluation(Result):
    model: str
    prepared: str
    task: str
    metric: str
    score: float
    interval: tuple[float, float]
    """95 %, by bootstrap over rows."""
    baseline: float
    """What always guessing scores on the same rows."""
    simple: float
    """What logistic or ridge regression at its defaults scores on the same rows."""
    metrics: dict[str, float | None]
    calibration_error: float | None
    """Mean distance between predicted probabilities and shares that came true; null in regression."""
    labels: list[ByLabel]
    slices: list[Slice]
    """The worst parts of the table, of at least 50 rows."""
    rows: int
    openings: int | None
    """How often this sealed test set was opened, this time included; null for another table."""
    report: str

    def headline(self) -> str:
        low, high = self.interval
        where = "rows it never saw" if self.openings is not None else "the rows of that table"
        again = f" These rows were opened {self.openings} times." if self.openings and self.openings > 1 else ""
        return (
            f"{self.model} scores {shown(self.score)} {self.metric} on {where} ({shown(low)} to {shown(high)}; "
            f"always guessing scores {shown(self.baseline)}, a simple model {shown(self.simple)}).{again} "
            f"Report: {self.report}"
        )


@dataclass
class Scored:
    """Rows with their truth, to be scored."""

    columns: Any
    target: Any
    weights: Any
    openings: int | None
    warnings: list[str]


@tool(effect="write")
def evaluate(args: EvaluateArgs, context: Context) -> Evaluation:
    """Score a model on the sealed test set, or on another table with the same columns."""
    from tools.core.learning.labels import to_codes
    from tools.core.learning.models import goal_of, load_runtime
    from tools.core.learning.report import write_report
    from tools.core.serving.deployments import find_model

    model = find_model(context, args.model)
    prepared = context.find(f"prepared/{model.record['prepared']}", "prepared")
    context.progress(0.1, "loading the model")
    runtime = load_runtime(context, model)
    context.check()
    scored = _rows(args, context, model, prepared, runtime)
    y = to_codes(scored.target, runtime.labels) if runtime.labels else scored.target.to_numpy(dtype="float64")
    context.progress(0.3, "scoring")
    answers = runtime.numbers(scored.columns)
    context.progress(0.5, "scoring a simple model")
    others = _others(prepared, runtime, scored.columns, len(y))
    context.check()
    result = _result(args, context, model, prepared, runtime, scored, y, answers, others)
    context.progress(0.8, "drawing the report")
    write_report(result, y, answers, others, context, model, prepared, goal_of(runtime.facts))
    return result


def _result(
    args: EvaluateArgs, context: Context, model: Any, prepared: Any, runtime: Any, scored: Scored,
    y: Any, answers: Any, others: tuple[Any, Any],
) -> Evaluation:  # fmt: skip
    from tools.core.learning.intervals import interval
    from tools.core.learning.metrics import calibration_error, everything, score
    from tools.core.learning.models import goal_of
    from tools.core.learning.slices import by_label, worst_slices

    goal, metric, weights = goal_of(runtime.facts), runtime.facts["metric"], scored.weights
    return Evaluation(
        model=model.tag,
        prepared=prepared.tag,
        task=goal.task,
        metric=metric,
        score=score(metric, y, answers, goal, weights),
        interval=interval(metric, y, answers, goal, weights),
        baseline=score(metric, y, others[0], goal, weights),
        simple=score(metric, y, others[1], goal, weights),
        metrics={name: _known(value) for name, value in everything(y, answers, goal, weights).items()},
        calibration_error=calibration_error(y, answers, goal, weights) if runtime.labels else None,
        labels=by_label(y, answers, goal, runtime.labels, weights),
        slices=worst_slices(metric, y, answers, goal, runtime.inputs, scored.columns, weights),
        rows=len(y),
        openings=scored.openings,
        report=str(context.workspace / "reports" / _report_name(model, scored.openings)),
        warnings=scored.warnings,
    )


def _rows(args: EvaluateArgs, context: Context, model: Any, prepared: Any, runtime: Any) -> Scored:
    from service.rows import check_columns
    from tools.core.learning.prepared import leak_warnings, sealed_rows
    from tools.core.learning.recipe import columns_of

    warnings = leak_warnings(prepared)
    if args.path is not None:
        found = _other_table(args.path, context, prepared, runtime, warnings)
    else:
        rows = sealed_rows(prepared, context, model.tag)
        checked = check_columns(runtime.inputs, columns_of(rows.frame, runtime.inputs), len(rows.frame))
        found = Scored(checked.columns, rows.target, rows.weights, rows.openings, warnings)
    if found.openings and found.openings > 1:
        warnings.append(
            f"This sealed test set was opened {found.openings} times: choosing by its scores makes them too good."
        )
    if len(found.target) < FEW_ROWS:
        what = "sealed rows" if found.openings else "rows"
        warnings.append(f"{len(found.target)} {what} are few: the interval is rough.")
    return found


def _other_table(path: str, context: Context, prepared: Any, runtime: Any, warnings: list[str]) -> Scored:
    from tools.core.learning.scoring import learned_share, read_for, target_of, weights_of

    checked, frame = read_for(context.path(path), prepared.record, runtime)
    if checked.problems:
        first = checked.problems[0]
        raise DataRefused(
            f"{path!r} cannot be scored: {first.message}",
            f"Accepted: {first.accepted}.",
            told=f"{path!r} cannot be scored: a cell of {first.column!r} fits no training row.",
        )
    target = target_of(frame, prepared, runtime, path)
    if (share := learned_share(checked, target, prepared, runtime)) > MOST_LEARNED:
        warnings.append(f"The model learned from {share:.0%} of the rows of {path}: the score is too good.")
    return Scored(checked.columns, target, weights_of(frame, prepared, path), None, warnings)


def _others(prepared: Any, runtime: Any, columns: Any, rows: int) -> tuple[Any, Any]:
    """What always guessing and a simple model answer, both made from the training rows."""
    from dataclasses import replace

    from tools.core.learning.baselines import guesses, problem_of, simple_answers
    from tools.core.learning.models import goal_of
    from tools.core.learning.prepared import training_rows

    plain = replace(goal_of(runtime.facts), threshold=None)
    problem = problem_of(prepared, training_rows(prepared), plain, runtime.labels)
    return guesses(problem, rows), simple_answers(problem, columns)


def _known(value: float) -> float | None:
    return None if value != value else value


def _report_name(model: Any, openings: int | None) -> str:
    return f"{model.name}-{model.version}{'' if openings is not None else '-other'}.html"
