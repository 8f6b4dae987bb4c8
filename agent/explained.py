"""What `ekiben explain` shows beside its headline: importances, effects, and one row's contributions, as text."""

from typing import Any

WIDTH = 24
MOST = 12


def explained(result: dict[str, Any]) -> list[str]:
    """The lines of an explanation."""
    lines = [f"What {result['metric']} loses when a column is shuffled (95 % interval):"]
    lines += _bars([(e["column"], e["importance"], _between(e["interval"])) for e in result["importances"][:MOST]])
    for effect in result["effects"][:3]:
        what = f"probability of {effect['label']}" if effect["label"] is not None else "answer"
        points = ", ".join(f"{_value(p['value'])} {p['answer']:.3g}" for p in effect["points"])
        lines.append(f"Mean {what} by {effect['column']}: {points}")
    if row := result["row"]:
        lines.append(f"Row {row['row']}, from {row['mean_answer']:.3g} on average to {row['answer']:.3g}:")
        parts = row["contributions"][:MOST]
        lines += _bars([(f"{p['column']} = {_value(p['value'])}", p["contribution"], "") for p in parts])
    return lines


def _bars(rows: list[tuple[str, float, str]]) -> list[str]:
    """Names, bars by size, numbers."""
    largest = max((abs(value) for _, value, _ in rows), default=0.0) or 1.0
    names = max((len(name[:40]) for name, *_ in rows), default=0)
    return [
        f"  {name[:40]:<{names}}  {'█' * round(WIDTH * abs(value) / largest):<{WIDTH}}  {value:+.3g}  {told}".rstrip()
        for name, value, told in rows
    ]


def _between(interval: list[float]) -> str:
    return f"{interval[0]:.3g} to {interval[1]:.3g}"


def _value(value: Any) -> str:
    return "missing" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
