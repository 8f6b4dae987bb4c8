"""Refuses servers elsewhere that only a folder's ekiben.toml names: whoever left it there would get the key."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from tools.core.errors import BadConfig


def refuse_strangers(here: dict[str, Any], own: Iterable[dict[str, Any]], file: str) -> None:
    """BadConfig where the folder's file names a server that is not on this machine, and the person does not."""
    known = {address for values in own for address in _addresses(values)}
    for address in _addresses(here):
        if address not in known and not is_local(address):
            raise BadConfig(
                f"{file} here names the server {urlsplit(address).hostname or address}, and nobody else does.",
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
