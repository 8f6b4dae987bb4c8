"""What a result shows under its headline: a small table or chart, in lines of a given width."""

from collections.abc import Callable
from typing import Any

from agent.charts import Point, points, table
from agent.explained import explained

MOST = 12


def details(tool: str, result: dict[str, Any], width: int) -> list[str]:
    """The lines that a tool's result has beside its headline; none for most tools."""
    return SHOWN[tool](result, width) if tool in SHOWN else []


def _profile(result: dict[str, Any], width: int) -> list[str]:
    rows = [
        (c["name"], c["kind"], f"{c['missing']:,}" if c["missing"] else "", f"{c['unique']:,}")
        for c in result["columns"][:MOST]
    ]
    return table(("column", "kind", "missing", "unique"), rows, width) + _more(len(result["columns"]))


def _more(count: int) -> list[str]:
    return [f"and {count - MOST} more"] if count > MOST else []


def _train(result: dict[str, Any], width: int) -> list[str]:
    """Every candidate's score on one scale, the model's own with its interval."""
    from tools.core.learning.metrics import best_first

    scored = best_first([c for c in result["candidates"] if c["score"] is not None], result["metric"])
    rows: list[Point] = [(result["model"], result["score"], tuple(result["interval"]), _score(result["score"]))]
    for c in scored:
        told = f"{_score(c['score'])}  {c['seconds']:.1f} s"
        rows.append((f"{c['estimator']} {c.get('variant') or ''}".strip(), c["score"], None, told))
    return points(rows[:MOST], width)


def _evaluate(result: dict[str, Any], width: int) -> list[str]:
    low, high = result["interval"]
    rows: list[Point] = [
        (result["model"], result["score"], (low, high), f"{_score(result['score'])}  {_score(low)} to {_score(high)}"),
        ("simple model", result["simple"], None, _score(result["simple"])),
        ("always guessing", result["baseline"], None, _score(result["baseline"])),
    ]
    others = [(name, _score(v)) for name, v in result["metrics"].items() if v is not None and name != result["metric"]]
    return points(rows, width) + _in_columns(others, width)


def _in_columns(pairs: list[tuple[str, str]], width: int) -> list[str]:
    """Names with values, as many beside each other as there is room for."""
    cells = [f"{name} {value}" for name, value in pairs]
    widest = max(map(len, cells), default=0) + 3
    beside = max(width // widest, 1) if cells else 1
    starts = range(0, len(cells), beside)
    return ["".join(cell.ljust(widest) for cell in cells[at : at + beside]).rstrip() for at in starts]


def _compare(result: dict[str, Any], width: int) -> list[str]:
    """The scores alone: on a scale of their own the smallest difference would look like the largest."""
    return table(("model", result["metric"]), [(m["model"], _score(m["score"])) for m in result["models"]], width)


def _score(value: float) -> str:
    from tools.core.learning.metrics import shown

    return shown(value)


SHOWN: dict[str, Callable[[dict[str, Any], int], list[str]]] = {
    "profile": _profile,
    "train": _train,
    "evaluate": _evaluate,
    "compare": _compare,
    "explain": explained,
}
