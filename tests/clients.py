"""Clients of a running service, over real sockets, without a retry."""

import http.client
import json
from typing import Any


def ask(port: int, rows: list[dict[str, Any]], **headers: str) -> tuple[int, dict[str, Any]]:
    """Post rows on a connection of its own: the status, and the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    told = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/predict", json.dumps({"rows": rows}), told)
    response = connection.getresponse()
    found: dict[str, Any] = json.loads(response.read())
    connection.close()
    return response.status, found


def post(port: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer to rows that are good."""
    status, found = ask(port, rows)
    assert status == 200, found
    return found
