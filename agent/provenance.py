"""Where a release step's arguments come from: said by the person, made by a tool, or by nobody."""

import re
import unicodedata
from typing import Any

from tools.core.journal import JournalStep

SAID_ONLY = ("host", "port", "cors")
"""Arguments that open a door: only the person's own words may name them."""
HOLDS_BACK = ("only_if_better",)
"""Arguments that can only keep a step from being done: nobody has to have said them."""


def unsaid(step: JournalStep, said: str, made: str) -> list[str]:
    """The arguments of a step whose value neither the person's words nor any tool's results hold."""
    words, known = _plain(said), _plain(made)
    return [
        name
        for name, value in step.args.items()
        if name not in HOLDS_BACK
        and not all(_told(v, words, "" if name in SAID_ONLY else known) for v in _leaves(value))
    ]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]


def _told(value: Any, words: str, known: str) -> bool:
    if value is None or value is False:
        return True
    text = _plain(str(value))
    return _stands(text, words) or _stands(text, known) or (text == "local")


def _stands(text: str, among: str) -> bool:
    """Whether a value stands there as a whole, not as a part of another word or number."""
    return re.search(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", among) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
