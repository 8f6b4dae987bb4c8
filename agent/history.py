"""A deployment's record as a table: what happened when, from which revision to which, by whom, why, and its proof."""

from typing import Any

MOST = 20
HEAD = ("when", "event", "from → to", "model", "Bento", "who", "proof", "why")


def table(entries: list[dict[str, Any]]) -> list[str]:
    """The last lines of the record under a head, their columns aligned."""
    rows = [HEAD, *map(_row, entries[-MOST:])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    more = [f"  {len(entries) - MOST} earlier lines are in its record."] if len(entries) > MOST else []
    return [*more, *(line.rstrip() for line in lines)]


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    names = ("at", "event", "", "model", "bento", "who", "", "why")
    cells = [str(entry.get(name) or "") for name in names]
    cells[2] = f"{entry.get('left') or '-'} → {_to(entry)}"
    if entry.get("canary"):
        cells[2] = f"{entry['previous']} + {entry['revision']}"
        cells[1] += f" {entry['canary']} %"
    if proof := entry.get("proof"):
        cells[6] = f"{proof['equal']} of {proof['rows']} equal"
    if gate := entry.get("gate"):
        cells[6] += f", better than {gate['live']} (p = {gate['p_value']:.2g})"
    return tuple(cells)


def _to(entry: dict[str, Any]) -> str:
    return "-" if entry["event"] in ("stop", "failed") else str(entry.get("revision") or "-")
