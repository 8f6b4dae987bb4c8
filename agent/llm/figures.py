"""Finds what states a number in a comment: digits of any script, and number words in English and Chinese.

Decided, since "one of them" is harmless and "a recall of one" is not:

- Every character that Unicode counts as a number, and every percent sign, states one, with all that is glued to it.
- `two` and up, ordinals from the second on, half, double and their kin state one. `one` does unless what stands beside
  it says otherwise ("one of", "which one"); `second` does unless it is a time ("a second", "per second"). `first`,
  `once`, `both`, `few`, `most`, `all` and `none` do not.
- A Chinese numeral states one unless it is part of a word that counts nothing (一个, 统一, 进一步, 十分, 第一).
- Letters that look like others are read as those; letters spelled out one by one are read as the word; a word in a
  script that is neither Latin nor Chinese cannot be read, and counts as a number.
- A name that exists (`churn:3`, `f1`, `income_2023`) states none, where its form shows that it is a name: it starts
  with a letter and is no number word.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from agent.llm.hanfigures import HAN, han_figures

FILE = Path(__file__).parents[2] / "prompts" / "figures.toml"
PERCENT = "%％﹪٪‰‱؉؊"
ENDS = "，。！？；：、“”‘’（）《》【】「」…·"
PIECE = re.compile(rf"[^\s{HAN}{ENDS}]+")
NAME = re.compile(r"[^\W\d_][\w-]*(?::\d+|\.(?:csv|tsv|txt|parquet|xlsx|html|py|bento|gz))?|_\w+")
LOOKALIKE = str.maketrans("аеорсухіјѕԁԛԝһкмтвнοαειυνρτκχωηɑıɡ|!$@€", "aeopcyxijsdqwhkmtbhoaeiuvptkxwhaiglisae")
LOOKALIKE_O = str.maketrans("оОΟο", "oOOo")
ROMAN = re.compile(r"(?=[IVXLCDM]{2})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
NOT_ROMAN = "CLI CV CI CD DC MC CC MD DI MI MIX LI XL MM DM CM ML"
"""Abbreviations that could be Roman numerals."""
SMALL_ROMAN = re.compile(r"(?!(?:mix|div|dix|cli|mli|clix|mdl)$)(?:[ivx]{2,}|[ivxlcdm]{3,})")
PLAIN_LATIN = "æœøðþłđħŋ"
"""Letters of European languages that reduce to no other; small capitals and turned letters are drawn like others."""
NEAR_DIGITS = re.compile(r"[oOQDIlSZB|]+")
"""Letters that are drawn like digits: lOO percent, O.l."""
SPELLED = 3
"""So many single letters in a row are a word spelled out."""


def figures(text: str, names: frozenset[str] = frozenset()) -> list[tuple[int, int]]:
    """Where a cleaned text states numbers: start and end, in order, each once."""
    pieces = [_Piece(match) for match in PIECE.finditer(text)]
    found = {piece.span for piece in pieces if piece.states_number(names)}
    found |= {pieces[n].span for n in _by_neighbours(pieces, names)}
    return _joined(sorted([*found, *han_figures(text, names)]))


class _Piece:
    """What stands between blanks and Chinese characters: its place, without the marks around it, and its words."""

    def __init__(self, match: re.Match[str]) -> None:
        lead = len(match[0]) - len(match[0].lstrip("([{\"'*_,.;:!?"))
        end = len(match[0].rstrip(")]}\"'*_,.;:!?")) or len(match[0])
        self.span = (match.start() + min(lead, end - 1), match.start() + end)
        self.text = match[0][min(lead, end - 1) : end]
        self.words = re.findall(r"[a-z]+", skeleton(self.text))

    def states_number(self, names: frozenset[str]) -> bool:
        """Whether it does by itself."""
        text = without_names(self.text, names)
        if any(c in PERCENT or unicodedata.category(c)[0] == "N" for c in text) or _roman(text):
            return True
        if any(map(_is_foreign, text)) and len(text) > 1:
            return True
        words = re.findall(r"[a-z]+", skeleton(text))
        spelled = len(words) >= SPELLED and all(len(word) == 1 for word in words)
        return spelled or any(map(number_word, [*words, "".join(words)]))


def _by_neighbours(pieces: Sequence[_Piece], names: frozenset[str]) -> Iterator[int]:
    """The pieces that state a number together with, or for want of, what stands beside them."""
    single = [len(piece.text) == 1 and piece.text.isalpha() for piece in pieces]
    for n, piece in enumerate(pieces):
        before = pieces[n - 1].words[-1:] if n else []
        after = pieces[n + 1].words[:1] if n + 1 < len(pieces) else []
        if len(piece.words) == 1 and piece.text not in names and _depends(piece.words[0], before, after):
            yield n
        if any(
            all(single[m : m + SPELLED]) for m in range(max(0, n - SPELLED + 1), n + 1) if m + SPELLED <= len(single)
        ):
            yield n
        if before and piece.words and number_word(before[0] + piece.words[0]):
            yield from (n - 1, n)
        if after and after[0] in ("percent", "pct", "per") and NEAR_DIGITS.fullmatch(piece.text):
            yield n


def _depends(word: str, before: list[str], after: list[str]) -> bool:
    """Whether `one`, `second` or `double` stands for a number between these words."""
    told = lexicon()
    if word not in ("one", "second", "double"):
        return False
    return not (set(before) & told.get(f"before_{word}", frozenset()) or set(after) & told[f"after_{word}"])


def number_word(word: str) -> bool:
    """Whether a Latin word of small letters states a number, wherever it stands."""
    return bool(_numbers().fullmatch(word)) or (word in lexicon()["words"] and word not in ("second", "double"))


def without_names(text: str, names: frozenset[str]) -> str:
    """A piece without the names in it that stand there as whole words."""
    for name in sorted((name for name in names if name in text), key=len, reverse=True):
        text = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w]|[.:]\w)", " ", text)
    return text


def provable(name: str) -> bool:
    """Whether a name's form shows that it is a name and no measure."""
    words = re.findall(r"[a-z]+", skeleton(name))
    plain = bool(NAME.fullmatch(name)) and not (words and all(number_word(w) or w in ("one", "percent") for w in words))
    return plain and not any(unicodedata.category(c) in ("Nl", "No") or c in PERCENT for c in name)


def skeleton(text: str) -> str:
    """Small Latin letters, whatever they were drawn like; marks on letters and inside words are left out."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(LOOKALIKE)
    return "".join(c for c in plain if unicodedata.category(c)[0] != "M" and c not in "*_'’")


def _is_foreign(char: str) -> bool:
    if not char.isalpha() or skeleton(char).isascii():
        return False
    return char.casefold() not in PLAIN_LATIN and not unicodedata.name(char, "").startswith("CJK")


def _roman(text: str) -> bool:
    """Whether a word in it is a Roman numeral, or letters in the place of digits around a point."""
    words = re.split(r"[^\w.,|]+", text)
    small = [word.upper() for word in words if SMALL_ROMAN.fullmatch(word)]
    large = [word for word in words if word not in NOT_ROMAN.split()]
    return any(map(ROMAN.fullmatch, [*small, *large])) or any(
        re.fullmatch(rf"{NEAR_DIGITS.pattern}[.,]{NEAR_DIGITS.pattern}", word.translate(LOOKALIKE_O)) for word in words
    )


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap or touch become one."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


@cache
def lexicon() -> dict[str, Any]:
    """The English words of prompts/figures.toml, each list as a set."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))["english"]
    return {name: frozenset(words.split()) for name, words in told.items()}


@cache
def _numbers() -> re.Pattern[str]:
    told = lexicon()
    stems = [stem for word in told["numbers"] for stem in (word, word[:-1] + "ie" if word.endswith("ty") else word)]
    units = "|".join(sorted(set(stems) | {"one(?=hundred|thousand|million|third|half)"}, key=len, reverse=True))
    endings = "|".join(sorted(told["endings"], key=len, reverse=True))
    return re.compile(rf"(?:one)?(?:(?:{units})(?:and)?)+(?:one|half|{endings})*")
