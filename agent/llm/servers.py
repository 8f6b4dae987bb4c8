"""What servers of language models were found to take, kept in the user's cache so that each is asked only once."""

import json
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tools.core.errors import EkibenError
from tools.core.files import read_json, write_json

KEPT_SECONDS = 7 * 24 * 3600
"""A server may be started anew with more."""


@dataclass
class Habits:
    """What one server takes."""

    calls: str = ""
    """native: it has made calls; written: it makes none, and is asked for a plan as JSON; empty: not known yet."""
    stream: bool = True
    stream_options: bool = True
    response_format: bool = True
    limit: str = ""
    """The name by which it takes the most tokens of a reply; empty: the usual one of its provider."""
    at: float = 0.0


def recall(address: str) -> Habits:
    """What is known of a server."""
    found = _kept().get(address)
    names = {each.name for each in fields(Habits)}
    if not isinstance(found, dict) or time.time() - float(found.get("at") or 0) > KEPT_SECONDS:
        return Habits()
    return Habits(**{name: value for name, value in found.items() if name in names})


def remember(address: str, habits: Habits) -> None:
    """Keep what is known of a server; where nothing can be kept it is found out again."""
    habits.at = time.time()
    try:
        write_json(_file(), {**_kept(), address: asdict(habits)})
    except (OSError, EkibenError):
        return


def _kept() -> dict[str, object]:
    try:
        found = read_json(_file())
    except (OSError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _file() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("ekiben") / "servers.json"
