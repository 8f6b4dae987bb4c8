"""explain: what drives a model, over all rows and for one."""

from typing import Any

from tools.core.context import Context
from tools.core.errors import BadArguments
from tools.core.learning.effects import Effect, Explanation
from tools.core.learning.importance import Importance
from tools.core.tool import Args, Result, tool


class ExplainArgs(Args):
    model: str
    """Model: NAME or NAME:VERSION."""
    path: str | None = None
    """A table whose row is to be explained; the training rows by default."""
    row: int | None = None
    """The row to explain, counted from 0."""


class Explained(Result):
    model: str
    metric: str
    importances: list[Importance]
    """What the metric loses when a column is shuffled, on rows that each fold's model did not learn from."""
    effects: list[Effect]
    """How the mean answer moves with the most important columns (partial dependence)."""
    row: Explanation | None
    """What one row's answer is made of; null without row."""

    def headline(self) -> str:
        top = [each for each in self.importances if each.interval[0] > 0][:3]
        told = ", ".join(f"{each.column} ({each.importance:.3g} {self.metric})" for each in top)
        said = f"{self.model} is driven by {told}." if top else f"No column alone drives {self.model} beyond noise."
        return f"{said} {self.row.sentence()}" if self.row else said


@tool(effect="read")
def explain(args: ExplainArgs, context: Context) -> Explained:
    """Tell what drives a model: importances, effects of columns, and for one row what its answer is made of."""
    from tools.core.learning.effects import effects_of, explain_row
    from tools.core.learning.importance import importances_of, problem_and_folds
    from tools.core.learning.models import load_runtime
    from tools.core.serving.deployments import find_model

    model = find_model(context, args.model)
    prepared = context.find(f"prepared/{model.record['prepared']}", "prepared")
    runtime = load_runtime(context, model)
    if args.path is not None and args.row is None:
        raise BadArguments("A table needs --row, the number of the row to explain.", "Rows are counted from 0.")
    importances = importances_of(context, model, prepared)
    problem, _ = problem_and_folds(model, prepared)
    context.progress(0.8, "effects")
    effects = effects_of(runtime, problem, [each.column for each in importances])
    explained = None
    if args.row is not None:
        columns = _columns(args, context, prepared, runtime, problem)
        context.progress(0.9, "one row")
        explained = explain_row(runtime, problem, columns, args.row, context)
    return Explained(
        model=model.tag,
        metric=runtime.facts["metric"],
        importances=importances,
        effects=effects,
        row=explained,
    )


def _columns(args: ExplainArgs, context: Context, prepared: Any, runtime: Any, problem: Any) -> dict[str, Any]:
    """The checked columns that the row stands in."""
    from tools.core.errors import DataRefused
    from tools.core.learning.scoring import read_for

    rows, columns = len(problem.y), problem.columns
    if args.path is not None:
        checked, frame = read_for(context.path(args.path), prepared.record, runtime)
        rows, columns = len(frame), checked.columns
        if bad := [problem for problem in checked.problems if problem.row == args.row]:
            raise DataRefused(
                f"Row {args.row} cannot be explained: {bad[0].message}",
                f"Accepted: {bad[0].accepted}.",
                told=f"Row {args.row} cannot be explained: a cell of {bad[0].column!r} fits no training row.",
            )
    assert args.row is not None
    if not 0 <= args.row < rows:
        raise BadArguments(f"There is no row {args.row}: rows go from 0 to {rows - 1}.", "Choose another --row.")
    return dict(columns)
