"""A column as its distinct trimmed texts, so that each text is judged and read only once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.values import BLANKS, category_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SAMPLED = 300


@dataclass
class Words:
    """Row i holds texts[codes[i]], or nothing where that is -1."""

    texts: list[str]
    codes: "NDArray[np.intp]"
    counts: "NDArray[np.intp]"
    padded: int
    """Cells with blanks around a text."""

    def rows(self, chosen: "NDArray[np.bool_]") -> int:
        """How many rows hold one of the chosen texts."""
        return int(self.counts[chosen].sum())

    def among(self, chosen: Collection[str]) -> "NDArray[np.bool_]":
        """Which of the texts are among those."""
        return mask([text in chosen for text in self.texts])

    def others(self, chosen: Collection[str]) -> list[str]:
        """The texts that are not among those."""
        return [text for text in self.texts if text not in chosen]


def words_of(series: "pd.Series[Any]") -> Words:
    """The distinct texts of a column, trimmed. A value that is no text becomes its category text."""
    import numpy as np
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.cat.remove_unused_categories()
        codes, raw = series.cat.codes.to_numpy().astype("intp"), list(series.cat.categories)
    else:
        codes, uniques = pd.factorize(as_texts(series).to_numpy(dtype=object), use_na_sentinel=True)
        raw = [str(text) for text in uniques]
    texts = [text.strip(BLANKS) for text in raw]
    counts = np.bincount(codes[codes >= 0], minlength=len(raw))
    if texts == raw:
        return Words(texts, codes, counts, 0)
    changed = mask([a != b and b != "" for a, b in zip(raw, texts, strict=True)])
    return _joined(texts, codes, int(counts[changed].sum()))


def is_text(series: "pd.Series[Any]") -> bool:
    """Whether a raw column holds cells as they stand in a file."""
    import pandas as pd

    return series.dtype == object or isinstance(series.dtype, pd.CategoricalDtype)


def as_texts(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column as texts; a value that is none becomes its category text."""
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        return series
    plain = series.astype(object) if series.dtype != object else series
    if pd.api.types.is_numeric_dtype(series.dtype):
        return plain.map({v: category_text(v) for v in series.dropna().unique()}).astype(object)
    if pd.api.types.infer_dtype(plain, skipna=True) in ("string", "empty"):
        return plain
    return plain.map(category_text, na_action="ignore").astype(object)


def _joined(texts: Sequence[str], codes: "NDArray[np.intp]", padded: int) -> Words:
    """Texts that became equal by trimming are one."""
    import numpy as np

    place: dict[str, int] = {}
    again = [place.setdefault(text, len(place)) for text in texts]
    codes = np.array([*again, -1], dtype="intp")[codes]
    return Words(list(place), codes, np.bincount(codes[codes >= 0], minlength=len(place)), padded)


def sampled(words: Sequence[str], most: int = SAMPLED) -> list[str]:
    """At most so many of the words, spread evenly over them."""
    return list(words) if len(words) <= most else list(words[:: len(words) // most])[:most]


def vocabulary(text: str) -> frozenset[str]:
    """The words of `text`, to compare cells with."""
    return frozenset(text.split())


def mask(flags: Sequence[bool]) -> "NDArray[np.bool_]":
    """The flags as an array, which is one of truth values also when it is empty."""
    import numpy as np

    return np.array(flags, dtype=bool)
