"""Settles which of the tools that a request seems to ask for are meant, by what there is for them to work on."""

from agent.understanding.assign import Desk
from agent.understanding.goals import agrees
from agent.understanding.paths import is_table
from agent.understanding.risks import likely
from agent.understanding.said import Intent, Said

MAKING = ("profile", "preprocess", "train")


def settle(said: Said, desk: Desk) -> None:
    """Drop or turn what cannot be meant: "look at which columns matter in churn" profiles no table."""
    tables = {desk.thing(m).value for m in desk.marks("path") if is_table(desk.thing(m).value)}
    models = {desk.thing(m).tag for m in desk.marks("artifact")}
    if len({i.tool for i in said.intents}) > 1:
        _drop_idle(said, tables, models)
    if len(tables) == 1 and not models:
        _meant_of_table(said)


def _drop_idle(said: Said, tables: set[str], models: set[str]) -> None:
    """What has nothing to work on, or was told rather than asked for."""
    if not tables:
        _drop(said, "profile")
    if not models and tables and any(said.wants(tool) for tool in MAKING):
        _drop(said, "stop")
    if said.wants("deploy") and said.wants("promote"):
        _drop(said, "promote" if "canary" in said.slots else "deploy")
    if said.wants("deploy") and said.wants("rollback") and len(models) < 2:
        _drop(said, "deploy")


def _meant_of_table(said: Said) -> None:
    """A table alone and what is to be predicted of it: a model has to be trained first."""
    asked = {i.tool for i in said.intents}
    if asked == {"status"}:
        _turn(said, "status", "profile")
    if {"train", "predict"} <= asked:
        _drop(said, "predict")
    elif asked and asked <= {"predict", "evaluate", "deploy"}:
        implied = "target" in said.slots and "_implied" in said.slots
        if implied or agrees(said.worded, likely(said)):
            _turn(said, "predict", "train")


def _drop(said: Said, tool: str) -> None:
    said.intents = [intent for intent in said.intents if intent.tool != tool]


def _turn(said: Said, tool: str, into: str) -> None:
    """A tool becomes another one, which is added where the first was not asked for."""
    if said.wants(tool):
        said.intents = [Intent(into, i.mark) if i.tool == tool else i for i in said.intents]
    else:
        said.intend(into)
