"""How others have said the same: paraphrases explain words that people use for a reading and that change nothing."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from agent.understanding.chances import TOKEN, runs, tokens
from agent.understanding.leftovers import is_filler
from agent.understanding.lexicon import HAN
from agent.understanding.text import Draft

PARAPHRASES = Path(__file__).parents[2] / "prompts" / "paraphrases"
HELD = {"{table}": " T ", "{model}": " M ", "{column}": " C ", "{number}": " ", "{output}": " "}
KINDS = {"path": " T ", "artifact": " M ", "quoted": " "}


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


def masked(draft: Draft, text: str) -> str:
    """A text of the draft with its things as paraphrases write them."""
    plain = "".join(KINDS[draft.things[c].kind] if c in draft.things else c for c in text)
    return re.sub("[\ue000-\uf0ff]", " ", plain)


def has_words(draft: Draft, text: str) -> bool:
    """Whether a text says more than names and harmless words."""
    plain = re.sub("[TM]", " ", masked(draft, text))
    return any(not word.isascii() or not is_filler(word) for word in TOKEN.findall(plain))


@cache
def _vocabulary(reading: str) -> frozenset[str]:
    return frozenset(run for words in paraphrases().get(reading, []) for run in runs(words, 3))


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
