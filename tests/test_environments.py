"""An old revision runs with the versions that its Bento pins, and with the code of the Ekiben that made it."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from tables import Bench, customers
from test_journey import post

from tools.core.errors import NeedsExtra
from tools.core.serving.bento import LOCK, MODEL, TOLD, hashes_of, model_folder
from tools.core.serving.control import state_of
from tools.core.serving.environments import interpreter_for, other_versions
from tools.core.serving.lock import installed, locked, pinned

OLDER = "scikit-learn==1.8.0"
SPEAKS = "import sys\n\nprint('this is Ekiben 0.0.9', file=sys.stderr)\n"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("environments"))
    made.prepared(customers(), target="left")
    for _ in range(2):
        made("train", dataset="t", estimators=["linear"], time_limit=60)
    yield made
    for deployment in made("status").deployments:
        made("stop", deployment=deployment.name)


def aged(bench: Bench, bento: Path) -> None:
    """Make a Bento what an older Ekiben would have made: an older scikit-learn and its estimators, other code."""
    model = model_folder(bench.context, "t:1")
    (bento / MODEL / "graph.onnx").unlink(missing_ok=True)
    shutil.rmtree(bento / MODEL / "estimators", ignore_errors=True)
    shutil.copytree(model / "estimators", bento / MODEL / "estimators")
    shutil.copyfile(model / "encoder.json", bento / MODEL / "encoder.json")
    facts = json.loads((bento / MODEL / "model.json").read_text(encoding="utf-8"))
    facts |= {"runtime": "skops", "versions": {**facts["versions"], "ekiben": "0.0.9", "scikit-learn": "1.8.0"}}
    (bento / MODEL / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    pins = [OLDER if pin.startswith("scikit-learn==") else pin for pin in pinned(["scikit-learn", "skops"])]
    (bento / LOCK).write_text(locked(pins).text, encoding="utf-8")
    with (bento / "src/service/__init__.py").open("a", encoding="utf-8") as code:
        code.write(SPEAKS)
    told = json.loads((bento / TOLD).read_text(encoding="utf-8"))
    (bento / TOLD).write_text(json.dumps({**told, "files": hashes_of(bento)}), encoding="utf-8")


def _loaded(bench: Bench, name: str) -> list[str]:
    """Where the live process has its libraries from."""
    state = state_of(bench.context.workspace / "deployments" / name)
    assert state
    maps = [mapped.path for mapped in psutil.Process(state["service_pid"]).memory_maps()]
    return [path for path in maps if "/sklearn/" in path or "/numpy/" in path]


def test_back_across_an_upgrade_of_scikit_learn_and_of_ekiben(bench: Bench) -> None:
    aged(bench, Path(bench("package", model="t:1").path))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own: Any = json.loads((bench.context.workspace / "models/t/1/sample.json").read_text(encoding="utf-8"))
    built = str(bench.context.workspace / "environments")

    assert bench("deploy", model="t:1", name="shop", port=port).revision == 1
    assert any("/sklearn/" in path for path in _loaded(bench, "shop"))
    assert all(path.startswith(built) for path in _loaded(bench, "shop"))
    assert post(port, own["rows"])[1]["predictions"] == own["answers"]["predictions"]

    assert bench("deploy", model="t:2", name="shop").revision == 2
    assert bench("deploy", model="t:2", name="shop").revision == 3, "the first is not kept warm any more"
    assert _loaded(bench, "shop")
    assert not any(path.startswith(built) for path in _loaded(bench, "shop"))

    back = bench("rollback", deployment="shop", to=1)
    assert (back.verified, back.proof.equal, back.model) == (True, len(own["rows"]), "t:1")
    assert all(path.startswith(built) for path in _loaded(bench, "shop"))
    status, answer = post(port, own["rows"])
    assert (status, answer["predictions"], answer["model"]) == (200, own["answers"]["predictions"], "t:1")
    log = (bench.context.workspace / "deployments/shop/service.log").read_text(encoding="utf-8")
    assert log.count("this is Ekiben 0.0.9") >= 2

    environments = [path for path in Path(built).iterdir() if (path / "ready").exists()]
    assert len(environments) == 1, "it is built once"
    assert "://" not in (environments[0] / "requirements.txt").read_text(encoding="utf-8")


def test_the_versions_that_are_here_need_no_environment(bench: Bench) -> None:
    bento = Path(bench("package", model="t:2").path)
    assert interpreter_for(bench.context, bento) == Path(sys.executable)
    older = f"numpy==1.26.0\nnobody-has-this==1.0\nbentoml=={installed('bentoml')}\n"
    assert other_versions(older) == ["numpy==1.26.0", "nobody-has-this==1.0"]


def test_without_a_registry_nothing_changes_and_one_sentence_says_what_is_needed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bento = Path(bench("package", model="t:2", name="far").path)
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:hunter2@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    (bento / LOCK).write_text("scikit-learn==0.0.1\n", encoding="utf-8")
    with pytest.raises(NeedsExtra, match=r"runs with scikit-learn 0\.0\.1, which Ekiben does not have") as refused:
        interpreter_for(bench.context, bento)
    assert "hunter2" not in refused.value.message + refused.value.hint
    assert "registry" in refused.value.hint
    assert not list((bench.context.workspace / "environments").glob(".*staging*"))


def test_two_commands_that_need_the_same_environment_build_one(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / LOCK).parent.mkdir(parents=True)
    (tmp_path / LOCK).write_text(locked(["idna==3.6"]).text, encoding="utf-8")
    told: list[str] = []
    context = replace(bench.context, progress=lambda _, text: told.append(text))
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: interpreter_for(context, tmp_path), range(2))
    assert one == other != Path(sys.executable)
    assert told == ["building the environment that it pins (idna 3.6); this is done once"]
    version = [str(one), "-P", "-c", "from importlib.metadata import version; print(version('idna'))"]
    assert subprocess.run(version, capture_output=True, text=True, check=True).stdout.strip() == "3.6"
