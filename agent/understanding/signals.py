"""Long lists of phrases searched without compiling what is a plain word: most are, and one request asks only once."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent.understanding.lexicon import HAN, Phrases, phrases

WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Signals:
    """Whole English words, beginnings of words, Chinese stretches, and the rest as patterns."""

    words: frozenset[str]
    stems: tuple[str, ...]
    stretches: tuple[str, ...]
    rest: Phrases

    def among(self, text: str) -> bool:
        """Whether any of them stands in the text."""
        said = WORD.findall(text.lower())
        return (
            any(w in self.words or (self.stems and w.startswith(self.stems)) for w in said)
            or any(s in text for s in self.stretches)
            or self.rest.search(text) is not None
        )


@cache
def signals(file: str, *keys: str) -> Signals:
    """The signals of a table in a file of phrases (`keys` lead to it)."""
    entry: Any = phrases(file)
    for key in keys:
        entry = entry[key]
    en, zh = entry.get("en", []), entry.get("zh", [])
    plain = [p for p in en if re.fullmatch("[a-z]+", p)]
    plain += [p[:-2] + s for p in en if re.fullmatch(r"[a-z]+s\?", p) for s in ("", "s")]
    stems = [p for p in en if re.fullmatch(r"[a-z]+\\w[*+]", p)]
    han = [p for p in zh if re.fullmatch(f"[{HAN}]+", p)]
    simple = {*plain, *stems, *(p for p in en if re.fullmatch(r"[a-z]+s\?", p))}
    return Signals(
        frozenset(plain),
        tuple(p[:-3] for p in stems),
        tuple(han),
        Phrases([p for p in en if p not in simple], [p for p in zh if p not in han]),
    )
