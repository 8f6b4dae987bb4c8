"""Small charts of text: bars from zero, and points with their intervals on one scale."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

MOST_OF_A_NAME = 24
LEAST_BAR = 8
Point = tuple[str, float, tuple[float, float] | None, str]
"""Name, value, interval if it has one, and what stands beside it."""


def bars(rows: Sequence[tuple[str, float, str]], width: int = 100) -> list[str]:
    """Names, bars by size, and what is told of each, in lines of that width."""
    largest = max((abs(value) for _, value, _ in rows), default=0.0) or 1.0
    names, room = _rooms([(name, told) for name, _, told in rows], width)
    return [
        f"{_fit(name, names)}  {set_cell_size('█' * round(room * abs(value) / largest), room)}  {told}".rstrip()
        for name, value, told in rows
    ]


def points(rows: Sequence[Point], width: int = 100) -> list[str]:
    """Names, points with intervals on one scale, and what is told of each, in lines of that width."""
    ends = [end for _, value, interval, _ in rows for end in (value, *(interval or ()))]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    names, room = _rooms([(name, told) for name, *_, told in rows], width)

    def at(value: float) -> int:
        return round((room - 1) * (value - low) / (high - low)) if high > low else 0

    lines = []
    for name, value, interval, told in rows:
        between = interval and (at(interval[0]), at(interval[1]))
        lines.append(f"{_fit(name, names)}  {_point(at(value), between, room)}  {told}".rstrip())
    return lines


def _point(at: int, interval: tuple[int, int] | None, room: int) -> str:
    cells = [" "] * room
    if interval:
        low, high = interval
        cells[low : high + 1] = ["─"] * (high - low + 1)
        cells[low], cells[high] = "├", "┤"
    cells[at] = "●"
    return "".join(cells)


def _rooms(rows: Sequence[tuple[str, str]], width: int) -> tuple[int, int]:
    """Cells for the names and for the drawing."""
    names = min(max((cell_len(name) for name, _ in rows), default=0), MOST_OF_A_NAME)
    told = max((cell_len(text) for _, text in rows), default=0)
    return names, max(min(width - names - told - 4, 32), LEAST_BAR)


def _fit(name: str, cells: int) -> str:
    """A name in exactly so many cells, cut with a mark where it is longer."""
    return set_cell_size(name, cells) if cell_len(name) <= cells else set_cell_size(name, cells - 1) + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int = 100) -> list[str]:
    """Rows under a head, columns aligned; the widest column gives way where the lines would be too long."""
    every = [list(head), *map(list, rows)]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*every, strict=True)]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    widest = widths.index(max(widths))
    widths[widest] = max(widths[widest] - max(over, 0), LEAST_BAR)
    return ["  ".join(_fit(c, w) for c, w in zip(row, widths, strict=True)).rstrip() for row in every]
