"""`bentoml containerize` makes an image of a Bento, with no compiler and no registry, and the image answers."""

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CONTAINER_TOOLS, clean_environment
from tables import Bench, customers

pytestmark = [pytest.mark.needs_containers, pytest.mark.timeout(1200)]
BASE = f"docker.io/library/python:{sys.version_info.major}.{sys.version_info.minor}-slim"
SUITE = "bookworm"
"""The Debian whose own Python has the version that Ekiben is tested with."""
IMAGE = "localhost/t:1"


class Engine:
    """buildah and podman with a storage, a setting and a base image of their own, as root and without a daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        storage = f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
        (folder / "storage.conf").write_text(storage, encoding="utf-8")
        settings = '[containers]\ndefault_ulimits = []\n[engine]\nruntime = "runc"\n'
        (folder / "containers.conf").write_text(settings, encoding="utf-8")
        self.variables = clean_environment(
            folder,
            BENTOML_DO_NOT_TRACK="True",
            BUILDAH_ISOLATION="chroot",
            CONTAINERS_CONF=str(folder / "containers.conf"),
            CONTAINERS_STORAGE_CONF=str(folder / "storage.conf"),
        )

    def run(self, *command: str | Path, **variables: str) -> str:
        given: dict[str, Any] = {"capture_output": True, "text": True, "cwd": self.folder, "check": False}
        done = subprocess.run(list(command), env=self.variables | variables, **given)
        assert done.returncode == 0, f"{command}: {(done.stdout + done.stderr)[-3000:]}"
        return done.stdout

    def base(self, lock: Path) -> None:
        """A Debian with Python and uv under the name that the Bento starts from; its packages lie in the image."""
        root = self.folder / "base"
        self.run("debootstrap", "--variant=minbase", "--include=python3,ca-certificates", SUITE, root)
        pip = [sys.executable, "-m", "pip"]
        wheels = ["download", "--require-hashes", "-r", str(lock), "-d", str(root / "wheels")]
        for asked in (wheels, ["install", "--target", str(self.folder / "uv"), "uv"]):
            subprocess.run([*pip, *asked, "--no-deps", "-q"], check=True)
        shutil.copy(self.folder / "uv/bin/uv", root / "usr/local/bin/uv")
        (root / "etc/uv").mkdir()
        (root / "etc/uv/uv.toml").write_text('no-index = true\nfind-links = ["/wheels"]\n', encoding="utf-8")
        self.run("tar", "-C", root, "-cf", self.folder / "base.tar", ".")
        self.run("podman", "import", self.folder / "base.tar", BASE)
        shutil.rmtree(root)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    assert CONTAINER_TOOLS
    made = Engine(tmp_path)
    yield made
    made.run("podman", "rm", "--all", "--force")
    made.run("podman", "rmi", "--all", "--force")
    (tmp_path / "base.tar").unlink(missing_ok=True)
    for left in ("graph", "run", "base"):  # some GB, which pytest would keep
        shutil.rmtree(tmp_path / left, ignore_errors=True)


def test_an_image_is_built_and_answers(engine: Engine, tmp_path: Path, free_port: Callable[[], int]) -> None:
    (tmp_path / "made").mkdir()
    bench = Bench(tmp_path / "made")
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    bento = Path(bench("package", model="t").path)
    assert "apt-get" not in (bento / "env/docker/Dockerfile").read_text(encoding="utf-8")
    engine.base(bento / "env/python/requirements.txt")
    options = ["--backend", "buildah", "--opt", "isolation=chroot", "--opt", "pull-never"]
    bentoml = Path(sys.executable).with_name("bentoml")
    engine.run(bentoml, "containerize", "t:1", *options, "-t", IMAGE, BENTOML_HOME=str(bench.context.bentoml_home))

    url = f"http://127.0.0.1:{free_port()}"
    command = ["podman", "run", "--rm", "--network=host", IMAGE, "serve", "--port", url.rpartition(":")[2]]
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(command, env=engine.variables, stdout=log, stderr=log)
    try:
        sample = json.loads((bento / "src/model/sample.json").read_text(encoding="utf-8"))
        answer = _posted(url, sample["rows"], running, tmp_path / "log")
        assert (answer["model"], answer["predictions"]) == ("t:1", sample["answers"]["predictions"])
    finally:
        running.terminate()
        running.wait(60)


def _posted(url: str, rows: Any, running: "subprocess.Popen[bytes]", log: Path) -> Any:
    """The image's answer, as soon as it gives one."""
    body = json.dumps({"rows": rows}).encode()
    asked = urllib.request.Request(f"{url}/predict", body, {"Content-Type": "application/json"})
    end = time.monotonic() + 300
    while time.monotonic() < end and running.poll() is None:
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])
