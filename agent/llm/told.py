"""What a language model is told of a step: names, kinds and measures; no cell, no sentence of a tool's.

Sentences (headlines, warnings, decisions) quote cells and are left to the person. Of an error its sentence is told, but
for what stands in quotes and is no name that the language model knows, and for numbers where they could be cells.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from agent.llm.references import names_in
from tools.core.journal import JournalStep

MOST_BYTES = 2_000
LONGEST_TEXT = 120


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXTS = _words("""
    dataset prepared model bento deployment datasets models bentos targets derived target task split estimator variant
    metric verdict best column name kind platform url state runtime output since live
""")
"""Fields whose texts are names, kinds and addresses."""
NUMBERS = _words("""
    rows missing unique train_rows test_rows set_aside score interval baseline simple threshold cost latency_ms seconds
    calibration_error openings importance p_value difference live_score size_bytes freed_bytes revision previous
    verified canary equal rejected requests refused errors percent replicas uptime_seconds p50 p99 lines
""")
"""Fields whose numbers are counts and measures."""
PARTS = _words("columns dropped candidates importances slices deployments canary gate proof models latency_ms")
"""Fields with more of such fields in them."""
MEASURES = ("metrics",)
"""Numbers by name."""
SAID = ("positive", "labels", "report", "reason", "path")
"""Untold fields that a comment may well refer to."""
SAFE_NUMBERS = ("not_found", "in_use", "busy", "port_in_use", "needs_extra", "not_writable")
"""Codes of errors whose sentences hold no cells."""
WHOLE = (*SAFE_NUMBERS, "bad_arguments", "data_refused")
"""Codes of errors whose sentences are told to their ends; of the others what follows a colon may be anybody's words."""
QUOTED = re.compile(r"""(?<!\w)(['"`])((?:\\.|(?!\1(?!\w)).)*)\1(?!\w)|‘([^’]*)’|“([^”]*)”""", re.DOTALL)
OPEN_QUOTE = re.compile(r"""(?<!\w)['"`‘“](?=\S).*""", re.DOTALL)
NUMBER = re.compile(r"[-+]?\d[\w.,:%-]*")


def told(step: JournalStep, steps: Sequence[JournalStep] = (), names: Iterable[str] = ()) -> str:
    """A step's outcome as JSON of at most 2 kB; `steps` and `names` are what the language model knows already."""
    if step.status == "done" and step.result is not None:
        return _fitting({"status": "done", "step": step.position, **_fields(step.result), **_more(step.result)})
    if step.error:
        error = heard(step.error, _known(step, steps, names))
        return _fitting({"status": step.status, "step": step.position, "error": error})
    return json.dumps({"status": "not_run"})


def heard(error: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """An error without what could be a cell: {code, message, hint}."""
    code, names = error["code"], set(known)
    if error.get("told"):
        return {"code": code, "message": error["told"], "hint": ""}
    message = error["message"] if code in WHOLE else f"{error['message'].partition(': ')[0].removesuffix('.')}."
    free = code == "data_refused" and not error.get("argument")
    hint = error["hint"] if code in WHOLE and not free else ""
    keeps = code in SAFE_NUMBERS
    found = {"code": code, "message": scrubbed(message, names, keeps), "hint": scrubbed(hint, names, keeps)}
    return found | ({"gate": _fields(error["gate"])} if error.get("gate") else {})


def scrubbed(text: str, known: set[str], keeps_numbers: bool = False) -> str:
    """A sentence without quoted words and numbers that are not known."""

    def kept(match: re.Match[str]) -> str:
        inside = next(group for group in (match[2], match[3], match[4]) if group is not None)
        return match[0] if _is_known(inside, known) else "…"

    parts, at = [], 0
    for match in QUOTED.finditer(text):
        parts += [_bare(text[at : match.start()], known, keeps_numbers), kept(match)]
        at = match.end()
    last = text[at:]
    opened = OPEN_QUOTE.search(last)
    return "".join([*parts, _bare(last[: opened.start()] + "…" if opened else last, known, keeps_numbers)])


def _bare(text: str, known: set[str], keeps_numbers: bool) -> str:
    if keeps_numbers:
        return text
    return NUMBER.sub(lambda match: match[0] if match[0].rstrip(".,:") in known else "…", text)


def _is_known(text: str, known: set[str]) -> bool:
    return text in known or any(len(name) > len(text) > 1 and text in name and " " in name for name in known)


def _known(step: JournalStep, steps: Sequence[JournalStep], names: Iterable[str]) -> Iterable[str]:
    """Names that exist, and what the language model wrote itself."""
    yield from names
    yield from names_in(steps)
    for each in (*steps, step):
        yield from (str(leaf) for leaf in leaves(each.args))


def leaves(value: Any) -> list[Any]:
    """What stands in lists and tables, at any depth."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [leaf for each in inside for leaf in leaves(each)]
    return [value]


def _fields(result: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in result.items():
        told = _field(key, value)
        if told is not None:
            found[key] = told
    return found


def _field(key: str, value: Any) -> Any:
    many = value if isinstance(value, list) else [value]
    if key in MEASURES and isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items() if isinstance(each, int | float)}
    if key in TEXTS and all(isinstance(each, str) for each in many):
        return [each[:LONGEST_TEXT] for each in many] if isinstance(value, list) else value[:LONGEST_TEXT]
    if key in NUMBERS and all(isinstance(each, int | float) for each in many):
        return [_rounded(each) for each in many] if isinstance(value, list) else _rounded(value)
    if key in PARTS and all(isinstance(each, dict) for each in many):
        return [_fields(each) for each in many] if isinstance(value, list) else _fields(value)
    return None


def _rounded(value: float) -> float:
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _more(result: dict[str, Any]) -> dict[str, Any]:
    """What there is more: fields to refer to, warnings that the person sees."""
    fields = [key for key in SAID if result.get(key)]
    warnings = len(result.get("warnings") or [])
    return ({"fields_not_told": fields} if fields else {}) | (
        {"warnings_shown_to_person": warnings} if warnings else {}
    )


def _fitting(document: dict[str, Any]) -> str:
    """The document as JSON, its longest lists cut until it fits."""
    text = json.dumps(document, ensure_ascii=False)
    while len(text.encode()) > MOST_BYTES:
        lists = [(len(json.dumps(value)), key) for key, value in document.items() if isinstance(value, list) and value]
        if not lists:
            return json.dumps({"status": document["status"], "too_long_to_tell": sorted(document)})[:MOST_BYTES]
        _, key = max(lists)
        document[key] = document[key][: len(document[key]) // 2]
        document["cut"] = sorted({*document.get("cut", []), key})
        text = json.dumps(document, ensure_ascii=False)
    return text
