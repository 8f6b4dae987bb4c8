"""promote: the canary takes all traffic; while it runs, its share of the requests is exact and nobody loses one."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from clients import post
from tables import Bench, customers

import tools
from tools.core.errors import BadArguments, InUse
from tools.core.serving.control import state_of
from tools.core.serving.deployments import Deployment


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("promote"))
    made.prepared(customers(), target="left")
    for seed in (0, 1):
        made("train", dataset="t", estimators=["linear"], seed=seed, time_limit=60)
    made("deploy", model="t:1", name="shop")
    yield made
    made("stop", deployment="shop")


def answers(bench: Bench, count: int) -> list[str]:
    """Which model answered each of so many requests."""
    port = bench("status", name="shop").deployments[0].url.rpartition(":")[2]
    row = {"age": 40, "plan": "pro", "spend": 3.5, "joined": "2020-03-01", "active": "yes", "note": "nothing to say"}
    return [post(int(port), [row])["model"] for _ in range(count)]


def test_a_canary_gets_its_share_and_then_all(bench: Bench) -> None:
    with pytest.raises(BadArguments, match="has no canary"):
        bench("promote", deployment="shop")
    found = bench("deploy", model="t:2", name="shop", canary=20)
    assert (found.revision, found.previous, found.canary, found.verified) == (2, 1, 20, True)
    before = bench("status", name="shop").deployments[0]
    told = answers(bench, 50)
    assert [place for place, model in enumerate(told) if model == "t:2"] == list(range(4, 50, 5))
    after = bench("status", name="shop").deployments[0]
    assert (after.revision, after.model, after.canary.revision, after.canary.model) == (1, "t:1", 2, "t:2")
    assert (after.canary.percent, after.errors, after.canary.errors) == (20, 0, 0)
    assert (before.requests, before.canary.requests, before.latency_ms) == (0, 0, None), "a proof is no client's"
    assert (after.requests, after.canary.requests) == (40, 10)
    assert after.canary.latency_ms.p50 <= after.canary.latency_ms.p99
    with pytest.raises(BadArguments, match="runs as a canary"):
        bench("deploy", model="t:2", name="shop")
    with pytest.raises(InUse):
        bench("delete", kind="model", name="t:2")
    done = bench("promote", deployment="shop")
    assert (done.revision, done.previous, done.model, done.canary) == (2, 1, "t:2", None)
    assert set(answers(bench, 5)) == {"t:2"}
    assert bench("rollback", deployment="shop").model == "t:1"
    assert [e["event"] for e in bench("status", name="shop").deployments[0].history] == [
        "deploy",
        "canary",
        "promote",
        "rollback",
    ]


def test_a_rollback_ends_the_canary(bench: Bench) -> None:
    live = bench("status", name="shop").deployments[0].revision
    canary = bench("deploy", model="t:2", name="shop", canary=50).revision
    back = bench("rollback", deployment="shop")
    assert (back.revision, back.previous, back.model) == (live, canary, "t:1")
    assert set(answers(bench, 6)) == {"t:1"}
    assert bench("status", name="shop").deployments[0].canary is None


def test_nobody_loses_a_request_to_a_canary_that_is_gone(bench: Bench) -> None:
    bench("deploy", model="t:2", name="shop", canary=50)
    folder = bench.context.workspace / "deployments" / "shop"
    state = state_of(folder)
    assert state
    os.kill(state["canary"]["pids"][0], signal.SIGKILL)
    assert set(answers(bench, 10)) == {"t:1"}
    end = time.monotonic() + 60
    while "t:2" not in answers(bench, 2) and time.monotonic() < end:
        time.sleep(0.1)
    assert sorted(answers(bench, 4)) == ["t:1", "t:1", "t:2", "t:2"], "it was started again"
    bench("rollback", deployment="shop")
    assert Deployment("shop", folder).entries[-1]["event"] == "rollback"


def test_what_it_asks(bench: Bench) -> None:
    tool = tools.load("deploy")
    text = tool.question(tool.parse({"model": "t:2", "name": "shop", "canary": 10}), bench.context)
    assert text.startswith("Give t:2 10 % of the requests to shop, revision ")
    with pytest.raises(BadArguments, match="Nothing is live"):
        bench("deploy", model="t:2", name="other", canary=10)
