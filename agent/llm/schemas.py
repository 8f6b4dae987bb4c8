"""What a language model can call, in the form of OpenAI's protocol: the typed tools in few words, and two of its own.

A schema is made from the tool's declaration, without what says nothing to a language model: titles, defaults, null, and
what follows a description's first clause. Arguments are checked against the declaration itself.
"""

from collections.abc import Iterable
from typing import Any

import tools

PLAIN = ("name", "deployment", "seed", "dataset", "host", "separator", "encoding", "header", "sheet")
"""Arguments whose names say all."""
PERSONS = ("overwrite",)
"""Arguments that only a person may give: a yes in advance to a step that destroys."""
KEPT = ("enum", "minimum", "maximum", "minItems", "exclusiveMinimum", "exclusiveMaximum")


def _own(name: str, description: str, required: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": [required]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


ASK = _own(
    "ask",
    "Ask the person, or say that Ekiben cannot do the request.",
    "text",
    text={"type": "string"},
    options={"type": "array", "items": {"type": "string"}},
)
HAND_OVER = _own(
    "hand_over",
    "Give the request to the planner of the whole.",
    "why",
    why={"type": "string"},
)


def described(name: str) -> dict[str, Any]:
    """One tool, from its declaration."""
    tool = tools.load(name)
    schema = tool.schema()
    fields = {field: _field(field, told) for field, told in schema["properties"].items() if field not in PERSONS}
    parameters: dict[str, Any] = {"type": "object", "properties": fields}
    if required := schema.get("required"):
        parameters["required"] = required
    return {
        "type": "function",
        "function": {"name": name, "description": _clause(tool.description), "parameters": parameters},
    }


def callable_by(names: Iterable[str], own: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an agent can call: tools by name, and calls of its own."""
    return [*map(described, names), *own]


def _field(name: str, told: dict[str, Any]) -> dict[str, Any]:
    one = next((each for each in told.get("anyOf", []) if each.get("type") != "null"), told)
    found: dict[str, Any] = {"type": one["type"]}
    if one["type"] == "array":
        found["items"] = {"type": one["items"]["type"]}
    found |= {key: one[key] for key in KEPT if key in one}
    if name not in PLAIN and (description := told.get("description")):
        found["description"] = _clause(description)
    return found


def _clause(text: str) -> str:
    return text.partition(";")[0].removesuffix(".")
