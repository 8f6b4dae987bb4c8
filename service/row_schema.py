"""The JSON schema of one row: what the row checks accept, made from the training columns."""

from collections.abc import Iterator, Mapping
from sys import float_info
from typing import Any

from service.cells import LONGEST_TEXT
from service.patterns import FILLED, missing_text, moment_text, number_text, truth_text
from service.values import EPOCHS, FIRST_SECOND, LAST_SECOND, category_text

Schema = dict[str, Any]
MOST_LISTED = 50
"""Categories that a description and the examples name."""
LONGEST_LISTED = 200
NUMBER: Schema = {"type": "number", "minimum": -float_info.max, "maximum": float_info.max}
IGNORED = "Taken and ignored: the target, or a column that was left out in training."


def row_schema(inputs: Mapping[str, Any], example: Mapping[str, Any]) -> Schema:
    """The schema of a row; `example` gives each column a value to show."""
    columns = inputs["columns"]
    properties = {column["name"]: column_schema(column, example.get(column["name"])) for column in columns}
    properties |= {name: {"description": IGNORED} for name in inputs["ignored"] if name not in properties}
    return {
        "type": "object",
        "description": "One row. A column that training did not have is ignored with a warning, unless its name looks "
        "like a misspelling of one that is absent: that is an error.",
        "properties": properties,
        "required": [column["name"] for column in columns if not column["missing"]],
        "additionalProperties": True,
    }


def column_schema(column: Mapping[str, Any], example: Any = None) -> Schema:
    """The schema of one column's values."""
    kinds = {"numeric": _numeric, "boolean": _boolean, "datetime": _moment, "categorical": _text, "text": _text}
    accepted = [*kinds[column["kind"]](column), *(_missing(column) if column["missing"] else ())]
    schema: Schema = {"description": described(column), "anyOf": accepted}
    examples = [value for value in (example, *listed(column)) if value is not None]
    return schema | ({"examples": list(dict.fromkeys(examples))[:MOST_LISTED]} if examples else {})


def described(column: Mapping[str, Any]) -> str:
    """What a column takes, in a sentence or two for people."""
    said = {"numeric": "A number", "boolean": "True or false", "datetime": "An ISO 8601 date or time"}
    parts = [said.get(column["kind"], "A category" if column["kind"] == "categorical" else "A text")]
    if formats := column.get("formats"):
        parts.append(f", or one written as {' or '.join(formats)}")
    if column["kind"] == "numeric" and column.get("number"):
        parts.append(", or a text that writes one as the training table did")
    if column.get("minimum") is not None:
        parts.append(f", from {column['minimum']:g} to {column['maximum']:g} in training")
    if names := listed(column):
        more = len(column["categories"]) - len(names)
        parts.append(f", in training one of: {', '.join(names)}" + (f" and {more} more" if more else ""))
        parts.append(". Another is answered with a warning")
    return "".join(parts) + (". May be missing." if column["missing"] else ".")


def listed(column: Mapping[str, Any]) -> list[str]:
    """The first categories of a column, cut where they are long."""
    return [name[:LONGEST_LISTED] for name in column.get("categories", [])[:MOST_LISTED]]


def _numeric(column: Mapping[str, Any]) -> Iterator[Schema]:
    yield NUMBER
    if column.get("number"):
        yield {"type": "string", "pattern": number_text(column["number"])}


def _boolean(column: Mapping[str, Any]) -> Iterator[Schema]:
    yield {"type": "boolean"}
    yield {"enum": [0, 1]}
    yield {"type": "string", "pattern": truth_text()}


def _text(column: Mapping[str, Any]) -> Iterator[Schema]:
    yield {"type": "string", "pattern": FILLED, "maxLength": LONGEST_TEXT}
    yield NUMBER
    yield {"type": "boolean"}


def _moment(column: Mapping[str, Any]) -> Iterator[Schema]:
    formats = column.get("formats") or []
    yield {"type": "string", "pattern": moment_text(formats)}
    for fmt in formats:
        if fmt in EPOCHS:
            low, high = FIRST_SECOND * EPOCHS[fmt], LAST_SECOND * EPOCHS[fmt]
            yield {"type": "number", "minimum": low, "exclusiveMaximum": high}
        elif not fmt.replace("%Y", "").replace("%m", "").replace("%d", ""):
            yield {"type": "integer", "description": f"The digits of {fmt}", "minimum": 0, "maximum": 99991231}


def _missing(column: Mapping[str, Any]) -> Iterator[Schema]:
    """Null, a blank text, and what meant missing in training."""
    words = column.get("missing_words") or []
    yield {"type": "null"}
    yield {"type": "string", "pattern": missing_text(words)}
    if numbers := [float(word) for word in words if _writes_number(word)]:
        yield {"enum": numbers}


def _writes_number(word: str) -> bool:
    try:
        return category_text(float(word)) == word
    except ValueError:
        return False
