"""Ranks what a request may mean by how others have said the same: paraphrases and the odds of their words.

It decides nothing by itself: where the rules are unsure it says which readings to offer, and it explains words that
people use for a reading and that change nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent.understanding.leftovers import is_filler
from agent.understanding.lexicon import HAN
from agent.understanding.text import Draft

PARAPHRASES = Path(__file__).parents[2] / "prompts" / "paraphrases"
TOOLS: dict[str, tuple[str, ...]] = {
    "preprocess": ("profile", "preprocess"), "train": ("train",), "train_evaluate": ("train", "evaluate"),
    "train_deploy": ("train", "deploy"),
}  # fmt: skip
"""The tools of a reading, where it is not one tool of that name."""
HELD = {"{table}": " T ", "{model}": " M ", "{column}": " C ", "{number}": " ", "{output}": " "}
KINDS = {"path": " T ", "artifact": " M ", "quoted": " "}
TOKEN = re.compile(rf"[A-Za-z]+|[{HAN}]")
SMOOTHED = 0.05


@dataclass(frozen=True)
class Odds:
    """How many paraphrases of each reading hold a run of words, and how many there are."""

    held: dict[str, Counter[str]]
    count: Counter[str]

    def of(self, reading: str, run: str) -> float:
        """The logarithm of how much likelier the run makes the reading."""
        total = sum(held[run] for held in self.held.values())
        here, every = self.held[reading][run], sum(self.count.values())
        mine = (here + SMOOTHED) / (self.count[reading] + 2 * SMOOTHED)
        return math.log(mine / ((total - here + SMOOTHED) / (every - self.count[reading] + 2 * SMOOTHED)))


@cache
def paraphrases() -> dict[str, list[list[str]]]:
    """The words of every paraphrase, by reading."""
    found = {}
    for file in sorted(PARAPHRASES.glob("*.txt")):
        lines = [_filled(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
        found[file.stem] = [tokens(line) for line in lines]
    return found


def _filled(line: str) -> str:
    for mark, word in HELD.items():
        line = line.replace(mark, word)
    return line


def tokens(text: str) -> list[str]:
    """Latin words in lower case, Chinese characters, T and M for a table and an artifact, and the ends."""
    found = [word if word in ("T", "M", "C") else word.lower() for word in TOKEN.findall(text)]
    return ["^", *found, "$"]


def masked(draft: Draft, text: str) -> str:
    """A text of the draft with its things as paraphrases write them."""
    plain = "".join(KINDS[draft.things[c].kind] if c in draft.things else c for c in text)
    return re.sub("[\ue000-\uf0ff]", " ", plain)


def has_words(draft: Draft, text: str) -> bool:
    """Whether a text says more than names and harmless words."""
    plain = re.sub("[TM]", " ", masked(draft, text))
    return any(not word.isascii() or not is_filler(word) for word in TOKEN.findall(plain))


def runs(words: list[str]) -> set[str]:
    """Runs of one to three words."""
    return {" ".join(words[at : at + n]) for n in (1, 2, 3) for at in range(len(words) - n + 1)} - {"^", "$"}


@cache
def _odds() -> Odds:
    held = {reading: Counter[str]() for reading in paraphrases()}
    for reading, lines in paraphrases().items():
        for words in lines:
            held[reading].update(runs(words))
    return Odds(held, Counter({reading: len(lines) for reading, lines in paraphrases().items()}))


def ranked(text: str) -> list[tuple[str, float]]:
    """The readings of a masked text, the likeliest first, with the logarithm of their odds."""
    odds = _odds()
    known = [run for run in runs(tokens(text)) if any(run in held for held in odds.held.values())]
    scores = {reading: sum(odds.of(reading, run) for run in known) for reading in odds.held}
    return sorted(scores.items(), key=lambda item: -item[1])


@cache
def _vocabulary(reading: str) -> frozenset[str]:
    return frozenset(run for words in paraphrases().get(reading, []) for run in runs(words))


def unexplained(draft: Draft, text: str, reading: str, risky: Callable[[str], bool]) -> str:
    """The text, as long as it was, with blanks for the words that people use for that reading.

    A Chinese character needs two neighbours to be known, a risky word one.
    """
    spans = _spans(draft, text)
    words = ["^", *(word for word, _, _ in spans), "$"]
    kept = list(text)
    for at, (word, start, end) in enumerate(spans, 1):
        length = 3 if not word.isascii() else 2 if risky(word) else 1
        if word not in ("T", "M") and _is_known(words, at, length, _vocabulary(reading)):
            kept[start:end] = " " * (end - start)
    return "".join(kept)


def _is_known(words: list[str], at: int, length: int, known: frozenset[str]) -> bool:
    """Whether a run of so many words around a place is one of the paraphrases'."""
    places = range(max(0, at - length + 1), min(at, len(words) - length) + 1)
    return any(" ".join(words[place : place + length]) in known for place in places)


def _spans(draft: Draft, text: str) -> list[tuple[str, int, int]]:
    """The tokens of a text of the draft, and where they stand."""
    found = []
    for match in re.finditer(rf"[A-Za-z]+|[{HAN}]|[\ue000-\uebff]", text):
        if match[0] in draft.things:
            mark = KINDS[draft.things[match[0]].kind].strip()
            found += [(mark, match.start(), match.end())] if mark else []
        else:
            found.append((match[0].lower(), match.start(), match.end()))
    return found
