"""Matches verbs: which tools a request asks for, and which it does not want."""

import re
from functools import cache

from agent.understanding.lexicon import ARTIFACTS, PATHS, QUOTES, compiled, pattern, phrases
from agent.understanding.said import Said

ORDER = (
    "profile", "preprocess", "train", "evaluate", "explain", "compare", "register", "package", "deploy", "promote",
    "predict", "monitor", "rollback", "stop", "logs", "status", "export", "delete",
)  # fmt: skip
NOUN = re.compile(r"\b(no|without|skip|skipping|leave out|omit|avoid|not)(?: (?:the|a|any|an))? deployment\b", re.IGNORECASE)
GAP = "\uf002"
"""Stands where a verb was that is not wanted."""
THINGS = f"[{PATHS}{ARTIFACTS}{QUOTES}]"


@cache
def _patterns(chinese: bool) -> tuple[tuple[str, re.Pattern[str]], ...]:
    keys = ("en", "zh") if chinese else ("en",)
    return tuple((tool, compiled([p for k in keys for p in phrases(tool).get(k, [])])) for tool in ORDER)


@cache
def _negations() -> tuple[re.Pattern[str], ...]:
    data = phrases("_slots")["negation"]
    starts = [compiled(data["en"]).pattern + data["between_en"], compiled(data["zh"]).pattern + data["between_zh"]]
    before = re.compile(f"(?:{starts[0]}|{starts[1]})$", re.IGNORECASE)
    after = re.compile(rf"\s*(?:{compiled(data['after_en']).pattern}|{compiled(data['after_zh']).pattern})", re.IGNORECASE)
    return before, after, compiled(data["positive_en"]), compiled(data["positive_zh"])


def prepare(said: Said) -> None:
    """Idioms that would mislead: "training data", "don't forget to", "what is its accuracy"."""
    draft = said.draft
    _, _, english, chinese = _negations()
    draft.take(english, " ")
    draft.take(chinese, "" if said.language == "zh" else " ")
    draft.text = NOUN.sub(r"\1 deploy", draft.text)
    draft.take(pattern("train", "noun"), " ")
    draft.take(pattern("evaluate", "early"), " evaluate ")


def take_intents(said: Said) -> None:
    """Find the tools asked for; take their verbs and the negated ones out of the text."""
    text, listed_from = said.draft.text, -1
    spans: list[tuple[int, int, str]] = []
    for start, end, tool in _longest(said):
        refusal, end_refusal = _refusal(text, start, end)
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
    before, after, *_ = _negations()
    first = before.search(text[max(0, start - 60) : start])
    last = after.match(text, end)
    return len(first[0]) if first else 0, last.end() - end if last else 0


def _continues(between: str) -> bool:
    """A negation goes on over "or" and, in Chinese, over 和; a comma or "and" begins something new."""
    listing = r"\s*(?:,|or|nor|、|和|或者?|与|及|也)*\s*(?:to |the |any |a )*"
    return bool(re.fullmatch(listing, between, re.IGNORECASE) and re.search(r"\b(?:or|nor)\b|和|或|与|及|、", between))


def _longest(said: Said) -> list[tuple[int, int, str]]:
    text = said.draft.text
    chinese = re.search("[\u3400-\u9fff]", text) is not None
    every = [(m.start(), m.end(), tool) for tool, p in _patterns(chinese) for m in p.finditer(text) if m.end() > m.start()]
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
        said.draft.take(weak, " ")


def take_compounds(said: Said) -> bool:
    """ "turn x.csv into an API", "the whole pipeline", "端到端": training and deploying in one phrase."""
    match = pattern("deploy", "train").search(said.draft.text)
    if not match:
        return False
    things = "".join(re.findall(THINGS, match[0]))
    said.draft.cut(match.start(), match.end(), f"{said.intend('train')}{things}{said.intend('deploy')}")
    return True
