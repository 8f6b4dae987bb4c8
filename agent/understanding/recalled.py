"""Answers from what a conversation has found out already: reasons, and scores that an evaluation holds."""

from typing import Any

from agent.understanding.changes import wished
from agent.understanding.lexicon import choices, chosen
from agent.understanding.memory import Deed, Memory
from agent.understanding.world import World

EXPLAINED = ("evaluate", "predict", "package", "deploy", "promote", "rollback")
"""Steps after which "why?" asks what drives the model."""


def reasons(memory: Memory, language: str) -> tuple[str, list[str]]:
    """What to say to "why?", and requests that tell more; words alone, or one request alone, where that is enough."""
    zh = language == "zh"
    if memory.turns and memory.turns[-1].status not in ("done", "running"):
        return memory.turns[-1].reason, []
    last = memory.last()
    if last is None or last.result is None:
        return "", []
    if last.tool == "preprocess":
        return " ".join(map(_dropped, last.result["dropped"])) or last.result["headline"], []
    if last.tool == "train":
        return _chosen(last.result, zh), []
    if last.tool == "compare":
        return last.result["headline"], []
    model = memory.newest("model")
    return ("", [f"解释 {model}" if zh else f"explain {model}"]) if last.tool in EXPLAINED and model else ("", [])


def why_so(rest: str, memory: Memory, language: str) -> str:
    """Why a column went, or why an estimator was or was not taken; empty when nothing of that is known."""
    said = rest.casefold()
    prepared, trained = memory.last("preprocess"), memory.last("train")
    for column in _gone(prepared):
        if column["column"].casefold() in said:
            return _dropped(column)
    for sentence in _decisions(prepared):
        if any(len(word) > 2 and word in sentence.casefold() for word in _columns(said, prepared)):
            return sentence
    if trained and trained.result and any(_name(c["estimator"]) in said for c in trained.result["candidates"]):
        return _chosen(trained.result, language == "zh")
    return ""


def about_a_metric(wish: str, memory: Memory, world: World, language: str) -> tuple[str, list[str]]:
    """The value of a metric that an evaluation measured; where none did, the requests that could be meant."""
    zh, model = language == "zh", memory.newest("model")
    metric = _metric(wish, memory, world)
    if not metric or model is None:
        return "", []
    found = memory.of("evaluate", model)
    if found and (value := found["metrics"].get(metric)) is not None:
        return f"{metric} {value:.3f} {_rows_of(found, zh)} ({model})", []
    text = f"{model} 还没有测过 {metric}。" if zh else f"Nothing has measured {metric} of {model} yet."
    evaluate = f"评估 {model}" if zh else f"evaluate {model}"
    again = f"用 {_source(memory)} 训练，指标 {metric}" if zh else f"train on {_source(memory)}, metric {metric}"
    return text, [evaluate, again] if memory.plan else [evaluate]


def _metric(wish: str, memory: Memory, world: World) -> str:
    """The metric that a wish is, and nothing else; empty where it is something else."""
    if memory.plan is None:
        bare = wish.strip(" ?.!？。！")
        match = choices("_metrics").match(bare)
        return chosen(match, "_metrics") if match and match.end() == len(bare) else ""
    asked = wished(wish, memory.plan, world) if wish else None
    found = [s.args["metric"] for s in asked or [] if s.tool == "train" and set(s.args) - MADE == {"metric"}]
    return str(found[0]) if found and len(asked or []) <= 3 else ""


def _rows_of(evaluation: dict[str, Any], zh: bool) -> str:
    """Which rows an evaluation was on."""
    if evaluation.get("openings") is None:
        return "（那个表格的行）" if zh else "on the rows of that table"
    return "（封存的测试集）" if zh else "on rows it never saw"


MADE = {"dataset", "name"}


def _source(memory: Memory) -> str:
    plan = memory.plan
    return next((str(s.args["dataset"]) for s in plan.plan if s.tool == "preprocess"), "") if plan else ""


def _chosen(result: dict[str, Any], zh: bool) -> str:
    from tools.core.learning.metrics import best_first

    scored = best_first([c for c in result["candidates"] if c["score"] is not None], result["metric"])
    told = [" ".join(filter(None, (c["estimator"], c.get("variant"), f"{c['score']:.3f}"))) for c in scored[:6]]
    lead = "交叉验证分数" if zh else "Cross-validation scores"
    return f"{lead} ({result['metric']}): {', '.join(told)}. {result['headline']}"


def _gone(prepared: Deed | None) -> list[dict[str, Any]]:
    return list(prepared.result["dropped"]) if prepared and prepared.result else []


def _dropped(column: dict[str, Any]) -> str:
    return f"{column['column']}: {column['reason']}."


def _decisions(prepared: Deed | None) -> list[str]:
    found = (prepared.result or {}).get("decisions") or [] if prepared else []
    return [decision["decision"] for decision in found]


def _columns(said: str, prepared: Deed | None) -> list[str]:
    return [word.strip("?.,'\"") for word in said.split()] if prepared else []


def _name(estimator: str) -> str:
    return estimator.replace("_", " ")
