"""What exists, as tables in the chat: models, deployments, runs."""

from typing import TYPE_CHECKING, Any

import tools
from agent.charts import table
from agent.history import table as history
from tools.core.journal import Journal

if TYPE_CHECKING:
    from agent.chat.talk import Talk

MOST = 20


def status(talk: "Talk", rest: str) -> None:
    """What is live, and one deployment's record where its name is given."""
    tool = tools.load("status")
    found = tool.run(tool.parse({"name": rest} if rest else {}), talk.settings.context())
    talk.terminal.say(found.headline())
    for deployment in found.document()["deployments"] if rest else []:
        _lines(talk, history(deployment["history"]))


def models(talk: "Talk", rest: str) -> None:
    """The models, newest first."""
    found = [a for a in talk.settings.context().store.all("model") if rest in ("", a.name, a.tag)]
    found.sort(key=lambda a: str(a.record.get("created", "")), reverse=True)
    if not found:
        _lines(talk, ["There is no model yet. Say, for example: train on churn.csv"])
        return
    rows = [_model(n, a.tag, a.record.get("result") or {}) for n, a in enumerate(found[:MOST], 1)]
    _lines(talk, table(("", "model", "estimator", "score", "metric"), rows, talk.terminal.width))
    talk.listed = [a.tag for a in found[:MOST]]


def _model(number: int, tag: str, result: dict[str, Any]) -> tuple[str, ...]:
    score = result.get("score")
    shown = "" if score is None else f"{score:.3f}"
    return str(number), tag, str(result.get("estimator", "")), shown, str(result.get("metric", ""))


def deployments(talk: "Talk", rest: str) -> None:
    """The deployments and what each serves."""
    tool = tools.load("status")
    found = tool.run(tool.parse({}), talk.settings.context()).document()["deployments"]
    if not found:
        _lines(talk, ["Nothing was deployed yet. Say, for example: deploy churn"])
        return
    rows = [
        (str(n), d["name"], d["state"], str(d["revision"] or "-"), d["model"] or "-", d["url"])
        for n, d in enumerate(found, 1)
    ]
    _lines(talk, table(("", "deployment", "state", "revision", "model", "address"), rows, talk.terminal.width))
    talk.listed = [d["name"] for d in found]


def runs(talk: "Talk", rest: str) -> None:
    """The runs, newest first."""
    found = Journal(talk.workspace).runs()[:MOST]
    if not found:
        _lines(talk, ["There is no run yet."])
        return
    rows = [(str(r["id"]), r["status"], r["request"].replace("\n", " ")) for r in found]
    _lines(talk, table(("run", "status", "request"), rows, talk.terminal.width))


def _lines(talk: "Talk", lines: list[str]) -> None:
    for line in lines:
        talk.terminal.say(line)
