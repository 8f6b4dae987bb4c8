"""Whether a clause that nothing explains tells something beside the request, where it is clear what is asked for.

It asks for less than `risks` does: "our agents guess by gut feeling" may be passed over, "women only" may not.
"""

import re
from dataclasses import dataclass

from agent.understanding.goals import is_goal, means_something
from agent.understanding.lexicon import SPELLED, pattern
from agent.understanding.risks import LEAVE_OUT, is_agreed, is_near, is_near_name, is_talk, says_label
from agent.understanding.said import Said
from agent.understanding.signals import signals

PREDICTED = re.compile(
    r"\b(?:models?|predict\w*|estimat\w*|guess\w*|forecast\w*) (?:of|for|the|a|how|\w+)\b|预测|估计|估算"
)
LINK = re.compile(r"^(?:(?:and|but|so|then|please|also|just|ok|okay|well|oh)\b[\s,]*)+", re.IGNORECASE)
TIMED = re.compile(r"\b(?:before|after|during) (?:his|her|my|our|their|he|she|we|they|i)\b", re.IGNORECASE)
"""When something happened to somebody is no condition."""
TOLD = re.compile(
    r"\b(?:before|after|when|where|more|than|half|later|live|running|online|available|own|special|rather"
    r"|(?:sent|shared|forwarded)(?! to)|(?:would|had|have) never)\b",
    re.IGNORECASE,
)
"""Words that are signs in an order, and none in a clause that tells something."""
AIMED = (
    r"\b(?:on|for|in|at|with|from|by|as|to|like|into|of|about)\s+(?:(?:the|a|an|our|my|all|new|old|every)\s+)*{}"
    r"|[在到给跟按从对]{}"
)
"""A word that nothing explains after a preposition could be an argument: "on fiber"."""
FEW, SHORT = 1, 3
"""Words that nothing explains beside a verb that is known, and beside an operation or in an exclamation.

Two Chinese characters count as one.
"""
AIMS = re.compile(
    r"(?:for|with|without|by|on|as|using|per|to|in|at|from|under|over|only|just|not?|never|every|all|any|no|if|when|unless"
    r"|after|before|until|except|and|or|but|plus|also)\b|[给按对别不要放存写和跟与及或只仅每全在从向往把将拿用]",
    re.IGNORECASE,
)
"""What an argument begins with."""
GREETS = re.compile(r"(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening|day)|morning|dear)\b", re.IGNORECASE)
OPERATIONS = {
    "rollback", "promote", "stop", "logs", "status", "explain", "compare", "export", "package", "profile", "evaluate",
    "predict", "deploy",
}  # fmt: skip
"""Tools with few arguments: what else could change their steps is known by a few signs."""
ON_ROWS = {"predict", "evaluate", "explain", "profile"}
"""Tools that could be meant for some rows only, or for a column."""
DENIED = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|without|only|if|unless|https?)\b|[别不没未只]|如果|要是", re.IGNORECASE
)
LIMITED = re.compile(
    r"\bonly\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:after|before|until|till|once|during|for) (?:the|my|our|a|an|this|that|his|her)"
    r" (?!last|latest|first)\w+\s*$"
    r"|顺便|另外|留着|先留|用.{1,3}[文语]$|成.{0,3}(?:代码|格式|版)$",
    re.IGNORECASE,
)
"""Signs that the rest of a verb's clause says more than a story does."""
NOT_SO = re.compile(r"(?:not|no|never)\b|别|不", re.IGNORECASE)
THING = re.compile(r"[A-Z_\-]|[^s]s$")
"""A word that may name something: `Texas`, `rank-transform`, `invoices`."""
NAME = re.compile(r"[A-Za-z_][\w\-]*$")
"""A Latin word in a Chinese request is a name more often than not."""
DIGIT = re.compile(r"\d")
OCLOCK = re.compile(r"\b\d{1,2}(?::\d\d)? ?(?:am|pm)\b", re.IGNORECASE)
PAST = re.compile("昨|前天|上周|上个?月|上次|刚才|刚刚|之前|以前|[坏崩挂炸乱错]了")
HAN_COUNTED = "[一两二三四五六七八九十百千万几]+(?=[个列行条类倍份套台层棵轮折成%点元块版种分秒])"
COUNTED = re.compile(
    rf"\d|\b(?!one\b)(?:{SPELLED}|dozen|hundreds?|thousands?)\b|{HAN_COUNTED}",
    re.IGNORECASE,
)
MEASURED = re.compile(
    rf"\d|\b(?:{SPELLED}|hundred|thousand)\s+(?:percent|times|rows|records|columns|trees|folds|seconds|minutes|hours|gigs?|gb"
    rf"|copies|replicas|years? old|points?)\b|{HAN_COUNTED}",
    re.IGNORECASE,
)
"""Numbers that a story has no need of."""
POLITE = re.compile(r"\bif (?:you|we|i) (?:could|can|would|may|might|please|like|do not mind)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """A clause that nothing explains wholly: all of it, and what is not explained of it.

    `kept` are the words of that which say something; `part` tells whether some of the plan is in it.
    """

    whole: str
    left: str
    kept: list[str]
    part: bool
    opens: bool = False
    """Whether a sentence begins with it."""
    leads: bool = False
    """Whether nothing of the plan stands before it or in it."""


def is_story(said: Said, tools: set[str], clause: Clause) -> bool:
    """Whether a clause may be passed over beside the steps of some tools."""
    if LEAVE_OUT.search(clause.whole) or (clause.part and said.language == "zh" and any(map(NAME.match, clause.kept))):
        return False
    if signals("_talk", "wish").among(clause.whole):
        return False
    if tools and tools <= OPERATIONS:
        return _is_beside_operation(said, tools, clause)
    return _is_beside_training(said, clause)


def _is_beside_operation(said: Said, tools: set[str], clause: Clause) -> bool:
    """Beside "roll back churn" all is a story but conditions, times, numbers, other orders and other names."""
    bare = LINK.sub("", clause.whole.strip(" ,.;:!?"))
    if pattern("_talk", "if_only").match(bare) or signals("_talk", "recurring").among(clause.left):
        return False
    if (COUNTED if clause.part else DIGIT).search(OCLOCK.sub(" ", clause.left)) or any(
        is_near_name(said, word) for word in clause.kept
    ):
        return False
    if (_is_order(bare) and not clause.part) or (tools & ON_ROWS and not _is_about_no_rows(said, clause)):
        return False
    if "deploy" in tools and not _is_beside_release(clause):
        return False
    if clause.part and (signals("_risky", "condition").among(clause.left) or _is_wish(clause)):
        return False
    if _is_greeting(clause):
        return True
    told, han = tells(clause.whole), any(not word.isascii() for word in clause.kept)
    if ((han and not PAST.search(clause.whole)) or not told) and signals("_risky", "doing").among(clause.left):
        return False
    few = FEW if len(tools) > 1 and "status" in tools else SHORT
    if told or clause.part:
        return told or _size(clause.kept) <= few
    return _is_exclamation(said, clause) and ("deploy" not in tools or len(clause.kept) <= FEW)


def _is_greeting(clause: Clause) -> bool:
    """Whether a few words before all that is asked for are said to nobody's order: "hello from Nairobi", 哥子."""
    bare = clause.whole.strip(" ,.;:!?-")
    named = any(word[:1].isupper() for word in (clause.kept[1:] or clause.kept))
    signs = ("condition", "learning", "serving", "doing")
    return (
        clause.leads
        and not (named and GREETS.match(bare) is None)
        and not any(signals("_risky", group).among(clause.left) for group in signs)
        and _size(clause.kept) <= SHORT
        and AIMS.match(bare) is None
        and not _is_order(bare)
        and not COUNTED.search(clause.left)
        and not signals("_talk", "always").among(clause.left)
        and not is_goal(clause.whole)
    )


def _is_wish(clause: Clause) -> bool:
    """Whether the rest of a verb's clause could say how or when: "in French", "after the demo", "for the team only"."""
    return LIMITED.search(clause.whole) is not None or _is_aimed(clause)


def _is_about_no_rows(said: Said, clause: Clause) -> bool:
    """Whether neither columns nor values nor kinds of people are named."""
    near = any(is_near(said, word) for word in clause.kept) or says_label(said, clause.left)
    return not near and not _is_sign(clause) and not signals("_talk", "conditions").among(clause.whole)


def _is_sign(clause: Clause) -> bool:
    """Whether what is left names something that plans are made of, even in a story."""
    return signals("_talk", "always").among(TOLD.sub(" ", clause.left))


def _is_beside_release(clause: Clause) -> bool:
    """Whether a clause says nothing of how something is served; a story may, where it denies nothing."""
    if tells(clause.whole) and not clause.part and not DENIED.search(clause.whole):
        return not signals("_risky", "learning").among(clause.left)
    return not (signals("_risky", "serving").among(clause.left) or _is_sign(clause))


def _is_order(bare: str) -> bool:
    """Whether a clause orders something; "not to everyone" takes back nothing that is known."""
    ordered = pattern("_talk", "order").match(bare) is not None
    denied = NOT_SO.match(bare) is not None and not signals("_risky", "doing").among(bare)
    return ordered and not denied


def _is_beside_training(said: Said, clause: Clause) -> bool:
    """Beside training, nearly every sign could be a wish for how to train."""
    whole, kept = clause.whole, clause.kept
    if _could_change_training(clause) or _is_about_the_table(said, clause):
        return False
    if said.wants("train") and "target" not in said.slots and PREDICTED.search(whole) and not means_something(whole):
        return False
    if not clause.part:
        return tells(whole) or _is_greeting(clause)
    if _is_aimed(clause):
        return False
    return tells(whole) or (_size(kept) <= _few(said) and not any(word[:1].isupper() for word in kept))


def _could_change_training(clause: Clause) -> bool:
    """Whether a number, a condition or another sign stands in a clause; a story may hold some that an order may not."""
    whole, left = clause.whole, " ".join(clause.left.split())
    left = re.sub(r"\bif\b", "", left, flags=re.IGNORECASE) if POLITE.search(whole) else left
    told = tells(whole) and not clause.part
    signs = TOLD.sub(" ", whole) if told else left if clause.part else whole
    return (
        (MEASURED if told else COUNTED).search(left) is not None
        or signals("_talk", "conditions").among(whole)
        or signals("_talk", "recurring").among(left)
        or signals("_talk", "always").among(signs)
        or signals("_risky", "condition").among(TIMED.sub(" ", TOLD.sub(" ", left) if told else left))
    )


def _is_about_the_table(said: Said, clause: Clause) -> bool:
    """Whether a column, a value or another goal than the plan's is named."""
    near = any(is_near(said, word) for word in clause.kept)
    return near or says_label(said, clause.left) or not is_agreed_or_no_goal(said, clause.left)


def _is_aimed(clause: Clause) -> bool:
    """Whether a word that nothing explains stands after a preposition."""
    aims = (AIMED.format(*[re.escape(word)] * 2) for word in clause.kept)
    return any(re.search(aim, clause.whole, re.IGNORECASE) for aim in aims)


def _few(said: Said) -> int:
    """Words that nothing explains which may stand beside a verb of training."""
    aimless = said.wants("train") and "target" not in said.slots
    return 0 if aimless or said.wants("delete") or {"where", "derive"} & said.slots.keys() else FEW


def _is_exclamation(said: Said, clause: Clause) -> bool:
    """A few words that order nothing, aim at nothing and hold no sign: "bloody hell"."""
    bare, left = LINK.sub("", clause.whole.strip(" ,.;:!?")), clause.left
    named = any(len(word) < 2 or is_near(said, word) for word in clause.kept)
    named = named or any(THING.search(word) for word in _lowered(clause))
    signs = any(signals("_risky", group).among(left) for group in ("condition", "doing", "learning", "serving"))
    return (
        not (named or signs or says_label(said, left) or COUNTED.search(left))
        and _size(clause.kept) <= FEW + 1
        and not signals("_talk", "always").among(clause.whole)
        and not signals("_talk", "recurring").among(left)
        and not is_goal(clause.whole)
        and pattern("_talk", "order").match(bare) is None
        and re.match(r"(?:for|with|by|on|as|using|per|to|not?)\b|给|按|对|别|不|要|放|存|写|和|跟", bare, re.IGNORECASE)
        is None
    )


def _lowered(clause: Clause) -> list[str]:
    """The words, of which the first is small where it is only large because a sentence begins with it."""
    first = clause.opens and clause.kept and clause.whole.strip().startswith(clause.kept[0])
    return [clause.kept[0].lower(), *clause.kept[1:]] if first else clause.kept


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
