"""Which model a table of new rows is for, where none is named: the only one that has its columns and a target."""

from agent.understanding.columns import fuse
from agent.understanding.world import World

FEWEST = 3
"""Columns of a model that can be told by them."""


def fitting(world: World, path: str) -> str | None:
    """The name of the one model that the table lacks nothing for but its target; None where it is not clear."""
    facts = world.table(path)
    here = {fuse(column) for column in facts.columns} if facts else set()
    names = dict.fromkeys(tag.partition(":")[0] for tag in world.tags("model"))
    found = [name for name in names if _fits({fuse(column) for column in world.columns(name)}, here)]
    return found[0] if len(found) == 1 else None


def _fits(columns: set[str], here: set[str]) -> bool:
    return len(columns) >= FEWEST and len(columns - here) == 1
