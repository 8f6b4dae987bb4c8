"""Sentences that may quote data, without what steers a terminal, turns its text around, or begins a line."""

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode categories that do so."""


def plain(text: str) -> str:
    """Text without control and bidirectional characters; line ends stay."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in HIDDEN)


def one_line(text: str) -> str:
    """The same on one line: a name or a cell cannot begin another."""
    return plain(" ".join(text.splitlines()))
