"""evaluate: a model on the sealed test set, the one place that opens it."""

from typing import Any

from tools.core.context import Context
from tools.core.errors import DataRefused
from tools.core.learning.metrics import shown
from tools.core.tool import Args, Result, tool


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
    baseline: float
    """What always guessing scores on the same rows."""
    metrics: dict[str, float | None]
    rows: int
    openings: int | None
    """How often this sealed test set was opened, this time included; null for another table."""
    report: str

    def headline(self) -> str:
        low, high = self.interval
        where = "rows it never saw" if self.openings is not None else "the rows of that table"
        return (
            f"{self.model} scores {shown(self.score)} {self.metric} on {where} ({shown(low)} to {shown(high)}; "
            f"always guessing scores {shown(self.baseline)}). Report: {self.report}"
        )


@tool(effect="write")
def evaluate(args: EvaluateArgs, context: Context) -> Evaluation:
    """Score a model on the sealed test set, or on another table with the same columns."""
    from tools.core.learning.labels import to_codes
    from tools.core.learning.metrics import everything, interval, score
    from tools.core.learning.models import goal_of, load_runtime
    from tools.core.learning.report import write_report
    from tools.core.serving.deployments import find_model

    model = find_model(context, args.model)
    prepared = context.find(f"prepared/{model.record['prepared']}", "prepared")
    context.progress(0.1, "loading the model")
    runtime = load_runtime(context, model)
    context.check()
    columns, target, weights, openings, warnings = _rows(args, context, model, prepared, runtime)
    y = to_codes(target, runtime.labels) if runtime.labels else target.to_numpy(dtype="float64")
    context.progress(0.4, "scoring")
    prediction = runtime.predict(columns)
    answers = _answers(prediction)
    goal, metric = goal_of(runtime.facts), runtime.facts["metric"]
    result = Evaluation(
        model=model.tag,
        prepared=prepared.tag,
        task=goal.task,
        metric=metric,
        score=score(metric, y, answers, goal, weights),
        interval=interval(metric, y, answers, goal, weights),
        baseline=score(metric, y, _guesses(y, prepared, runtime, goal), goal, weights),
        metrics={name: _known(value) for name, value in everything(y, answers, goal, weights).items()},
        rows=len(y),
        openings=openings,
        report=str(context.workspace / "reports" / _report_name(model, openings)),
        warnings=warnings,
    )
    context.progress(0.8, "drawing the report")
    write_report(result, y, answers, runtime.facts, prepared.record["result"])
    return result


def _rows(args: EvaluateArgs, context: Context, model: Any, prepared: Any, runtime: Any) -> tuple[Any, ...]:
    from service.rows import check_columns
    from tools.core.learning.prepared import leak_warnings, open_sealed
    from tools.core.learning.recipe import columns_of

    if args.path is not None:
        return (*_other_table(args.path, context, prepared, runtime), None, leak_warnings(prepared))
    rows, openings = open_sealed(prepared, context, model.tag)
    checked = check_columns(runtime.inputs, columns_of(rows.frame, runtime.inputs), len(rows.frame))
    warnings = leak_warnings(prepared)
    if openings > 1:
        warnings.append(
            f"This sealed test set was opened {openings} times: choosing by its scores makes them too good."
        )
    if len(rows.frame) < 200:
        warnings.append(f"{len(rows.frame)} sealed rows are few: the interval is rough.")
    return checked.columns, rows.target, rows.weights, openings, warnings


def _other_table(path: str, context: Context, prepared: Any, runtime: Any) -> tuple[Any, Any, Any]:
    from tools.core.learning.scoring import read_for, target_of, weights_of

    checked, frame = read_for(context.path(path), prepared, runtime)
    if checked.problems:
        first = checked.problems[0]
        raise DataRefused(f"{path!r} cannot be scored: {first.message}", f"Accepted: {first.accepted}.")
    return checked.columns, target_of(frame, prepared, runtime, path), weights_of(frame, prepared, path)


def _answers(prediction: Any) -> Any:
    import numpy as np

    return np.array(prediction.values) if prediction.probabilities is None else prediction.probabilities


def _guesses(y: Any, prepared: Any, runtime: Any, goal: Any) -> Any:
    """What a Dummy estimator answers: the training rows' shares of labels, or their mean."""
    import numpy as np

    from tools.core.learning.labels import to_codes
    from tools.core.learning.metrics import guess
    from tools.core.learning.prepared import training_rows

    rows = training_rows(prepared)
    known = to_codes(rows.target, runtime.labels) if runtime.labels else rows.target.to_numpy(dtype="float64")
    return np.tile(guess(known, goal, rows.weights), (len(y), 1) if goal.labels else len(y))


def _known(value: float) -> float | None:
    return None if value != value else value


def _report_name(model: Any, openings: int | None) -> str:
    return f"{model.name}-{model.version}{'' if openings is not None else '-other'}.html"
