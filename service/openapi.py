"""The OpenAPI document of a model's service, at /docs.json and inside its Bento."""

from collections.abc import Mapping
from typing import Any

from service.limits import LARGEST_BODY, MOST_ROWS
from service.row_schema import row_schema
from service.runtime import label_text

Schema = dict[str, Any]
WRONG = {
    "400": "The body is not JSON",
    "401": "A key is needed, or it is not the right one",
    "413": f"More than {LARGEST_BODY} bytes, or more than {MOST_ROWS} rows",
    "422": "A row is not as the model needs it, or there are no rows; nothing was predicted",
    "429": "Too many requests at once",
    "500": "A fault of the service; its log has the request's id",
    "503": "The model is still being loaded",
    "504": "The answer would take too long",
}
_TEXT: Schema = {"type": "string"}
LATER = ("429", "503")
"""Statuses whose answer says after how many seconds to try again."""
KEYED = "Needed where the service was started with EKIBEN_SERVICE_KEY."
REQUEST_ID = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
RETRY = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}


def openapi(facts: Mapping[str, Any]) -> Schema:
    """The OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": facts["model"],
            "version": str(facts["model"]).rpartition(":")[2],
            "description": f"Predicts {facts['target']} ({facts['task']}).",
        },
        "paths": {"/predict": {"post": _predict(facts)}, **_own(), **_health()},
        "security": [{}, {"key": []}, {"password": []}],
        "components": {
            "schemas": _schemas(facts),
            "responses": {f"Error{status}": _refusal(status, said) for status, said in WRONG.items()},
            "headers": _headers(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": KEYED},
                "password": {"type": "http", "scheme": "basic", "description": f"{KEYED} It is the password."},
            },
        },
    }


def _predict(facts: Mapping[str, Any]) -> Schema:
    answer = {"description": "Predictions in the rows' order", "headers": REQUEST_ID, "content": _json("Answer")}
    return {
        "operationId": "predict",
        "summary": f"Predict {facts['target']}",
        "requestBody": {"required": True, "content": _json("Request")},
        "responses": {"200": answer, **_refusals(*WRONG)},
    }


def _own() -> Schema:
    """The page, this document and the metrics."""
    document = {"application/json": {"schema": {"type": "object"}}}
    told = {
        "/": ("page", "A page for people", {"text/html": {"schema": _TEXT}}),
        "/docs.json": ("docs", "This document", document),
        "/metrics": ("metrics", "Counts and times for Prometheus", {"text/plain": {"schema": _TEXT}}),
    }
    return {
        path: {
            method: {
                "operationId": name if method == "get" else f"{name}_head",
                "summary": summary if method == "get" else f"{summary}: the headers alone",
                "responses": {
                    "200": {"description": summary, **({"content": content} if method == "get" else {})},
                    **(_refusals("401", "503") if method == "get" else _silent("401", "503")),
                },
            }
            for method in ("get", "head")
        }
        for path, (name, summary, content) in told.items()
    }


def _health() -> Schema:
    text: Schema = {"text/plain": {"schema": _TEXT}}
    told = {
        "/livez": ("live", "Whether the process answers", {}),
        "/readyz": ("ready", "Whether the model is loaded", {"503": {"description": "Not yet"}}),
    }
    return {
        path: {
            "get": {
                "operationId": name,
                "summary": summary,
                "security": [],
                "responses": {"200": {"description": summary, "content": text}, **more},
            }
        }
        for path, (name, summary, more) in told.items()
    }


def _schemas(facts: Mapping[str, Any]) -> Schema:
    example = facts.get("example") or {}
    rows: Schema = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": _named("Row")}
    request: Schema = {"type": "object", "properties": {"rows": rows}, "required": ["rows"]}
    if example:
        request["examples"] = [{"rows": [example]}]
    return {
        "Request": request,
        "Row": row_schema(facts["inputs"], example),
        "Answer": _answer(facts),
        "Warning": _object(row={"type": "integer", "minimum": 0}, column=_TEXT, message=_TEXT),
        "Error": _object(error=_error(), request_id=_TEXT),
    }


def _answer(facts: Mapping[str, Any]) -> Schema:
    prediction: Schema = {"enum": facts["labels"]} if facts["labels"] else {"type": "number"}
    fields: Schema = {"predictions": _list(prediction)}
    if facts["labels"]:
        number: Schema = {"type": "number", "minimum": 0}
        fields["probabilities"] = _list(_object(**{label_text(label): number for label in facts["labels"]}))
    return _object(**fields, model=_TEXT, request_id=_TEXT, warnings=_list(_named("Warning")))


def _error() -> Schema:
    """Which row and column is wrong, where it is one; and what would be accepted."""
    text: Schema = {"type": ["string", "null"]}
    row: Schema = {"type": ["integer", "null"], "minimum": 0}
    return _object(code=_TEXT, message=_TEXT, row=row, column=text, accepted=text)


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> Schema:
    return {"application/json": {"schema": _named(name)}}


def _refusal(status: str, said: str) -> Schema:
    headers = REQUEST_ID | (RETRY if status in LATER else {})
    return {"description": said, "headers": headers, "content": _json("Error")}


def _refusals(*statuses: str) -> Schema:
    return {status: {"$ref": f"#/components/responses/Error{status}"} for status in statuses}


def _silent(*statuses: str) -> Schema:
    """Refusals of a HEAD request, which have no body."""
    return {status: {"description": WRONG[status], "headers": REQUEST_ID} for status in statuses}


def _headers() -> Schema:
    return {
        "RequestId": {"description": "The request's id, as in the log", "required": True, "schema": _TEXT},
        "RetryAfter": {
            "description": "Seconds to wait",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        },
    }
