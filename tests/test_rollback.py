"""rollback: the earlier revision is proven first; one that is damaged is refused and nothing changes."""

import shutil
from pathlib import Path

import pytest
from tables import Bench, customers

from tools.core.errors import NotFound, Unverified
from tools.core.serving.deployments import Deployment


def test_a_damaged_revision_is_refused_and_the_live_one_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    for seed in (0, 1):
        bench("train", dataset="t", estimators=["linear"], seed=seed, time_limit=60)
    bench("deploy", model="t:1", name="shop")
    bench("deploy", model="t:2", name="shop")
    try:
        folder = bench.context.workspace / "deployments" / "shop"
        model = folder / "revisions/1/home/bentos/t/1/src/model/graph.onnx"
        model.write_bytes(model.read_bytes()[:-100])
        with pytest.raises(Unverified, match="not those that were deployed"):
            bench("rollback", deployment="shop")
        shutil.rmtree(folder / "revisions/1/home")
        with pytest.raises(Unverified, match="are gone"):
            bench("rollback", deployment="shop")
        assert Deployment("shop", folder).live == 2
        assert len(Deployment("shop", folder).entries) == 2
    finally:
        bench("stop", deployment="shop")
    with pytest.raises(NotFound):
        bench("rollback", deployment="nothing")
