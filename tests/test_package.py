"""package: a Bento with what serving needs, pinned, and nothing else."""

import json
import shutil
from pathlib import Path

import pytest
from tables import Bench, customers

from tools.core.errors import ApprovalNeeded, BadArguments, NotFound
from tools.core.serving.bento import LOCK
from tools.core.serving.lock import pinned, read_lock


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("package"))
    made.prepared(customers(), target="left")
    made("train", dataset="t", estimators=["linear"], time_limit=60)
    return made


def test_the_bento_of_a_model_has_its_name_and_version(bench: Bench) -> None:
    found = bench("package", model="t")
    assert (found.bento, found.model) == ("t:1", "t:1")
    assert found.size_bytes > 0
    assert bench("package", model="t:1").bento == "t:1", "packaged again it is the same one"
    assert bench("package", model="t", name="Other Name").bento == "other-name:1"


def test_it_holds_the_service_and_pins_what_it_needs(bench: Bench) -> None:
    folder = Path(bench("package", model="t").path)
    assert {"service", "model", "bento_model.json", "bentofile.yaml"} == {
        path.name for path in (folder / "src").iterdir()
    }
    lock = dict(read_lock((folder / "env/python/requirements.txt").read_text(encoding="utf-8")))
    assert list(lock) == pinned(["onnxruntime"])
    assert all(lock.values()), "every one has a hash"
    names = {pin.partition("==")[0] for pin in lock}
    assert {"bentoml", "onnxruntime"} <= names
    assert not {"langchain-core", "openai", "pandas", "duckdb", "scikit-learn", "skops", "lightgbm", "onnx"} & names


def test_an_output_takes_it_elsewhere(bench: Bench) -> None:
    found = bench("package", model="t", output="t.bento")
    assert Path(found.path) == bench.folder / "t.bento"
    assert (bench.folder / "t.bento").stat().st_size > 1000
    with pytest.raises(ApprovalNeeded):
        bench("package", model="t", output="t.bento")


def test_a_model_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound, match="no model 'x'"):
        bench("package", model="x")


def test_a_lock_without_hashes_is_said(bench: Bench) -> None:
    told = Path(bench("package", model="t", name="bare").path) / "src/bento_model.json"
    facts = json.loads(told.read_text(encoding="utf-8"))
    assert facts["unhashed"] == []
    told.write_text(json.dumps(facts | {"unhashed": ["skops==0.99"]}), encoding="utf-8")
    assert "no hashes, since none could be had for skops==0.99" in bench("package", model="t", name="bare").warnings[0]


def test_what_the_served_files_need_is_locked_and_in_the_image(bench: Bench) -> None:
    bench("train", dataset="t", estimators=["lightgbm"], time_limit=60, name="boosted")
    folder = Path(bench("package", model="boosted").path)
    packages = json.loads((folder / "src/model/model.json").read_text(encoding="utf-8"))["packages"]
    names = [pin.partition("==")[0] for pin, _ in read_lock((folder / LOCK).read_text(encoding="utf-8"))]
    assert set(packages) <= set(names)
    docker = (folder / "env/docker/Dockerfile").read_text(encoding="utf-8")
    assert ("libgomp1" in docker) == ("lightgbm" in names) == ("lightgbm" in packages), "its wheel needs that library"


def test_a_bento_that_is_not_whole_or_of_another_model_is_not_taken_for_the_models_own(bench: Bench) -> None:
    place = Path(bench("package", model="t:1", name="twice").path)
    told = json.loads((place / "src/bento_model.json").read_text(encoding="utf-8"))
    (place / "src/bento_model.json").write_text(json.dumps(told | {"sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(BadArguments, match="The Bento twice:1 holds another t:1"):
        bench("package", model="t:1", name="twice")
    (place / "src/bento_model.json").write_text('{"model": "t:1"}', encoding="utf-8")
    shutil.rmtree(place / "src/model")
    assert (Path(bench("package", model="t:1", name="twice").path) / "src/model/model.json").exists()
