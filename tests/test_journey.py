"""The whole way of a user: from a CSV and a sentence to a live, verified endpoint, to a new revision, and back."""

import csv
import http.client
import json
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Shell

from tools.core.files import read_json, write_json
from tools.core.serving.bento import TOLD, hashes_of

REQUEST = "train and deploy on churn.csv, target Churn, linear model, 20 seconds, at port {port}"


def post(port: int, rows: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/predict", json.dumps({"rows": rows}), {"Content-Type": "application/json"})
    response = connection.getresponse()
    found = json.loads(response.read())
    connection.close()
    return response.status, found


class Load:
    """Clients that post without a pause, without a retry, half of them on kept-alive connections."""

    def __init__(self, port: int, row: dict[str, Any]) -> None:
        self.port, self.body = port, json.dumps({"rows": [row]})
        self.ended = threading.Event()
        self.models: list[str] = []
        self.failures: list[str] = []

    def __enter__(self) -> "Load":
        self.threads = [threading.Thread(target=self._client, args=(n % 2 == 0,)) for n in range(4)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _client(self, keep: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self.ended.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("POST", "/predict", self.body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                found = json.loads(response.read())
                if response.status != 200:
                    self.failures.append(f"{response.status} {found}")
                self.models.append(found.get("model"))
                if not keep or response.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as exc:
                self.failures.append(repr(exc))
                connection = None
        if connection:
            connection.close()


def sample(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ".ekiben/models/churn/1/sample.json").read_text())["rows"][0]
    return found


def test_from_a_sentence_to_an_endpoint_to_a_new_revision_and_back(shell: Shell, free_port: Callable[[], int]) -> None:
    port = free_port()
    answer = shell("run", REQUEST.format(port=port), "--yes")
    assert answer.code == 0, answer.stdout
    assert [s["tool"] for s in answer.document["steps"]] == [
        "profile",
        "preprocess",
        "train",
        "evaluate",
        "package",
        "deploy",
    ]
    assert f"http://127.0.0.1:{port}" in answer.document["answer"]
    assert "curl -s" in answer.document["answer"]
    row = sample(shell.folder)
    assert post(port, [row])[1]["model"] == "churn:1"

    assert shell("train", "churn", "--estimators", "random_forest", "--time-limit", "30").code == 0
    with Load(port, row) as load:
        second = shell("deploy", "churn:2", "--name", "churn", "--yes").document
        back = shell("rollback", "churn", "--yes").document
    assert (second["revision"], second["previous"], second["verified"]) == (2, 1, True)
    assert (back["revision"], back["previous"], back["model"]) == (1, 2, "churn:1")
    assert load.failures == []
    assert {"churn:1", "churn:2"} == set(load.models)

    status = shell("status", "churn").document["deployments"][0]
    assert [(e["event"], e["revision"]) for e in status["history"]] == [("deploy", 1), ("deploy", 2), ("rollback", 1)]
    assert shell("delete", "model", "churn:1", "--yes").document["error"]["code"] == "in_use"
    assert shell("delete", "model", "churn:2", "--yes").code == 0
    assert shell("stop", "churn", "--yes").code == 0
    with pytest.raises(OSError):
        post(port, [row])
    assert shell("status").document["deployments"][0]["state"] == "stopped"


def test_online_and_batch_answers_are_equal(trained: Shell, free_port: Callable[[], int]) -> None:
    port = free_port()
    assert trained("deploy", "churn", "--name", "twin", "--port", str(port), "--yes").code == 0
    assert trained("predict", "churn", "churn.csv", "--output", "out.csv", "--overwrite").code == 0
    with (trained.folder / "out.csv").open(encoding="utf-8") as file:
        batch = list(csv.DictReader(file))
    with (trained.folder / "churn.csv").open(encoding="utf-8") as file:
        rows = [{k: _number(v) for k, v in row.items()} for row in csv.DictReader(file)]
    status, online = post(port, rows)
    assert status == 200
    assert online["predictions"] == [row["prediction"] for row in batch]
    far = [abs(o["Yes"] - float(b["probability_Yes"])) for o, b in zip(online["probabilities"], batch, strict=True)]
    assert max(far) < 1e-9
    assert online["warnings"] == []


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def test_a_revision_that_does_not_verify_leaves_what_was_live(trained: Shell, free_port: Callable[[], int]) -> None:
    port = free_port()
    assert trained("deploy", "churn", "--name", "safe", "--port", str(port), "--yes").code == 0
    assert trained("train", "churn", "--estimators", "linear", "--name", "liar", "--time-limit", "20").code == 0
    assert trained("package", "liar").code == 0
    bento = trained.folder / ".ekiben/bentoml/bentos/liar/1"
    place = bento / "src/model/sample.json"
    told = json.loads(place.read_text(encoding="utf-8"))
    told["answers"]["predictions"][0] = "neither"
    place.write_text(json.dumps(told), encoding="utf-8")
    write_json(bento / TOLD, {**read_json(bento / TOLD), "files": hashes_of(bento)})
    answer = trained("deploy", "liar", "--name", "safe", "--yes")
    assert (answer.code, answer.document["error"]["code"]) == (7, "unverified")
    assert post(port, [sample(trained.folder)])[1]["model"] == "churn:1"
    live = trained("status", "safe").document["deployments"][0]
    assert (live["revision"], live["state"], len(live["history"])) == (1, "live", 1)


def test_a_port_in_use_starts_nothing(trained: Shell) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = trained("deploy", "churn", "--name", "blocked", "--port", str(taken.getsockname()[1]), "--yes")
    assert (answer.code, answer.document["error"]["code"]) == (1, "port_in_use")
    assert "blocked" not in [d["name"] for d in trained("status").document["deployments"]]


def test_a_crashed_service_is_started_again(trained: Shell, free_port: Callable[[], int]) -> None:
    import os
    import signal
    import time

    port = free_port()
    assert trained("deploy", "churn", "--name", "phoenix", "--port", str(port), "--yes").code == 0
    from tools.core.serving.control import state_of

    before = state_of(trained.folder / ".ekiben/deployments/phoenix")
    assert before
    os.kill(before["service_pid"], signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = state_of(trained.folder / ".ekiben/deployments/phoenix")
        if now and now["running"] and now["service_pid"] != before["service_pid"]:
            break
        time.sleep(0.1)
    assert post(port, [sample(trained.folder)])[0] == 200


def test_bentos_are_bentomls_own(trained: Shell) -> None:
    import subprocess
    import sys

    from conftest import clean_environment

    assert trained("package", "churn").code == 0
    home = trained.folder / ".ekiben/bentoml"
    variables = clean_environment(trained.folder / "home", BENTOML_HOME=str(home), BENTOML_DO_NOT_TRACK="True")
    listed = subprocess.run(
        [Path(sys.executable).with_name("bentoml"), "list", "-o", "json"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "churn:1" in [bento["tag"] for bento in json.loads(listed.stdout)]
    names = {p.name for p in (home / "bentos/churn/1/src").rglob("*") if p.is_file()}
    assert {"service.py", "bento_model.json"} <= names
    assert not {"cli.py", "profile.py", "conftest.py"} & names
    assert not [p for p in home.rglob("*") if p.suffix in (".pkl", ".pickle", ".joblib")]


def test_the_service_is_quiet_about_where_it_came_from(trained: Shell) -> None:
    """No path of this machine and no registry's address is inside a Bento."""
    assert trained("package", "churn").code == 0
    folder = trained.folder / ".ekiben/bentoml/bentos/churn/1"
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert str(trained.folder).encode() not in content, path
        assert b"index-url" not in content or path.suffix == ".py", path
        assert b"//pypi" not in content, path


def test_the_page_and_the_schema_are_served(trained: Shell, free_port: Callable[[], int]) -> None:
    port = free_port()
    assert trained("deploy", "churn", "--name", "page", "--port", str(port), "--yes").code == 0
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        text = answer.read().decode()
    assert "src=" not in text
    assert "http://" not in text.replace(f"http://127.0.0.1:{port}", "")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/docs.json") as answer:
        schema = json.load(answer)["components"]["schemas"]["Row"]
    assert "tenure" in schema["required"]
    assert {"type": "null"} in schema["properties"]["TotalCharges"]["anyOf"]
    assert {"type": "null"} not in schema["properties"]["tenure"]["anyOf"]
