"""Mends Chinese keywords typed with a character of the same sound (部暑, 预侧), and traditional characters."""

import re
from collections.abc import Iterable
from functools import cache

from agent.understanding.lexicon import HAN, phrases
from agent.understanding.said import Said

COMMON = "是的了在有不这那个就也和与我你他她把到要会上下以可用为从对"
"""Characters that are words of their own: where one of these differs, nothing is mended."""


def mend_chinese(said: Said) -> None:
    """Replace what sounds like exactly one keyword and shares a character with it."""
    text = said.draft.text
    if not re.search(f"[{HAN}]", text):
        return
    said.draft.text = _mended(said, usual(text, said.columns))


def usual(text: str, columns: Iterable[str] = ()) -> str:
    """A text in simplified characters and the words that are usual with them: 連接埠 is 端口."""
    text = simplified(text, columns)
    for other, word in phrases("_typos")["look_alikes"].items():
        text = text.replace(other, word)
    return text


def simplified(text: str, columns: Iterable[str]) -> str:
    """Traditional characters as simplified ones, unless a column is written with them."""
    taken = set("".join(columns))
    return "".join(_characters().get(c, c) if c not in taken else c for c in text)


@cache
def _characters() -> dict[str, str]:
    data = phrases("_typos")
    return dict(zip(data["traditional"], data["simplified"], strict=True))


def _mended(said: Said, text: str) -> str:
    for keyword in sorted(_keywords(), key=len, reverse=True):
        for at in range(len(text)):
            written = text[at : at + len(keyword)]
            if _slip(text, at, keyword) and not any(written in column for column in said.columns):
                text = text[:at] + keyword + text[at + len(keyword) :]
                zh = said.language == "zh"
                said.notes.append(f"“{written}”按“{keyword}”理解。" if zh else f"{written!r} was read as {keyword!r}.")
    return text


def _slip(text: str, at: int, keyword: str) -> bool:
    """Whether the text at a place is the keyword with some of its characters replaced by others of their sound."""
    written = text[at : at + len(keyword)]
    if len(written) < len(keyword) or written == keyword or written in _keywords() or written in _real():
        return False
    pairs = list(zip(written, keyword, strict=True))
    wrong = [a for a, b in pairs if a != b]
    if len(wrong) == len(keyword) or any(a in COMMON or not re.match(f"[{HAN}]", a) for a in wrong):
        return False
    return all(a == b or _sound(a) == _sound(b) for a, b in pairs)


@cache
def _sound(character: str) -> str:
    from anyascii import anyascii

    return str(anyascii(character))


@cache
def _keywords() -> frozenset[str]:
    return frozenset(phrases("_typos")["words_zh"].split())


@cache
def _real() -> frozenset[str]:
    return frozenset(phrases("_typos")["real_zh"].split())
