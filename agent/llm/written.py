"""A plan that a language model writes as JSON, for servers which make no calls: the form, the question, the reading."""

import json
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.llm.gathering import Given, Received
from agent.planner import new_id

Told = list[dict[str, Any]]
"""Tools in the form of OpenAI's protocol."""
MOST = 2_048
"""Tokens of such a reply: a small language model may never come to the end of its JSON."""
HOW = """This server makes no tool calls. Answer with one JSON object instead:
{"calls": [{"tool": NAME, "args": {…}}, …], "text": "…"}
Its calls are run in order; when there is nothing to call, calls is [] and text is your answer.
The tools and their arguments:
"""


def form(told: Told) -> dict[str, Any]:
    """The `response_format` that holds a reply to such an object."""
    each = [
        {
            "type": "object",
            "properties": {"tool": {"const": tool["function"]["name"]}, "args": tool["function"]["parameters"]},
            "required": ["tool", "args"],
            "additionalProperties": False,
        }
        for tool in told
    ]
    schema = {
        "type": "object",
        "properties": {"calls": {"type": "array", "items": {"anyOf": each}}, "text": {"type": "string"}},
        "required": ["calls", "text"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": False}}


def asked(messages: list[BaseMessage], told: Told) -> list[BaseMessage]:
    """The conversation in words alone: the tools in its head, calls as they would be written, outcomes as messages."""
    lines = [json.dumps(tool["function"], ensure_ascii=False) for tool in told]
    found: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, SystemMessage):
            found.append(SystemMessage(f"{HOW}{chr(10).join(lines)}\n\n{message.text}"))  # what never changes first
        elif isinstance(message, ToolMessage):
            _say(found, f"Outcome of {message.name or 'the call'}: {message.text}")
        elif isinstance(message, AIMessage) and message.tool_calls:
            calls = [{"tool": call["name"], "args": call["args"]} for call in message.tool_calls]
            found.append(AIMessage(json.dumps({"calls": calls, "text": str(message.text)}, ensure_ascii=False)))
        elif isinstance(message, HumanMessage):
            _say(found, str(message.text))
        else:
            found.append(AIMessage(str(message.text)))
    return found


def _say(found: list[BaseMessage], words: str) -> None:
    """Two messages of one side after each other are one: many templates refuse others."""
    if found and isinstance(found[-1], HumanMessage):
        words = f"{found.pop().text}\n{words}"
    found.append(HumanMessage(words))


def read(received: Received) -> bool:
    """Turn a reply's JSON into its calls and words; whether it could be read."""
    try:
        found = json.loads(received.text)
        calls = [Given(str(call["tool"]), new_id(), args=_object(call["args"])) for call in found["calls"]]
        text = found.get("text", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    received.calls, received.text, received.told_only = calls, text if isinstance(text, str) else "", True
    return True


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TypeError
    return found
