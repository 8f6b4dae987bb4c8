"""Words that mean missing, and those that are taken for it because few stand among numbers or dates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.core.tables.oddities import Oddity, What
from tools.core.tables.words import Words, vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MISSING = vocabulary(
    "? NA N/A n/a na #N/A NaN nan NAN null NULL Null \\N (null) <NA> NaT - -- --- #VALUE! #REF! #DIV/0! "
    "#NUM! #NAME? #NULL! 缺失 空"
)
"""Texts that mean missing in any column, but for what `missing_words` keeps."""
MISSING_NUMBERS = MISSING | vocabulary("none None NONE . .. missing Missing unknown Unknown nil 无 未知 inf -inf")
TOO_LARGE = re.compile(r"[-+]?\d+\.?\d*[eE]\+?\d{3,}", re.ASCII)
"""Numbers such as 1e400, which no float holds: they are infinite, and missing."""
STRAY_SHARE = 0.01
"""Words in a numeric column up to this share are taken as missing."""
PHRASE_SHARE = 0.5
"""One or two phrases ("Varies with device") may be up to this share of an otherwise numeric column."""


def missing_words(words: Sequence[str], numeric: bool) -> set[str]:
    """Which of the words mean missing here. NA among two-letter codes is Namibia, - beside + is a sign."""
    found = {word for word in words if word in (MISSING_NUMBERS if numeric else MISSING)}
    if numeric or not found:
        return found
    others = [word for word in words if word not in found]
    codes = sum(len(word) == 2 and word.isalpha() and word.isupper() for word in others)
    lower = sum(len(word) == 2 and word.isalpha() and word.islower() for word in others)
    kept = {"NA"} if len(others) >= 3 and codes >= 0.9 * len(others) else set()
    kept |= {"na"} if len(others) >= 3 and lower >= 0.9 * len(others) else set()
    return found - kept - ({"-", "--", "---"} if {"+", "++", "+++"} & set(others) else set())


@dataclass
class Strays:
    """The words of a column that its numbers or dates leave over."""

    texts: list[str]
    rows: int
    read: int
    """Rows whose word could be read."""
    distinct: int
    """Different words that could be read."""

    def may_miss(self) -> bool:
        """Whether they are so few, in rows or in kinds, that the column still is one of numbers or dates."""
        if not self.texts:
            return self.read > 0
        share = self.rows / (self.rows + self.read)
        digits = any(char.isdigit() for text in self.texts for char in text)
        phrases = len(self.texts) <= 2 and not digits and self.distinct >= 10
        return share <= STRAY_SHARE or (phrases and share <= PHRASE_SHARE)

    def told(self, what: What) -> list[Oddity]:
        """What to say of them, if there are any."""
        if not self.texts:
            return []
        shown = ", ".join(repr(text[:40]) for text in self.texts[:5]) + (", …" if len(self.texts) > 5 else "")
        return [Oddity(what=what, rows=self.rows, shown=shown)]


def strays(words: Words, values: "NDArray[np.float64]", missing: set[str]) -> Strays:
    """The words that `values` has no number for, without those that mean missing, infinite numbers among these."""
    import numpy as np

    bad = np.isnan(values)
    left = [words.texts[at] for at in np.flatnonzero(bad) if words.texts[at] not in missing]
    texts = [text for text in left if not TOO_LARGE.fullmatch(text)]
    missing.update(set(left) - set(texts))
    return Strays(texts, words.rows(words.among(set(texts))), words.rows(~bad), int((~bad).sum()))
