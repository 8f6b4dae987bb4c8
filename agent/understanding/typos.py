"""Mends misspelt keywords: `trian`, `deply`, `wiht`; a word that means something already is left alone."""

import re
from functools import cache

from agent.understanding.columns import fuse
from agent.understanding.leftovers import is_filler
from agent.understanding.lexicon import PHRASES, phrases
from agent.understanding.said import Said

WORD = re.compile(r"(?<![A-Za-z0-9_.\-/\\'])[A-Za-z]{3,}(?![A-Za-z0-9_\-/\\'])")
NAMES = re.compile(
    r"(?:\b(?:call(?:ed)?(?: (?:it|this|that))?|named?|as|column|target|label)\s+|叫做?|名为)$", re.IGNORECASE
)
"""What stands before a word that may be a name."""
STEM = re.compile(r"[a-z]{4,}(?!\((?:[^()]*)\)(?!\?)|\\w|\[)")
SHORT, LONG = 6, 9
"""Shorter words are mended where letters are swapped, missing or doubled; longer ones may have two mistakes."""


def mend(said: Said, names: list[str]) -> None:
    """Replace each unknown word that is one slip away from exactly one keyword."""
    columns = {w.casefold() for c in said.columns for w in re.split(r"[\s_\-.]+", c)} | {fuse(c) for c in said.columns}
    taken = columns | set(names) | _keywords()

    def replaced(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in taken or is_filler(word) or word in _vocabulary() or NAMES.search(match.string[: match.start()]):
            return match[0]
        return _nearest(word, match[0], said)

    said.draft.text = WORD.sub(replaced, said.draft.text)


def _keywords() -> frozenset[str]:
    data = phrases("_typos")
    return frozenset(data["words"].split()) | frozenset(data["real"].split())


@cache
def _vocabulary() -> frozenset[str]:
    """Every longer word in the phrases; not the beginnings of words."""
    texts = (file.read_text("utf-8") for file in PHRASES.glob("*.toml"))
    return frozenset(run for text in texts for run in STEM.findall(text))


def _nearest(word: str, written: str, said: Said) -> str:
    from rapidfuzz.distance import OSA

    near = sorted((k for k in _words() if _is_slip(word, k)), key=lambda k: OSA.distance(word, k))
    if not near:
        return written
    if len(near) > 1 and OSA.distance(word, near[0]) == OSA.distance(word, near[1]) and near[0][:5] != near[1][:5]:
        return written
    zh = said.language == "zh"
    said.notes.append(f"“{written}”按“{near[0]}”理解。" if zh else f"{written!r} was read as {near[0]!r}.")
    return near[0]


@cache
def _words() -> tuple[str, ...]:
    return tuple(dict.fromkeys([*phrases("_typos")["words"].split(), "and", "the", "how", "are", "for", "you", "use"]))


def _is_slip(word: str, keyword: str) -> bool:
    """Whether somebody who meant the keyword may have typed the word."""
    from rapidfuzz.distance import OSA

    if len(word) < 5 and len(keyword) < 5:
        swapped = len(word) == len(keyword) and sorted(word) == sorted(keyword)
        return swapped or (keyword != word and re.sub(r"(.)\1", r"\1", keyword) == word)
    if len(keyword) < 4 or (word[0] != keyword[0] and sorted(word[:2]) != sorted(keyword[:2])):
        return False
    distance = OSA.distance(word, keyword, score_cutoff=2)
    if len(word) >= LONG or len(word) < SHORT:
        swapped = len(word) != len(keyword) or sorted(word) == sorted(keyword)
        return distance <= (2 if len(word) >= LONG else 1 if swapped else 0)
    return distance <= 1 or (distance == 2 and len(word) > SHORT and word[:3] == keyword[:3])
