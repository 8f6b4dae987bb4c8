"""Matches verbs: which tools a request asks for, and which it does not want."""

import re
from functools import cache

from agent.understanding.lexicon import ARTIFACTS, PATHS, compiled, pattern, phrases
from agent.understanding.said import Intent, Said
from tools.core.plan import Question

ORDER = (
    "profile", "preprocess", "train", "evaluate", "explain", "compare", "register", "package", "deploy", "promote",
    "predict", "monitor", "rollback", "stop", "logs", "status", "export", "delete",
)  # fmt: skip
GAP = "\uf002"
"""Stands where a verb was."""


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
    draft.take(pattern("train", "noun"), " ")
    draft.take(pattern("evaluate", "early"), " evaluate ")


def take_intents(said: Said) -> Question | None:
    """Find the tools asked for; take their verbs and the negated ones out of the text."""
    found = _longest(said)
    before, after, *_ = _negations()
    spans: list[tuple[int, int]] = []
    last: tuple[bool, int] = (False, -1)
    for start, end, tool in found:
        text = said.draft.text
        refusal = before.search(text[max(0, start - 60) : start])
        afterwards = after.match(text, end)
        listed = last[0] and re.fullmatch(r"\s*(?:,|or|nor|and|、|和|或者?|与|及|也)*\s*(?:to |the |any |a )*", text[last[1] : start], re.IGNORECASE)
        if refusal or afterwards or (listed and _continues(text[last[1] : start])):
            said.refused.append(tool)
            begin = start - (len(refusal[0]) if refusal else 0)
            spans.append((begin, afterwards.end() if afterwards else end))
            last = (True, end)
        else:
            said.intents.append(Intent(tool, start, end))
            spans.append((start, end))
            last = (False, end)
    _remove(said, spans)
    return None


def _continues(between: str) -> bool:
    """A negation goes on over "or" and, in Chinese, over 和; a comma or "and" begins something new."""
    return re.search(r"\b(?:or|nor)\b|和|或|与|及|、", between) is not None


def _longest(said: Said) -> list[tuple[int, int, str]]:
    text = said.draft.text
    chinese = re.search("[\u3400-\u9fff]", text) is not None
    every = [(m.start(), m.end(), tool) for tool, p in _patterns(chinese) for m in p.finditer(text) if m.end() > m.start()]
    taken: list[tuple[int, int, str]] = []
    for start, end, tool in sorted(every, key=lambda e: (e[0] - e[1], ORDER.index(e[2]))):
        if all(end <= s or start >= e for s, e, _ in taken):
            taken.append((start, end, tool))
    return sorted(taken)


def _remove(said: Said, spans: list[tuple[int, int]]) -> None:
    """Verbs out, things inside them kept; positions of intents keep pointing at their gaps."""
    text, moved, shift = said.draft.text, [], 0
    wanted = iter(said.intents)
    current = next(wanted, None)
    for start, end in spans:
        inside = re.findall(f"[{PATHS}{ARTIFACTS}\ue400-\ue7ff]", text[start + shift : end + shift])
        mark = GAP + "".join(inside) + GAP
        if current and start <= current.start < end:
            moved.append(Intent(current.tool, start + shift, start + shift + len(mark)))
            current = next(wanted, None)
        text = text[: start + shift] + mark + text[end + shift :]
        shift += len(mark) - (end - start)
    said.draft.text, said.intents = text, moved


def take_weak(said: Said) -> None:
    """Verbs that say little: they count when nothing stronger is asked for, and are harmless otherwise."""
    for tool, thing in (("profile", "path"), ("evaluate", "artifact")):
        weak = pattern(tool, "weak")
        match = weak.search(said.draft.text)
        if not match:
            continue
        if not said.intents and not said.slots.get("_implied") and said.draft.order(thing):
            said.intents.append(Intent(tool, match.start(), match.end()))
        said.draft.take(weak, " ")


def take_compounds(said: Said) -> bool:
    """ "turn x.csv into an API", "the whole pipeline", "端到端": training and deploying in one phrase."""
    match = pattern("deploy", "train").search(said.draft.text)
    if not match:
        return False
    marks = "".join(re.findall(f"[{PATHS}]", match[0]))
    said.draft.cut(match.start(), match.end(), f"{GAP}{marks}{GAP}")
    place = (match.start(), match.start() + 2)
    said.intents += [Intent("train", *place), Intent("deploy", *place)]
    return True
