"""Whether a clause that nothing explains tells something beside the request, where it is clear what is asked for.

It asks for less than `risks` does: "our agents guess by gut feeling" may be passed over, "women only" may not.
"""

import re

from agent.understanding.lexicon import SPELLED, pattern
from agent.understanding.risks import LEAVE_OUT, is_agreed, is_near, is_talk, says_label
from agent.understanding.said import Said
from agent.understanding.signals import signals

FEW = 3
"""Unknown words that may stand beside a verb that is known."""
COUNTED = re.compile(
    rf"\d|\b(?!one\b)(?:{SPELLED}|dozen|hundreds?|thousands?)\b|[一两二三四五六七八九十百千万几]+(?=[个列行条类倍份套台层棵轮折成%点元块版种分秒])",
    re.IGNORECASE,
)


def is_story(said: Said, clause: str, kept: list[str], part: bool) -> bool:
    """Whether a clause may be passed over; `kept` are its words that are not harmless, `part` has the plan in it."""
    if LEAVE_OUT.search(clause) or COUNTED.search(clause) or signals("_talk", "always").among(clause):
        return False
    if any(is_near(said, word) for word in kept) or says_label(said, clause) or not is_agreed_or_no_goal(said, clause):
        return False
    if part:
        return is_talk(clause) or len(kept) <= FEW
    return is_talk(clause) and pattern("_talk", "order").match(clause.strip(" ,.;:!?")) is None


def is_agreed_or_no_goal(said: Said, clause: str) -> bool:
    """Whether what the clause wants to know, if anything, is what the plan predicts."""
    from agent.understanding.goals import is_goal, means_something

    if not (is_goal(clause) and means_something(clause)):
        return True
    return is_agreed(said, clause)
