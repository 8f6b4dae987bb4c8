"""A language model's words as one line without anything that steers a terminal, hides, or draws a picture."""

import unicodedata

DROPPED = ("Cc", "Cf", "Cs", "Co", "Cn", "So", "Me")
"""Categories that are left out: controls and bidirectional marks, pictures (a bar of blocks is a number), keycaps."""
MARKUP = "`~\u115f\u1160\u3164\uffa0"
"""Signs for code and for what is struck, which are ours, and letters without ink."""
MOST_MARKS = 2
"""Combining marks on one letter."""


def cleaned(text: str) -> str:
    """One line; what is left of the beginning of a text is the beginning of what is left of the text."""
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category == "Mn" else 0
        if char.isspace():
            if kept and kept[-1] != " ":
                kept.append(" ")
        elif category not in DROPPED and char not in MARKUP and marks <= MOST_MARKS and not _selects(char):
            kept.append(char)
    return "".join(kept)


def _selects(char: str) -> bool:
    """Whether it only chooses how the character before it is drawn."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
