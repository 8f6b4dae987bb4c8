"""How likely a request's words mean each tool: a logistic regression for each, learned from requests and their plans.

`make chances` learns them (bench/scorecard/learn.py). They rank the readings that are offered where the rules are
unsure; whether one may be taken without asking is for `offers` to say.
"""

import json
import math
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from agent.understanding.lexicon import HAN

CHANCES = Path(__file__).parents[2] / "prompts" / "chances.json"
TOOLS: dict[str, tuple[str, ...]] = {
    "preprocess": ("profile", "preprocess"), "train": ("train",), "train_evaluate": ("train", "evaluate"),
    "train_deploy": ("train", "deploy"),
}  # fmt: skip
"""The tools of a reading, where it is not one tool of that name."""
MADE = ("profile", "preprocess", "package")
"""Tools that others imply."""
TOKEN = re.compile(rf"[A-Za-z]+|[{HAN}]")
LEAST = 1e-9


def tokens(text: str) -> list[str]:
    """Latin words in lower case, Chinese characters, T and M for a table and an artifact, and the ends."""
    found = [word if word in ("T", "M", "C") else word.lower() for word in TOKEN.findall(text)]
    return ["^", *found, "$"]


def runs(words: list[str], longest: int) -> set[str]:
    """Runs of up to so many words."""
    found = {" ".join(words[at : at + n]) for n in range(1, longest + 1) for at in range(len(words) - n + 1)}
    return found - {"^", "$"}


def features(text: str) -> set[str]:
    """What chances are worked out from: single words and pairs."""
    return runs(tokens(text), 2)


def asked(tools: Iterable[str]) -> frozenset[str]:
    """The tools of a plan that somebody asked for: without those that others imply."""
    every = list(tools)
    found = {tool for tool in every if tool not in MADE} or set(every[-1:])
    return frozenset(found - {"evaluate"} if {"train", "deploy"} <= found else found)


@cache
def _learned() -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Each tool's intercept, and the weights of each feature."""
    found = json.loads(CHANCES.read_text(encoding="utf-8"))
    return found["intercepts"], found["weights"]


def chances(text: str) -> dict[str, float]:
    """The chance of each tool, by a masked text; "none" is that of a request for something else."""
    intercepts, weights = _learned()
    known = [weights[feature] for feature in features(text) if feature in weights]
    share = 1 / math.sqrt(max(1, len(known)))
    odds = {tool: start + share * sum(w.get(tool, 0.0) for w in known) for tool, start in intercepts.items()}
    return {tool: 1 / (1 + math.exp(-odd)) for tool, odd in odds.items()}


def chance(tools: frozenset[str], of: dict[str, float]) -> float:
    """That just these tools are asked for."""
    every = (p if tool in tools else 1 - p for tool, p in of.items())
    return math.prod(max(LEAST, p) for p in every) if tools <= of.keys() else 0.0


def ranked(text: str) -> list[tuple[str, float]]:
    """The readings of a masked text with their chances, the likeliest first."""
    of = chances(text)
    readings = dict.fromkeys([*of, *TOOLS])
    found = [(reading, chance(asked(TOOLS.get(reading, (reading,))), of)) for reading in readings]
    return sorted(found, key=lambda item: -item[1])
