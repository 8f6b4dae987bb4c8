"""One contender's processes: started, waited for, asked, watched (CPU and memory of the whole tree), ended."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
from contenders import Contender, chances
from prepare import Prepared, variables

PATIENCE = 180.0
CLOSE_ENOUGH = 1e-5
QUIET_SECONDS, REST_SECONDS = 0.5, 30.0


class Server:
    """A running contender."""

    def __init__(self, contender: Contender, prepared: Prepared, peers: Path) -> None:
        self.contender, self.prepared = contender, prepared
        self.port = _free_port()
        command = contender.command(prepared, peers, self.port)
        self.log = prepared.folder / f"{contender.name}.log"
        model = prepared.bento / "src" / "model"
        told = {"PORT": str(self.port), "PIPELINE": str(prepared.folder / "pipeline.joblib"), "MODEL": str(model)}
        home = {"BENTOML_HOME": str(prepared.folder / f"home-{contender.name}")} if not contender.stop else {}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=prepared.folder,
                env=variables(PATH=f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}", **told, **home),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wait()
        self.start_cpu, self.start_memory = self.cpu(), self.memory()

    def _wait(self) -> None:
        """Until it answers a row; SystemExit with the end of its log where it does not."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() not in (None, 0):
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.post(self.body(self.prepared.rows[:1]))[0] == 200:
                    if self.contender.stop:
                        self.process.wait(PATIENCE)
                    return
            time.sleep(0.05)
        end = self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise SystemExit(f"{self.contender.name} does not answer:\n{end}")

    def body(self, rows: list[dict[str, Any]]) -> bytes:
        """Rows as this contender takes them."""
        return json.dumps({self.contender.rows: rows}).encode()

    def post(self, body: bytes) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request("POST", self.contender.path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def check(self) -> None:
        """SystemExit where an answer is not the right one."""
        if self.contender.answers is None:
            return
        for row, right in zip(self.prepared.rows, self.contender.answers(self.prepared), strict=True):
            status, answer = self.post(self.body([row]))
            if status != 200 or abs(chances(json.loads(answer))[0] - right) > CLOSE_ENOUGH:
                raise SystemExit(f"{self.contender.name} answers {answer[:300]!r}, not {right}.")

    def tree(self) -> list[psutil.Process]:
        """All its processes. One that was started by a command which ended is found by the port that it listens on."""
        roots = [psutil.Process(self.process.pid)] if self.process.poll() is None else _listening(self.port)
        found = {each.pid: each for root in roots for each in [root, *root.children(recursive=True)]}
        return list(found.values())

    def cpu(self) -> float:
        """CPU seconds of all its processes so far, those that ended included."""
        return sum(sum(process.cpu_times()[:4]) for process in self.tree())

    def rest(self) -> None:
        """Wait until it has done what clients left behind: the next one's turn shall not pay for that."""
        until = time.monotonic() + REST_SECONDS
        while time.monotonic() < until:
            before = self.cpu()
            time.sleep(QUIET_SECONDS)
            if self.cpu() - before < 0.05 * QUIET_SECONDS:
                return

    def memory(self) -> float:
        """Megabytes of all its processes."""
        return sum(process.memory_info().rss for process in self.tree()) / 1e6

    def stop(self) -> None:
        """End it and wait."""
        if self.contender.stop:
            subprocess.run(
                self.contender.stop, cwd=self.prepared.folder, env=variables(), check=False, capture_output=True
            )
            return
        tree = self.tree()
        os.killpg(self.process.pid, signal.SIGTERM)
        _, left = psutil.wait_procs(tree, timeout=20)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


def _listening(port: int) -> list[psutil.Process]:
    """The processes that hold a listening socket on a port; several may hold one."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            held = process.net_connections("tcp4")
            if any(each.laddr.port == port and each.status == psutil.CONN_LISTEN for each in held):
                found.append(process)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
