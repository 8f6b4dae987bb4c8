"""What a column of words is: truth words, identifiers, prose or categories."""

from collections.abc import Sequence

from tools.core.tables.column import Found
from tools.core.tables.identifiers import are_codes, are_ids
from tools.core.tables.missing import missing_words
from tools.core.tables.number_forms import as_numbers
from tools.core.tables.oddities import Oddity
from tools.core.tables.prose import are_prose
from tools.core.tables.words import Words

OPPOSITES = ({"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"是", "否"})
MIXED_SHARE = 0.1
"""From this share of numbers among words, or of words among numbers, on, a column is said to mix types."""


def as_words(name: str, words: Words) -> Found:
    """A column whose texts are neither numbers nor dates."""
    missing = (missing_words(words.texts, numeric=False) | {""}) & set(words.texts)
    told = words.others(missing)
    rows = words.rows(~words.among(missing))
    found = Found("categorical", "text", missing=missing, odd=_mixed(words, told, rows))
    if len(told) == 2 and {text.lower() for text in told} in OPPOSITES:
        found.kind = "boolean"
    elif rows and are_ids(name, told, rows):
        found.kind = "id"
    elif rows and are_prose(told, rows):
        found.kind = "text"
    return found


def _mixed(words: Words, told: Sequence[str], rows: int) -> list[Oddity]:
    import numpy as np

    if not told or not rows or are_codes(told):
        return []
    share = words.rows(~np.isnan(as_numbers(words.texts, None))) / rows
    return [Oddity(what="mixed", rows=rows, share=share)] if MIXED_SHARE <= share <= 1 - MIXED_SHARE else []
