"""Settles which of the tools that a request seems to ask for are meant, by what there is for them to work on."""

import re

from agent.understanding.assign import Desk
from agent.understanding.columns import mentions
from agent.understanding.goals import agrees
from agent.understanding.leftovers import is_told
from agent.understanding.lexicon import HAN
from agent.understanding.paths import is_table
from agent.understanding.replies import ask
from agent.understanding.said import Intent, Said

SERVED = {"port", "host", "platform", "replicas", "canary", "cors", "only_if_better"}
"""Arguments that only a deployment has."""
SERVED_ALONE = SERVED - {"only_if_better"}
REACHED = {"port", "host"}
CALLED = re.compile(
    r"\b(?:calls?|asks?|reach|query|access|allow|cors|origins?)\b|调用|访问|跨域|允许|接口", re.IGNORECASE
)
"""With an address of pages: they call what is served; "our website https://… sells phones" says nothing of that."""
ON_DEPLOYMENTS = ("stop", "logs", "promote", "rollback", "monitor")
RELEASED = ("deploy", "stop", "rollback", "promote", "delete")
"""What is not done where one clause wants it and another does not."""
RESULT = re.compile(r"\b(?:give|show|get|send|tell)(?: me| us)? the (?:results?|outcomes?|answers?)\b", re.IGNORECASE)
"""Of a prediction, its table."""
GROUPED = re.compile(
    rf"\b(?:by|on|per) (?:the )?([A-Za-z_]\w*)|(?:按照?|依据?|以) ?([{HAN}]{{1,8}}|[A-Za-z_]\w*)", re.IGNORECASE
)
ERRORS = re.compile(r"\berrors?\b.*\blogs?\b|\blogs?\b.*\berrors?\b", re.IGNORECASE)
INTO = re.compile(
    r"(?:\b(?:into|to|as|under|called|named|file ?names?(?: is)?)|文件名"
    r"|\b(?:table|file|list|sheet|csv|parquet)\b[^.;!?]{0,25}[:,]|[\uec00-\uefff] in"
    r"|\b(?:put|pop|stick|drop|dump|leave|save|store|write|give|get|want|need|have|answers?|results?|lists?|predictions?|scores?|output"
    r"|them|those|it|everything)\b[^,.;!?]{0,30}\bin"
    r"|[到成为进叫]|[存放写].{0,6}里?)\s*(?:(?:a|the|new|file|table|called|named)\s+)*$",
    re.IGNORECASE,
)
"""Before a file that is to be written."""
MADE_BY = {"target", "drop", "where", "derive", "impute", "scale", "encode", "estimators", "time_limit", "split"}
MAKING = ("profile", "preprocess", "train")


def settle(said: Said, desk: Desk) -> None:
    """Drop or turn what cannot be meant: "look at which columns matter in churn" profiles no table."""
    written = {desk.thing(m).value for m in said.outputs}
    said.outputs += [m for m in desk.marks("path") if desk.thing(m).value in written]
    if said.wants("predict"):
        _last_is_output(said, desk)
    tables = {desk.thing(m).value for m in desk.marks("path") if is_table(desk.thing(m).value)}
    models = {desk.thing(m).tag for m in desk.marks("artifact")}
    _ask_what_contradicts(said, models)
    if said.slots.get("canary", 100) < 100 and not said.wants("deploy") and any(":" in model for model in models):
        said.intents = [Intent("deploy", i.mark) if i.tool in ("promote", "monitor") else i for i in said.intents]
    if len({i.tool for i in said.intents}) > 1:
        _drop_idle(said, tables, models)
    _settle_files(said, desk, tables, models)
    if len(tables) == 1 and not models:
        _made_first(said)
        _meant_of_table(said)
    if "deploy_name" in said.slots and said.wants("package") and not said.wants("deploy"):
        said.set("name", said.slots.pop("deploy_name"))
    _imply_release(said, tables, models)


def _ask_what_contradicts(said: Said, models: set[str]) -> None:
    """What is wanted and not wanted, or stopped and brought back, is asked about; a release is left."""
    trains = "train" in said.refused and any(i.tool == "train" and i.mark for i in said.intents)
    if trains or (len(models) < 2 and said.wants("stop") and said.wants("rollback")):
        said.problems.append(ask(said.language, "which_reading"))
    if len(models) < 2:
        said.intents = [i for i in said.intents if i.tool not in RELEASED or i.tool not in said.refused]


def _settle_files(said: Said, desk: Desk, tables: set[str], models: set[str]) -> None:
    """A Bento's file beside "package" is to be written, and one for a script asks for that."""
    if said.wants("package") and models and not said.wants("deploy"):
        said.outputs += [m for m in desk.marks("path") if desk.thing(m).value.lower().endswith(".bento")]
    if len(models) != 1 or tables:
        return
    if said.wants("export") and not MADE_BY & said.slots.keys():
        _drop(said, "train")
    if writes_script(said) and not said.wants("export"):
        said.intents = [i for i in said.intents if i.tool not in ("train", "profile", "package")]
        said.intents.append(Intent("export", ""))


def _imply_release(said: Said, tables: set[str], models: set[str]) -> None:
    """Arguments that only a deployment has ask for one."""
    if "deploy" in said.refused:
        return
    alone = not said.intents and len(models) <= 1 and not tables
    reached = REACHED & said.slots.keys() or ("cors" in said.slots and CALLED.search(said.request))
    trained = said.wants("train") and (reached or said.slots.get("only_if_better")) and not said.wants("deploy")
    if (alone and SERVED_ALONE & said.slots.keys()) or trained:
        said.intents.append(Intent("deploy", ""))


def writes_script(said: Said) -> bool:
    """Whether a file is named that is to hold a script: it is never read."""
    return any(t.kind == "path" and t.value.lower().endswith(".py") for t in said.draft.things.values())


def _made_first(said: Said) -> None:
    """What is explained or measured of a table that is to be prepared in some way is a model of it."""
    asked = _asked(said)
    if asked and asked <= {"evaluate", "explain", "profile"} and asked != {"profile"}:
        prepared = MADE_BY & said.slots.keys()
        named = mentions(said.draft, 0, len(said.draft.text), said.columns) if asked == {"explain"} else []
        if len({read.columns[0] for _, read in named}) == 1 and "target" not in said.slots:
            said.set("target", named[0][1].columns[0])
            said.draft.cut(named[0][0], named[0][1].end)
        if prepared or named or (asked == {"explain"} and len(_targets(said)) == 1):
            said.intents = [*(i for i in said.intents if i.tool != "profile"), Intent("train", "")]


def ask_for_group(said: Said) -> None:
    """ "Group split by town" where no column is called town: which one is meant?"""
    if said.slots.get("split") != "group" or "group_column" in said.slots or not said.columns:
        return
    word = GROUPED.search(said.draft.text)
    if word:
        said.problems.append(ask(said.language, "no_such_column", said.columns, what=word[1] or word[2]))


def _last_is_output(said: Said, desk: Desk) -> None:
    """ "score new.csv churn out.csv": the second table, which ends the request and is not there, is to be written."""
    paths = [m for m in desk.marks("path") if is_table(desk.thing(m).value)]
    absent = [m for m in paths if said.world.table(desk.thing(m).value) is None]
    if said.outputs or not absent or len(absent) == len(paths) or len({desk.thing(m).value for m in absent}) > 1:
        return
    ends = len(paths) == 2 and paths[0] not in absent and said.draft.text.rstrip(" .!").endswith(paths[1])
    if ends or INTO.search(said.draft.text[: said.draft.text.index(absent[0])]):
        said.outputs += absent


def _drop_idle(said: Said, tables: set[str], models: set[str]) -> None:
    """What has nothing to work on, or was told rather than asked for."""
    if tables:
        _drop(said, "register")
    else:
        _drop(said, "profile")
        _drop(said, "predict")
    if not models and tables and any(said.wants(tool) for tool in MAKING):
        said.intents = [i for i in said.intents if i.tool not in ON_DEPLOYMENTS or not _is_idle(said, i)]
    if said.wants("predict") and RESULT.search(said.worded) and "metric" not in said.slots:
        _drop(said, "evaluate")
    if said.wants("logs") and ERRORS.search(said.worded):
        _drop(said, "evaluate")
    if said.wants("deploy") and said.wants("promote"):
        _drop(said, "promote" if "canary" in said.slots else "deploy")
    if said.wants("deploy") and said.wants("rollback") and len(models) < 2:
        _drop(said, "deploy")


def _meant_of_table(said: Said) -> None:
    """A table alone and what is to be predicted of it: a model has to be trained first."""
    asked = _asked(said)
    if asked and asked <= set(ON_DEPLOYMENTS):
        said.intents = []
    if asked == {"status", "profile"}:
        _drop(said, "status")
    if asked == {"status"}:
        _turn(said, "status", "profile")
    if {"train", "predict"} <= asked:
        _drop(said, "predict")
    elif asked and asked <= {"predict", "evaluate", "deploy"}:
        implied = "target" in said.slots and "_implied" in said.slots
        if implied or agrees(said.worded, _targets(said)):
            _turn(said, "predict", "train")


def _is_idle(said: Said, intent: Intent) -> bool:
    """Whether a verb on deployments, where none is named, ends the request or belongs to a story."""
    return intent.tool == "stop" or is_told(said, intent.mark)


def _targets(said: Said) -> list[str]:
    """Every likely target of the tables named."""
    tables = [said.world.table(t.value) for t in said.draft.things.values() if t.kind == "path"]
    return [target for facts in tables if facts for target in facts.targets]


def _asked(said: Said) -> set[str]:
    return {intent.tool for intent in said.intents}


def _drop(said: Said, tool: str) -> None:
    said.intents = [intent for intent in said.intents if intent.tool != tool]


def _turn(said: Said, tool: str, into: str) -> None:
    """A tool becomes another one, which is added where the first was not asked for."""
    if said.wants(tool):
        said.intents = [Intent(into, i.mark) if i.tool == tool else i for i in said.intents]
    else:
        said.intents.append(Intent(into, ""))
