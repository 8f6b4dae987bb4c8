"""Lists and counts in sentences for people."""

from collections.abc import Sequence


def listed(items: Sequence[object], most: int = 5) -> str:
    """The first few items, and how many more there are."""
    shown = ", ".join(repr(str(i)[:60]) if isinstance(i, str) else str(i) for i in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"


def counted(count: int, one: str, many: str) -> str:
    """The count and what is counted, in the singular or the plural."""
    return f"{count:,} {one if count == 1 else many}"
