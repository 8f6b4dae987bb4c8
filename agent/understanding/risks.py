"""Whether a clause that was not understood could change the plan."""

import re
from functools import cache

from agent.understanding.columns import closest, fuse
from agent.understanding.goals import agrees, is_goal, means_something, without_goal
from agent.understanding.lexicon import HAN, SPELLED
from agent.understanding.said import Said
from agent.understanding.signals import signals

TALK, REASON = "\uf005", "\uf006"
"""Stand where a harmless phrase was that was talk, or began a reason."""
ALWAYS = ("condition", "schedule", "learning", "serving")
NUMBERS = re.compile(
    rf"\d|\b(?:{SPELLED}|hundred|thousand|million|dozen|thirds?|tenths?|fifths?|fourths?|quarter|pair)\b"
    r"|[两二三四五六七八九十百千万半几]+(?=[个列行条天月年岁倍类次份套台层棵轮折成%点元块版种分秒小])",
    re.IGNORECASE,
)
ONE = re.compile(r"\bone\b", re.IGNORECASE)
PLACE = re.compile(r"\b(?:in|for|from|on|at|with|by|to)\s+(?:the\s+)?[A-Z][a-z]+")


GOAL_WORDS = re.compile(
    r"\b(?:(?:which|when|if|whether)(?: (?:of (?:my|our|the)|an?|the|my|our))? \w+"
    r"|before|each|predict\w*|guess\w*|new)\b|预测|时候|提前",
    re.IGNORECASE,
)
"""Words that mean nothing more in a goal that is the target: "warn me when a pump fails"."""


LEAVE_OUT = re.compile(
    r"\b(?:leav(?:e|ing)|left|keep(?:ing)?|kept|tak(?:e|en|ing)|throw\w*|put) (?:[\w']+ ){0,5}?"
    r"(?:out|aside|apart|away)\b",
    re.IGNORECASE,
)


EVERYDAY = ("客户", "用户", "顾客", "会员", "员工", "数据", "时间")
"""Words of every story, which are in columns' names too."""


def is_risky(said: Said, clause: str, kept: list[str], part: bool = False) -> bool:
    """Whether to ask about a clause; `kept` are its words that are not harmless; a `part` of the plan is in it."""
    predicts = any(said.wants(tool) for tool in ("train", "predict", "preprocess"))
    goal = predicts and is_goal(clause)
    agreed = (goal and is_agreed(said, clause)) or (part and is_agreed_goal(said, clause, kept))
    if LEAVE_OUT.search(clause) or any(is_misspelt_target(said, word) for word in kept):
        return True
    if agreed:
        clause = without_goal(GOAL_WORDS.sub(" ", clause))
        kept = [word for word in kept if word in clause]
    reason = is_reason(clause)
    groups = ("condition", "learning", "serving") if reason else (*ALWAYS, "doing", "negation")
    return (
        any(signals("_risky", group).among(clause) for group in groups)
        or NUMBERS.search(ONE.sub(" ", clause)) is not None
        or PLACE.search(clause.strip()[1:]) is not None
        or signals("_talk", "wish").among(clause)
        or not (agreed or reason or is_talk(clause))
        or any(is_near(said, word) for word in kept)
        or says_label(said, clause)
        or (goal and not agreed)
        or (not agreed and not reason and signals("_talk", "always").among(clause))
    )


def is_sign(word: str) -> bool:
    """Whether a word by itself can change a plan."""
    return any(signals("_risky", group).among(word) for group in (*ALWAYS, "negation")) or signals(
        "_talk", "always"
    ).among(word)


def is_agreed_goal(said: Said, clause: str, kept: list[str]) -> bool:
    """Whether the rest of a verb's clause says no more than what will be predicted: "… that warns when pumps fail"."""
    return len(kept) <= 4 and means_something(clause) and is_agreed(said, clause)


def is_agreed(said: Said, clause: str) -> bool:
    """Whether what somebody wants to know is what the plan will predict."""
    if not (said.wants("train") or said.wants("predict") or said.wants("preprocess")):
        return True
    if "target" in said.slots and not means_something(clause):
        return True
    named = [said.slots["target"]] if "target" in said.slots else likely(said)
    models = [t.value for t in said.draft.things.values() if t.kind == "artifact"]
    return agrees(clause, named if said.wants("train") and not said.wants("predict") else named + models)


def is_talk(clause: str) -> bool:
    """Whether somebody tells something, rather than naming one more thing."""
    return TALK in clause or signals("_risky", "cue").among(clause)


def is_reason(clause: str) -> bool:
    """Whether a clause says why."""
    return REASON in clause or signals("_risky", "reason").among(clause)


def is_near(said: Said, word: str) -> bool:
    """Whether a word could be a column, a table or an artifact."""
    if re.match(f"[{HAN}]", word):
        return any(_overlaps(word, c) for c in said.columns if not _is_target(said, c))
    bare = word.strip("\"'.,:;!?()")
    if len(bare) < 3:
        return False
    if any(_is_half(bare, c) for c in said.columns if not _is_target(said, c)):
        return True
    near = closest(bare, said.columns) or closest(re.sub(r"(?:es|s)$", "", bare), said.columns)
    return (
        is_misspelt_target(said, bare) or (near is not None and not _is_target(said, near)) or is_near_name(said, bare)
    )


def is_misspelt_target(said: Said, word: str) -> bool:
    """Whether a word is the target's name with a slip, and no form of the same word: `Survivd`, not `churned`."""
    near = closest(word, said.columns)
    if near is None or not _is_target(said, near):
        return False
    one, other = fuse(word), fuse(near)
    return one != other and not one.startswith(other) and not other.startswith(one)


def _is_half(word: str, column: str) -> bool:
    """Whether a word is at least half of a column's name: `charges` of `TotalCharges`."""
    return len(word) >= 4 and fuse(word) in fuse(column) and len(fuse(word)) * 2 >= len(fuse(column))


def _is_target(said: Said, column: str) -> bool:
    """Talking of what is predicted, or is left out already, changes nothing."""
    return column in (said.slots.get("target"), *likely(said), *said.slots.get("drop", []))


def likely(said: Said) -> list[str]:
    """The likely target of the tables named, if there is exactly one."""
    tables = [said.world.table(t.value) for t in said.draft.things.values() if t.kind == "path"]
    found = {c for facts in tables if facts for c in facts.targets}
    return list(found) if len(found) == 1 else []


def _overlaps(text: str, column: str) -> bool:
    """Whether Chinese text and a Chinese column share two characters in a row."""
    pairs = {text[i : i + 2] for i in range(len(text) - 1)}
    return any(re.fullmatch(f"[{HAN}]{{2}}", p) and p in column and p not in EVERYDAY for p in pairs)


def is_near_name(said: Said, word: str) -> bool:
    """Whether a word is close to the name of an artifact."""
    from rapidfuzz import fuzz

    return any(fuzz.ratio(word.casefold(), name) >= 80 for name in _names(said))


def _names(said: Said) -> list[str]:
    from agent.understanding.artifacts import known_names

    return list(known_names(said.world))


def says_label(said: Said, clause: str) -> bool:
    """Whether a value of a column is named: "female customers"."""
    for thing in said.draft.things.values():
        facts = said.world.table(thing.value) if thing.kind == "path" else None
        labels = [v for values in (facts.labels.values() if facts else ()) for v in values]
        if any(_label(v).search(clause) for v in labels if len(v) > 2 or (len(v) == 2 and not v.isascii())):
            return True
    return False


@cache
def _label(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_]){re.escape(value)}s?(?![A-Za-z0-9_])", re.IGNORECASE)
