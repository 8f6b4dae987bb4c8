"""A wish on its own changes the last plan: "now without tenure", "treat zip as a category", "换成随机森林再试一次"."""

import re
from typing import Any

from agent.understanding import understand
from agent.understanding.canonical import render
from agent.understanding.text import is_chinese
from agent.understanding.world import World
from tools.core.plan import Plan, Question, Step

LEAD = re.compile(
    r"^\s*(?:(?:ok(?:ay)?|and|then|now|but|so|also|this time|again|try (?:it |that )?again|instead|please|let us|let's"
    r"|can you|could you|do (?:it|that) again|once more|the same|same)\b[,:]?\s*)+"
    r"|^\s*(?:(?:那么?|现在|再|然后|这次|接着|另外|还有|请|好的?|改成|改为|换成|换用|同样|重新|试试|来一次)[，,]?\s*)+",
    re.IGNORECASE,
)
TAIL = re.compile(
    r"[,，]?\s*(?:(?:and )?(?:try|train|do it|run it|fit)(?: (?:it|that))?(?: again| once more)?"
    r"|instead|again|this time|please)[.!?]*\s*$|[，,]?(?:再|重新)?(?:试|训练|跑|来)(?:一次|一遍|一下|试)[。！]*$",
    re.IGNORECASE,
)
LISTS = ("drop", "derive", "missing")


def changed(line: str, last: Plan, world: World) -> str | None:
    """The canonical request for the last plan as a line changes it; None when the line is no such wish."""
    steps = {step.tool: step.args for step in last.plan}
    if "preprocess" not in steps or not isinstance(understand(line, world), Question):
        return None
    language = "zh" if is_chinese(line) else "en"
    wish = TAIL.sub("", LEAD.sub("", line)).strip(" ,.!;，。！；")
    asked = _asked(wish, steps["preprocess"], language, world)
    if asked is None:
        return None
    train = "train" in steps or any(step.tool == "train" for step in asked)
    kept = {tool: dict(steps.get(tool, {})) for tool in ("preprocess", "train")}
    for step in asked:
        if step.tool in kept:
            kept[step.tool] = _merged(kept[step.tool], step.args)
    plan = [Step(tool="preprocess", args=kept["preprocess"])]
    if train:
        name = kept["preprocess"].get("name", kept["preprocess"]["dataset"])
        plan.append(Step(tool="train", args={"dataset": name, "name": name, **kept["train"]}))
    plan += [step for step in asked if step.tool not in ("preprocess", "train")]
    return render(Plan(plan=plan), language)


def wished(wish: str, last: Plan, world: World) -> list[Step] | None:
    """The steps of a plan that has a wish alone, on the table of the last plan; None where it says nothing."""
    prepared = next((step.args for step in last.plan if step.tool == "preprocess"), None)
    return _asked(wish, prepared, "zh" if is_chinese(wish) else "en", world) if prepared else None


def _asked(wish: str, prepared: dict[str, Any], language: str, world: World) -> list[Step] | None:
    """The steps of a plan that has the wish alone; None where it says nothing, or is not understood."""
    dataset, target = prepared["dataset"], prepared.get("target")
    base = f"用 {dataset} 训练" if language == "zh" else f"train on {dataset}"
    aim = "" if target is None else f'，目标列 "{target}"' if language == "zh" else f', target "{target}"'
    plain, with_wish = (understand(text, world) for text in (f"{base}{aim}", f"{base}{aim}, {wish}"))
    if isinstance(with_wish, Question):  # the wish may say another target
        with_wish = understand(f"{base}, {wish}", world)
    if isinstance(plain, Question) or isinstance(with_wish, Question) or with_wish.plan == plain.plan:
        return None
    return with_wish.plan


def _merged(before: dict[str, Any], wish: dict[str, Any]) -> dict[str, Any]:
    """Arguments as a wish changes them: lists grow, conditions must both hold, anything else is replaced."""
    found = dict(before)
    for name, value in wish.items():
        if name in LISTS:
            found[name] = [*before.get(name, []), *(v for v in value if v not in before.get(name, []))]
        elif name == "kinds":
            said = {text.rpartition("=")[0] for text in value}
            found[name] = [k for k in before.get(name, []) if k.rpartition("=")[0] not in said] + value
        elif name == "where" and before.get("where") not in (None, value):
            found[name] = f"({before['where']}) and ({value})"
        else:
            found[name] = value
    return found
