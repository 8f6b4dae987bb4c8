"""The answers of two models for rows that neither learned from: sealed rows of the new one that both can read."""

from typing import TYPE_CHECKING, Any

from tools.core.context import Context
from tools.core.errors import GateNotMet
from tools.core.serving.rivals import Rival
from tools.core.store import Artifact

if TYPE_CHECKING:
    from tools.core.learning.metrics import Goal
    from tools.core.learning.verdict import Common

FEWEST = 50
"""Of so few rows even a much better model is told from another in less than half of the cases."""
HINT = "What is live stays as it is. Without --only-if-better it is put live all the same."


def not_better(tag: str, why: str, gate: dict[str, Any] | None = None) -> GateNotMet:
    """Why a model is not put live."""
    return GateNotMet(f"{tag} is not put live: {why}.", HINT, gate)


def contest(context: Context, new: Rival, live: Rival, prepared: Artifact) -> tuple["Common", int]:
    """Both models' answers, the new one's first, and how often the seal of `prepared` was opened, this time included.

    GateNotMet, and the seal stays closed, where too few sealed rows would tell.
    """
    from tools.core.learning.prepared import sealed_rows
    from tools.core.learning.unseen import with_columns

    free = _unseen(context, new, live, prepared)
    opened = sealed_rows(prepared, context, new.tag)
    frame = with_columns(context, prepared, opened.frame, _names(live))
    (mine, odd), (theirs, odder) = (_read(rival.runtime, frame) for rival in (new, live))
    rows = free & ~odd & ~odder
    if rows.sum() < FEWEST:
        raise _too_few(new, live, rows, int((~free).sum()))
    return _answered(new, live, opened, (mine, theirs), rows.nonzero()[0]), opened.openings


def _unseen(context: Context, new: Rival, live: Rival, prepared: Artifact) -> Any:
    """A mask of the sealed rows that the live model did not learn from."""
    from tools.core.learning.unseen import absent, unseen

    if names := absent(context, prepared, _names(live)):
        shown = ", ".join(map(repr, names[:3])) + (", …" if len(names) > 3 else "")
        what = f"columns that the rows of {new.tag} do not have ({shown}): they cannot be compared"
        raise not_better(new.tag, f"{live.tag}, which is live, reads {what}")
    free = unseen(context, prepared, live.prepared, live.files)
    if free is None:
        raise not_better(
            new.tag,
            f"which rows {live.tag}, which is live, learned from is not known here, so nothing shows which is better",
        )
    if free.sum() < FEWEST:
        raise _too_few(new, live, free, int((~free).sum()))
    return free


def _too_few(new: Rival, live: Rival, rows: Any, learned: int) -> GateNotMet:
    left, total = int(rows.sum()), len(rows)
    reasons = [f"{live.tag}, which is live, learned from {learned:,}"] if learned else []
    reasons += [f"{total - learned - left:,} cannot be read by both"] if total - learned - left else []
    why = f" ({', '.join(reasons)})" if reasons else ""
    return not_better(
        new.tag,
        f"{left:,} of its {total:,} sealed rows can tell which is better{why}, and at least {FEWEST} are needed",
    )


def _names(rival: Rival) -> list[str]:
    return [column["name"] for column in rival.runtime.inputs["columns"]]


def _read(runtime: Any, frame: Any) -> tuple[dict[str, Any], Any]:
    """The rows as a model's checked columns, and a mask of those that it refuses."""
    import numpy as np

    from service.rows import check_columns
    from tools.core.learning.recipe import columns_of

    checked = check_columns(runtime.inputs, columns_of(frame, runtime.inputs), len(frame))
    return checked.columns, np.isin(np.arange(len(frame)), list(checked.bad_rows()))


def _answered(new: Rival, live: Rival, opened: Any, columns: tuple[Any, Any], rows: Any) -> "Common":
    from tools.core.learning.labels import to_codes
    from tools.core.learning.metrics import FEW_ROWS
    from tools.core.learning.recipe import take
    from tools.core.learning.verdict import Common

    target = opened.target.iloc[rows]
    return Common(
        metric=new.runtime.facts["metric"],
        y=to_codes(target, new.runtime.labels) if new.runtime.labels else target.to_numpy(dtype="float64"),
        answers=[rival.runtime.numbers(take(read, rows)) for rival, read in zip((new, live), columns, strict=True)],
        goals=_goals(new, live),
        weights=None if opened.weights is None else opened.weights[rows],
        units=opened.groups[rows],
        warnings=[f"{len(rows)} rows are few: only a large difference shows."] if len(rows) < FEW_ROWS else [],
    )


def _goals(new: Rival, live: Rival) -> list["Goal"]:
    """Each with its own threshold, of the label that is the new one's positive one."""
    from dataclasses import replace

    from tools.core.learning.models import goal_of

    goal, own = goal_of(new.runtime.facts), goal_of(live.runtime.facts)
    if own.threshold is None or own.positive == goal.positive:
        return [goal, replace(goal, threshold=own.threshold)]
    return [goal, replace(goal, threshold=1 - own.threshold)]
