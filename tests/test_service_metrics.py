"""Counts of requests: of all processes of a revision, by paths that are known, and in bounded memory."""

import re
import subprocess
from pathlib import Path

from tools.core.children import environment, python

COUNT = """
import sys
from service.metrics import exposition, tally_of
tally = tally_of("churn:3")
for _ in range(int(sys.argv[1])):
    tally.count("/predict", 200, 0.003)
tally.count("/not-found", 404, 0.0001)
print(exposition().decode())
"""


def _counted(folder: str, times: int) -> str:
    variables = environment(Path(__file__).parents[1], **({"PROMETHEUS_MULTIPROC_DIR": folder} if folder else {}))
    done = subprocess.run(python("-c", COUNT, str(times)), env=variables, capture_output=True, text=True, check=True)
    return done.stdout


def _total(text: str) -> float:
    found = re.findall(r'bentoml_service_request_total\{[^}]*endpoint="/predict"[^}]*\} ([0-9.]+)', text)
    return sum(map(float, found))


def test_processes_of_one_folder_add_up(tmp_path: Path) -> None:
    assert _total(_counted(str(tmp_path), 3)) == 3
    text = _counted(str(tmp_path), 4)
    assert _total(text) == 7
    assert 'service_name="churn",service_version="3"' in text
    below = re.findall(r'duration_seconds_bucket\{[^}]*endpoint="/predict"[^}]*le="([0-9.]+)"[^}]*\} 7', text)
    assert 0.003 <= min(map(float, below)) < 0.0045


def test_a_process_alone_counts_too() -> None:
    assert _total(_counted("", 5)) == 5
