"""JSON and documents as they are printed: nothing in them steers a terminal, turns text around, or is a key."""

import json
import unicodedata
from typing import Any

from agent.llm.keys import Secrets
from tools.core.plain import HIDDEN, one_line, plain


def without_keys(text: str) -> str:
    """A text without the keys in the environment, whoever repeats them."""
    return Secrets("", None).struck(text)


def in_json(document: Any) -> str:
    """JSON in which every character that `plain` takes away stands as its escape."""
    text = without_keys(json.dumps(document, ensure_ascii=False, default=str))
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in HIDDEN else c for c in text)


def sentence(text: str) -> str:
    """One sentence, which may quote data."""
    return without_keys(one_line(text))


def answer(text: str) -> str:
    """The lines of an answer."""
    return without_keys(plain(text))


def error(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """An error's document."""
    return told and {**told, "message": sentence(told["message"]), "hint": sentence(told["hint"])}


def question(asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """A question's document."""
    return asked and {"text": sentence(asked["text"]), "options": [sentence(option) for option in asked["options"]]}
