"""A workspace in a temporary folder with one deployment, driven by the real command line, and clients beside it."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
EKIBEN = str(Path(sys.executable).with_name("ekiben"))
NAME = "churn"


class Station:
    """Two models of the example table; `churn` is deployed on a port of its own."""

    def __init__(self, folder: Path, rate: int) -> None:
        self.rate = rate
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        shutil.copy(HERE.parent / "examples" / "churn.csv", folder)
        self.must("run", "train on churn.csv, target Churn, linear model, 20 seconds")
        self.must("train", "churn", "--estimators", "linear", "--seed", "1", "--time-limit", "20")
        self.must("deploy", "churn:1", "--port", str(self.port), "--yes")
        rows = json.loads((folder / ".ekiben/models/churn/1/sample.json").read_text(encoding="utf-8"))["rows"][:1]
        self.body = folder / "body.json"
        self.body.write_text(json.dumps({"rows": rows}), encoding="utf-8")

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Start `ekiben ARGS --json`."""
        command = [EKIBEN, *args, "--json"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.folder, text=True, start_new_session=True, **quiet)

    def run(self, *args: str) -> tuple[int, Any]:
        """Run `ekiben ARGS --json`: its exit code and document."""
        process = self.start(*args)
        told = process.communicate()[0]
        return process.returncode, json.loads(told) if told else None

    def must(self, *args: str) -> Any:
        """Run it; its document. SystemExit when it fails."""
        code, document = self.run(*args)
        if code:
            raise SystemExit(f"ekiben {' '.join(args)} ended with {code}: {document}")
        return document

    def status(self) -> dict[str, Any]:
        """What `status` says of the deployment."""
        found: dict[str, Any] = self.must("status", NAME)["deployments"][0]
        return found

    def supervisor(self) -> dict[str, Any]:
        """What the supervisor wrote of itself: {pid, services [{pid}]}; empty when it is gone."""
        try:
            path = self.folder / ".ekiben/deployments" / NAME / "supervisor.json"
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def ask(self) -> str:
        """Which model answers a request on a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/predict", self.body.read_bytes(), {"Content-Type": "application/json"})
            model: str = json.loads(connection.getresponse().read())["model"]
        finally:
            connection.close()
        return model

    @contextmanager
    def load(self, found: dict[str, Any]) -> Iterator[None]:
        """A client process beside what is done; its counts are put into `found`."""
        command = [sys.executable, str(HERE / "load.py"), str(self.port), str(self.body), str(self.rate)]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        try:
            yield
        finally:
            found.update(json.loads(client.communicate("end\n")[0]))

    def noop_seconds(self) -> float:
        """From the start of a BentoML service that does nothing until it is ready."""
        folder = self.folder / "noop"
        folder.mkdir(exist_ok=True)
        (folder / "noop.py").write_text(NOOP, encoding="utf-8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [str(Path(sys.executable).with_name("bentoml")), "serve", "noop:Noop", "--port", str(port)]
        variables = os.environ | {"BENTOML_HOME": str(folder / "home"), "BENTOML_DO_NOT_TRACK": "True"}
        began = time.monotonic()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=folder, env=variables, **quiet)
        try:
            while not _is_ready(port):
                time.sleep(0.02)
            return time.monotonic() - began
        finally:
            process.terminate()
            process.wait()


NOOP = """\
import bentoml


@bentoml.service
class Noop:
    @bentoml.api
    def nothing(self) -> str:
        return ""
"""


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def station(rate: int) -> Iterator[Station]:
    """One in a fresh folder; everything of it ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="ekiben-bench-"))
    try:
        yield Station(folder, rate)
    finally:
        quiet = {"capture_output": True, "check": False}
        subprocess.run([EKIBEN, "stop", NAME, "--yes"], cwd=folder, **quiet)
        shutil.rmtree(folder, ignore_errors=True)
