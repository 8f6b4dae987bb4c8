"""Whether what a planner made of a request is right, a question where a plan was due, or wrong."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tools.core.names import slug

Verdict = Literal["right", "offered", "asked", "wrong"]
Steps = list[dict[str, Any]]
CHOSEN = ("name", "target", "dataset")
"""Arguments that a plan may hold though the request did not say them: they follow from the table."""
SETS = ("drop", "estimators", "models", "missing", "kinds", "derive", "cors")
WRITTEN = ("where", "derive", "kinds")
"""Expressions: blanks and quotation marks do not count."""


def judged(
    expect: Mapping[str, Any],
    plan: Steps,
    text: str,
    options: list[str],
    newest: Mapping[str, str],
    readings: Iterable[Steps] = (),
) -> Verdict:
    """The verdict on a plan or, when that is empty, on a question.

    `readings` are the plans that its options lead to, `newest` holds each model's newest tag.
    """
    if "plan" in expect:
        if not plan:
            return "offered" if any(_same(expect["plan"], steps, newest) for steps in readings) else "asked"
        return "right" if _same(expect["plan"], plan, newest) else "wrong"
    if plan:
        return "wrong"
    offered = " ".join([text, *options]).casefold()
    near = [word for word in expect.get("near", []) if word.casefold() not in offered]
    return "asked" if near else "right"


def _same(wanted: Steps, made: Steps, newest: Mapping[str, str]) -> bool:
    """The same tools in the same order, with every argument that was said and none that was not."""
    if [step["tool"] for step in wanted] != [step["tool"] for step in made]:
        return False
    said = {name: _plain(name, value, newest) for step in wanted for name, value in step["args"].items()}
    pairs = zip(wanted, made, strict=True)
    return all(_agrees(one["args"], other["args"], said, newest) for one, other in pairs)


def _agrees(wanted: dict[str, Any], made: dict[str, Any], said: dict[str, Any], newest: Mapping[str, str]) -> bool:
    plain = {name: _plain(name, value, newest) for name, value in made.items()}
    if any(plain.get(name) != _plain(name, value, newest) for name, value in wanted.items()):
        return False
    more = {name: value for name, value in plain.items() if name not in wanted and name not in CHOSEN}
    return all(said.get(name) == value or _follows(name, value, said) for name, value in more.items())


def _follows(name: str, value: Any, said: Mapping[str, Any]) -> bool:
    """Whether an argument says no more than another one that was said."""
    return name == "split" and f"{value}_column" in said


def _plain(name: str, value: Any, newest: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        every = [_plain(name, one, newest) for one in value]
        return sorted(every) if name in SETS else every
    if isinstance(value, str) and name in WRITTEN:
        body = value.partition("=")[2] if name == "derive" else value
        return re.sub(r"[\s\"'`()]", "", body).replace("==", "=")
    if isinstance(value, str) and name in ("model", "models", "deployment", "dataset"):
        tag = value.rpartition("/")[2]
        slugged = ":".join(slug(part) for part in tag.split(":"))
        return newest.get(slugged, slugged) if name in ("model", "models") else slugged
    if isinstance(value, str) and name == "positive":
        return value.casefold()
    if name == "memory_limit":
        return float(re.sub(r"\s*gi?b?$", "", str(value), flags=re.IGNORECASE))
    return value.removeprefix("./") if isinstance(value, str) else value
