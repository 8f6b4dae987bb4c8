"""predict: a table in, the same table with predictions out."""

from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import ApprovalNeeded, BadArguments
from tools.core.tables.wording import counted
from tools.core.tool import Args, Result, tool


class PredictArgs(Args):
    model: str
    """Model or deployment: NAME or NAME:VERSION."""
    path: str
    """The table to predict."""
    output: str | None = None
    """Where to write, .csv or .parquet; by default beside the input, as NAME-predictions.csv."""
    overwrite: bool = False
    """Replace the output if it exists."""


class Predicted(Result):
    model: str
    rows: int
    output: str
    rejected: int
    """Rows that the live service would refuse; their predictions are empty."""

    def headline(self) -> str:
        refused = f", {self.rejected:,} of them rejected" if self.rejected else ""
        return f"{self.model} predicted {self.rows:,} rows{refused}: {self.output}"


@tool(effect="write")
def predict(args: PredictArgs, context: Context) -> Predicted:
    """Predict every row of a table, as the live service would."""
    from tools.core.learning.scoring import read_for
    from tools.core.serving.answering import answering

    path = context.path(args.path)
    output = _output(args, path, context)
    context.progress(0.1, "loading the model")
    found = answering(context, args.model)
    runtime = found.runtime
    context.progress(0.3, "reading")
    checked, frame = read_for(path, found.forms, runtime)
    context.check()
    context.progress(0.6, "predicting")
    bad = checked.bad_rows()
    table = _with_predictions(frame, runtime, checked, bad)
    _write(table, output)
    warnings = []
    if bad:
        first = min(checked.problems, key=lambda problem: problem.row or 0)
        warnings.append(f"{len(bad):,} rows are rejected; the first: {first.message}")
    if unseen := len(checked.warned):
        warnings.append(f"{counted(unseen, 'column holds', 'columns hold')} categories that were not seen in training.")
    return Predicted(model=found.tag, rows=len(frame), output=str(output), rejected=len(bad), warnings=warnings)


def _output(args: PredictArgs, path: Path, context: Context) -> Path:
    from tools.core.names import stem

    output = context.path(args.output) if args.output else path.with_name(f"{stem(path.name)}-predictions.csv")
    if output.suffix not in (".csv", ".parquet"):
        raise BadArguments(f"{output.name!r} ends neither in .csv nor in .parquet.", "Choose another --output.")
    if output == path:
        raise BadArguments("The output would replace the table that is read.", "Choose another --output.")
    if not output.parent.is_dir():
        raise BadArguments(f"There is no folder {str(output.parent)!r}.", "Make it, or choose another --output.")
    if output.exists() and not args.overwrite:
        raise ApprovalNeeded(f"{str(output)!r} exists. Replace it?", "Say --overwrite.", "overwrite")
    return output


def _with_predictions(frame: Any, runtime: Any, checked: Any, bad: set[int]) -> Any:
    import numpy as np
    import pandas as pd

    from service.runtime import label_text
    from tools.core.learning.recipe import take

    rows = np.array([row for row in range(len(frame)) if row not in bad], dtype=np.int64)
    prediction = runtime.predict(take(checked.columns, rows) if bad else checked.columns) if len(rows) else None
    values = np.full(len(frame), None, dtype=object)
    if prediction:
        values[rows] = prediction.values
    added = {"prediction": values}
    for place, label in enumerate(runtime.labels):
        chances = np.full(len(frame), np.nan)
        if prediction and prediction.probabilities is not None:
            chances[rows] = prediction.probabilities[:, place]
        added[f"probability_{label_text(label)}"] = chances
    kept = frame.drop(columns=[name for name in added if name in frame])
    return pd.concat([kept.reset_index(drop=True), pd.DataFrame(added)], axis=1)


def _write(table: Any, output: Path) -> None:
    from tools.core.files import staging

    with staging(output.parent) as aside:
        part = aside / output.name
        if output.suffix == ".csv":
            table.to_csv(part, index=False, lineterminator="\n")
        else:
            _typed(table).to_parquet(part, index=False)
        part.replace(output)


def _typed(table: Any) -> Any:
    """Predictions in their own type, as Parquet needs one a column."""
    return table.assign(prediction=table["prediction"].convert_dtypes())
