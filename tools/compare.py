"""compare: is one model better than others, beyond noise, on rows that none of them learned from."""

from typing import Literal

from pydantic import BaseModel, Field

from tools.core.context import Context
from tools.core.errors import BadArguments, DataRefused
from tools.core.learning.metrics import shown
from tools.core.tool import Args, Result, tool

Verdict = Literal["better", "worse", "no_difference"]


class CompareArgs(Args):
    models: list[str] = Field(min_length=2)
    """Two or more models, the one in question first: NAME or NAME:VERSION."""


class Compared(BaseModel):
    model: str
    score: float


class Comparison(Result):
    models: list[Compared]
    metric: str
    verdict: Verdict
    """Of the first model: better than all others, worse than one of them, or neither beyond noise."""
    best: str
    """The model with the best score, beyond noise or not."""
    p_value: float
    """How likely so large a difference is by chance alone, corrected for the number of models (Holm 1979)."""
    difference: float
    """By how much the first is better (above 0) than the one that decides the verdict."""
    interval: tuple[float, float]
    """95 %, of the difference."""
    rows: int

    def headline(self) -> str:
        first, others = self.models[0], ", ".join(each.model for each in self.models[1:])
        said = {
            "better": f"{first.model} is better than {others}",
            "worse": f"{first.model} is worse than {self.best}",
            "no_difference": f"{first.model} and {others} cannot be told apart",
        }[self.verdict]
        scores = ", ".join(f"{each.model} {shown(each.score)}" for each in self.models)
        low, high = self.interval
        return (
            f"{said}: {scores} {self.metric} on {self.rows:,} rows that none of them learned from "
            f"(difference {self.difference:+.3g}, {low:+.3g} to {high:+.3g}; p = {self.p_value:.2g})."
        )


@tool(effect="read")
def compare(args: CompareArgs, context: Context) -> Comparison:
    """Tell whether one model is better than others, beyond noise."""
    from tools.core.learning.verdict import common, judge
    from tools.core.serving.deployments import find_model

    models = [find_model(context, name) for name in args.models]
    tags = [model.tag for model in models]
    if len(set(tags)) < len(tags):
        raise BadArguments(f"{tags[0]} cannot be compared with itself.", "Name two different models.")
    rows = common(context, models)
    if not len(rows.y):
        raise DataRefused(
            f"{' and '.join(tags)} were not trained on the same rows, so nothing shows which is better.",
            f"Score each on one table that neither learned from: ekiben evaluate {tags[0]} --path TABLE",
        )
    context.progress(0.4, "comparing")
    found = judge(rows)
    best = tags[found.best]
    return Comparison(
        models=[Compared(model=tag, score=score) for tag, score in zip(tags, found.scores, strict=True)],
        metric=rows.metric,
        verdict=found.verdict,
        best=best,
        p_value=found.p_value,
        difference=found.difference,
        interval=found.interval,
        rows=len(rows.y),
        warnings=rows.warnings,
    )
