"""What is left of a request when slots, intents and harmless words are gone: it was not understood."""

import re
from functools import cache

from agent.understanding.lexicon import HAN, HOLE, Phrases, phrases, words
from agent.understanding.text import Draft


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


def leftovers(draft: Draft) -> list[str]:
    """The stretches of text that nothing explains, as a person would read them."""
    text = re.sub(phrases("_filler")["harmless_digits"], " ", draft.text)
    text = re.sub(r"'s\b", " ", text)
    return _stretches(draft, text) and _stretches(draft, _clauses().sub(" ", text))


def _stretches(draft: Draft, text: str) -> list[str]:
    stretches: list[str] = []
    for piece in re.split(rf"\.(?!\d)|->|=>|[,、;!?()\[\]{HOLE}\uf001\uf002\uec00-\uefff]|:\s|\s-+\s", text):
        kept = " ".join(_unexplained(piece))
        if kept:
            stretches.append(draft.show(kept))
    return stretches


def _unexplained(piece: str) -> list[str]:
    kept = []
    for token in re.findall(rf"[{HAN}]+|[^\s{HAN}]+", piece):
        rest = _han_filler().sub("", token) if re.match(f"[{HAN}]", token) else _latin(token)
        if rest:
            kept.append(token)
    return kept


def _latin(token: str) -> str:
    bare = re.sub(r"[\ue000-\uebff]", "", token).strip("\"'.,:;!?~…*_-=<>()[]{}/\\|&+")
    if not bare:
        return "&" if re.search(r"[<>=|&+\\]", token) else ""
    return "" if is_filler(bare) else bare
