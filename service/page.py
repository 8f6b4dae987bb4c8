"""The page at /: what a model predicts, how good it is, a form to try it, and how to call it. It loads nothing.

page.html is its frame, page.css its looks, page.js what the form does; names and categories of a table reach it as
escaped text alone.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from service.row_schema import LONGEST_LISTED

MOST_CHOICES = 50
"""Up to so many categories are a list to choose from; more are suggestions."""
MOST_SUGGESTED = 500
MOST_NAMED = 5
"""Labels, or categories, that a sentence names."""
FIRST_SHOWN = 8
MARK = re.compile(r"<!--(\w+)-->")
IN_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
KINDS = {"numeric": "number", "boolean": "true or false", "datetime": "date", "categorical": "category", "text": "text"}


def page(facts: Mapping[str, Any]) -> str:
    """The page's HTML. `facts` of models that older versions trained may lack some."""
    columns = facts["inputs"]["columns"]
    example = facts.get("example") or {}
    parts = {
        "title": escape(str(facts["model"])),
        "style": _read("page.css"),
        "script": _read("page.js"),
        "name": _name(str(facts["model"])),
        "about": _about(facts),
        "facts": _facts(facts),
        "filled": "Filled with a row of typical values." if example else "Fill in what is known of a row.",
        "fields": "".join(_field(n, column, example.get(column["name"])) for n, column in enumerate(columns)),
        "model": _data({"target": facts["target"], "columns": [[c["name"], c["kind"]] for c in columns]}),
    }
    return MARK.sub(lambda mark: parts[mark[1]], _read("page.html"))


@cache
def page_headers() -> list[tuple[bytes, bytes]]:
    """Headers of the page: its own script and style run and no other, and nothing comes from or goes elsewhere."""
    rules = {
        "default-src": "'none'",
        "script-src": _hash("page.js"),
        "style-src": _hash("page.css"),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    policy = "; ".join(f"{name} {value}" for name, value in rules.items())
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]


def keep_files() -> None:
    """Read the page's files now: their folder may be moved while the service lives."""
    for name in ("page.html", "page.css", "page.js"):
        _read(name)


@cache
def _read(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(name: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(_read(name).encode()).digest()).decode()}'"


def _data(value: Any) -> str:
    """JSON that can stand in a script element."""
    return json.dumps(value, ensure_ascii=False).translate(IN_SCRIPT)


def _name(tag: str) -> str:
    name, _, version = tag.partition(":")
    return f'{escape(name)} <span class="version">version {escape(version)}</span>'


def _about(facts: Mapping[str, Any]) -> str:
    target, count = f"<strong>{escape(str(facts['target']))}</strong>", len(facts["inputs"]["columns"])
    source = f"from {count} columns" if count > 1 else "from one column"
    if not facts["labels"]:
        return f"Predicts {target}, a number, {source}."
    named = [f"<b>{escape(str(label)[:LONGEST_LISTED])}</b>" for label in facts["labels"]]
    return f"Predicts {target}, which is {_either(named)}, {source}."


def _either(named: list[str]) -> str:
    if len(named) > MOST_NAMED + 1:
        return f"one of {len(named)} labels ({', '.join(named[:MOST_NAMED])}, …)"
    return " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _facts(facts: Mapping[str, Any]) -> str:
    """The cards under the title: score, baseline, what it was trained on, what it is made of."""
    cards: list[tuple[str, str, str]] = []
    if facts.get("score") is not None:
        low, high = facts["interval"]
        cards.append(
            (
                facts["metric"],
                shown(facts["score"]),
                f"{shown(low)} to {shown(high)} (95 % interval), by cross-validation",
            )
        )
        cards.append(("always guessing", shown(facts["baseline"]), "the same score without any column"))
    lineage = facts.get("lineage") or {}
    if facts.get("train_rows"):
        source = ", ".join(filter(None, (lineage.get("table"), lineage.get("dataset"))))
        cards.append(("trained on", f"{facts['train_rows']:,} rows", source))
    if lineage.get("made"):
        cards.append(("trained", str(lineage["made"])[:10], str(facts["estimator"]).replace("_", " ")))
    return "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(value)}</dd><dd>{escape(note)}</dd></div>"
        for term, value, note in cards
    )


def shown(value: float) -> str:
    """A score as people read it."""
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def _field(number: int, column: Mapping[str, Any], value: Any) -> str:
    """One input: its name, what it takes, a control filled with the example, and room for what is wrong."""
    given = f'id="c{number}" aria-describedby="h{number} e{number}"'
    return (
        f'<div class="field"><label for="c{number}">{escape(column["name"])}</label>'
        f"{_control(number, column, given, value)}"
        f'<p class="hint" id="h{number}">{escape(hint(column))}</p>'
        f'<p class="wrong" id="e{number}" hidden></p></div>'
    )


def hint(column: Mapping[str, Any]) -> str:
    """What a column takes, in a few words."""
    words = [KINDS[column["kind"]]]
    if column.get("minimum") is not None:
        words.append(f"{_plain(column['minimum'])} to {_plain(column['maximum'])} in training")
    if names := column.get("categories"):
        first = ", ".join(name[:40] for name in names[:FIRST_SHOWN])
        words.append(first + (f" and {len(names) - FIRST_SHOWN} more" if len(names) > FIRST_SHOWN else ""))
    return " · ".join([*words, *(["may be missing"] if column["missing"] else [])])


def _plain(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() and abs(number) < 1e15 else f"{number:,.6g}"


def _control(number: int, column: Mapping[str, Any], given: str, value: Any) -> str:
    kind, categories = column["kind"], column.get("categories") or []
    text = "" if value is None else escape(str(value))
    if kind == "boolean":
        chosen = None if value is None else str(value).lower()
        return _select(given, ("true", "false"), chosen)
    if kind == "categorical" and 0 < len(categories) <= MOST_CHOICES:
        return _select(given, categories, value)
    if kind == "numeric":
        return f'<input {given} type="number" step="any" inputmode="decimal" value="{text}">'
    if kind == "datetime":
        timed = "datetime-local" if "T" in text else "date"
        return f'<input {given} type="{timed}" step="any" value="{text}">'
    if kind == "text":
        return f'<textarea {given} rows="2">{text}</textarea>'
    options = "".join(
        f'<option value="{escape(name)}">' for name in categories[:MOST_SUGGESTED] if len(name) <= LONGEST_LISTED
    )
    return f'<input {given} list="l{number}" value="{text}"><datalist id="l{number}">{options}</datalist>'


def _select(given: str, choices: Iterable[str], chosen: Any) -> str:
    """A list to choose from; its empty choice leaves the value out."""
    options = [("", "(missing)"), *((name, name[:LONGEST_LISTED]) for name in choices)]
    listed = "".join(
        f'<option value="{escape(name)}"{" selected" if name == (chosen or "") else ""}>{escape(text)}</option>'
        for name, text in options
    )
    return f"<select {given}>{listed}</select>"
