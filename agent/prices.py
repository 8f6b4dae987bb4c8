"""What language models cost: from the user's settings, else from prices.toml beside this file, which bears a date."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.core.errors import BadConfig

FILE = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000
SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")
"""The date by which providers name a version of a language model."""


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float
    cached: float | None = None
    """Of input that the server has read before; None: as other input."""

    def cost(self, sent: int, got: int, cached: int = 0) -> float:
        """US dollars for tokens sent (of them `cached` known before) and got."""
        known = self.input if self.cached is None else self.cached
        return ((sent - cached) * self.input + cached * known + got * self.output) / MILLION

    def output_tokens(self, usd: float) -> int:
        """How many tokens of a reply some dollars pay; a great many where they cost nothing."""
        return MILLION if not self.output else int(max(usd, 0.0) * MILLION / self.output)


Prices = dict[str, Price]


def price_of(llm: str, own: Prices) -> Price | None:
    """The price of PROVIDER:NAME; None when nobody has said it."""
    if llm in own:
        return own[llm]
    known = read(tomllib.loads(FILE.read_text(encoding="utf-8"))["prices"], str(FILE))
    return known.get(llm) or known.get(SNAPSHOT.sub("", llm))


def read(found: Any, place: str) -> Prices:
    """Prices as a settings file has them: [prices."PROVIDER:NAME"] input = … output = … cached = …."""
    if not isinstance(found, dict):
        raise BadConfig(f"prices in {place} is no table.", HOW)
    return {name: _price(name, told, place) for name, told in found.items()}


def _price(name: str, told: Any, place: str) -> Price:
    numbers = told if isinstance(told, dict) else {}
    good = all(isinstance(n, int | float) and not isinstance(n, bool) and n >= 0 for n in numbers.values())
    if not good or not {"input", "output"} <= set(numbers) <= {"input", "output", "cached"}:
        raise BadConfig(f"The price of {name!r} in {place} is not one.", HOW)
    return Price(**{part: float(number) for part, number in numbers.items()})


HOW = 'It has the form [prices."openai:NAME"] input = 0.4 output = 1.6, in dollars for a million tokens.'
