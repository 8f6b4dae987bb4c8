"""What every test gets: no network but loopback, no setting of the user's, and Ekiben as a command."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SETTINGS = ("EKIBEN_", "OPENAI_", "BENTOML_", "LANG")
for name in [name for name in os.environ if name.startswith(SETTINGS)]:
    del os.environ[name]  # for the tools that tests call in this process

EKIBEN = Path(sys.executable).with_name("ekiben")
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LOOPBACK = ("127.", "::1", "localhost")


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CONTAINER_TOOLS = os.geteuid() == 0 and all(map(shutil.which, ("buildah", "podman", "runc", "debootstrap")))
LLM = Path(__file__).resolve().parents[1] / "bench" / ".llm"
NEEDED = {
    "needs_chromium": (CHROMIUM, "chromium", "tests which look at pages in a browser"),
    "needs_npm": (shutil.which("npm"), "npm", "tests which ask MCP's inspector"),
    "needs_llm": ((LLM / "xllamacpp").is_dir(), "small language model (make llm)", "tests which ask one"),
    "needs_containers": (CONTAINER_TOOLS, "buildah, podman, runc, debootstrap and root", "tests which build an image"),
}
"""By marker: what is there, how that is called, and which tests are left out without it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs tools that are not here; with NOTHING_LEFT_OUT set, as in CI, that is an error."""
    missing = {marker: what for marker, (there, what, _) in NEEDED.items() if not there}
    gone = [item for item in items if any(map(item.get_closest_marker, missing))]
    if gone and os.environ.get("NOTHING_LEFT_OUT"):
        raise pytest.UsageError(f"Nothing may be left out, and there is no {' and no '.join(missing.values())}.")
    items[:] = [item for item in items if item not in gone]


def pytest_report_header() -> list[str]:
    """What this run leaves out."""
    return [
        f"{what}: {'there' if there else f'none, so that {tests} are left out'}"
        for there, what, tests in NEEDED.values()
    ]


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not host.startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {host!r}")


sys.addaudithook(_only_loopback)


@dataclass
class Answer:
    """What a command said: its exit code, its JSON document (None when it printed none), its raw output."""

    code: int
    document: Any
    stdout: str
    stderr: str


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has set nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")} | more


class Shell:
    """Ekiben in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "home").mkdir(exist_ok=True)

    def __call__(self, *args: str, stdin: str | None = None, timeout: float = 240, **variables: str) -> Answer:
        """Run `ekiben ARGS --json`."""
        return self.raw(*args, "--json", stdin=stdin, timeout=timeout, **variables)

    def raw(self, *args: str, stdin: str | None = None, timeout: float = 240, **variables: str) -> Answer:
        """Run `ekiben ARGS`."""
        given: dict[str, Any] = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        done = subprocess.run(
            [EKIBEN, *args],
            cwd=self.folder,
            env=clean_environment(self.folder / "home", **variables),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **given,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = None
        return Answer(done.returncode, document, done.stdout, done.stderr)

    def start(self, *args: str, **variables: str) -> "subprocess.Popen[str]":
        """Start `ekiben ARGS` without waiting for it."""
        return subprocess.Popen(
            [EKIBEN, *args],
            cwd=self.folder,
            env=clean_environment(self.folder / "home", **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def stop_all(self) -> None:
        """Stop every deployment of this folder."""
        found = self("status").document or {}
        for deployment in found.get("deployments", []):
            self("stop", deployment["name"], "--yes")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Ekiben in a fresh folder that has churn.csv (900 rows)."""
    made = Shell(tmp_path)
    (tmp_path / "churn.csv").write_text(churn(900), encoding="utf-8")
    yield made
    made.stop_all()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Ekiben in a folder where churn:1 was trained and packaged: for tests that only add to it."""
    made = Shell(tmp_path_factory.mktemp("trained"))
    (made.folder / "churn.csv").write_text(churn(900), encoding="utf-8")
    request = "train on churn.csv, target Churn, use a linear model, 20 seconds"
    assert made("run", request).code == 0
    yield made
    made.stop_all()


def churn(rows: int) -> str:
    """The first rows of the example table."""
    lines = (EXAMPLES / "churn.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(lines[: rows + 1])


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives ports that nothing listens on."""
    import socket

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
