"""What a person wants to know, said without a column's name, and whether the likely target is that."""

import re
from functools import cache

from agent.understanding.lexicon import phrases
from agent.understanding.signals import signals


@cache
def _goals() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    found = [v for k, v in phrases("_goals").items() if not k.startswith("_")]
    return tuple((re.compile(g["words"], re.IGNORECASE), re.compile(g["columns"], re.IGNORECASE)) for g in found)


def is_goal(clause: str) -> bool:
    """Whether a clause says what somebody wants to know."""
    return signals("_goals", "_cue").among(clause)


def agrees(clause: str, columns: list[str]) -> bool:
    """Whether every goal in the clause is one of the columns, and there is one."""
    meant = [column for words, column in _goals() if words.search(clause)]
    return bool(meant) and all(any(column.search(name) for name in columns) for column in meant)


def means_something(clause: str) -> bool:
    """Whether the clause speaks of a goal that is known."""
    return any(words.search(clause) for words, _ in _goals())


def without_goal(clause: str) -> str:
    """The clause without the words of known goals."""
    for words, _ in _goals():
        clause = words.sub(" ", clause)
    return clause
