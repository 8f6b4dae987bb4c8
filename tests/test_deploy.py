"""deploy, and what follows it on one deployment: rollback, status, logs, stop, delete."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tables import Bench, customers

import tools
from tools.core.errors import BadArguments, InUse, NotFound, PortInUse


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("deploy"))
    made.prepared(customers(), target="left")
    for estimator in ("linear", "extra_trees"):
        made("train", dataset="t", estimators=[estimator], time_limit=60)
    yield made
    for deployment in made("status").deployments:
        made("stop", deployment=deployment.name)


def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_revisions_count_up_and_rollback_knows_where_to_go(bench: Bench) -> None:
    address = port()
    first = bench("deploy", model="t:1", name="shop", port=address)
    assert (first.revision, first.previous, first.verified, first.bento) == (1, None, True, "t:1")
    assert first.url == f"http://127.0.0.1:{address}"
    assert bench("deploy", model="t:2", name="shop").revision == 2
    third = bench("deploy", model="t:1", name="shop")
    assert (third.revision, third.previous) == (3, 2)
    back = bench("rollback", deployment="shop")
    assert (back.revision, back.previous) == (2, 3)
    assert bench("rollback", deployment="shop").revision == 1
    with pytest.raises(NotFound, match="no earlier revision"):
        bench("rollback", deployment="shop")
    assert bench("rollback", deployment="shop", to=3).model == "t:1"
    with pytest.raises(NotFound, match="no revision 9"):
        bench("rollback", deployment="shop", to=9)
    with pytest.raises(BadArguments, match="is live already"):
        bench("rollback", deployment="shop", to=3)

    found = bench("status", name="shop").deployments[0]
    assert (found.state, found.revision, found.model, found.errors) == ("live", 3, "t:1", 0)
    events = [(entry["event"], entry["revision"]) for entry in found.history]
    assert events == [("deploy", 1), ("deploy", 2), ("deploy", 3), ("rollback", 2), ("rollback", 1), ("rollback", 3)]
    assert isinstance(bench("logs", deployment="shop", lines=5).lines, list)
    with pytest.raises(InUse, match="is live as shop"):
        bench("delete", kind="model", name="t:1")
    with pytest.raises(InUse, match="is live on"):
        bench("delete", kind="deployment", name="shop")
    with pytest.raises(BadArguments, match="keeps that address"):
        bench("deploy", model="t:2", name="shop", port=port())

    assert bench("stop", deployment="shop").url == first.url
    again = bench("deploy", model="t:2", name="shop")
    assert (again.revision, again.previous, again.url) == (4, None, first.url), "a deployment keeps its own address"
    bench("stop", deployment="shop")
    assert bench("stop", deployment="shop").warnings
    assert bench("delete", kind="deployment", name="shop").freed_bytes > 0
    with pytest.raises(NotFound):
        bench("status", name="shop")


def test_what_it_asks_is_made_from_the_arguments(bench: Bench) -> None:
    deploy = tools.load("deploy")
    text = deploy.question(deploy.parse({"model": "t:1", "name": "new", "port": 4321}), bench.context)
    assert text == "Put t:1 live as new, revision 1 on http://127.0.0.1:4321?"


@pytest.mark.parametrize("platform", ["docker", "kubernetes", "serverless"])
def test_other_platforms_are_refused_with_a_sentence(bench: Bench, platform: str) -> None:
    with pytest.raises(BadArguments, match=f"cannot deploy to {platform} yet"):
        bench("deploy", model="t", platform=platform)


@pytest.mark.parametrize("name", ["registry", "namespace"])
def test_what_only_platforms_elsewhere_take_is_refused_here(bench: Bench, name: str) -> None:
    with pytest.raises(BadArguments, match=f"A {name} goes with a platform elsewhere"):
        bench("deploy", model="t", **{name: "shop"})


def test_more_processes_than_there_is_memory_for_are_refused(bench: Bench) -> None:
    with pytest.raises(BadArguments, match="processes need about"):
        bench("deploy", model="t:1", name="many", replicas=1_000_000)
    assert "many" not in [deployment.name for deployment in bench("status").deployments]


def test_an_address_that_cannot_be_had(bench: Bench) -> None:
    with pytest.raises(BadArguments, match="no address of this machine"):
        bench("deploy", model="t", name="far", host="192.0.2.7")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUse):
            bench("deploy", model="t", name="far", port=taken.getsockname()[1])
    assert "far" not in [deployment.name for deployment in bench("status").deployments]


def test_a_bento_that_was_changed_is_not_deployed(bench: Bench) -> None:
    place = Path(bench("package", model="t:1", name="bent").path)
    code = place / "src/service/rows.py"
    was = code.read_text(encoding="utf-8")
    code.write_text(was + "\n", encoding="utf-8")
    with pytest.raises(BadArguments, match=r"Bento bent:1 is damaged: 'src/service/rows\.py' in it"):
        bench("deploy", model="bent", name="never", port=port())
    assert "never" not in [deployment.name for deployment in bench("status").deployments]
