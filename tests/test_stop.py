"""stop: the address is free afterwards; what does not exist is said."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tables import Bench, customers

from tools.core.errors import NotFound


def test_the_address_is_free_and_the_record_says_so(tmp_path: Path, free_port: Callable[[], int]) -> None:
    bench = Bench(tmp_path)
    with pytest.raises(NotFound, match="no deployment 'shop'"):
        bench("stop", deployment="shop")
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    url = bench("deploy", model="t", name="shop", port=free_port()).url  # one that no other test takes next
    assert bench("stop", deployment="shop").url == url
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", int(url.rpartition(":")[2])))
    found = bench("status").deployments[0]
    assert (found.state, found.revision, found.history[-1]["event"]) == ("stopped", None, "stop")
