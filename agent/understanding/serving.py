"""The steps on models and deployments, one function a tool."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from agent.understanding.assign import ACCEPTED, BEST, Asked, Desk
from agent.understanding.fitting import fitting
from agent.understanding.leftovers import is_filler
from agent.understanding.lexicon import HAN, pattern
from agent.understanding.said import Intent
from agent.understanding.text import Thing
from agent.understanding.training import Origin
from tools.core.names import slug, stem
from tools.core.plan import Step

DEPLOY = ("platform", "host", "port", "replicas", "canary", "cors", "only_if_better", "namespace", "registry")
ON_DEPLOYMENTS = ("stop", "rollback", "logs", "promote", "status")
"""Tools whose own artifacts are not those that are compared."""
Maker = Callable[[Desk, Intent, Origin], list[Step]]


def _given(desk: Desk, names: tuple[str, ...]) -> dict[str, Any]:
    return {n: desk.said.slots[n] for n in names if n in desk.said.slots}


def _model(desk: Desk, intent: Intent, origin: Origin) -> Thing:
    """The model that was just trained, unless the verb's own clause names another one."""
    if origin.model is None:
        return desk.artifact(intent)
    named = [m for m in desk.own(intent, "artifact") if m not in desk.used] if intent.mark else []
    return desk.artifact(intent) if named else Thing("artifact", origin.model)


def _path(desk: Desk, intent: Intent) -> str | None:
    """A table that the verb reads, beyond the one that was trained on."""
    free = [m for m in desk.marks("path") if m not in desk.used]
    values = {desk.thing(m).value for m in free}
    if len(values) > 1:
        raise desk.ask("which_path", sorted(values))
    desk.used |= set(free)
    return values.pop() if values else None


def evaluate(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    several = desk.listed(intent) if intent.mark and origin.model is None else []
    if len({thing.tag for thing in several}) > 1 and not desk.marks("path"):
        checked = [desk.checked(thing, ACCEPTED[intent.tool]) for thing in several]
        return [Step(tool=intent.tool, args={"model": thing.tag}) for thing in checked]
    args = {"model": _model(desk, intent, origin).tag}
    wanted = desk.said.wants("predict") or desk.said.wants("monitor")
    path = None if wanted else _path(desk, intent)
    row = _given(desk, ("row",)) if intent.tool == "explain" else {}
    return [Step(tool=intent.tool, args=args | ({"path": path} if path else {}) | row)]


def compare(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    others = [i for i in desk.said.intents if i.tool in ON_DEPLOYMENTS and i.mark]
    taken = {mark for other in others for mark in desk.own(other, "artifact")}
    marks = [m for m in desk.marks("artifact") if m not in taken]
    tags = _exact(dict.fromkeys(desk.thing(m).tag for m in marks))
    if origin.model is not None and len(tags) == 1:
        tags = [origin.model, *tags]
    elif len(tags) < 2 or origin.model is not None:
        raise desk.ask("two_models", _pairs(desk, tags))
    for mark in marks:
        desk.checked(desk.thing(mark), ("model", "deployment"))
    desk.used |= set(marks)
    return [Step(tool="compare", args={"models": tags})]


def _exact(tags: Iterable[str]) -> list[str]:
    """Without a name of which several versions are named: "our churn thing, churn:1 and churn:2"."""
    every = list(tags)
    return [tag for tag in every if ":" in tag or sum(other.startswith(f"{tag}:") for other in every) < 2]


def _pairs(desk: Desk, named: list[str]) -> list[str]:
    """Comparisons that can be asked for, of the newest models or with the one that is named."""
    models = desk.said.world.tags("model")
    first = named[:1] or models[:1]
    word, link = ("比较", "和") if desk.said.language == "zh" else ("compare", "and")
    same = [
        m for m in models if m not in first and not (m.startswith(f"{first[0]}:") and m == _newest(models, first[0]))
    ]
    return [f"{word} {first[0]} {link} {m}" for m in same[:4]]


def _newest(models: list[str], name: str) -> str:
    return next((m for m in models if m.partition(":")[0] == name), "")


def package(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    thing = _model(desk, intent, origin)
    chosen = {} if desk.said.wants("deploy") or origin.model else _name(desk)
    written = {} if desk.said.wants("predict") else _output(desk) | _given(desk, ("overwrite",))
    return [Step(tool="package", args={"model": thing.tag, **chosen, **written})]


def _name(desk: Desk) -> dict[str, str]:
    return {"name": slug(desk.said.slots["name"])} if "name" in desk.said.slots else {}


def deploy(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    file = next((m for m in desk.marks("path") if desk.thing(m).value.lower().endswith(".bento")), None)
    if file:
        desk.used.add(file)
        path = desk.thing(file).value
        return [_deploy(desk, path, stem(path).removesuffix(".bento"))]
    thing = _deployable(desk, intent, origin)
    if thing.hint == "bento":
        return [_deploy(desk, f"bento/{thing.tag}", thing.value)]
    return [Step(tool="package", args={"model": thing.tag}), _deploy(desk, thing.tag, thing.value)]


def _deployable(desk: Desk, intent: Intent, origin: Origin) -> Thing:
    """A model; a table alone cannot be deployed, so ask whether to train on it first."""
    paths = desk.marks("path")
    if origin.model is None and paths and not desk.marks("artifact"):
        path = desk.thing(paths[0]).value
        zh = desk.said.language == "zh"
        raise desk.ask("which_reading", [f"训练并部署 {path}" if zh else f"train and deploy on {path}"])
    return _model(desk, intent, origin)


def _deploy(desk: Desk, model: str, default: str) -> Step:
    slots = desk.said.slots
    name = slug(slots.get("deploy_name", slots.get("name", default)))
    return Step(tool="deploy", args={"model": model, "name": name, **_given(desk, DEPLOY)})


def predict(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    path = _path(desk, intent)
    if path is None:
        raise desk.ask("no_table", desk.said.world.files()[:6])
    named = origin.model is not None or bool(desk.marks("artifact")) or BEST.search(desk.said.worded) is not None
    fits = None if named else fitting(desk.said.world, path)
    args: dict[str, Any] = {"model": fits or _model(desk, intent, origin).tag, "path": path}
    return [Step(tool="predict", args=args | _output(desk) | _given(desk, ("overwrite",)))]


def _output(desk: Desk) -> dict[str, str]:
    outputs = {desk.thing(m).value for m in desk.said.outputs}
    if len(outputs) > 1:
        raise desk.ask("which_path", sorted(outputs))
    desk.used |= set(desk.said.outputs)
    return {"output": outputs.pop()} if outputs else {}


def _deployment(desk: Desk, intent: Intent, origin: Origin) -> dict[str, Any]:
    _must_be_named(desk, origin)
    thing = desk.artifact(intent)
    if thing.version is not None:
        raise desk.ask("no_such_artifact", desk.names("deployment"), kind="deployment", what=thing.tag)
    return {"deployment": thing.value}


def _must_be_named(desk: Desk, origin: Origin) -> None:
    """ "train … and stop" may not mean the one deployment that there is."""
    if origin.model is not None and not desk.marks("artifact"):
        raise desk.ask("which_artifact", desk.names("deployment"), kind="deployment")


def stop(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    """One deployment, or each of those that nothing else is asked for."""
    alone = {i.tool for i in desk.said.intents} == {"stop"} and not desk.said.refused
    marks = [m for m in desk.marks("artifact") if m not in desk.used]
    tags = list(dict.fromkeys(desk.thing(m).tag for m in marks))
    if not alone or len(tags) < 2 or not desk.in_one_list(marks):
        return on_deployment(desk, intent, origin)
    desk.used |= set(marks)
    things = [desk.checked(Thing("artifact", t, hint="deployment"), ("deployment",)) for t in tags]
    return [Step(tool="stop", args={"deployment": thing.value}) for thing in things]


def on_deployment(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    args = _deployment(desk, intent, origin)
    if intent.tool == "logs":
        args |= _given(desk, ("lines",))
    if intent.tool == "monitor" and (path := _path(desk, intent)):
        args["path"] = path
    return [Step(tool=intent.tool, args=args)]


def rollback(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    _must_be_named(desk, origin)
    thing = desk.artifact(intent, ("deployment", "model"))
    name = desk.checked(Thing("artifact", thing.value, hint="deployment"), ("deployment",)).value
    if thing.version is not None and not thing.spoken:
        zh = desk.said.language == "zh"
        first = f"把 {name} 回滚到第 {thing.version} 版" if zh else f"roll back {name} to revision {thing.version}"
        raise desk.ask(
            "revision_or_model", [first, f"部署 {thing.tag}" if zh else f"deploy {thing.tag}"], what=thing.tag
        )
    to = thing.version if thing.version is not None else desk.said.slots.get("revision")
    if to is not None and to not in desk.said.world.revisions(name):
        known = [str(r) for r in desk.said.world.revisions(name)]
        raise desk.ask("no_such_revision", known, what=name, number=to)
    return [Step(tool="rollback", args={"deployment": name} | ({"to": to} if to is not None else {}))]


def status(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    marks = desk.own(intent, "artifact")
    names = {desk.thing(m).value for m in marks}
    others = [i for i in desk.said.intents if i.tool != "status"]
    every = {desk.thing(m).value for m in desk.marks("artifact")}
    if not names and len(every) == 1 and pattern("_slots", "its_status").search(desk.said.worded):
        return [Step(tool="status", args={"name": every.pop()})]
    if not names and not others and len({desk.thing(m).tag for m in desk.marks("artifact")}) == 1:
        marks = desk.marks("artifact")
        names = {desk.thing(m).value for m in marks}
    if len(names) != 1 or (others and any(set(marks) & set(desk.own(i, "artifact")) for i in others if i.mark)):
        return [Step(tool="status")]
    desk.used |= set(marks)
    thing = desk.checked(Thing("artifact", names.pop()), ("deployment", "model", "bento", "prepared", "dataset"))
    return [Step(tool="status", args={"name": thing.value})]


def register(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    path = _path(desk, intent)
    if path is None:
        raise desk.ask("no_table")
    return [Step(tool="register", args={"path": path, "name": slug(desk.said.slots.get("name", path_stem(path)))})]


def path_stem(path: str) -> str:
    return stem(path).rpartition(".")[0] or stem(path)


def export(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    args = {"model": _model(desk, intent, origin).tag}
    return [Step(tool="export", args=args | _output(desk) | _given(desk, ("overwrite",)))]


def delete(desk: Desk, intent: Intent, origin: Origin) -> list[Step]:
    marks = desk.near(intent, "artifact")
    if marks and len({(thing.hint, thing.tag) for thing in desk.listed(intent)}) > 1:
        marks = [m for m in desk.marks("artifact") if m in desk.used]
    if not marks:
        raise _no_column(desk) or desk.ask("which_kind", [])
    if len({desk.thing(m).tag for m in marks}) > 1 and not desk.in_one_list(marks):
        raise desk.ask("which_kind", [])
    desk.used |= set(marks)
    return [_delete_one(desk, desk.thing(m)) for m in dict.fromkeys(marks)]


def _no_column(desk: Desk) -> Asked | None:
    """ "train on x.csv, drop ContractType": what should go and is no artifact is a column of the table."""
    tables = [facts for m in desk.marks("path") if (facts := desk.said.world.table(desk.thing(m).value))]
    if len(tables) != 1 or not (desk.said.wants("train") or desk.said.wants("preprocess")):
        return None
    words = re.findall(rf"[A-Za-z_]\w*|[{HAN}]{{2,}}", desk.said.draft.text)
    strange = [word for word in words if not is_filler(word)]
    what = max(strange, key=lambda word: max(map(_alike(word), tables[0].columns)), default="?")
    return desk.ask("no_such_column", sorted(tables[0].columns, key=_alike(what), reverse=True), what=what)


def _alike(word: str) -> Callable[[str], float]:
    from rapidfuzz import fuzz

    return lambda column: fuzz.partial_ratio(word.casefold(), column.casefold())


def _delete_one(desk: Desk, thing: Thing) -> Step:
    """The kind is said, or only one kind has that name; a bare name must have one version."""
    kinds = [thing.hint] if thing.hint else desk.kinds_of(thing)
    desk.checked(thing, tuple(kinds or ("model", "dataset", "prepared", "bento", "deployment")))
    if thing.hint and not desk.exists(thing, (thing.hint,)):
        raise desk.ask("no_such_artifact", desk.said.world.tags(thing.hint), kind=thing.hint, what=thing.tag)
    tags = [
        (k, t)
        for k in kinds
        for t in desk.said.world.tags(k)
        if t == thing.tag or (thing.version is None and t.partition(":")[0] == thing.value)
    ]
    if len(tags) > 1:
        word = "删除" if desk.said.language == "zh" else "delete"
        raise desk.ask("which_kind", [f"{word} {k}/{t}" for k, t in tags])
    return Step(tool="delete", args={"kind": kinds[0], "name": thing.tag})


SERVING: dict[str, Maker] = {
    "evaluate": evaluate, "explain": evaluate, "compare": compare, "register": register, "package": package,
    "deploy": deploy, "promote": on_deployment, "predict": predict, "monitor": on_deployment, "rollback": rollback,
    "stop": stop, "logs": on_deployment, "status": status, "export": export, "delete": delete,
}  # fmt: skip
