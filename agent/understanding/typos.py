"""Mends misspelt keywords: `trian`, `deply`, `evalute`; a word that means something already is left alone."""

import re
from functools import cache

from agent.understanding.columns import fuse
from agent.understanding.leftovers import is_filler
from agent.understanding.lexicon import PHRASES, phrases
from agent.understanding.said import Said

WORD = re.compile(r"(?<![A-Za-z0-9_.\-/\\])[A-Za-z]{4,}(?![A-Za-z0-9_\-/\\])")


def mend(said: Said, names: list[str]) -> None:
    """Replace each unknown word that is one letter away from exactly one keyword."""
    columns = {w.casefold() for c in said.columns for w in re.split(r"[\s_\-.]+", c)} | {fuse(c) for c in said.columns}
    taken = columns | set(names) | _keywords()

    def replaced(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in taken or is_filler(word) or word in _vocabulary():
            return match[0]
        return _nearest(word, match[0], said)

    said.draft.text = WORD.sub(replaced, said.draft.text)


def _keywords() -> frozenset[str]:
    data = phrases("_typos")
    return frozenset(data["words"].split()) | frozenset(data["real"].split())


@cache
def _vocabulary() -> frozenset[str]:
    """Every longer run of letters in the phrases."""
    texts = (file.read_text("utf-8") for file in PHRASES.glob("*.toml"))
    return frozenset(run for text in texts for run in re.findall("[a-z]{4,}", text))


def _nearest(word: str, written: str, said: Said) -> str:
    from rapidfuzz.distance import OSA

    allowed = 1 if len(word) < 9 else 2
    keywords: list[str] = phrases("_typos")["words"].split()
    near = [
        k
        for k in keywords
        if len(k) >= 5 and k[0] == word[0] and OSA.distance(word, k, score_cutoff=allowed) <= allowed
    ]
    if not near:
        return written
    near = sorted(near, key=lambda k: OSA.distance(word, k))
    if len(near) > 1 and OSA.distance(word, near[0]) == OSA.distance(word, near[1]) and near[0][:5] != near[1][:5]:
        return written
    zh = said.language == "zh"
    said.notes.append(f"“{written}”按“{near[0]}”理解。" if zh else f"{written!r} was read as {near[0]!r}.")
    return near[0]
