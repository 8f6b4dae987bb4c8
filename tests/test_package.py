"""package: a Bento with what serving needs, pinned, and nothing else."""

import re
from pathlib import Path

import pytest
from tables import Bench, customers

from tools.core.errors import ApprovalNeeded, Internal, NotFound
from tools.core.serving.leaks import refuse_leaks
from tools.core.serving.lock import pinned


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
    lines = (folder / "env/python/requirements.txt").read_text(encoding="utf-8").split()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^\s]+", line) for line in lines), lines
    assert set(pinned(["scikit-learn", "skops"])) == set(lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"bentoml", "scikit-learn", "skops"} <= names
    assert not {"langchain-core", "openai", "pandas", "duckdb", "lightgbm", "click-repl"} & names


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index-url https://user:secret@host/simple",
        "--index-url https://host/simple",
        "x @ https://" + "py" + "pi.x/y",
    ],
)
def test_an_index_or_a_credential_stops_the_build(tmp_path: Path, line: str) -> None:
    place = tmp_path / "a/b/c/d/bento"
    place.mkdir(parents=True)
    (place / "requirements.txt").write_text(f"numpy==2\n{line}\n", encoding="utf-8")
    with pytest.raises(Internal, match="would name a registry"):
        refuse_leaks(place)


def test_a_secret_in_the_environment_stays_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://user:hunter2@example.org/simple")
    folder = Path(bench("package", model="t", name="quiet").path)
    for path in (p for p in folder.rglob("*") if p.is_file()):
        assert b"hunter2" not in path.read_bytes()


def test_an_output_takes_it_elsewhere(bench: Bench) -> None:
    found = bench("package", model="t", output="t.bento")
    assert Path(found.path) == bench.folder / "t.bento"
    assert (bench.folder / "t.bento").stat().st_size > 1000
    with pytest.raises(ApprovalNeeded):
        bench("package", model="t", output="t.bento")


def test_a_model_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound, match="no model 'x'"):
        bench("package", model="x")
