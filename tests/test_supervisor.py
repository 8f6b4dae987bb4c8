"""The processes behind a deployment: warm revisions, replicas, keys, what outlives a supervisor, what is given up."""

import asyncio
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from clients import ask, post
from tables import Bench, customers

from tools.core.errors import BadArguments, Unverified
from tools.core.serving.control import state_of
from tools.core.serving.deployments import Deployment
from tools.core.serving.replica import Setup
from tools.core.serving.replicas import Replicas
from tools.core.serving.unit import write_unit

ROW = {"age": 40, "plan": "pro", "spend": 3.5, "joined": "2020-03-01", "active": "yes", "note": "nothing to say"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("supervisor"))
    made.prepared(customers(), target="left")
    for seed in (0, 1):
        made("train", dataset="t", estimators=["linear"], seed=seed, time_limit=60)
    made("deploy", model="t:1", name="shop", cors=["https://shop.example"])
    yield made
    made("stop", deployment="shop")


def folder(bench: Bench) -> Path:
    return bench.context.workspace / "deployments" / "shop"


def state(bench: Bench) -> dict[str, Any]:
    found = state_of(folder(bench))
    assert found
    return found


def port(bench: Bench) -> int:
    return int(state(bench)["public_port"])


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something is so; what it was."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_the_revision_before_stays_warm_and_takes_its_turn_again(bench: Bench) -> None:
    first = state(bench)["live"]["pids"]
    bench("deploy", model="t:2", name="shop", replicas=2)
    second = state(bench)["live"]["pids"]
    assert until(lambda: state(bench)["warm"]) == 1
    for _ in range(2):
        bench("rollback", deployment="shop", to=1)
        assert state(bench)["live"]["pids"] == first
        assert post(port(bench), [ROW])["model"] == "t:1"
        bench("rollback", deployment="shop", to=2)
        assert state(bench)["live"]["pids"] == second
        assert post(port(bench), [ROW])["model"] == "t:2"
    line = Deployment("shop", folder(bench)).entries[1]
    assert (line["event"], line["revision"], line["previous"], line["left"], line["replicas"]) == ("deploy", 2, 1, 1, 2)
    assert line["who"].endswith(f"@{socket.gethostname()}")
    assert (len(line["sha256"]), line["why"], line["key_required"]) == (64, None, False)
    assert psutil.Process(first[0]).environ()["EKIBEN_CORS"] == '["https://shop.example"]'
    assert "EKIBEN_CORS" not in psutil.Process(second[0]).environ()


def test_each_process_is_watched_alone_and_what_it_counted_stays(bench: Bench) -> None:
    until(lambda: bench("status", name="shop").deployments[0].requests == 2)  # the last test's: counted when answered
    before = bench("status", name="shop").deployments[0]
    assert (before.replicas, before.revision) == (2, 2)
    for _ in range(20):
        post(port(bench), [ROW])
    one, other = state(bench)["live"]["pids"]
    os.kill(one, signal.SIGKILL)
    until(lambda: one not in state(bench)["live"]["pids"])
    assert post(port(bench), [ROW])["model"] == "t:2"
    assert other in until(lambda: len(state(bench)["live"]["pids"]) == 2 and state(bench)["live"]["pids"])
    until(lambda: not state(bench)["live"]["error"])
    assert until(lambda: bench("status", name="shop").deployments[0].requests - before.requests == 21)
    after = bench("status", name="shop").deployments[0]
    assert after.uptime_seconds > before.uptime_seconds


def test_services_that_lost_their_supervisor_start_another(bench: Bench) -> None:
    bench("deploy", model="t:1", name="shop", canary=10)
    before = state(bench)
    supervisor = psutil.Process(_pid(bench))
    supervisor.kill()
    assert post(port(bench), [ROW])["model"] == "t:2"
    until(lambda: state(bench)["live"].get("private"))
    after = state(bench)
    assert (_pid(bench) != supervisor.pid, after["revision"], after["canary"]) == (True, 2, None)
    until(lambda: not any(psutil.pid_exists(pid) for pid in before["live"]["pids"] + before["canary"]["pids"]))
    assert post(port(bench), [ROW])["model"] == "t:2"
    assert Deployment("shop", folder(bench)).entries[-1]["event"] == "canary_failed"
    found = bench("status", name="shop").deployments[0]
    assert (found.state, found.revision, found.canary) == ("live", 2, None)
    assert bench("rollback", deployment="shop", to=1).verified


def _pid(bench: Bench) -> int:
    import json

    return int(json.loads((folder(bench) / "supervisor.json").read_text(encoding="utf-8"))["pid"])


def test_a_key_is_kept_in_memory_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_SERVICE_KEY", "open-sesame-4711")
    bench("deploy", model="t:1", name="shop")
    monkeypatch.delenv("EKIBEN_SERVICE_KEY")
    bench("deploy", model="t:2", name="shop", canary=50)
    key = {"authorization": "Bearer open-sesame-4711"}
    asked = [ask(port(bench), [ROW], **headers)[0] for headers in ({}, {}, key, key)]
    assert asked == [401, 401, 200, 200], "whichever of the two answers"
    bench("promote", deployment="shop")
    process = psutil.Process(state(bench)["live"]["pids"][0])
    assert process.environ()["EKIBEN_SERVICE_KEY"] == "open-sesame-4711", "a deployment that asks goes on asking"
    psutil.Process(_pid(bench)).kill()
    until(lambda: state(bench)["live"].get("private"))
    process = psutil.Process(state(bench)["live"]["pids"][0])
    assert process.environ()["EKIBEN_SERVICE_KEY"] == "open-sesame-4711", "after a kill too"
    for path in (p for p in bench.folder.rglob("*") if p.is_file()):
        assert b"sesame" not in path.read_bytes(), path
    assert Deployment("shop", folder(bench)).last["key_required"] is True
    bench("stop", deployment="shop")
    with pytest.raises(BadArguments, match="must send a key, and nobody holds it") as caught:
        bench("rollback", deployment="shop", to=1)
    assert "EKIBEN_SERVICE_KEY" in caught.value.hint
    monkeypatch.setenv("EKIBEN_SERVICE_KEY", "")
    assert bench("rollback", deployment="shop", to=1).revision == 1
    assert ask(port(bench), [ROW])[0] == 200


def test_a_systemd_unit_brings_it_back(bench: Bench) -> None:
    unit = Path(bench("status", name="shop").deployments[0].unit)
    if verify := shutil.which("systemd-analyze"):
        done = subprocess.run([verify, "verify", "--user", str(unit)], capture_output=True, text=True, check=False)
        assert unit.name not in done.stderr
    pids = [_pid(bench), *state(bench)["live"]["pids"]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    found = bench("status", name="shop").deployments[0]
    assert (found.state, found.revision) == ("failed", None)
    line = next(line for line in unit.read_text(encoding="utf-8").splitlines() if line.startswith("ExecStart="))
    process = subprocess.Popen(shlex.split(line.removeprefix("ExecStart=")))
    try:
        until(lambda: (state_of(folder(bench)) or {}).get("revision"))
        assert bench("status", name="shop").deployments[0].state == "live"
        assert ask(port(bench), [ROW])[0] == 200
    finally:
        process.terminate()
        process.wait()
    assert bench("deploy", model="t:1", name="shop").verified


def test_a_unit_may_stand_in_any_folder(tmp_path: Path) -> None:
    place = tmp_path / 'a "b" 100% $HOME'
    place.mkdir()
    line = write_unit("shop", place).read_text(encoding="utf-8")
    assert 'a \\"b\\" 100%% $$HOME' in line


def test_a_service_that_ends_again_and_again_is_given_up(tmp_path: Path) -> None:
    """By an interpreter that says why it cannot start."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such module >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o700)
    setup = Setup(revision=1, source=str(tmp_path), home=str(tmp_path), interpreter=str(broken))
    told: list[str] = []

    async def go() -> str:
        with socket.socket() as public:
            replicas = Replicas(setup, tmp_path, public, tmp_path / "log", "")
            error = await replicas.start()
            replicas.watch(lambda: None, told.append)
            await asyncio.gather(*replicas.watching)
            return error

    assert asyncio.run(go()) == "its process ended; its log says 'no such module'"
    assert told == ["its process ended 5 times in a row; its log says 'no such module'"]


def test_a_revision_whose_files_changed_is_refused(bench: Bench) -> None:
    revisions = folder(bench) / "revisions"
    live = state(bench)["revision"]
    other = 2 if live == 1 else 1
    record = revisions / str(other) / "record.json"
    record.write_bytes(record.read_bytes() + b" ")
    with pytest.raises(Unverified, match="not those that were deployed"):
        bench("rollback", deployment="shop", to=other)
    assert state(bench)["revision"] == live
