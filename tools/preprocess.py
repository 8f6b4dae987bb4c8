"""preprocess: from a dataset to a prepared dataset, its test set sealed before anything is fitted."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from tools.core.context import Context
from tools.core.errors import NeedsAnswer
from tools.core.learning.decisions import Decision
from tools.core.learning.features import Dropped
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
    where: str | None = None
    """Which rows to take: year >= 2020 and region != "test"."""
    derive: list[str] = []
    """Columns to work out: NAME = EXPRESSION, as per_month = calls / months."""
    kinds: list[str] = []
    """COLUMN=KIND where the guess is wrong: numeric, categorical, text, datetime, boolean or id."""
    missing: list[str] = []
    """More texts or numbers that mean missing, as ? or -999."""
    impute: Literal["auto", "median", "mean", "most_frequent", "constant", "none"] = "auto"
    """How gaps are filled, where an estimator sees filled columns."""
    scale: Literal["auto", "standard", "minmax", "none"] = "auto"
    """How numbers are scaled; auto does it for linear models."""
    encode: Literal["auto", "onehot", "ordinal", "target"] = "auto"
    """How categories become numbers."""
    test_fraction: float = Field(0.2, gt=0, lt=0.9)
    """Share of the rows to seal for the test."""
    split: Literal["auto", "random", "stratified", "time", "group"] = "auto"
    """How the sealed rows are chosen."""
    time_column: str | None = None
    """Seal the latest rows by this column."""
    group_column: str | None = None
    """Keep rows of one value of this column on one side."""
    weight_column: str | None = None
    """How much each row counts, in training and in scores."""
    leaks: str = "ask"
    """Columns that seem to give the target away: ask, keep, drop, or the names of those to drop."""
    seed: int = 0
    """Another number seals other rows."""
    name: str | None = None
    """What to call the prepared dataset; the dataset's name by default."""


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
    """Rows on neither side; the warnings say why."""
    split: str
    dropped: list[Dropped]
    derived: list[str]
    suspects: list[str]
    """What seems to give the target away and was kept, with the evidence."""
    decisions: list[Decision]
    """What was decided without being asked, and how to overrule it."""

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
    """Choose target, rows and columns, and seal the test set before anything is fitted."""
    from tools.core.learning.roles import check_roles
    from tools.core.learning.shaping import shape
    from tools.core.names import name_of

    dataset = context.find(args.dataset, "dataset")
    name = name_of(args.name) if args.name else dataset.name
    work = _loaded(dataset)
    check_roles(args, work.shaped.columns, dataset.tag)
    context.progress(0.2, "reading the columns as asked")
    shape(work.shaped, args.missing, args.kinds, args.derive, args.where)
    work.target = _target(args, work)
    _choose(args, work)
    context.check()
    context.progress(0.5, "sealing the test set")
    _seal(args, context, work)
    context.check()
    context.progress(0.7, "looking for leaks")
    _look_for_leaks(args, context, work)
    context.check()
    result = _result(f"{name}:{context.draw('prepared', name)}", work)
    _keep(args, context, work, result)
    return result


@dataclass
class _Work:
    """A dataset on its way to a prepared one."""

    dataset: Any
    whole: tuple[Any, dict[str, Any]]
    """The table and the columns as they are stored."""
    shaped: Any
    target: str = ""
    found: Any = None
    """The rows that can be learned from, and the goal."""
    features: Any = None
    seal: Any = None
    suspects: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def _choose(args: PreprocessArgs, work: _Work) -> None:
    """Choose the rows and the features."""
    from tools.core.learning.features import choose
    from tools.core.learning.rows import usable

    roles = {args.weight_column or "": "the weight column"}
    work.found = usable(work.shaped, work.target, args.task, args.positive, args.weight_column, FEWEST_ROWS)
    work.features = choose(work.shaped, work.found.rows, work.target, args.drop, roles)


def _seal(args: PreprocessArgs, context: Context, work: _Work) -> None:
    """Give each row its side; nothing has looked at the target so far but for the shares of its labels."""
    from tools.core.learning.cutting import Wish, cut

    wish = Wish(args.split, args.time_column, args.group_column, args.test_fraction, args.seed)
    columns, names = work.shaped.columns, work.features.names
    work.seal = cut(
        context, work.dataset, work.whole, work.found.rows, columns, names, work.target, work.found.goal, wish
    )
    if work.seal.group in names:
        work.features = work.features.without([work.seal.group], "the group column", work.shaped)


def _result(prepared: str, work: _Work) -> Preprocessed:
    sealed, seal, found, features = work.seal.sides == 1, work.seal, work.found, work.features
    return Preprocessed(
        prepared=prepared,
        dataset=work.dataset.tag,
        target=work.target,
        task=found.goal.task,
        positive=found.goal.positive,
        labels=found.labels(seal.rows[work.target]),
        train_rows=int((~sealed).sum()),
        test_rows=int(sealed.sum()),
        set_aside=len(work.whole[0]) - len(seal.rows),
        split=seal.split,
        dropped=features.dropped,
        derived=[column["name"] for column in work.shaped.derived if column["name"] in features.names],
        suspects=work.suspects,
        decisions=seal.decisions + found.decisions + _about_columns(work),
        warnings=work.warnings
        + found.warnings
        + seal.warnings
        + [f"May give {work.target} away: {why}." for why in work.suspects],
    )


def _loaded(dataset: Any) -> _Work:
    """The dataset as it is stored, and its table to be shaped."""
    from tools.core.learning.prepared import load_table, load_texts
    from tools.core.learning.shaping import Shaped
    from tools.core.tables.columns import Column

    columns = {c["name"]: Column.model_validate(c) for c in dataset.record["columns"]}
    table = load_table(dataset)
    return _Work(dataset, (table, columns), Shaped(table.copy(deep=False), dict(columns), load_texts(dataset)))


def _target(args: PreprocessArgs, work: _Work) -> str:
    if args.target is not None:
        return args.target
    likely = [name for name in work.dataset.record["result"]["targets"] if name not in args.drop]
    if len(likely) == 1:
        work.warnings.append(f"{likely[0]} is taken as the target, being the only likely one.")
        return str(likely[0])
    options = [n for n, c in work.shaped.columns.items() if c.kind not in ("id", "constant", "text", "datetime")]
    raise NeedsAnswer("target", f"Which column of {work.dataset.tag} should be predicted?", likely or options[-20:])


def _look_for_leaks(args: PreprocessArgs, context: Context, work: _Work) -> None:
    """Drop the suspected columns that are not wanted; what is suspected of those that stay is said."""
    from tools.core.learning.answers import columns_to_drop
    from tools.core.learning.cutting import set_twins_aside
    from tools.core.learning.features import nothing_left
    from tools.core.learning.leaks import suspects

    found = suspects(*_training_rows(work), target=work.target)
    if found:
        gone = columns_to_drop(args.leaks, found, work.target, context.take_defaults)
        work.features = work.features.without(gone, f"it would give {work.target} away", work.shaped)
        work.suspects = [suspect.why for suspect in found if not set(suspect.columns) & set(gone)]
    if not work.features.names:
        raise nothing_left(work.target, work.features.dropped)
    set_twins_aside(work.seal, work.features.names)


def _training_rows(work: _Work) -> tuple[Any, dict[str, Any], Any, str, list[Any]]:
    """Table, feature columns, encoded target, task and labels, as the screen for leaks takes them."""
    from tools.core.learning.labels import to_codes

    goal, train = work.found.goal, work.seal.rows[work.seal.sides == 0]
    y = to_codes(train[work.target], goal.labels) if goal.labels else train[work.target].to_numpy(dtype="float64")
    return train, {n: work.shaped.columns[n] for n in work.features.names}, y, goal.task, goal.labels


def _about_columns(work: _Work) -> list[Decision]:
    from tools.core.learning.decisions import about_columns

    columns, derived = work.shaped.columns, {column["name"] for column in work.shaped.derived}
    ids = [d.column for d in work.features.dropped if columns[d.column].kind == "id"]
    named = {*work.features.inputs, *ids, work.target} - derived
    return about_columns([c for name, c in columns.items() if name in named], work.target)


def _keep(args: PreprocessArgs, context: Context, work: _Work, result: Preprocessed) -> None:
    from tools.core.learning.prepared import write_sides
    from tools.core.learning.sides import identity, keep_rows

    seal, weights, name = work.seal, work.found.weights, result.prepared.rpartition(":")
    known = identity(*work.whole, result.target)
    weights = None if weights is None else weights.loc[seal.rows.index].to_numpy()
    with context.store.staging() as folder:
        columns = [*work.features.inputs, result.target]
        sealed, tag = seal.sides == 1, seal.seal or result.prepared
        files = write_sides(context, folder, tag, seal.rows, sealed, columns, seal.units, weights)
        keep_rows(folder, known, seal.rows.index.to_numpy(), seal.sides)
        record = {**_record(args, work, result), "rows": known.record(), **files}
        context.store.keep("prepared", name[0], int(name[2]), folder, record)


def _record(args: PreprocessArgs, work: _Work, result: Preprocessed) -> dict[str, Any]:
    from tools.core.journal import now
    from tools.core.learning.features import sources
    from tools.core.learning.recipe import needed_for

    shaped, features = work.shaped, work.features
    derived = {column["name"] for column in shaped.derived}
    scored = [column for column in (result.target, args.weight_column) if column]
    outcome = {source for column in scored for source in sources(column, shaped) or {column}} - derived
    return {
        "made": now(),
        "dataset": result.dataset,
        "arguments": args.model_dump(),
        "dialect": work.dataset.record["source"]["dialect"],
        "target_column": shaped.columns[result.target].model_dump(),
        "columns": [shaped.columns[column].model_dump() for column in features.inputs],
        "derived": needed_for([*features.names, *scored], shaped.derived),
        "outcome": [shaped.columns[column].model_dump() for column in outcome],
        "features": features.names,
        "recipe": {"impute": args.impute, "scale": args.scale, "encode": args.encode},
        "cut": work.seal.record(),
        "seal": work.seal.seal or result.prepared,
        "ignored": [result.target, *(d.column for d in result.dropped if d.column not in features.inputs)],
        "result": result.document(),
    }
