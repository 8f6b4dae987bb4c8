"""Talking to a deployment's supervisor: starting one, asking it, proving a revision before it takes the traffic."""

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.core.children import environment, python
from tools.core.errors import BadArguments, Internal, PortInUse
from tools.core.files import is_running, read_json

FIRST_PORT = 3000
PORTS = 200
ANSWER_SECONDS = 200.0


class Line:
    """One conversation with a supervisor."""

    def __init__(self, control: str, seconds: float) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(control)
        self.file = self.socket.makefile("rwb")

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Send one request; its answer."""
        self.file.write(json.dumps({"do": do, **more}).encode() + b"\n")
        self.file.flush()
        answer = self.file.readline()
        if not answer:
            raise ConnectionError("the supervisor ended")
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """End the conversation; a candidate that was not activated ends with it."""
        with contextlib.suppress(OSError):
            self.file.close()
        self.socket.close()


@contextlib.contextmanager
def line_to(folder: Path, seconds: float = ANSWER_SECONDS) -> Iterator[Line | None]:
    """A conversation with the supervisor of a deployment's folder; None when there is none alive."""
    try:
        line = Line(read_json(folder / "supervisor.json")["control"], seconds)
    except (OSError, ValueError, KeyError):
        yield None
        return
    try:
        yield line
    finally:
        line.close()


def state_of(folder: Path) -> dict[str, Any] | None:
    """What is live behind a deployment's folder; None when its supervisor is not there or does not answer."""
    try:
        with line_to(folder, 5.0) as line:
            return line.ask("status") if line else None
    except (OSError, ValueError):
        return None


def open_listener(host: str, port: int | None) -> socket.socket:
    """A listening socket: on the given port, else the first free one from 3000 on."""
    if port is not None:
        return _listen(host, port)
    for candidate in range(FIRST_PORT, FIRST_PORT + PORTS):
        with contextlib.suppress(PortInUse):
            return _listen(host, candidate)
    raise PortInUse(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS} is free on {host}.", "Choose one with --port.")


def start_supervisor(folder: Path, listener: socket.socket) -> None:
    """Start the supervisor, which outlives this process, on a listening socket; returns when it can be asked."""
    (folder / "supervisor.json").unlink(missing_ok=True)
    with (folder / "supervisor.log").open("ab") as log:
        subprocess.run(
            python("-m", "tools.core.serving.supervisor", str(folder), str(listener.fileno())),
            env=environment(),
            cwd=folder,
            pass_fds=(listener.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if (folder / "supervisor.json").exists():
            return
        time.sleep(0.01)
    raise Internal("The supervisor did not start.", f"Its log is {folder / 'supervisor.log'}.")


def stop_supervisor(folder: Path, seconds: float = 100.0) -> None:
    """Tell the supervisor to drain and end, and wait until it has."""
    with contextlib.suppress(OSError, ValueError), line_to(folder) as line:
        if line is None:
            return
        pid = read_json(folder / "supervisor.json")["pid"]
        line.ask("stop")
        end = time.monotonic() + seconds
        while is_running(pid) and time.monotonic() < end:
            time.sleep(0.02)
        if is_running(pid):
            raise Internal(f"The supervisor {pid} did not end in {seconds:.0f} s.", f"Its folder is {folder}.")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except socket.gaierror as exc:
        listener.close()
        raise BadArguments(f"{host!r} is no address of this machine.", "Leave --host away, or name one.") from exc
    except OSError as exc:
        listener.close()
        if exc.errno == 99:
            raise BadArguments(f"{host!r} is no address of this machine.", "Leave --host away.") from exc
        if isinstance(exc, PermissionError):
            raise PortInUse(f"Port {port} needs more rights than you have.", "Choose one above 1023.") from exc
        taken = f"Port {port} on {host} is in use."
        raise PortInUse(taken, "Choose another with --port, or stop what uses it.") from exc
    return listener
