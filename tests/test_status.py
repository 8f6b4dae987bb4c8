"""status: what exists, and what is live; a record whose service is gone is told as failed."""

from pathlib import Path

import pytest
from tables import Bench, customers

from tools.core.errors import NotFound
from tools.core.serving.deployments import Deployment


def test_what_exists(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench("status").datasets == []
    bench.prepared(customers(), target="left")
    bench("profile", path="t.csv")
    found = bench("status")
    assert (found.datasets, found.prepared, found.models) == (["t:2", "t:1"], ["t:1"], [])
    assert bench("status", name="t:1").datasets == ["t:1"]
    with pytest.raises(NotFound):
        bench("status", name="nothing")


def test_a_service_that_is_gone_is_failed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    folder = bench.context.workspace / "deployments" / "shop"
    folder.mkdir(parents=True)
    Deployment("shop", folder).note(event="deploy", revision=1, host="127.0.0.1", port=1, model="t:1", bento="t:1")
    found = bench("status").deployments[0]
    assert (found.state, found.revision, found.requests) == ("failed", None, None)
    assert "are gone" in found.reason
    Deployment("shop", folder).note(event="failed", revision=1, why="its process ended 5 times in a row")
    told = bench("status")
    assert told.deployments[0].reason == "its process ended 5 times in a row"
    assert told.headline().startswith("shop has failed: its process ended 5 times in a row.")
