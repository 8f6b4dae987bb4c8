"""The steps from a table to a model: profile, preprocess, train."""

import re
from dataclasses import dataclass
from typing import Any

from agent.understanding.assign import Desk
from agent.understanding.said import Intent
from agent.understanding.text import Thing
from agent.understanding.world import TableFacts
from tools.core.names import slug, stem
from tools.core.plan import Step

PROFILE = ("separator", "encoding", "header", "sheet")
PREPROCESS = (
    "target", "task", "positive", "drop", "where", "derive", "kinds", "missing", "impute", "scale", "encode",
    "test_fraction", "split", "time_column", "group_column", "weight_column", "seed",
)  # fmt: skip
TRAIN = ("metric", "time_limit", "memory_limit", "estimators", "false_negative_cost", "max_latency_ms", "seed")


@dataclass(frozen=True)
class Origin:
    """What the first steps made, for the later ones; None when they made no model."""

    model: str | None = None


def _given(desk: Desk, names: tuple[str, ...]) -> dict[str, Any]:
    return {n: desk.said.slots[n] for n in names if n in desk.said.slots}


def training_table(desk: Desk, tools: set[str]) -> str | None:
    """The table to begin with: the one beside the verb, but not one that is to be scored."""
    marks = [m for m in desk.marks("path") if not desk.thing(m).value.lower().endswith(".bento")]
    if not marks or _is_prepared(desk, marks, tools):
        return None
    first = next((i for i in desk.said.intents if i.tool in ("train", "preprocess", "profile")), None)
    own = desk.own(first, "path") if first and first.mark in desk.said.draft.text else []
    rest = {desk.thing(m).value for m in marks if m not in own[:1]}
    mark = (own or marks)[0]
    if len({desk.thing(m).value for m in marks}) > 1 and not _second_reader(tools):
        raise desk.ask("many_tables", sorted(rest | {desk.thing(mark).value}))
    desk.used |= {m for m in marks if desk.thing(m).value == desk.thing(mark).value}
    return desk.thing(mark).value


def _is_prepared(desk: Desk, marks: list[str], tools: set[str]) -> bool:
    """ "x.csv is prepared already, train on the prepared dataset x": the table is no more than where it came from."""
    prepared = {thing.value for m in desk.marks("artifact") if (thing := desk.thing(m)).hint == "prepared"}
    same = {slug(stem(desk.thing(m).value)) for m in marks} == prepared
    if not same or "train" not in tools or "preprocess" in tools:
        return False
    desk.used |= set(marks)
    return True


def _second_reader(tools: set[str]) -> bool:
    return bool(tools & {"predict", "evaluate", "explain", "monitor"})


def add_training(desk: Desk, tools: set[str], steps: list[Step]) -> Origin:
    """Append the steps up to the last one wanted; what they made."""
    if tools == {"profile"} and len(desk.marks("path")) > 1 and not desk.said.slots:
        return _profile_each(desk, steps)
    path = training_table(desk, tools)
    if path is None:
        return _from_artifact(desk, tools, steps)
    chosen = "" if "train" in tools else slug(desk.said.slots.get("name", ""))
    name = chosen or slug(stem(path)) or "table"
    steps.append(Step(tool="profile", args={"path": path, "name": name, **_given(desk, PROFILE)}))
    if not tools & {"preprocess", "train"}:
        return Origin()
    facts = desk.said.world.table(path)
    prepared = slug(desk.said.slots.get("prepared_name", name))
    steps.append(_preprocess(desk, name, prepared, facts))
    if "train" not in tools:
        return Origin()
    model = slug(desk.said.slots.get("model_name", desk.said.slots.get("name", name)))
    steps.append(_train(desk, prepared, model))
    return Origin(model)


def _profile_each(desk: Desk, steps: list[Step]) -> Origin:
    """Several tables to look at."""
    desk.used |= set(desk.marks("path"))
    for path in dict.fromkeys(desk.thing(m).value for m in desk.marks("path")):
        steps.append(Step(tool="profile", args={"path": path, "name": slug(stem(path)) or "table"}))
    return Origin()


def _preprocess(desk: Desk, dataset: str, name: str, facts: TableFacts | None) -> Step:
    given = _given(desk, PREPROCESS)
    if facts is not None and "target" not in given:
        given["target"] = _likely(desk, facts)
    if only := desk.said.slots.get("_only"):
        roles = [given.get(n) for n in ("target", "time_column", "group_column", "weight_column")]
        given["drop"] = [c for c in (facts.columns if facts else desk.said.columns) if c not in (*only, *roles)]
    for text in given.get("derive", []):
        if _uses(text.partition("=")[2], str(given.get("target"))):
            raise desk.ask("target_inside", what=text, column=given["target"])
    if given.get("target") in given.get("drop", []):
        raise desk.ask(
            "dropped_target",
            [c for c in (facts.targets if facts else []) if c != given["target"]],
            what=given["target"],
        )
    return Step(tool="preprocess", args={"dataset": dataset, **given, "name": name})


def _uses(expression: str, column: str) -> bool:
    """Whether an expression names a column."""
    return re.search(rf"(?<![\w.`]){re.escape(column)}(?![\w.`])|`{re.escape(column)}`", expression) is not None


def _likely(desk: Desk, facts: TableFacts) -> str:
    """The only likely target; asks when there are several or none."""
    likely = [t for t in facts.targets if t not in desk.said.slots.get("drop", [])]
    if len(facts.targets) == 1 and likely:
        return likely[0]
    if facts.targets and likely:
        raise desk.ask("which_target", likely)
    raise desk.ask("no_target", facts.columns)


def _train(desk: Desk, dataset: str, name: str) -> Step:
    return Step(tool="train", args={"dataset": dataset, **_given(desk, TRAIN), "name": name})


def _from_artifact(desk: Desk, tools: set[str], steps: list[Step]) -> Origin:
    """Training again from what is kept: a prepared dataset, else a dataset."""
    said = desk.said
    if "profile" in tools and not tools & {"preprocess", "train"}:
        raise desk.ask("no_table", said.world.files()[:6])
    intent = next(i for i in said.intents if i.tool in ("train", "preprocess"))
    marks = desk.near(intent, "artifact")
    if not marks:
        raise desk.ask("no_table", said.world.files()[:6] or desk.names("dataset"))
    thing = _kept(desk, intent, marks)
    name = thing.value if "train" in tools else slug(said.slots.get("name", thing.value))
    prepare = bool(_given(desk, PREPROCESS[:-1])) or "preprocess" in tools or not desk.exists(thing, ("prepared",))
    reference = thing.tag
    if prepare:
        desk.checked(thing, ("dataset",))
        steps.append(_preprocess(desk, reference, name, None))
        reference = name
    if "train" not in tools:
        return Origin()
    model = slug(said.slots.get("model_name", said.slots.get("name", name)))
    steps.append(_train(desk, reference, model))
    return Origin(model)


def _kept(desk: Desk, intent: Intent, marks: list[str]) -> Thing:
    tags = {desk.thing(m).tag for m in marks}
    if len(tags) > 1:
        raise desk.ask("which_artifact", sorted(tags), kind="dataset")
    desk.used |= {m for m in desk.marks("artifact") if desk.thing(m).tag in tags}
    thing = desk.thing(marks[0])
    kinds = ("prepared", "dataset")
    if not desk.exists(thing, kinds) and desk.exists(thing, ("model",)):
        bare = Thing("artifact", thing.value)
        if desk.exists(bare, kinds):
            raise desk.ask("no_such_artifact", [thing.value], kind="dataset", what=thing.tag)
    return desk.checked(thing, kinds)
