"""Talking to a deployment's supervisor: starting one, asking it, proving a revision before it takes the traffic."""

import contextlib
import fcntl
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.core.children import environment, python
from tools.core.errors import BadArguments, Internal, PortInUse
from tools.core.files import read_json
from tools.core.serving.survivors import read_survivors

FIRST_PORT = 3000
PORTS = 200
ANSWER_SECONDS = 200.0
SURVIVAL_SECONDS = 30.0
"""How long a supervisor may take to start."""
LOCK_SECONDS = 100.0
"""How long it waits for one before it that drains."""


class Line:
    """One conversation with a supervisor."""

    def __init__(self, control: str, seconds: float) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        try:
            self.socket.connect(control)
        except OSError:
            self.socket.close()
            raise
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
    """What is live behind a deployment's folder; None when nothing is, or when it is ending.

    Services that lost their supervisor start another one: that one is waited for.
    """
    end = time.monotonic() + SURVIVAL_SECONDS
    while True:
        try:
            with line_to(folder, 5.0) as line:
                if line:
                    state = line.ask("status")
                    return None if state.get("ending") else state
        except (OSError, ValueError):
            pass
        if time.monotonic() > end or not (folder / "supervisor.json").exists() or not read_survivors(folder):
            return None
        time.sleep(0.1)


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
    command = python("-m", "tools.core.serving.supervisor", str(folder), "--listener", str(listener.fileno()))
    with (folder / "supervisor.log").open("ab") as log:
        subprocess.run(
            command,
            env=environment(),
            cwd=folder,
            pass_fds=(listener.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    end = time.monotonic() + LOCK_SECONDS + SURVIVAL_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError), line_to(folder) as line:
            if line and line.ask("status")["public_port"] == listener.getsockname()[1]:
                return
        time.sleep(0.01)
    raise Internal("The supervisor did not start.", f"Its log is {folder / 'supervisor.log'}.")


def stop_supervisor(folder: Path, entry: dict[str, Any] | None = None, seconds: float = 100.0) -> bool:
    """Tell the supervisor to write an entry into the record, drain and end, and wait until nothing of it is left.

    Whether one was there. One that is killed meanwhile gets a successor, which is told the same.
    """
    end = time.monotonic() + seconds
    asked = False
    while time.monotonic() < end:
        state = state_of(folder)
        if state is None and not _is_held(folder):
            return asked
        with contextlib.suppress(OSError, ValueError), line_to(folder) as line:
            if line and not asked:
                asked = bool(line.ask("stop", entry=entry)["ok"])
        time.sleep(0.02)
    raise Internal(f"The supervisor did not end in {seconds:.0f} s.", f"Its folder is {folder}.")


def _is_held(folder: Path) -> bool:
    """Whether a supervisor lives."""
    with (folder / "supervisor.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


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
