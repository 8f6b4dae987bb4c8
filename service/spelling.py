"""Names that look like misspellings of a table's columns, found at a cost that no client can drive up."""

import math
from collections.abc import Iterable
from difflib import get_close_matches

CLOSE = 0.8
"""How alike (difflib's ratio) an unknown and an absent column's names must be to count as a misspelling."""
MOST_COMPARED = 2_000_000
"""Pairs of characters that one request's names may make; a tenth of a second."""


class TooMany(Exception):
    """More names than may be compared."""


class Spelling:
    """A table's absent columns, and how many pairs of characters may still be compared with them."""

    def __init__(self, absent: Iterable[str], left: float = math.inf) -> None:
        self.plain: dict[str, list[str]] = {}
        for name in absent:
            self.plain.setdefault(_plain(name), []).append(name)
        self.longest = max(map(len, self.plain), default=0)
        self.left = left

    def meant(self, name: str) -> list[str]:
        """The columns that a name could be a misspelling of, the nearest first; TooMany when no more is compared."""
        if len(name) > 2 * self.longest + 10:
            return []
        written = _plain(name)
        near = [other for other in self.plain if _may_be_close(len(written), len(other))]
        self.left -= sum(len(written) * len(other) for other in near)
        if self.left < 0:
            raise TooMany
        close = get_close_matches(written, near, n=len(near) or 1, cutoff=CLOSE)
        return [other for found in close for other in self.plain[found]]


def misspelled(name: str, absent: Iterable[str]) -> str | None:
    """The absent column that an unknown name looks like a misspelling of, or None."""
    return next(iter(Spelling(absent).meant(name)), None)


def _may_be_close(one: int, other: int) -> bool:
    return 2 * min(one, other) >= CLOSE * (one + other)


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name
