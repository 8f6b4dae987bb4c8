"""From a typed tool's declaration to the tool that an MCP client lists."""

from typing import Any

import mcp_types as types

from agent.mcp.calls import Permit
from tools.core.tool import Tool

ERROR = {
    "type": "object",
    "description": "Why nothing came of it, and what to do next.",
    "properties": {name: {"type": "string"} for name in ("code", "message", "hint")},
    "required": ["code", "message", "hint"],
}


def declared(tool: Tool, permit: Permit) -> types.Tool:
    """The tool as a client sees it; one that would be refused says so."""
    refusal = permit.refusal(tool.name, tool.effect)
    return types.Tool(
        name=tool.name,
        title=tool.name.capitalize(),
        description=f"{tool.description} {refusal.message} {refusal.hint}" if refusal else tool.description,
        input_schema=tool.schema(),
        output_schema=output_schema(tool),
        annotations=annotations(tool, permit),
    )


def annotations(tool: Tool, permit: Permit) -> types.ToolAnnotations:
    """Hints from the effect. What is released takes the place of what is live, so it is destructive in MCP's sense."""
    overwrites = "overwrite" in tool.args.model_fields and "destroy" in permit.allowed
    return types.ToolAnnotations(
        title=tool.name.capitalize(),
        read_only_hint=tool.effect == "read",
        destructive_hint=tool.effect in ("release", "destroy") or overwrites,
        idempotent_hint=tool.effect in ("read", "destroy"),
        open_world_hint=False,
    )


def output_schema(tool: Tool) -> dict[str, Any]:
    """The JSON schema of a call's document: the result's fields and its headline, or an error.

    Clients check failed calls against it too.
    """
    schema = tool.result.model_json_schema(mode="serialization")
    result = schema.pop("properties") | {"headline": {"type": "string", "description": "The result's one sentence."}}
    ends = [{"required": list(result)}, {"required": ["error"]}]
    schema |= {"properties": result | {"error": ERROR}, "required": [], "anyOf": ends}
    made: dict[str, Any] = _with_nulls(schema)
    return made


def _with_nulls(schema: Any) -> Any:
    """The schema with null beside every number, since a document says null for NaN."""
    if isinstance(schema, list):
        return [_with_nulls(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _with_nulls(part) for key, part in schema.items()}
    return found | {"type": ["number", "null"]} if found.get("type") == "number" else found
