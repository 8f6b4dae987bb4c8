"""How much one request, and all of them at once, may ask of a service."""

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes."""
LARGEST_WAITING = 256 * 1024 * 1024
"""Bytes of bodies whose rest has not come, all together."""
MOST_ROWS = 50_000
MOST_AT_ONCE = 256
LONGEST_SECONDS = 60.0
