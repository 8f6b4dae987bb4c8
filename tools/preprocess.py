"""preprocess: from a dataset to a prepared dataset, its test set sealed before anything is fitted."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from tools.core.context import Context
from tools.core.errors import DataRefused, NeedsAnswer
from tools.core.tool import Args, Result, tool

FEWEST_ROWS = 20


class PreprocessArgs(Args):
    dataset: str
    """Dataset: NAME or NAME:VERSION."""
    target: str | None = None
    """The column to predict; by default the only likely one."""
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    """What kind of prediction, when the target's values leave it open."""
    positive: str | None = None
    """The label that scores are about, in a binary task."""
    drop: list[str] = []
    """Columns to leave out."""
    test_fraction: float = Field(0.2, gt=0, lt=0.9)
    """Share of the rows to seal for the test."""
    split: Literal["auto", "random", "stratified", "time", "group"] = "auto"
    """How the sealed rows are chosen."""
    time_column: str | None = None
    """Seal the latest rows by this column."""
    group_column: str | None = None
    """Keep rows of one value of this column on one side."""
    seed: int = 0
    """Another number seals other rows."""
    name: str | None = None
    """What to call the prepared dataset; the dataset's name by default."""


class Dropped(BaseModel):
    column: str
    reason: str


class Preprocessed(Result):
    prepared: str
    dataset: str
    target: str
    task: str
    positive: str | int | float | bool | None
    labels: list[str | int | float | bool]
    train_rows: int
    test_rows: int
    set_aside: int
    """Rows left out: without a target, or of a label with too few rows."""
    split: str
    dropped: list[Dropped]

    def headline(self) -> str:
        told = f"{self.target} is {self._what()}. {self.test_rows:,} rows sealed, {self.train_rows:,} to train on"
        if self.dropped:
            shown = ", ".join(d.column for d in self.dropped[:3])
            more = len(self.dropped) - 3
            told += f"; {shown}{f' and {more} more' if more > 0 else ''} dropped"
        return told + (f"; {self.set_aside:,} set aside." if self.set_aside else ".")

    def _what(self) -> str:
        if self.task == "binary":
            return f"{self.labels[0]} or {self.labels[1]}, {self.positive} being the positive one"
        return "a number (regression)" if self.task == "regression" else f"one of {len(self.labels)} labels"


@tool(effect="write")
def preprocess(args: PreprocessArgs, context: Context) -> Preprocessed:
    """Choose target and columns, and seal the test set before anything is fitted."""
    from tools.core.learning.labels import decide
    from tools.core.learning.prepared import load_table
    from tools.core.names import name_of
    from tools.core.tables.columns import Column

    dataset = context.find(args.dataset, "dataset")
    name = name_of(args.name) if args.name else dataset.name
    table = load_table(dataset)
    columns = [Column.model_validate(column) for column in dataset.record["columns"]]
    by_name = {column.name: column for column in columns}
    warnings: list[str] = []
    target = _target(args, dataset.tag, by_name, dataset.record["result"]["targets"], warnings)
    for column in [*args.drop, args.time_column, args.group_column]:
        _known(column, by_name, dataset.tag, "drop")
    kept = table[table[target].notna()] if target else table
    _refuse_small(kept, table, target)
    goal = decide(kept[target], by_name[target], args.task, args.positive)
    kept = _without_rare(kept, target, goal, warnings)
    features, dropped = _features(columns, kept, args, target)
    split, kept, mask = _cut(kept, features, goal, args, by_name, target)
    result = Preprocessed(
        prepared=f"{name}:{context.draw('prepared', name)}",
        dataset=dataset.tag,
        target=target,
        task=goal.task,
        positive=goal.positive,
        labels=_remaining(goal, kept, target),
        train_rows=int((~mask).sum()),
        test_rows=int(mask.sum()),
        set_aside=len(table) - len(kept),
        split=split,
        dropped=dropped,
        warnings=warnings + goal.warnings + _gap_warning(table, kept, target),
    )
    about = {"dialect": dataset.record["source"]["dialect"], "target_column": by_name[target].model_dump()}
    _keep(context, name, result, args, kept, mask, features, about)
    return result


def _target(args: PreprocessArgs, tag: str, columns: dict[str, Any], likely: list[str], warnings: list[str]) -> str:
    if args.target is not None:
        _known(args.target, columns, tag, "target")
        return args.target
    if len(likely) == 1:
        warnings.append(f"{likely[0]} is taken as the target, being the only likely one.")
        return likely[0]
    if likely:
        raise NeedsAnswer("target", f"Which column of {tag} should be predicted?", likely)
    options = [name for name, column in columns.items() if column.kind not in ("id", "constant", "text", "datetime")]
    raise NeedsAnswer("target", f"Which column of {tag} should be predicted?", options[-20:])


def _known(column: str | None, columns: dict[str, Any], tag: str, argument: str) -> None:
    if column is None or column in columns:
        return
    from rapidfuzz import process
    from rapidfuzz.utils import default_process

    near = [match for match, *_ in process.extract(column, list(columns), limit=3, processor=default_process)]
    raise DataRefused(
        f"{column!r} is no column of {tag}. The nearest is {near[0]!r}.",
        f"Columns with names like it: {', '.join(near)}.",
        argument if argument == "target" else None,
    )


def _refuse_small(kept: Any, table: Any, target: str) -> None:
    if not len(kept):
        raise DataRefused(
            f"{target!r} is missing in every one of the {len(table):,} rows.",
            "Choose another target with --target.",
            "target",
        )
    if len(kept) < FEWEST_ROWS:
        raise DataRefused(
            f"{len(kept)} rows with a target are too few to train and test on; {FEWEST_ROWS} are needed.",
            "Bring more rows.",
        )


def _without_rare(kept: Any, target: str, goal: Any, warnings: list[str]) -> Any:
    from tools.core.learning.labels import FEWEST_ROWS as FEWEST
    from tools.core.learning.labels import rare_labels

    rare = rare_labels(kept[target]) if goal.labels else []
    if not rare:
        return kept
    shown = ", ".join(map(str, rare[:5])) + (", …" if len(rare) > 5 else "")
    warnings.append(f"Rows of labels with fewer than {FEWEST} rows are set aside: {shown}.")
    return kept[~kept[target].isin(rare)]


def _remaining(goal: Any, kept: Any, target: str) -> list[Any]:
    from tools.core.learning.labels import plain

    there = {plain(value) for value in kept[target].unique()} if goal.labels else set()
    return [label for label in goal.labels if label in there]


def _features(columns: list[Any], kept: Any, args: PreprocessArgs, target: str) -> tuple[list[Any], list[Dropped]]:
    features, dropped = [], []
    reasons = {"id": "an id: its values are all different", "constant": "constant: it has one value only"}
    for column in columns:
        if column.name == target:
            continue
        reason = "left out on request" if column.name in args.drop else reasons.get(column.kind)
        if reason is None and column.name == args.group_column:
            reason = "the group column"
        if reason is None and kept[column.name].nunique(dropna=True) == 0:
            reason = "missing in every row with a target"
        if reason:
            dropped.append(Dropped(column=column.name, reason=reason))
        else:
            features.append(column)
    if not features:
        told = ", ".join(f"{d.column} ({d.reason})" for d in dropped[:5])
        raise DataRefused(
            f"No column is left to predict {target!r} from{f': left out are {told}' if told else ''}.",
            "Bring more columns, or leave fewer out.",
        )
    return features, dropped


def _cut(
    kept: Any, features: list[Any], goal: Any, args: PreprocessArgs, columns: dict[str, Any], target: str
) -> tuple[str, Any, Any]:
    """How the rows were cut, the rows (in the order of time, where it is by time), and the mask of sealed ones."""
    import numpy as np

    from tools.core.learning.labels import to_codes
    from tools.core.learning.split import latest_rows, row_keys, sealed_rows

    split = _how(args, goal)
    if split == "time":
        times = _times(kept, columns[args.time_column or ""])
        order = np.nan_to_num(times, nan=-np.inf).argsort(kind="stable")
        return split, kept.iloc[order], latest_rows(times[order], args.test_fraction)
    keys = row_keys(kept[[args.group_column] if split == "group" else _content(columns, target)])
    strata = to_codes(kept[target], goal.labels) if split == "stratified" else None
    return split, kept, sealed_rows(keys, strata, args.test_fraction, args.seed)


def _content(columns: dict[str, Any], target: str) -> list[str]:
    """The columns that tell a row: all but ids and the target, whatever is dropped, so that the seal stays the same."""
    return [name for name, column in columns.items() if name != target and column.kind != "id"]


def _how(args: PreprocessArgs, goal: Any) -> str:
    if args.split == "time" and not args.time_column:
        raise NeedsAnswer("time_column", "Which column tells the time of a row?")
    if args.split == "group" and not args.group_column:
        raise NeedsAnswer("group_column", "Which column tells the group of a row?")
    if args.split == "stratified" and not goal.labels:
        raise DataRefused("A regression target has no labels to stratify by.", "Say --split random.", "split")
    if args.split != "auto":
        return args.split
    if args.group_column or args.time_column:
        return "group" if args.group_column else "time"
    return "stratified" if goal.labels else "random"


def _times(kept: Any, column: Any) -> Any:
    values = kept[column.name]
    if column.storage == "moment":
        return values.astype("int64").where(values.notna()).to_numpy(dtype="float64", na_value=float("nan"))
    if column.storage in ("integer", "real"):
        return values.to_numpy(dtype="float64", na_value=float("nan"))
    raise DataRefused(f"{column.name!r} holds neither times nor numbers to order rows by.", "Choose another.")


def _gap_warning(table: Any, kept: Any, target: str) -> list[str]:
    gone = int(table[target].isna().sum())
    return [f"{gone:,} rows without {target} are set aside."] if gone else []


def _keep(
    context: Context,
    name: str,
    result: Preprocessed,
    args: PreprocessArgs,
    kept: Any,
    mask: Any,
    features: list[Any],
    about: dict[str, Any],
) -> None:
    from tools.core.journal import now
    from tools.core.learning.prepared import write_sides

    with context.store.staging() as folder:
        names = [column.name for column in features]
        write_sides(folder, kept, mask, names, result.target, args.group_column if result.split == "group" else None)
        record = {
            "made": now(),
            "dataset": result.dataset,
            "arguments": args.model_dump(),
            **about,
            "features": [column.model_dump() for column in features],
            "ignored": [result.target, *(dropped.column for dropped in result.dropped)],
            "result": result.document(),
        }
        context.store.keep("prepared", name, int(result.prepared.rpartition(":")[2]), folder, record)
