"""Servers elsewhere that only a folder's files name are refused: whoever left those files would get key and words."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tools.core.errors import BadConfig

if TYPE_CHECKING:
    from agent.settings import Settings


def strangers(here: dict[str, Any], own: Iterable[dict[str, Any]]) -> frozenset[str]:
    """The addresses of servers elsewhere that the folder's file names, and none of the person's own settings does."""
    known = {address for values in own for address in _addresses(values)}
    return frozenset(address for address in _addresses(here) if address not in known and not is_local(address))


def refuse_strangers(settings: "Settings") -> None:
    """BadConfig where a language model would be asked at such a server."""
    used = [settings.base_url, *(stage.base_url for stage in settings.stages.values())]
    for address in used:
        if address in settings.strangers:
            raise BadConfig(
                f"Only a file in this folder names the server {urlsplit(address).hostname or address}.",
                "If you trust it, say so: --base-url, EKIBEN_BASE_URL, or your own configuration file.",
            )


def is_local(address: str) -> bool:
    """Whether an address is on this very machine."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addresses(values: dict[str, Any]) -> Iterator[str]:
    stages = values.get("stages") or {}
    tables = [values, *(table for table in stages.values() if isinstance(table, dict))]
    for table in tables:
        for name in ("base_url", "base-url"):
            if isinstance(table.get(name), str):
                yield table[name]
