"""A Bento is whole: it serves, loads, exports and imports by BentoML alone, with no model beside it."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import clean_environment
from tables import Bench, customers

BENTOML = Path(sys.executable).with_name("bentoml")
NOTEBOOK = """
import json, sys
rows = json.load(open(sys.argv[2]))["rows"]
import bentoml
service = bentoml.load(sys.argv[1])
answer = service().predict(rows=rows)
print(json.dumps(answer))
"""
CLIENT = """
import bentoml, json, sys
rows = json.load(open(sys.argv[2]))["rows"]
with bentoml.SyncHTTPClient(sys.argv[1]) as client:
    print(json.dumps(client.predict(rows=rows)))
"""


class Elsewhere:
    """A BentoML store without any model, used by BentoML's own command and library."""

    def __init__(self, folder: Path, bento: Path) -> None:
        self.folder, self.bento = folder, bento
        self.variables = clean_environment(folder, BENTOML_HOME=str(folder), BENTOML_DO_NOT_TRACK="True")

    def run(self, *command: str | Path, **variables: str) -> str:
        given: dict[str, Any] = {"capture_output": True, "text": True, "cwd": self.folder, "check": False}
        done = subprocess.run(list(command), env=self.variables | variables, **given)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def answers(self, script: str, target: str, **variables: str) -> dict[str, Any]:
        sample = self.bento / "src/model/sample.json"
        found: dict[str, Any] = json.loads(self.run(sys.executable, "-c", script, target, sample, **variables))
        return found


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    bench = Bench(tmp_path_factory.mktemp("bento"))
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    bento = Path(bench("package", model="t").path)
    home = tmp_path_factory.mktemp("elsewhere")
    bento.rename(home / "moved")
    (home / "bentos/t").mkdir(parents=True)
    (home / "moved").rename(home / "bentos/t/1")
    yield Elsewhere(home, home / "bentos/t/1")


def own(bento: Path) -> Any:
    return json.loads((bento / "src/model/sample.json").read_text(encoding="utf-8"))["answers"]["predictions"]


def test_three_lines_of_a_notebook_load_it_from_the_store_or_from_a_folder(elsewhere: Elsewhere) -> None:
    assert elsewhere.answers(NOTEBOOK, "t:1")["predictions"] == own(elsewhere.bento)
    found = elsewhere.answers(NOTEBOOK, str(elsewhere.bento), BENTOML_HOME=str(elsewhere.folder / "empty"))
    assert (found["predictions"], found["model"]) == (own(elsewhere.bento), "t:1")


def test_bentoml_serves_it_and_its_client_asks_it(elsewhere: Elsewhere, free_port: Callable[[], int]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (elsewhere.folder / "serve.log").open("w") as log:
        command = [BENTOML, "serve", "t:1", "--port", url.rpartition(":")[2], "--host", "127.0.0.1"]
        served = subprocess.Popen(command, env=elsewhere.variables, cwd=elsewhere.folder, stdout=log, stderr=log)
    try:
        _ready(url, served)
        assert elsewhere.answers(CLIENT, url)["predictions"] == own(elsewhere.bento)
    finally:
        served.terminate()
        served.wait(60)


def test_an_export_imports_as_the_same_bento(elsewhere: Elsewhere) -> None:
    output = elsewhere.folder / "t.bento"
    elsewhere.run(BENTOML, "export", "t:1", output)
    there = {"BENTOML_HOME": str(elsewhere.folder / "second")}
    elsewhere.run(BENTOML, "import", output, **there)
    second = elsewhere.folder / "second/bentos/t/1"
    assert _files(second) == _files(elsewhere.bento)
    assert elsewhere.answers(NOTEBOOK, "t:1", **there)["predictions"] == own(elsewhere.bento)


def test_everybody_may_read_it_and_its_hashes_are_inside(elsewhere: Elsewhere) -> None:
    from tools.core.serving.bento import hashes_of

    told = json.loads((elsewhere.bento / "src/bento_model.json").read_text(encoding="utf-8"))
    assert (told["model"], told["unhashed"], told["files"]) == ("t:1", [], hashes_of(elsewhere.bento))
    assert {"src/model/model.json", "src/service/http.py", "env/python/requirements.txt"} <= set(told["files"])
    for path in (elsewhere.bento, *elsewhere.bento.rglob("*")):
        assert path.stat().st_mode & 0o444 == 0o444, path


def test_it_says_which_model_it_holds_and_how_it_is_served(elsewhere: Elsewhere) -> None:
    facts = json.loads((elsewhere.bento / "src/model/model.json").read_text(encoding="utf-8"))
    assert (facts["model"], facts["runtime"], facts["packages"]) == ("t:1", "onnx", ["onnxruntime"])
    assert (facts["lineage"]["dataset"], facts["lineage"]["table"]) == ("t:1", "t.csv")
    assert "model: t:1" in (elsewhere.bento / "bento.yaml").read_text(encoding="utf-8")


def _files(folder: Path) -> dict[str, bytes]:
    there = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in there}


def _ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("it was never ready")
