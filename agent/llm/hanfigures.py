"""Finds what states a number in Chinese: 九成, 百分之九十, 三分之二, 零点八四, 一半, 翻倍; not 一个, 统一 or 十分."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

HAN = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
FILE = Path(__file__).parents[2] / "prompts" / "figures.toml"


def han_figures(text: str, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where Chinese words state numbers."""
    told = _told()
    named = [span for name in names for span in _places(name, text) if not told["stated"].search(name)]
    harmless = [match.span(1) for match in told["harmless"].finditer(text)]
    for match in told["stated"].finditer(text):
        if not _within(match.span(), named):
            yield match.span()
    for match in told["numerals"].finditer(text):
        alone = match.end() - match.start() - match[0].startswith("第") == 1
        if not ((alone and _within(match.span(), harmless)) or match.span() in harmless) and not _within(
            match.span(), named
        ):
            yield match.span()


def _places(name: str, text: str) -> list[tuple[int, int]]:
    """Where a name with Chinese characters stands."""
    if not re.search(f"[{HAN}]", name):
        return []
    return [match.span() for match in re.finditer(re.escape(name), text)]


def _within(span: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


@cache
def _told() -> dict[str, Any]:
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))["chinese"]
    n = f"[{told['numerals']}几数]"
    stated = [
        rf"{n}*分之{n}+",
        rf"{n}+点{n}+",
        rf"{n}+个?(?:百分点|成|倍|折)",
        rf"[一过大减对]半|半数|{n}+多?半",
        "翻了?一番",
        *told["words"].split(),
    ]
    return {
        "stated": re.compile("|".join(stated)),
        "numerals": re.compile(f"第?[{told['numerals']}]+"),
        "harmless": re.compile(f"(?=({'|'.join(sorted(told['harmless'].split(), key=len, reverse=True))}))"),
    }
