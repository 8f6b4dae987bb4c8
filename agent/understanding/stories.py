"""Whether a clause that nothing explains tells something beside the request, where it is clear what is asked for.

It asks for less than `risks` does: "our agents guess by gut feeling" may be passed over, "women only" may not.
"""

import re

from agent.understanding.goals import is_goal, means_something
from agent.understanding.lexicon import SPELLED, pattern
from agent.understanding.risks import LEAVE_OUT, is_agreed, is_near, is_talk, says_label
from agent.understanding.said import Said
from agent.understanding.signals import signals

PREDICTED = re.compile(
    r"\b(?:models?|predict\w*|estimat\w*|guess\w*|forecast\w*) (?:of|for|the|a|how|\w+)\b|预测|估计|估算"
)
LINK = re.compile(r"^(?:(?:and|but|so|then|please|also|just|ok|okay|well|oh)\b[\s,]*)+", re.IGNORECASE)
CHANGING = ("condition", "schedule")
"""Signs that are asked about however a story is told."""
TIMED = re.compile(r"\b(?:before|after|during) (?:his|her|my|our|their|he|she|we|they|i)\b", re.IGNORECASE)
"""When something happened to somebody is no condition."""
AIMED = (
    r"\b(?:on|for|in|at|with|from|by|as|to|like|into|of|about)\s+(?:(?:the|a|an|our|my|all|new|old|every)\s+)*{}"
    r"|[在到给跟按从对]{}"
)
"""A word that nothing explains after a preposition could be an argument: "on fiber"."""
FEW = 1
"""Unknown words that may stand beside a verb that is known; two Chinese characters count as one."""
COUNTED = re.compile(
    rf"\d|\b(?!one\b)(?:{SPELLED}|dozen|hundreds?|thousands?)\b|[一两二三四五六七八九十百千万几]+(?=[个列行条类倍份套台层棵轮折成%点元块版种分秒])",
    re.IGNORECASE,
)


def is_story(said: Said, whole: str, left: str, kept: list[str], part: bool) -> bool:
    """Whether a clause may be passed over.

    `left` is what is not explained of it, `kept` the words of that which are not harmless; `part` says whether some of
    the plan is in it.
    """
    left = " ".join(left.split())
    if LEAVE_OUT.search(whole) or COUNTED.search(left) or signals("_talk", "conditions").among(whole):
        return False
    if signals("_talk", "always").among(left if part else whole):
        return False
    if any(signals("_risky", group).among(TIMED.sub(" ", left)) for group in CHANGING):
        return False
    if any(is_near(said, word) for word in kept) or says_label(said, left) or not is_agreed_or_no_goal(said, left):
        return False
    if said.wants("train") and "target" not in said.slots and PREDICTED.search(whole) and not means_something(whole):
        return False
    if part and any(re.search(AIMED.format(*[re.escape(word)] * 2), whole, re.IGNORECASE) for word in kept):
        return False
    if part:
        aimless = said.wants("train") and "target" not in said.slots
        few = 0 if aimless or said.wants("delete") or {"where", "derive"} & said.slots.keys() else FEW
        return tells(whole) or (_size(kept) <= few and not any(word[:1].isupper() for word in kept))
    return tells(whole)


def _size(kept: list[str]) -> int:
    return sum(1 if word.isascii() else (len(word) + 1) // 2 for word in kept)


def tells(clause: str) -> bool:
    """Whether a clause tells something, and orders nothing."""
    bare = LINK.sub("", clause.strip(" ,.;:!?"))
    if pattern("_talk", "order").match(bare) is not None:
        return False
    return is_talk(clause) or signals("_talk", "cue").among(bare)


def is_agreed_or_no_goal(said: Said, clause: str) -> bool:
    """Whether what the clause wants to know, if anything, is what the plan predicts."""
    if not (is_goal(clause) and means_something(clause)):
        return True
    return is_agreed(said, clause)
