"""SIGKILL at random instants, as `make bench-rollback` does: then status is true, and the next command mends."""

import subprocess
import sys
from pathlib import Path

from conftest import clean_environment

BENCH = Path(__file__).resolve().parents[1] / "bench" / "rollback.py"


def test_five_kills_are_mended(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCH), "--moves", "1", "--kills", "5", "--rate", "20"]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("mended") == 5
