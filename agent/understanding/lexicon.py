"""The phrases in prompts/phrases, read on first use, as compiled patterns.

A phrase is a regular expression in which a blank stands for any blanks, a word ends where an ASCII word ends, case
is ignored, and {n}, {path}, {ref}, … stand for what `MACROS` says.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PHRASES = Path(__file__).parents[2] / "prompts" / "phrases"
LANGUAGES = ("en", "zh")
HAN = "\u3400-\u9fff"
PATHS, QUOTES, ARTIFACTS, HOLE = "\ue000-\ue3ff", "\ue400-\ue7ff", "\ue800-\uebff", "\uf000"
WORD = "A-Za-z0-9_"
START = f"(?:(?<![{WORD}])|(?![{WORD}]))"
END = f"(?:(?![{WORD}])|(?<![{WORD}]))"
SPELLED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety"
)
NUMBER = rf"(?:\d[\d,]*\d(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|(?:{SPELLED})(?![a-z])|[零〇一二两三四五六七八九十百千]+)"
_LATIN, _CHINESE = re.compile(r"[A-Za-z]"), re.compile(f"[{HAN}]")
MACROS = {
    "n": NUMBER,
    "path": f"(?-i:[{PATHS}])",
    "ref": f"(?-i:[{ARTIFACTS}])",
    "quoted": f"(?-i:[{QUOTES}])",
    "name": rf"(?:\s+|(?<![{WORD}]))(?:(?-i:[{QUOTES}{ARTIFACTS}])|[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9_])?)",
    "han": f"(?-i:[{HAN}])",
    "thing": f"(?-i:[{PATHS}{QUOTES}{ARTIFACTS}])",
}
NEEDED = {"{ref}": ARTIFACTS, "{path}": PATHS}
"""Phrases that need one of these are not compiled for a text without it."""


@cache
def phrases(name: str) -> dict[str, Any]:
    """One file of phrases."""
    with (PHRASES / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def expand(phrase: str) -> str:
    """A phrase as a regular expression."""
    known = re.sub(r"\{([a-z]+)\}", lambda m: _macro(m[1]), phrase)
    return re.sub(r" ", r"\\s+", known).replace(r"\s+?", r"\s*")


def _macro(name: str) -> str:
    if name == "metric":
        return _values_of("_metrics")
    if name == "estimator":
        return _values_of("_estimators")
    return MACROS[name] if name in MACROS else str(phrases("_slots")["shared"][name])


@cache
def _values_of(file: str) -> str:
    """Any value of an enumeration, in any language."""
    every = [p for k, v in phrases(file).items() if not k.startswith("_") for p in _both(v)]
    return f"(?:{'|'.join(sorted(every, key=len, reverse=True))})"


def _both(entry: dict[str, list[str]]) -> list[str]:
    return [p for language in LANGUAGES for p in entry.get(language, [])]


@cache
def _needs(phrase: str, macro: str) -> bool:
    """Whether a phrase cannot fit without that: it stands outside all brackets and is not optional."""
    at = phrase.find(macro)
    while at >= 0:
        lead = re.sub(r"\\.|\[[^\]]*\]", "", phrase[:at])
        rest = phrase[at + len(macro) :]
        if lead.count("(") == lead.count(")") and "|" not in _outside(phrase) and not rest.startswith(("?", "*")):
            return True
        at = phrase.find(macro, at + 1)
    return False


def _outside(phrase: str) -> str:
    """What stands outside all brackets."""
    plain = re.sub(r"\\.|\[[^\]]*\]", "", phrase)
    while (shorter := re.sub(r"\([^()]*\)", "", plain)) != plain:
        plain = shorter
    return plain


@dataclass
class Phrases:
    """Alternatives in both languages, compiled only in the languages that a text is written in."""

    en: list[str]
    zh: list[str]
    variants: dict[tuple[bool, ...], re.Pattern[str]] = field(default_factory=dict)

    def on(self, text: str) -> re.Pattern[str]:
        """The pattern for that text; the first alternative that fits at a place is taken."""
        latin, chinese = _LATIN.search(text) is not None, _CHINESE.search(text) is not None
        key = (latin, chinese, *(re.search(f"[{marks}]", text) is not None for marks in NEEDED.values()))
        if key not in self.variants:
            self.variants[key] = compiled(self._fit(key))
        return self.variants[key]

    def _fit(self, key: tuple[bool, ...]) -> list[str]:
        """The phrases in the languages of a text that need nothing that it lacks."""
        absent = [macro for macro, there in zip(NEEDED, key[2:], strict=True) if not there]
        every = self.en * (key[0] or not key[1]) + self.zh * key[1]
        return [p for p in every if not any(_needs(p, macro) for macro in absent)]

    def every(self, text: str) -> Iterator[re.Match[str]]:
        """What each phrase by itself finds, so that a longer one is not hidden by one that comes before it."""
        if self.search(text) is None:
            return
        latin, chinese = _LATIN.search(text) is not None, _CHINESE.search(text) is not None
        for phrase in self._fit((latin, chinese, *(re.search(f"[{m}]", text) is not None for m in NEEDED.values()))):
            yield from _alone(phrase).finditer(text)

    def search(self, text: str, at: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self.on(text).search(text, at, end)

    def match(self, text: str, at: int = 0) -> re.Match[str] | None:
        return self.on(text).match(text, at)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self.on(text).finditer(text)

    def sub(self, by: str, text: str) -> str:
        return self.on(text).sub(by, text)


@cache
def _alone(phrase: str) -> re.Pattern[str]:
    return compiled([phrase])


def compiled(alternatives: list[str]) -> re.Pattern[str]:
    """One pattern of all alternatives."""
    if not alternatives:
        return re.compile(r"(?!)")
    return re.compile(f"{START}(?:{'|'.join(map(expand, alternatives))}){END}", re.IGNORECASE)


@cache
def pattern(file: str, *keys: str) -> Phrases:
    """The phrases of a file's table (`keys` lead to it; it has `en` and `zh`)."""
    entry: Any = phrases(file)
    for key in keys:
        entry = entry.get(key, {})
    return Phrases(entry.get("en", []), entry.get("zh", []))


@cache
def choices(file: str, *keys: str) -> Phrases:
    """The phrases of an enumeration; `chosen` says which value a match stands for."""
    table: Any = phrases(file)
    for key in keys:
        table = table[key]
    en, zh = (
        [f"(?P<v{i}{end}>{'|'.join(e[lang])})" for i, e in enumerate(table.values())]
        for lang, end in (("en", ""), ("zh", "z"))
    )
    return Phrases(en, zh)


@cache
def values(file: str, *keys: str) -> tuple[str, ...]:
    """The values of an enumeration, in the order of the file."""
    table: Any = phrases(file)
    for key in keys:
        table = table[key]
    return tuple(table)


def chosen(match: re.Match[str], file: str, *keys: str) -> str:
    """Which value of an enumeration a match of `choices` stands for."""
    return values(file, *keys)[int((match.lastgroup or "v0")[1:].rstrip("z"))]


@cache
def words(file: str, key: str) -> frozenset[str]:
    """A plain list of words."""
    return frozenset(phrases(file).get(key, "").split())
