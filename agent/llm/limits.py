"""What is left of the limits on a language model, checked before each of its calls; and what a reply has cost."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from agent.llm.gathering import Received
from agent.planner import Usage
from agent.prices import Price, price_of
from agent.settings import Settings
from tools.core.context import Context
from tools.core.errors import BadConfig, LimitReached

LEAST_REPLY = 64
"""Tokens below which no reply is worth asking for."""
ROOM = 1_024
"""Tokens that a reply may have even where --max-tokens leaves fewer: what has begun is not cut off in mid-plan."""
MOST_REPLY = 16_000
"""Tokens that are asked for at most, where a limit is set at all."""


@dataclass
class Limits:
    """The limits of one command on one language model."""

    settings: Settings
    context: Context
    usage: Usage

    def __post_init__(self) -> None:
        self.price: Price | None = price_of(self.settings.llm, self.settings.prices)
        if self.settings.max_cost is not None and self.price is None:
            raise BadConfig(
                f"The price of {self.settings.llm} is not known, so --max-cost cannot hold.",
                f'Set it in ekiben.toml, in dollars for a million tokens: [prices."{self.settings.llm}"] '
                "input = … output = …; or say --max-tokens instead.",
            )

    def before(self, messages: Sequence[BaseMessage], told: Any) -> int | None:
        """The most tokens that the next reply may have; None without a limit. LimitReached when there are none left."""
        self.context.check()
        size = tokens_of(messages, told)
        rooms = [room for room in (self._by_tokens(size), self._by_cost(size)) if room is not None]
        return min([*rooms, MOST_REPLY]) if rooms else None

    def _by_tokens(self, size: int) -> int | None:
        most = self.settings.max_tokens
        if most is None:
            return None
        used = self.usage.tokens
        if used >= most:
            raise LimitReached(f"The limit of {most} tokens is reached.", "Go on with: ekiben resume --max-tokens N")
        return max(most - used - size, ROOM)

    def _by_cost(self, size: int) -> int | None:
        most = self.settings.max_cost
        if most is None or self.price is None:
            return None
        left = most - self.usage.spent - self.price.cost(size, 0)
        room = self.price.output_tokens(left)
        if left < 0 or room < LEAST_REPLY:
            raise LimitReached(
                f"The limit of ${most:g} is reached: ${self.usage.spent:.4f} is spent, and the next reply would "
                f"cost more than is left.",
                "Go on with: ekiben resume --max-cost USD",
            )
        return room

    def count(self, messages: Sequence[BaseMessage], told: Any, received: Received) -> None:
        """Add what a reply has used: as the server counts, else as it is estimated."""
        sent, got = received.input_tokens, received.output_tokens
        if not sent or not got:
            self.usage.is_estimated = True
            sent = sent or tokens_of(messages, told)
            got = got or tokens_in(received.text) + sum(tokens_in(_text(call)) for call in received.calls)
        self.usage.calls += 1
        self.usage.input_tokens += sent
        self.usage.output_tokens += got
        if self.price:
            self.usage.cost_usd = round(self.usage.cost_usd + self.price.cost(sent, got, received.cached_tokens), 8)


def tokens_of(messages: Sequence[BaseMessage], told: Any) -> int:
    """About how many tokens a request has."""
    calls = [getattr(message, "tool_calls", []) for message in messages]
    return sum(tokens_in(str(message.text)) + 4 for message in messages) + tokens_in(_dumped([told, calls]))


def tokens_in(text: str) -> int:
    """About how many tokens a text has: one for a Chinese, Japanese or Korean character, one for four others."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + (len(text) - wide + 3) // 4


def _text(call: Any) -> str:
    return f"{call.name}{call.text or _dumped(call.args)}"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
