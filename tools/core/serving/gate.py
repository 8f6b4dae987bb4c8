"""The gate of `deploy --only-if-better`: a model that is not better than the live one, beyond noise, is not put live.

The test is that of `compare`, on sealed rows of the new model that the live one did not learn from.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from tools.core.context import Context
from tools.core.errors import GateNotMet
from tools.core.serving.contest import HINT, contest, not_better
from tools.core.serving.deployments import Deployment
from tools.core.serving.rivals import Rival, live_rival, new_rival, revision_to_beat
from tools.core.store import Artifact

if TYPE_CHECKING:
    from tools.core.serving.sources import Source

MOST_LABELS = 5
"""Labels that an error names."""


class Gate(BaseModel):
    """A model beside the live one, on rows that neither learned from."""

    live: str
    """The model that was live."""
    metric: str
    score: float
    live_score: float
    verdict: Literal["better", "worse", "no_difference"]
    """Of the new model."""
    p_value: float
    difference: float
    """By how much the new model is better (above 0)."""
    interval: tuple[float, float]
    """95 %, of the difference."""
    rows: int
    openings: int
    """How often these sealed rows were opened, this time included."""

    def told(self) -> str:
        """The scores and what they rest on."""
        from tools.core.learning.metrics import shown

        low, high = self.interval
        gain = f"difference {self.difference:+.3g}, {low:+.3g} to {high:+.3g}; p = {self.p_value:.2g}"
        again = f"; these rows were opened {self.openings} times" if self.openings > 1 else ""
        return (
            f"{shown(self.score)} against {shown(self.live_score)} {self.metric} on {self.rows:,} rows that neither "
            f"learned from ({gain}{again})"
        )


def pass_gate(context: Context, deployment: Deployment, source: "Source") -> tuple[Gate | None, list[str]]:
    """How a better model compares with the live one, and warnings; None where nothing is live to be better than.

    GateNotMet where it is not better beyond noise, or where nobody can tell.
    """
    from tools.core.learning.prepared import leak_warnings
    from tools.core.learning.verdict import judge

    revision = revision_to_beat(deployment)
    if revision is None:
        return None, [f"Nothing was live as {deployment.name} that {source.model} had to be better than."]
    context.progress(0.02, "comparing it with what is live")
    new, live, prepared = _rivals(context, deployment, revision, source)
    rows, openings = contest(context, new, live, prepared)
    context.check()
    found = judge(rows)
    gate = Gate(
        live=live.tag, metric=rows.metric, score=found.scores[0], live_score=found.scores[1], verdict=found.verdict,
        p_value=found.p_value, difference=found.difference, interval=found.interval, rows=len(rows.y),
        openings=openings,
    )  # fmt: skip
    if gate.verdict != "better":
        raise not_better(new.tag, _why(gate), gate.model_dump(mode="json"))
    return gate, leak_warnings(prepared) + rows.warnings


def _rivals(context: Context, deployment: Deployment, revision: int, source: "Source") -> tuple[Rival, Rival, Artifact]:
    """Both models, and the prepared dataset whose sealed rows can tell; GateNotMet where they cannot be compared."""
    served = deployment.revision_record(revision)["model"]
    if served == source.model:
        raise GateNotMet(f"{served} is live as {deployment.name} already, and is no better than itself.", HINT)
    new, live = new_rival(context, source), live_rival(context, deployment, revision)
    if new is None or new.prepared is None:
        raise not_better(source.model, f"its sealed rows are not here, so nothing shows if it is better than {served}")
    if live is None:
        raise not_better(
            new.tag, f"{served}, which is live, needs versions of libraries that Ekiben itself does not have"
        )
    if any(new.runtime.facts[fact] != live.runtime.facts[fact] for fact in ("target", "labels")):
        what = f"{_predicted(new)} and {served}, which is live, {_predicted(live)}: they cannot be compared"
        raise not_better(new.tag, f"it predicts {what}")
    return new, live, new.prepared


def _predicted(rival: Rival) -> str:
    """The target, and what it can be."""
    labels = [repr(label) for label in rival.runtime.labels]
    some = " or ".join([*labels[:MOST_LABELS], *(["…"] if len(labels) > MOST_LABELS else [])])
    return f"{rival.runtime.facts['target']!r} ({some or 'a number'})"


def _why(gate: Gate) -> str:
    beyond = "is worse than" if gate.verdict == "worse" else "cannot be told from"
    return f"it {beyond} {gate.live}, which is live: {gate.told()}"
