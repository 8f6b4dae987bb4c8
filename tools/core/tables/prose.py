"""Whether texts are prose: sentences to be read, rather than names or categories."""

from collections.abc import Callable, Sequence

from tools.core.tables.words import sampled


def are_prose(told: Sequence[str], rows: int) -> bool:
    """Mostly different texts of several words (or, without blanks between words, of many characters)."""
    if len(told) < 0.5 * rows or len(told) < 5:
        return False
    sample = sampled(told, 2000)
    words = average(sample, lambda text: len(text.split()))
    wide = average(sample, lambda text: sum(c > "\u2e80" for c in text))
    return (words >= 3 and average(sample, len) >= 18) or wide >= 12


def average(texts: Sequence[str], measure: Callable[[str], float]) -> float:
    """The mean of what is measured of each text."""
    return sum(map(measure, texts)) / len(texts)
