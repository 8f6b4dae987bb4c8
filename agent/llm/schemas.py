"""What a language model can call, in the form of OpenAI's protocol: the typed tools, and `ask`."""

from typing import Any

import tools

ASK = {
    "type": "function",
    "function": {
        "name": "ask",
        "description": "Ask the person a question, or say that the request is not something that Ekiben does.",
        "parameters": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "options": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    },
}


def described(name: str) -> dict[str, Any]:
    """One tool, from its declaration."""
    tool = tools.load(name)
    return {
        "type": "function",
        "function": {"name": name, "description": tool.description, "parameters": tool.schema()},
    }
