"""References to result fields in a comment: {train.score}, {4.score} or {evaluate.metrics.recall}, and what they say.

The first part is a tool's name or a step's number; a tool that ran more than once has to be named by number. Then come
fields, and in lists a place from 0 or what the entry is about: {train.candidates.linear.score}, {train.interval[0]}.
What is shown has the field's name and unit, so that a wrong one shows; where two steps have such a field, whose it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agent.llm.cleaned import cleaned
from tools.core.journal import JournalStep

HIDDEN = ("headline", "warnings", "decisions", "decided")
"""Fields of sentences: code prints them already."""
ABOUT = ("column", "estimator", "model", "label", "name", "value")
"""Fields that say what an entry of a list is about."""
UNITS = {
    "rows": "rows", "train_rows": "rows", "test_rows": "rows", "set_aside": "rows", "rejected": "rows",
    "missing": "rows", "seconds": "s", "uptime_seconds": "s", "percent": "%", "canary": "%", "size_bytes": "bytes",
    "freed_bytes": "bytes", "openings": "times", "p50": "ms", "p99": "ms", "latency_ms": "ms", "lines": "lines",
}  # fmt: skip
SCORED = ("score", "interval", "baseline", "simple", "live_score", "difference", "importance")
"""Fields in the unit of the result's metric."""
CALLED = {("train", "score"): "cross-validation score", ("train", "interval"): "cross-validation interval"}
MOST_SHOWN = 200
MOST_ENTRIES = 6


@dataclass(frozen=True)
class Found:
    """A field of a step's result."""

    step: JournalStep
    path: tuple[str, ...]
    """The fields and entries on the way to it, as they are called."""
    value: Any


def shown(reference: str, steps: Sequence[JournalStep]) -> str | None:
    """What a reference says, with the field's name and unit; None when it names no field, or not one alone."""
    done = [step for step in steps if step.status == "done" and step.result]
    head, _, rest = cleaned(reference).strip().partition(".")
    named = [step for step in done if head in (step.tool, str(step.position))]
    if len(named) != 1 or not rest:
        return None
    fields = {key: value for key, value in (named[0].result or {}).items() if key not in HIDDEN}
    found = _walked(fields, rest, ())
    if found is None or (told := _told(found[1])) is None:
        return None
    return _labelled(Found(named[0], found[0], found[1]), told, done)


def _walked(value: Any, rest: str, path: tuple[str, ...]) -> tuple[tuple[str, ...], Any] | None:
    """Down the way that the rest of a reference names; names may hold dots."""
    if not rest:
        return path, value
    for key, name, child in _children(value):
        for after in (f"{key}", f"[{key}]"):
            left = rest.removeprefix(after)
            if left != rest and (left == "" or left[0] in ".["):
                found = _walked(child, left.removeprefix("."), (*path, name))
                if found:
                    return found
    return None


def _children(value: Any) -> Iterator[tuple[str, str, Any]]:
    """What is below a value: how a reference says it, how it is called, and what it is. Longer names come first."""
    if isinstance(value, dict):
        yield from ((key, key, value[key]) for key in sorted(value, key=len, reverse=True))
    elif isinstance(value, list):
        names = [_about(entry) for entry in value]
        places = sorted(range(len(value)), key=lambda n: len(names[n]), reverse=True)
        yield from ((names[n], names[n], value[n]) for n in places if names[n] and names.index(names[n]) == n)
        for n, entry in enumerate(value):
            yield str(n), names[n] or ("from", "to")[n] if len(value) == 2 else names[n] or f"[{n}]", entry


def _about(entry: Any) -> str:
    if not isinstance(entry, dict):
        return ""
    return next((str(entry[key]) for key in ABOUT if entry.get(key) is not None), "")


def _told(value: Any) -> str | None:
    """A value in few words; None for what is no single fact."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return re.sub(r"(?<=\.\d\d)0$", "", f"{value:.3f}") if 0.001 <= abs(value) < 100 else f"{value:,.4g}"
    if isinstance(value, list):
        return _listed(value)
    if value is None:
        return "none"
    return cleaned(value)[:MOST_SHOWN] if isinstance(value, str) and value.strip() else None


def _listed(values: list[Any]) -> str | None:
    parts = [_told(value) for value in values if not isinstance(value, dict | list)]
    if len(parts) != len(values) or not 0 < len(parts) <= MOST_ENTRIES or None in parts:
        return None
    numbers = len(values) == 2 and all(isinstance(value, float) for value in values)
    return (" to " if numbers else ", ").join(map(str, parts))


def _labelled(found: Found, told: str, done: Sequence[JournalStep]) -> str:
    field = found.path[-1]
    name = CALLED.get((found.step.tool, found.path[0]), found.path[0])
    way = [*found.path[1:-1], field] if len(found.path) > 1 else [name]
    if len(found.path) == 2 and found.path[0] not in ("columns", "candidates", "importances", "metrics"):
        way = [name, field]
    if len(found.path) > 1 and found.path[-2] == told:
        way = [field]
    metric = str((found.step.result or {}).get("metric") or "")
    unit = metric if set(found.path) & set(SCORED) and "metrics" not in found.path else UNITS.get(field, "")
    if found.value is None or isinstance(found.value, bool | str):
        return " ".join([*way, told])
    way = [] if way == [unit] else way  # "900 rows" says its name already
    return " ".join(filter(None, [_whose(found, done), *way, told, unit]))


def _whose(found: Found, done: Sequence[JournalStep]) -> str:
    """Whose field it is, where another step has one of that name."""
    others = [step for step in done if step is not found.step and found.path[0] in (step.result or {})]
    if not others:
        return ""
    if all(step.tool != found.step.tool for step in others):
        return found.step.tool
    result = found.step.result or {}
    subject = next((result[k] for k in ("model", "deployment", "prepared", "dataset") if k in result), None)
    same = [s for s in others if s.tool == found.step.tool and subject in (s.result or {}).values()]
    return f"step {found.step.position}" if same or not isinstance(subject, str) else subject


def names_in(steps: Sequence[JournalStep]) -> Iterator[str]:
    """Names in results: of artifacts, columns, estimators and metrics."""
    for step in steps:
        if step.status == "done" and step.result:
            yield from _names(step.result)


def _names(value: Any) -> Iterator[str]:
    named = ("dataset", "prepared", "model", "bento", "deployment", "estimator", "metric", "column", "target", "best")
    lists = ("datasets", "models", "bentos", "targets", "derived")
    if isinstance(value, list):
        for entry in value:
            yield from _names(entry)
    elif isinstance(value, dict):
        yield from value.get("metrics") or {} if isinstance(value.get("metrics"), dict) else ()
        for key, child in value.items():
            if isinstance(child, str) and (key in named or (key == "name" and "kind" in value)):
                yield child
            elif key in lists and isinstance(child, list):
                yield from (each for each in child if isinstance(each, str))
            elif key not in HIDDEN:
                yield from _names(child)
