"""What a model tells of itself: the OpenAPI document at /docs.json and the page at /."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from service.rows import accepts
from service.runtime import label_text

TYPES: dict[str, list[str]] = {
    "numeric": ["number"],
    "boolean": ["boolean", "integer", "string"],
    "categorical": ["string", "number", "boolean"],
    "datetime": ["string"],
    "text": ["string", "number"],
}
DIGITS = re.compile(r"(%[a-zA-Z])+")
"""A date format without anything between its parts."""
ERRORS = {
    "400": "Not JSON",
    "413": "Too large",
    "422": "A bad row, or no rows",
    "429": "Too many requests at once",
    "503": "The model is still being loaded",
    "504": "Too slow",
}


def openapi(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a model's service."""
    post = {
        "operationId": "predict",
        "summary": f"Predict {facts['target']}",
        "requestBody": {"required": True, "content": _json(_request(facts))},
        "responses": {
            "200": {"description": "Predictions in the rows' order", "content": _json(_response(facts))},
            **{
                code: {"description": said, "content": _json({"$ref": "#/components/schemas/Error"})}
                for code, said in ERRORS.items()
            },
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": facts["model"], "version": str(facts["model"]).rpartition(":")[2]},
        "paths": {"/predict": {"post": post}},
        "components": {"schemas": {"Row": row_schema(facts["inputs"]), "Error": _error()}},
    }


def row_schema(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of one row, made from the training columns."""
    columns = inputs["columns"]
    properties = {column["name"]: _column_schema(column) for column in columns}
    properties |= {name: {"description": "Accepted and ignored"} for name in inputs["ignored"]}
    required = [column["name"] for column in columns if not column["missing"]]
    return {"type": "object", "properties": properties, "required": required}


def page(facts: Mapping[str, Any]) -> str:
    """A page for people: what the model predicts and from what. It loads nothing from anywhere."""
    lines = "".join(
        f"<tr><td>{escape(column['name'])}</td><td>{escape(column['kind'])}</td>"
        f"<td>{escape(accepts(column))}</td><td>{'may be missing' if column['missing'] else ''}</td></tr>"
        for column in facts["inputs"]["columns"]
    )
    title = escape(str(facts["model"]))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{font:16px system-ui;margin:2em auto;max-width:60em;padding:0 1em}"
        "td{padding:.2em 1em .2em 0;vertical-align:top}code{background:#eee;padding:.1em .3em}</style>"
        f"<h1>{title}</h1><p>Predicts <b>{escape(str(facts['target']))}</b> ({escape(facts['task'])}). "
        "<code>POST /predict</code> with <code>{&quot;rows&quot;: [{column: value, …}]}</code>; "
        f'the schema is at <a href="docs.json">docs.json</a>.</p><table>{lines}</table></html>'
    )


def _column_schema(column: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [*TYPES[column["kind"]], *_more_types(column), *(["null"] if column["missing"] else [])]
    schema: dict[str, Any] = {"type": kinds}
    if column["kind"] == "categorical":
        schema["description"] = "Seen in training: " + ", ".join(column["categories"][:50])
    if column.get("minimum") is not None:
        schema["description"] = f"Between {column['minimum']} and {column['maximum']} in training"
    return schema


def _more_types(column: Mapping[str, Any]) -> list[str]:
    """What a column takes because of how its table wrote it: dressed numbers, dates of digits alone."""
    if column["kind"] == "datetime":
        return ["integer"] if any(DIGITS.fullmatch(form) for form in column.get("formats") or []) else []
    return ["string"] if column["kind"] == "numeric" and column.get("number") else []


def _request(facts: Mapping[str, Any]) -> dict[str, Any]:
    rows = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Row"}}
    return {"type": "object", "properties": {"rows": rows}, "required": ["rows"]}


def _response(facts: Mapping[str, Any]) -> dict[str, Any]:
    warning = {"row": {"type": "integer"}, "column": {"type": "string"}, "message": {"type": "string"}}
    prediction = {"enum": facts["labels"]} if facts["labels"] else {"type": "number"}
    properties: dict[str, Any] = {
        "predictions": {"type": "array", "items": prediction},
        "model": {"type": "string"},
        "request_id": {"type": "string"},
        "warnings": {"type": "array", "items": {"type": "object", "properties": warning}},
    }
    if facts["labels"]:
        each = {label_text(label): {"type": "number"} for label in facts["labels"]}
        properties["probabilities"] = {"type": "array", "items": {"type": "object", "properties": each}}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _error() -> dict[str, Any]:
    text: dict[str, Any] = {"type": ["string", "null"]}
    fields = {"code": {"type": "string"}, "message": {"type": "string"}, "row": {"type": ["integer", "null"]}}
    error = {"type": "object", "properties": {**fields, "column": text, "accepted": text}}
    properties = {"error": error, "request_id": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["error"]}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
