"""preprocess: from a dataset to a prepared dataset, its test set sealed before anything is fitted."""

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
    from tools.core.learning import features as choosing
    from tools.core.learning.cutting import Wish, cut, set_twins_aside
    from tools.core.learning.rows import usable
    from tools.core.learning.shaping import shape
    from tools.core.names import name_of

    dataset = context.find(args.dataset, "dataset")
    name = name_of(args.name) if args.name else dataset.name
    shaped, whole = _loaded(dataset)
    warnings: list[str] = []
    _check_names(args, shaped, dataset.tag)
    context.progress(0.2, "reading the columns as asked")
    shape(shaped, args.missing, args.kinds, args.derive, args.where)
    target = _target(args, dataset, shaped, warnings)
    found = usable(shaped, target, args.task, args.positive, args.weight_column, FEWEST_ROWS)
    roles = {args.weight_column or "": "the weight column"}
    features = choosing.choose(shaped, found.rows, target, args.drop, roles)
    context.check()
    context.progress(0.5, "sealing the test set")
    wish = Wish(args.split, args.time_column, args.group_column, args.test_fraction, args.seed)
    seal = cut(context, dataset, whole, found.rows, shaped.columns, features.names, target, found.goal, wish)
    if seal.group in features.names:
        features = features.without([seal.group], "the group column", shaped)
    context.progress(0.7, "looking for leaks")
    features, suspects = _without_leaks(args, context, shaped, seal, features, target, found.goal)
    if not features.names:
        raise choosing.nothing_left(target, features.dropped)
    set_twins_aside(seal, features.names)
    context.check()
    sealed = seal.sides == 1
    labels = found.labels(seal.rows[target])
    result = Preprocessed(
        prepared=f"{name}:{context.draw('prepared', name)}",
        dataset=dataset.tag,
        target=target,
        task=found.goal.task,
        positive=found.goal.positive,
        labels=labels,
        train_rows=int((~sealed).sum()),
        test_rows=int(sealed.sum()),
        set_aside=len(whole[0]) - len(seal.rows),
        split=seal.split,
        dropped=features.dropped,
        derived=[column["name"] for column in shaped.derived if column["name"] in features.names],
        suspects=suspects,
        decisions=seal.decisions + found.decisions + _about_columns(shaped, features, target),
        warnings=warnings + found.warnings + seal.warnings + [f"May give {target} away: {why}." for why in suspects],
    )
    _keep(context, name, result, args, dataset, shaped, whole, seal, features, found.weights)
    return result


def _loaded(dataset: Any) -> tuple[Any, tuple[Any, dict[str, Any]]]:
    """The table to be shaped, and the dataset as it is stored."""
    from tools.core.learning.prepared import load_table, load_texts
    from tools.core.learning.shaping import Shaped
    from tools.core.tables.columns import Column

    columns = {c["name"]: Column.model_validate(c) for c in dataset.record["columns"]}
    table = load_table(dataset)
    return Shaped(table.copy(deep=False), dict(columns), load_texts(dataset)), (table, columns)


def _check_names(args: PreprocessArgs, shaped: Any, tag: str) -> None:
    """Refuse a column that is none before anything is worked out."""
    from tools.core.learning.shaping import raise_unknown

    known = {**shaped.columns, **{text.partition("=")[0].strip().strip("`"): None for text in args.derive}}
    given: dict[str, list[str | None]] = {"target": [args.target], "drop": [*args.drop]}
    given |= {name: [getattr(args, name)] for name in ("time_column", "group_column", "weight_column")}
    for argument, names in given.items():
        for name in names:
            if name is not None and name not in known:
                raise_unknown(name, known, argument if argument == "target" else None, tag)


def _target(args: PreprocessArgs, dataset: Any, shaped: Any, warnings: list[str]) -> str:
    if args.target is not None:
        return args.target
    likely = [name for name in dataset.record["result"]["targets"] if name not in args.drop]
    if len(likely) == 1:
        warnings.append(f"{likely[0]} is taken as the target, being the only likely one.")
        return str(likely[0])
    options = [n for n, c in shaped.columns.items() if c.kind not in ("id", "constant", "text", "datetime")]
    raise NeedsAnswer("target", f"Which column of {dataset.tag} should be predicted?", likely or options[-20:])


def _without_leaks(
    args: PreprocessArgs, context: Context, shaped: Any, seal: Any, features: Any, target: str, goal: Any
) -> tuple[Any, list[str]]:
    """The features without the suspected columns that are not wanted, and what is suspected of those that stay."""
    from tools.core.learning.labels import to_codes
    from tools.core.learning.leaks import suspects

    train = seal.rows[seal.sides == 0]
    y = to_codes(train[target], goal.labels) if goal.labels else train[target].to_numpy(dtype="float64")
    columns = {name: shaped.columns[name] for name in features.names}
    found = suspects(train, columns, y, goal.task, goal.labels, target)
    if not found:
        return features, []
    named = list(dict.fromkeys(name for suspect in found for name in suspect.columns))
    gone = _to_drop(args.leaks, named, found, target, context.take_defaults)
    reason = f"it would give {target} away"
    kept = [suspect.why for suspect in found if not set(suspect.columns) <= set(gone)]
    return features.without(gone, reason, shaped), kept


def _to_drop(answer: str, named: list[str], found: list[Any], target: str, take_defaults: bool) -> list[str]:
    """Which of the suspected columns an answer drops; asks where there is none, or one that says nothing."""
    from tools.core.learning.answers import chosen_columns

    if answer.strip().casefold() == "ask" and take_defaults:
        return []
    gone = chosen_columns(answer, named)
    if gone is not None:
        return gone
    evidence = "; ".join(suspect.why for suspect in found[:5]) + ("; …" if len(found) > 5 else "")
    raise NeedsAnswer(
        "leaks",
        f"Would you know {', '.join(named[:5])} before {target} is known? {evidence}. Drop, or keep?",
        [f"drop {', '.join(named)}", "keep"],
    )


def _about_columns(shaped: Any, features: Any, target: str) -> list[Decision]:
    from tools.core.learning.decisions import about_columns

    derived = {column["name"] for column in shaped.derived}
    ids = [d.column for d in features.dropped if shaped.columns[d.column].kind == "id"]
    named = {*features.inputs, *ids, target} - derived
    return about_columns([c for name, c in shaped.columns.items() if name in named], target)


def _keep(
    context: Context, name: str, result: Preprocessed, args: PreprocessArgs, dataset: Any, shaped: Any,
    whole: tuple[Any, Any], seal: Any, features: Any, weights: Any,
) -> None:  # fmt: skip
    from tools.core.journal import now
    from tools.core.learning.features import sources
    from tools.core.learning.prepared import write_sides
    from tools.core.learning.recipe import needed_for
    from tools.core.learning.sides import identity, keep_rows

    known = identity(*whole, result.target)
    derived = {column["name"] for column in shaped.derived}
    outcome = {s for c in (result.target, args.weight_column) if c for s in sources(c, shaped) or {c}} - derived
    weights = None if weights is None else weights.loc[seal.rows.index].to_numpy()
    with context.store.staging() as folder:
        write_sides(folder, seal.rows, seal.sides == 1, [*features.inputs, result.target], seal.units, weights)
        keep_rows(folder, known, seal.rows.index.to_numpy(), seal.sides)
        record = {
            "made": now(),
            "dataset": result.dataset,
            "arguments": args.model_dump(),
            "dialect": dataset.record["source"]["dialect"],
            "target_column": shaped.columns[result.target].model_dump(),
            "columns": [shaped.columns[column].model_dump() for column in features.inputs],
            "derived": needed_for([*features.names, result.target, args.weight_column or ""], shaped.derived),
            "outcome": [shaped.columns[column].model_dump() for column in outcome],
            "features": features.names,
            "recipe": {"impute": args.impute, "scale": args.scale, "encode": args.encode},
            "cut": seal.record(),
            "seal": seal.seal or result.prepared,
            "rows": known.record(),
            "ignored": [result.target, *(d.column for d in result.dropped if d.column not in features.inputs)],
            "result": result.document(),
        }
        context.store.keep("prepared", name, int(result.prepared.rpartition(":")[2]), folder, record)
