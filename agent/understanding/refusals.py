"""Values that a request names and does not want: "do not use port 8080", "Docker, not Kubernetes"."""

import re

from agent.understanding.lexicon import pattern
from agent.understanding.replies import ask
from agent.understanding.said import Said


def refused(said: Said, match: re.Match[str]) -> None:
    """ "do not use port 8080": what is wanted instead must be asked."""
    if is_refused(said, match):
        said.problems.append(ask(said.language, "refused_value", what=said.draft.show(match[0])))


def is_refused(said: Said, match: re.Match[str]) -> bool:
    return refusal(said, match) < match.start()


def refusal(said: Said, match: re.Match[str]) -> int:
    """Where the words begin that refuse what stands there; its own place where there are none."""
    start = max(0, match.start() - 30)
    found = pattern("_slots", "not_this").search(said.draft.text[start : match.start()])
    return start + found.start() if found else match.start()
