"""Whether values name rows or things (identifiers, codes, row numbers) instead of measuring them."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from tools.core.tables.prose import are_prose, average
from tools.core.tables.words import sampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ID_NAME = re.compile(
    r"(^|[^a-z])(id|ids|uuid|guid|pid|sku|ssn|key|no|nr|num|number|code|index|idx|ref)$|编号|序号|学号|工号|账号|身份证"
)
STRONG_ID_NAME = re.compile(r"(^|[^a-z])(id|uuid|guid|pid|key)$")
OWN_NAME = re.compile(r"(^|[^a-z])name$|姓名|e-?mail|url")
TIME_NAME = re.compile(r"year|month|week|day|hour|minute|time|age|年|月|日|时")
COMMON = 0.05
"""Words in so large a share of the texts say something of them, though each text is different."""
ROW_NAME = re.compile(r"Unnamed: 0|index|rownames?|")
"""What the first column is called when it holds a data frame's row numbers."""


def are_codes(told: Sequence[str]) -> bool:
    """Digits that are no quantity: leading zeros, or more of them than a number keeps."""
    zeros = sum(1 for text in told if text[0] == "0" and len(text) > 1 and text.isdigit())
    if zeros > 0 and zeros >= 0.02 * len(told):
        return True
    return max(map(len, told), default=0) > 15 and any(len(t) > 15 and t.isdigit() for t in told)


def are_ids(name: str, told: Sequence[str], rows: int) -> bool:
    """Nearly all different, and codes rather than prose."""
    if len(told) < 3 or len(told) < 0.9 * rows:
        return False
    if any(" " in text for text in told) and (average(told, lambda t: len(t.split())) > 8 or share_words(told)):
        return False
    if _ends_in(ID_NAME, name) or OWN_NAME.search(name.lower()):
        return True
    codes = average(told, lambda t: float(" " not in t and any(c.isdigit() or c in "@/" for c in t)))
    long_enough = len(told) >= 10 and len(told) >= 0.95 * rows
    return long_enough and (codes > 0.9 or (len(told) == rows >= 20 and not are_prose(told, rows)))


def share_words(told: Sequence[str]) -> bool:
    """Whether a few words come back in many texts, as the titles in `Braund, Mr. Owen Harris` do."""
    counts = Counter(word for text in sampled(told, 2000) for word in set(text.split()))
    often = [word for word, count in counts.items() if count >= COMMON * min(len(told), 2000)]
    return len(told) >= 50 and len(often) >= 2 and are_prose(told, len(told))


def counts_rows(name: str, different: "NDArray[np.float64]", at: int) -> bool:
    """Whether sorted numbers are 0, 1, 2, … or 1, 2, 3, …, one for each row. `at`: the column's place."""
    steps = bool(different[-1] - different[0] + 1 == len(different))
    if at == 0 and ROW_NAME.fullmatch(name):
        return len(different) >= 3
    if at == 0 and name == "column_0":  # no name: also the row numbers of a part of a larger table
        part = len(different) >= 20 and different[0] >= 0 and different[-1] <= 3 * len(different)
        return bool(part) or (steps and len(different) >= 3)
    return steps and different[0] in (0, 1) and len(different) >= 10 and not TIME_NAME.search(name.lower())


def kind_of_numbered(name: str, different: int, known: int) -> Literal["id", "categorical", "numeric"]:
    """What whole numbers are by their column's name: a customer id may stand in several rows."""
    if _ends_in(ID_NAME, name) and known >= 3 and different >= 0.9 * known and different > 2:
        return "id"
    return "categorical" if different > 20 and _ends_in(STRONG_ID_NAME, name) else "numeric"


def _ends_in(pattern: re.Pattern[str], name: str) -> bool:
    """Whether the name ends in such a word: customerID, order_no, Sample Number."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().strip()
    return bool(pattern.search(parted))
