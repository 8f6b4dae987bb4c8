"""The wheel, installed away from this folder, runs in a folder that has its own agent/, tools/ and service/."""

import json
import site
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from conftest import churn, clean_environment

ROOT = Path(__file__).resolve().parents[1]


def build(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_an_installed_wheel_works_by_itself(tmp_path: Path) -> None:
    wheel = build(tmp_path / "dist")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "env")}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # What it depends on comes from here; the .pth that leads to this checkout is not followed from there.
    libraries = [path for path in site.getsitepackages() if Path(path).is_dir()]
    (packages / "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
    user = tmp_path / "user"
    for decoy in ("agent", "tools", "service"):
        (user / decoy).mkdir(parents=True)
        (user / decoy / "__init__.py").write_text("raise SystemExit('decoy')", encoding="utf-8")
    (user / "churn.csv").write_text(churn(300), encoding="utf-8")
    start = "import agent, sys; print(agent.__file__, file=sys.stderr); from agent.cli import main; main()"
    request = ["run", "train on churn.csv, target Churn, linear, 20 seconds", "--json"]
    done = subprocess.run(
        [tmp_path / "env/bin/python", "-P", "-c", start, *request],
        cwd=user,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(packages) in done.stderr, "the checkout was imported, not the wheel"
    assert json.loads(done.stdout)["status"] == "done"
    hashes = "from tools.core.serving.lock import own_hashes; print(len(own_hashes()))"
    known = subprocess.run([tmp_path / "env/bin/python", "-P", "-c", hashes], cwd=user, capture_output=True, check=True)
    assert int(known.stdout) > 100, "the lock that a Bento's hashes come from is in the wheel"
