"""The phrases in prompts/phrases, read on first use, as compiled patterns.

A phrase is a regular expression in which a blank stands for any blanks, a word ends where an ASCII word ends, case
is ignored, and {n}, {path}, {ref}, … stand for what `MACROS` says.
"""

import re
import tomllib
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
MACROS = {
    "n": NUMBER,
    "path": f"[{PATHS}]",
    "ref": f"[{ARTIFACTS}]",
    "quoted": f"[{QUOTES}]",
    "name": rf"(?:\s+|(?<![{WORD}]))(?:[{QUOTES}]|[{ARTIFACTS}]|[A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9_])?)",
    "han": f"[{HAN}]",
    "thing": f"[{PATHS}{QUOTES}{ARTIFACTS}]",
}


@cache
def phrases(name: str) -> dict[str, Any]:
    """One file of phrases."""
    with (PHRASES / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def tool_names() -> tuple[str, ...]:
    """The tools that have phrases."""
    return tuple(sorted(p.stem for p in PHRASES.glob("[a-z]*.toml")))


def expand(phrase: str) -> str:
    """A phrase as a regular expression."""
    known = re.sub(r"\{([a-z]+)\}", lambda m: _macro(m[1]), phrase)
    return re.sub(r" ", r"\\s+", known).replace(r"\s+?", r"\s*")


def _macro(name: str) -> str:
    if name == "metric":
        return _values_of("_metrics")
    if name == "estimator":
        return _values_of("_estimators")
    return MACROS[name]


@cache
def _values_of(file: str) -> str:
    """Any value of an enumeration, in any language."""
    every = [p for k, v in phrases(file).items() if not k.startswith("_") for p in _both(v)]
    return f"(?:{'|'.join(sorted(every, key=len, reverse=True))})"


def _both(entry: dict[str, list[str]]) -> list[str]:
    return [p for language in LANGUAGES for p in entry.get(language, [])]


def compiled(alternatives: list[str]) -> re.Pattern[str]:
    """One pattern of all alternatives; the first that fits at a place is taken."""
    if not alternatives:
        return re.compile(r"(?!)")
    return re.compile(f"{START}(?:{'|'.join(map(expand, alternatives))}){END}", re.IGNORECASE)


@cache
def pattern(file: str, *keys: str) -> re.Pattern[str]:
    """The pattern of a file's table (`keys` lead to it; it has `en` and `zh`)."""
    entry: Any = phrases(file)
    for key in keys:
        entry = entry.get(key, {})
    return compiled(_both(entry))


@cache
def choices(file: str, *keys: str) -> re.Pattern[str]:
    """The pattern of an enumeration: the group that matched is `v` and the value's place in `values`."""
    table: Any = phrases(file)
    for key in keys:
        table = table[key]
    groups = [f"(?P<v{i}>{'|'.join(_both(entry))})" for i, entry in enumerate(table.values())]
    return compiled(groups)


@cache
def values(file: str, *keys: str) -> tuple[str, ...]:
    """The values of an enumeration, in the order of the file."""
    table: Any = phrases(file)
    for key in keys:
        table = table[key]
    return tuple(table)


def chosen(match: re.Match[str], file: str, *keys: str) -> str:
    """Which value of an enumeration a match of `choices` stands for."""
    return values(file, *keys)[int((match.lastgroup or "v0")[1:])]


@cache
def words(file: str, key: str) -> frozenset[str]:
    """A plain list of words."""
    return frozenset(phrases(file).get(key, "").split())
