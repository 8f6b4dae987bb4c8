"""Matches verbs: which tools a request asks for, and which it does not want."""

import re
from functools import cache

from agent.understanding.beside import take_nothing_else, take_only_if_better
from agent.understanding.lexicon import (
    ARTIFACTS,
    LANGUAGES,
    NUMBER,
    PATHS,
    QUOTES,
    Phrases,
    choices,
    compiled,
    pattern,
    phrases,
)
from agent.understanding.numbers import number
from agent.understanding.replies import ask
from agent.understanding.said import Said

ORDER = (
    "profile", "preprocess", "train", "evaluate", "explain", "compare", "register", "package", "deploy", "promote",
    "predict", "monitor", "rollback", "stop", "logs", "status", "export", "delete",
)  # fmt: skip
NOUN = re.compile(
    r"\b(no|without|skip|skipping|leave out|omit|avoid|not)(?: (?:the|a|any|an|no))?"
    r" (deployment|evaluation|report)s?\b",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\b(?:hold|skip|no) (?:off )?(?:on )?(?:the |any )?(?:launch|release|roll-?out|go-?live|publication|deployment)\b"
    r"|\b(?:leave|postpone|delay|defer|save) (?:the )?deployment(?: (?:for|until|till|to))?"
    r" (?:later|another (?:day|time)|now|tomorrow|next time)",
    re.IGNORECASE,
)
UNTRAINED = re.compile(
    r"\b(?:no|without|skip(?: the)?) (?:further |more |actual |any )?training(?: yet| now| for now| please)?"
    r"(?=\s*(?:[.,;!?]|$))"
    r"|\bleave (?:the )?training (?:to|for) (?:me|us|later|another day|tomorrow|now)\b",
    re.IGNORECASE,
)
SHARES = {"third": 33.3333, "quarter": 25, "fifth": 20, "tenth": 10}
SHARE = re.compile(
    r"\b((?:hold|keep|set|leave|reserve|put|take|with)(?:ing)?(?: (?:out|back|aside|off))?)"
    r" (?:a|one) (third|quarter|fifth|tenth)(?= (?:of|for|as|out|aside|back))",
    re.IGNORECASE,
)
"""Shares of the rows that go into the test set."""
CORRECTED = re.compile(
    rf"(?<![A-Za-z0-9_.]){NUMBER}(?: ?%| percent)?(?P<gap>[^.,;!?\d]{{0,12}}?)[\s.,…-]*"
    r"(?:no,? wait|wait,? no|scratch that|sorry,? (?:i mean|make (?:it|that))|i mean|(?:no|actually),? make (?:it|that)"
    r"|[哦啊]?不对|说错了)[\s,.]*(?:make (?:it|that) |是|改成|应该是|还是)*"
    rf"(?P<new>{NUMBER}(?: ?%| percent)?)",
    re.IGNORECASE,
)
"""A number that is taken back at once: "30 %, no wait, make that 25 %"."""
OLDEST = re.compile("(?:最初|最早|最开始|一开始|头一)(?:的|那)*(?:个|一)?版本?")
HAN_SHARE = re.compile("([二三四五六七八九十])分之([一二三四五六七八九])")
GAP = "\uf002"
"""Stands where a verb was that is not wanted."""
THINGS = f"[{PATHS}{ARTIFACTS}{QUOTES}]"


@cache
def _patterns() -> tuple[tuple[str, Phrases], ...]:
    return tuple((tool, pattern(tool)) for tool in ORDER)


@cache
def _negations(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What takes back the verb that follows, and what takes back the one before."""
    data = phrases("_slots")["negation"]
    before, after = compiled(data[language]).pattern, compiled(data[f"after_{language}"]).pattern
    return re.compile(f"{before}{data[f'between_{language}']}$", re.IGNORECASE), re.compile(
        rf"\s*{after}", re.IGNORECASE
    )


def prepare(said: Said) -> None:
    """Idioms that would mislead: "training data", "don't forget to", "what is its accuracy"."""
    draft = said.draft
    draft.text = CORRECTED.sub(lambda m: f"{m['new']}{m['gap']}", draft.text)
    take_nothing_else(said)
    take_only_if_better(said)
    positive = pattern("_slots", "negation", "positive")
    draft.take(positive, " " if said.language == "en" else "")
    draft.text = NOUN.sub(lambda m: f"{m[1]} {'deploy' if m[2].lower() == 'deployment' else 'evaluate'}", draft.text)
    draft.text = LATER.sub("no deploy", draft.text)
    draft.text = UNTRAINED.sub("do not train", draft.text)
    draft.text = SHARE.sub(lambda m: f"{m[1]} {SHARES[m[2].lower()]}%", draft.text)
    draft.text = HAN_SHARE.sub(lambda m: f"{round(100 * number(m[2]) / number(m[1]), 4)}%", draft.text)
    draft.take(pattern("_told", "done"), " ")
    draft.take(pattern("_told", "fares"), "is")
    draft.take(pattern("_told", "score"), "it is")
    draft.text = OLDEST.sub("第1版", draft.text)
    draft.text = re.sub("(?<=训练)加(?=评估|部署|打包)", "并", draft.text)
    draft.take(pattern("train", "noun"), " ")
    if choices("_metrics").search(draft.text) or "accura" in draft.text.lower() or "precise" in draft.text.lower():
        draft.take(pattern("evaluate", "early"), " evaluate ")


def take_intents(said: Said) -> None:
    """Find the tools asked for; take their verbs and the negated ones out of the text."""
    text, listed_from = said.draft.text, -1
    spans: list[tuple[int, int, str]] = []
    for start, end, tool in _longest(said):
        refusal, end_refusal = _refusal(text, start, end)
        if listed_from >= 0 and re.fullmatch(r"\s*and(?: to)?\s*", text[listed_from:start]):
            said.problems.append(ask(said.language, "which_reading"))
        goes_on = listed_from >= 0 and _continues(text[listed_from:start])
        if refusal or end_refusal or goes_on:
            said.refused.append(tool)
            spans.append((listed_from if goes_on else start - refusal, end + end_refusal, ""))
            listed_from = end + end_refusal
        else:
            spans.append((start, end, tool))
            listed_from = -1
    marks = [said.intend(tool) if tool else GAP for _, _, tool in spans]
    for (start, end, _), mark in reversed(list(zip(spans, marks, strict=True))):
        inside = "".join(re.findall(THINGS, said.draft.text[start:end]))
        said.draft.cut(start, end, f"{mark}{inside}")


def _refusal(text: str, start: int, end: int) -> tuple[int, int]:
    """How much text before and after a verb takes it back."""
    lead = text[max(0, start - 60) : start]
    firsts = [m[0] for language in LANGUAGES if (m := _negations(language)[0].search(lead))]
    lasts = [m.end() - end for language in LANGUAGES if (m := _negations(language)[1].match(text, end))]
    return max(map(len, firsts), default=0), max(lasts, default=0)


def _continues(between: str) -> bool:
    """A negation goes on over "or" and, in Chinese, over 和; a comma or "and" begins something new."""
    listing = r"\s*(?:,|or|nor|、|和|或者?|与|及|也)*\s*(?:to |the |any |a )*"
    return bool(re.fullmatch(listing, between, re.IGNORECASE) and re.search(r"\b(?:or|nor)\b|和|或|与|及|、", between))


def _may_ask(tool: str, text: str) -> bool:
    """Whether a tool's phrases are worth compiling for a text."""
    return re.search(phrases(tool).get("trigger", ""), text, re.IGNORECASE) is not None


def _longest(said: Said) -> list[tuple[int, int, str]]:
    text = said.draft.text
    found = [(tool, m) for tool, p in _patterns() if _may_ask(tool, text) for m in p.every(text)]
    every = [(m.start(), m.end(), tool) for tool, m in found if m.end() > m.start()]
    taken: list[tuple[int, int, str]] = []
    for start, end, tool in sorted(every, key=lambda e: (e[0] - e[1], ORDER.index(e[2]))):
        if all(end <= s or start >= e for s, e, _ in taken):
            taken.append((start, end, tool))
    return sorted(taken)


def take_weak(said: Said) -> None:
    """Verbs that say little: they count when nothing stronger is asked for, and are harmless otherwise."""
    for tool, thing in (("profile", "path"), ("evaluate", "artifact")):
        weak = pattern(tool, "weak")
        match = weak.search(said.draft.text)
        if not match:
            continue
        if not said.intents and not said.slots.get("_implied") and said.draft.order(thing):
            said.draft.cut(match.start(), match.end(), said.intend(tool))
            said.slots["_weak_verb"] = True
        said.draft.take(weak, " ")


def take_compounds(said: Said) -> None:
    """ "turn x.csv into an API", "the whole pipeline", "端到端": training and deploying in one phrase."""
    found = list(pattern("deploy", "train").finditer(said.draft.text))
    for match in reversed(found):
        things = "".join(re.findall(THINGS, match[0]))
        verbs = (said.intend("train"), said.intend("deploy")) if match is found[0] else ("", "")
        said.draft.cut(match.start(), match.end(), f"{verbs[0]}{things}{verbs[1]} ")
