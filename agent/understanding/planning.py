"""From what a request said to the steps of a plan, or to a question."""

import re
from typing import Any

from agent.understanding.assign import Asked, Desk
from agent.understanding.canonical import render
from agent.understanding.goals import agrees
from agent.understanding.intents import ORDER
from agent.understanding.paths import is_outside, is_table, nearest
from agent.understanding.replies import ask, example, verb
from agent.understanding.risks import likely
from agent.understanding.said import Intent, Said
from agent.understanding.serving import SERVING
from agent.understanding.text import Thing
from agent.understanding.training import Origin, add_training
from tools.core.names import slug
from tools.core.plan import Plan, Question, Step

TRAINS = {"estimators", "metric", "time_limit", "memory_limit", "false_negative_cost", "max_latency_ms"}
PREPARES = {
    "target", "task", "positive", "drop", "where", "derive", "kinds", "missing",
    "impute", "scale", "encode", "test_fraction", "split", "time_column", "group_column", "weight_column",
}  # fmt: skip

WISHES = {"where", "derive", "kinds", "missing", "impute", "scale", "encode", "weight_column"}
"""Wishes for preparing a table: on their own, with a table, they ask for a model."""

ON_MODELS = {"evaluate", "explain", "package", "deploy", "export"}
MAKERS = (
    "profile", "preprocess", "train", "evaluate", "explain", "compare", "register", "package", "deploy", "predict",
    "export",
)  # fmt: skip
FREE = ("promote", "monitor", "rollback", "stop", "logs", "status", "delete")
"""Steps that keep the place at which they were asked for."""


def make_plan(said: Said, desk: Desk) -> Plan | Question:
    """The plan, or the question that stands in its way."""
    try:
        _check_paths(desk)
        _imply(said, desk)
        if "model_name" in said.slots and not said.wants("train"):
            said.set("name", said.slots.pop("model_name"))
        steps = _steps(said, desk)
        _check_used(said, desk, steps)
        _check_tools(said, steps)
    except Asked as asked:
        return asked.question
    return Plan(request=said.request, plan=steps)


def _check_paths(desk: Desk) -> None:
    """Every input that should be a table is one."""
    said = desk.said
    for path in [thing.value for thing in said.draft.things.values() if thing.kind == "path"]:
        if is_outside(path):
            raise desk.ask("outside", what=path)
    for mark in desk.marks("path"):
        path = desk.thing(mark).value
        if path.lower().endswith(".bento") or said.wants("register"):
            continue
        if not is_table(path):
            raise desk.ask("not_a_table", what=path)
        if said.world.table(path) is None:
            near = nearest(path, said.world.files()) or said.world.files()[:6]
            raise desk.ask("no_such_file" if near else "no_such_file_none", near, what=path)


def _imply(said: Said, desk: Desk) -> None:
    """Verbs that follow from the arguments: "random forest on x.csv", "predict Churn from x.csv"."""
    tables = [m for m in desk.marks("path") if is_table(desk.thing(m).value)]
    given = TRAINS & said.slots.keys()
    if said.slots.get("_implied") and not said.wants("train"):
        _imply_from_target(said, desk, tables)
    elif _wants_model(said, given, tables):
        said.intend("preprocess" if "train" in said.refused else "train")
    if (
        said.wants("compare")
        and any(desk.own(i, "path") for i in said.intents if i.tool == "compare" and i.mark)
        and not desk.marks("artifact")
    ):
        said.intents = [Intent("train", i.mark) if i.tool == "compare" else i for i in said.intents]
    _goal_is_training(said, desk, tables)
    _once(said, tables)
    several = len({desk.thing(m).value for m in tables}) > 1
    if "estimators" in given and tables and not said.wants("train") and not desk.marks("artifact") and several:
        said.intents.insert(0, Intent("train", ""))
    if "estimators" in given and tables and not said.wants("train") and not desk.marks("artifact"):
        said.intents = [Intent("train", i.mark) if i.tool == "predict" else i for i in said.intents]
    deploying = said.wants("deploy") and not said.wants("train") and not desk.marks("artifact")
    if deploying and tables and (PREPARES & said.slots.keys()):
        said.intend("train")
    if not said.intents:
        raise _no_verb(said, desk, tables)


def _goal_is_training(said: Said, desk: Desk, tables: list[str]) -> None:
    """ "predict who leaves, churn.csv" without a model asks for one, if the table's target is that."""
    if len(tables) != 1 or desk.marks("artifact") or not said.wants("predict"):
        return
    text = said.draft.text
    for intent in [i for i in said.intents if i.tool == "predict" and i.mark in text]:
        clause = re.split(r"[,.;!?]", text[text.index(intent.mark) :])[0]
        if agrees(clause, likely(said)):
            said.intents = [Intent("train", i.mark) if i == intent else i for i in said.intents]


def _once(said: Said, tables: list[str]) -> None:
    """ "Who in new.csv will leave? Predict with churn": one prediction, asked for twice."""
    twice = [i for i in said.intents if i.tool == "predict"][:-1]
    if len(tables) == 1:
        said.intents = [i for i in said.intents if i not in twice]


def _wants_model(said: Said, given: set[str], tables: list[str]) -> bool:
    """Whether arguments of training were given without its verb."""
    if ({"task", "target", "drop", "test_fraction"} | WISHES) & said.slots.keys() and tables and not said.intents:
        return True
    if not given or said.wants("train") or said.wants("predict") or (given == {"metric"} and said.wants("evaluate")):
        return False
    return bool(tables) or "estimators" in given


def _imply_from_target(said: Said, desk: Desk, tables: list[str]) -> None:
    """A target after "predict" means training, unless a model is named to predict with."""
    models = [m for m in desk.marks("artifact") if desk.exists(desk.thing(m), ("model", "deployment"))]
    weak = str(said.slots.get("_weak", "")).lower()
    if weak and desk.exists(Thing("artifact", slug(weak)), ("model", "deployment")) and not models:
        _column_or_model(said, desk, tables, slug(weak))
    elif models and not tables and said.intents and not said.wants("predict"):
        said.slots.pop("target")  # "the price estimator houses, live please"
    elif said.wants("preprocess") and said.slots.get("_purpose"):
        return
    elif models and tables and not said.wants("predict") and weak:
        said.intend("predict")
        said.slots.pop("target")
    elif not said.wants("predict"):
        said.intend("train")


def _column_or_model(said: Said, desk: Desk, tables: list[str], name: str) -> None:
    """ "predict churn for new.csv" where churn is a model and may be a column."""
    if not tables:
        said.intend("train")
        return
    path = desk.thing(tables[0]).value
    facts = said.world.table(path)
    if facts and said.slots["target"] in facts.columns:
        target = said.slots["target"]
        options = {
            "en": [f"train on {path}, target {target}", f"score {path} with {name}"],
            "zh": [f"用 {path} 训练，目标列 {target}", f"用 {name} 给 {path} 打分"],
        }
        raise desk.ask("which_reading", options[said.language])
    said.slots.pop("target")
    said.draft.text += said.draft.put(Thing("artifact", name))
    said.intend("predict")


def _no_verb(said: Said, desk: Desk, tables: list[str]) -> Asked:
    zh = said.language == "zh"
    if said.refused:
        return desk.ask("nothing_to_do", [example(said.language, said.world)])
    if tables:
        path, target = desk.thing(tables[0]).value, said.slots.get("target")
        more = (f"，目标列 {target}" if zh else f", target {target}") if target else ""
        texts = (f"查看 {path}", f"用 {path} 训练{more}", f"训练并部署 {path}{more}") if zh else (
            f"profile {path}", f"train on {path}{more}", f"train and deploy on {path}{more}")  # fmt: skip
        return desk.ask("what_to_do", texts, what=path)
    artifacts = desk.marks("artifact")
    if artifacts:
        tag = desk.thing(artifacts[0]).tag
        texts = (
            (f"评估 {tag}", f"部署 {tag}", f"{tag} 的状态")
            if zh
            else (f"evaluate {tag}", f"deploy {tag}", f"status of {tag}")
        )
        return desk.ask("what_to_do", texts, what=tag)
    return desk.ask("nothing_understood", [example(said.language, said.world)])


def _steps(said: Said, desk: Desk) -> list[Step]:
    """The steps of all intents, in the order of the workflow."""
    tools = {i.tool for i in said.intents}
    steps: list[Step] = []
    origin = add_training(desk, tools, steps) if tools & {"profile", "preprocess", "train"} else Origin()
    measured = "train" in tools and "deploy" in tools and not {"evaluate"} & {*said.refused, *tools}
    if measured:
        tools.add("evaluate")
    if "deploy" in tools and "package" in said.refused:
        said.refused = [tool for tool in said.refused if tool != "package"]
        raise _going_on(said, desk, _steps(said, Desk(said)), "package")
    placed: list[tuple[Step, Intent | None]] = [(step, None) for step in steps]
    for tool in ORDER[3:]:
        for intent in _of(said, tools, tool):
            placed += [(step, intent) for step in SERVING[tool](desk, intent, origin)]
    if measured and not any(s.tool == "deploy" and s.args["model"] == origin.model for s, _ in placed):
        placed = [(s, i) for s, i in placed if s.tool != "evaluate"]
    return _unique(said, placed)


def _of(said: Said, tools: set[str], tool: str) -> list[Intent]:
    found = [i for i in said.intents if i.tool == tool]
    return found or ([Intent(tool, "")] if tool in tools else [])


def _unique(said: Said, steps: list[tuple[Step, Intent | None]]) -> list[Step]:
    """Each step once; making a model in the order of the workflow, the rest where it was said."""
    kept: list[Step] = []
    for step, _ in sorted(steps, key=lambda s: _place(said, *s)):
        if step not in kept:
            kept.append(step)
    return kept


def _place(said: Said, step: Step, intent: Intent | None) -> tuple[int, int]:
    text = said.draft.text
    makers = [text.find(i.mark) for i in said.intents if i.tool in MAKERS and i.mark]
    at = min(makers, default=-1)
    if intent and intent.mark and not said.wants("train"):
        return text.find(intent.mark), ORDER.index(step.tool)
    if step.tool in FREE and intent and intent.mark:
        place = text.find(intent.mark)
        return (place, 0) if place < at else (len(text) + place, 0)
    return max(at, 0), ORDER.index(step.tool)


def _check_used(said: Said, desk: Desk, steps: list[Step]) -> None:
    """Everything that the request said is in the plan."""
    for kind in ("path", "artifact", "quoted"):
        for mark in said.draft.order(kind):
            known = mark in desk.used or any(desk.thing(mark).tag in _strings(s.args) for s in steps)
            if not known and not (kind == "artifact" and _harmless(desk, mark, steps)):
                raise _going_on(said, desk, steps, desk.thing(mark).tag)
    for mark in said.outputs:
        if mark not in desk.used:
            raise _going_on(said, desk, steps, desk.thing(mark).tag)
    for name, value in said.slots.items():
        if not name.startswith("_") and not any(_holds(s, name, value) for s in steps):
            _excuse(said, desk, steps, name, value)


def _going_on(said: Said, desk: Desk, steps: list[Step], what: str) -> Asked:
    """The question whether to go on without something that no step takes."""
    text = render(Plan(plan=steps), said.language)
    asked = desk.ask("unused", [text], what=what)
    asked.question.leaving(text)
    return asked


def _harmless(desk: Desk, mark: str, steps: list[Step]) -> bool:
    """A name that the steps bear anyway: "train a churn model on churn.csv"."""
    thing = desk.thing(mark)
    made = {s.args.get("name") for s in steps} | {slug(str(s.args.get("target", ""))) for s in steps}
    return thing.version is None and thing.value in made


def _holds(step: Step, name: str, value: Any) -> bool:
    if name in ("deploy_name", "prepared_name"):
        return step.tool == ("deploy" if name == "deploy_name" else "preprocess")
    if name in ("name", "model_name"):
        return "name" in step.args
    return bool(step.args.get({"revision": "to"}.get(name, name)) == value)


def _excuse(said: Said, desk: Desk, steps: list[Step], name: str, value: Any) -> None:
    """An argument that no step took: harmless, or a question."""
    if name == "metric" and (said.wants("evaluate") or said.wants("compare")):
        return
    if name == "platform" and value == "local" and not said.wants("deploy"):
        return
    raise _going_on(said, desk, steps, f"{name.replace('_', ' ')} {value}")


def _strings(args: dict[str, Any]) -> list[str]:
    return [str(v) for value in args.values() for v in (value if isinstance(value, list) else [value])]


def _check_tools(said: Said, steps: list[Step]) -> None:
    """Only tools that exist, with arguments that they have."""
    world = said.world
    for step in steps:
        if step.tool not in world.tools:
            joined = "、" if said.language == "zh" else ", "
            can = joined.join(verb(t, said.language) for t in world.tools)
            raise Asked(ask(said.language, "cannot_yet", what=verb(step.tool, said.language), can=can))
        for name in step.args:
            if name not in world.tools[step.tool]:
                raise _cannot_take(said, steps, step.tool, name)


def _cannot_take(said: Said, steps: list[Step], tool: str, name: str) -> Asked:
    """The question about an argument that a tool does not have yet."""
    left = [Step(tool=s.tool, args={k: v for k, v in s.args.items() if s.tool != tool or k != name}) for s in steps]
    text = render(Plan(plan=left), said.language)
    question = ask(said.language, "cannot_argument", [text], tool=tool, what=name.replace("_", " "))
    return Asked(question.leaving(text))
