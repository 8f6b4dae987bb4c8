"""Whether this machine has the memory for a revision's processes."""

from tools.core.errors import BadArguments

EACH = 150_000_000
"""Bytes that a process of a small model needs; a large graph needs more."""


def check_room(replicas: int) -> None:
    """BadArguments where so many processes would need more memory than is free."""
    import psutil

    free = psutil.virtual_memory().available
    if replicas > 1 and replicas * EACH > free:
        wanted = f"{replicas:,} processes need about {replicas * EACH / 1e9:.3g} GB of memory"
        raise BadArguments(
            f"{wanted}, and {free / 1e9:.3g} GB are free.",
            f"Choose at most --replicas {max(1, free // EACH)}; more than the machine has cores seldom helps.",
        )
