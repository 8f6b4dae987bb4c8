"""What `ekiben explain` shows beside its headline: importances, effects, and one row's contributions, as text."""

from typing import Any

from agent.charts import bars

MOST = 12


def explained(result: dict[str, Any], width: int = 100) -> list[str]:
    """The lines of an explanation."""
    lines = [f"What {result['metric']} loses when a column is shuffled (95 % interval):"]
    shown = result["importances"][:MOST]
    lines += _bars([(e["column"], e["importance"], _between(e["interval"])) for e in shown], width)
    for effect in result["effects"][:3]:
        what = f"probability of {effect['label']}" if effect["label"] is not None else "answer"
        points = ", ".join(f"{_value(p['value'])} {p['answer']:.3g}" for p in effect["points"])
        lines.append(f"Mean {what} by {effect['column']}: {points}")
    if row := result["row"]:
        lines.append(f"Row {row['row']}, from {row['mean_answer']:.3g} on average to {row['answer']:.3g}:")
        parts = row["contributions"][:MOST]
        lines += _bars([(f"{p['column']} = {_value(p['value'])}", p["contribution"], "") for p in parts], width)
    return lines


def _bars(rows: list[tuple[str, float, str]], width: int) -> list[str]:
    return [f"  {line}" for line in bars([(n, v, f"{v:+.3g}  {told}".rstrip()) for n, v, told in rows], width - 2)]


def _between(interval: list[float]) -> str:
    return f"{interval[0]:.3g} to {interval[1]:.3g}"


def _value(value: Any) -> str:
    return "missing" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
