"""What is left of a request when slots, intents and harmless words are gone: risky, or context that may be passed over.

It is cut into clauses. One with an intent or an argument in it must be explained wholly; one of its own may be passed
over when nothing in it could change the plan (`risks`).
"""

import re
from dataclasses import dataclass, field
from functools import cache

from agent.understanding.lexicon import HAN, HOLE, Phrases, pattern, phrases, words
from agent.understanding.risks import LEAVE_OUT, REASON, TALK, is_agreed_goal, is_reason, is_risky, is_talk
from agent.understanding.said import Said
from agent.understanding.signals import signals
from agent.understanding.stories import Clause, is_story, tells
from agent.understanding.text import Draft

LINKS = "and|but|because|since|so|while|as|although|though|then|plus|cause|coz|cuz|thus"
TELLS = r"warns?|tells?|says?|knows?|spots?|finds?|guess\w*|can|will|would|could"
CLAUSE = re.compile(
    rf"\.(?!\d)|->|=>|[,、;!?()\[\]]|:(?![\d/])|\s-+\s|(?<=(?-i:[{HAN}])) (?=(?-i:[{HAN}]))"
    rf"|\s(?=(?:{LINKS})\s)|\s(?=which\s)|\s(?=that\s+(?:{TELLS})\s)",
    re.IGNORECASE,
)
UNWANTED = re.compile(
    r"(?:\b(?:not|except(?: for)?|without|other than|apart from|instead of|rather than|excluding|never|keep|spare)\b"
    r"|不是|而非|而不是|别动?|不要动?|除了|除|不含|不动|保留|留着)\s*(?:(?:the|model|on|for|with|to|deployment)\s+)*"
    "[\ue800-\uebff]",
    re.IGNORECASE,
)
"""A thing that is not wanted, where nobody knows what that changes."""
PLAIN = re.compile("[^\ue000-\uf8ff]")
PART = re.compile(f"[{HOLE}\uf001\uf002\uec00-\uefff]")


@dataclass
class Rest:
    """What nothing explains, as a person would read it."""

    risky: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return self.risky + self.passed


@cache
def filler() -> frozenset[str]:
    """Harmless English words."""
    return words("_filler", "words")


def is_filler(word: str) -> bool:
    """Whether an English word changes nothing."""
    return word.lower().strip(".,'") in filler()


@cache
def _han_filler() -> re.Pattern[str]:
    every = {w for w in phrases("_filler")["words_zh"].split() if re.search(f"[{HAN}]", w)}
    return re.compile("|".join(sorted(every, key=len, reverse=True)))


@cache
def _clauses() -> Phrases:
    data = phrases("_filler")
    return Phrases(_longest_first(data["clauses_en"]), _longest_first(data["clauses_zh"]))


def _longest_first(alternatives: list[str]) -> list[str]:
    return sorted(alternatives, key=len, reverse=True)


def leftovers(said: Said) -> Rest:
    """The clauses that nothing explains, by whether they may be passed over."""
    text = re.sub(phrases("_filler")["harmless_digits"], " ", said.draft.text)
    text = re.sub(r"'s\b", " ", text)
    rest = Rest(risky=[said.draft.show(found) for found in never_passed(text)])
    if not unexplained(text):
        return rest
    for clause in CLAUSE.split(_clauses().on(text).sub(_mark, text)):
        kept = unexplained(clause)
        if kept:
            _sort(said, clause, kept, rest)
    return rest


def is_only_talk(said: Said, tools: set[str], cleared: str) -> bool:
    """Whether all that nothing explains may be passed over beside the steps of some tools.

    `cleared` is the text, as long as it was, without the words that are explained.
    """
    text, start = said.draft.text, 0
    for said_so in _clauses().finditer(text):
        cleared = cleared[: said_so.start()] + PLAIN.sub(" ", said_so[0]) + cleared[said_so.end() :]
    for match in [*CLAUSE.finditer(text), None]:
        end = match.start() if match else len(text)
        left = re.sub(r"'s\b", " ", _clauses().on(text).sub(_mark, cleared[start:end]))
        kept = unexplained(left)
        opens = not text[:start].strip() or text[:start].rstrip()[-1] in ".!?"
        leads = PART.search(text[:end]) is None
        found = Clause(PART.sub(" ", text[start:end]), PART.sub(" ", left), kept, bool(PART.search(left)), opens, leads)
        if kept and not is_story(said, tools, found):
            return False
        start = match.end() if match else end
    return True


def is_told(said: Said, mark: str) -> bool:
    """Whether the clause in which a verb stands tells a story."""
    if not mark:
        return False
    clauses = [PART.sub(" ", clause) for clause in CLAUSE.split(said.draft.text) if mark in clause]
    return all(tells(clause) and not signals("_risky", "condition").among(clause) for clause in clauses)


def never_passed(text: str) -> list[str]:
    """What must be asked about, whatever else stands in the request."""
    every = (pattern("_risky", "hard").finditer(text), UNWANTED.finditer(text), LEAVE_OUT.finditer(text))
    return [match[0] for matches in every for match in matches]


def _mark(match: re.Match[str]) -> str:
    """A harmless phrase leaves no more than whether it was talk or the beginning of a reason."""
    return f" {TALK if is_talk(match[0]) else ''}{REASON if is_reason(match[0]) else ''} "


def _sort(said: Said, clause: str, kept: list[str], rest: Rest) -> None:
    """A clause with a part of the plan in it must be explained, unless the rest says what is to be predicted."""
    part = PART.search(clause) is not None
    shown = said.draft.show(" ".join(kept) if part else clause)
    bare = PART.sub(" ", clause)
    ask = is_risky(said, bare, kept, part) or (part and not is_agreed_goal(said, bare, kept))
    (rest.risky if ask else rest.passed).append(shown)


def unexplained(clause: str) -> list[str]:
    """The words of a clause that are not harmless."""
    kept = []
    for piece in PART.split(clause):
        for token in re.findall(rf"[{HAN}]+|[^\s{HAN}]+", piece):
            rest = _han_filler().sub("", token) if re.match(f"[{HAN}]", token) else _latin(token)
            if rest:
                kept.append(token)
    return kept


def _latin(token: str) -> str:
    bare = re.sub(r"[\ue000-\uebff\uf005\uf006]", "", token).strip("\"'.,:;!?~…*_-=<>()[]{}/\\|&+")
    if not bare:
        return "&" if re.search(r"[<>=|&+\\]", token) else ""
    return "" if is_filler(bare) else bare


def named_things(draft: Draft) -> bool:
    """Whether anything in the request has a name of its own."""
    return any(c in draft.things for c in draft.text)
