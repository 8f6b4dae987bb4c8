"""Prints how long the commands that people wait for take, on this machine, beside a bare Python start."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
EKIBEN = str(Path(sys.executable).with_name("ekiben"))
ROWS = 5_000
REPEATS = 5


def seconds(command: list[str], folder: Path, repeats: int = 1) -> float:
    """The fastest of some runs."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    return min(took)


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="ekiben-bench-"))
    try:
        lines = (HERE / "examples" / "churn.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / "churn.csv").write_text("".join(lines[: ROWS + 1]), encoding="utf-8")
        bare = seconds([sys.executable, "-c", "pass"], folder, REPEATS)
        request = "train and deploy on churn.csv, 10 seconds"
        measured = {
            "python -c pass": (bare, ""),
            "ekiben --help": (seconds([EKIBEN, "--help"], folder, REPEATS), "goal 0.5 s"),
            "ekiben plan": (seconds([EKIBEN, "plan", request], folder, REPEATS), "goal 1 s"),
            "ekiben status": (seconds([EKIBEN, "status"], folder, REPEATS), ""),
            f"CSV of {ROWS} rows to verified endpoint": (
                seconds([EKIBEN, "run", request, "--yes"], folder),
                "goal 30 s with time_limit 10",
            ),
        }
        for name, (took, goal) in measured.items():
            sys.stdout.write(f"{name:<42} {took:7.2f} s  {took / bare:7.1f} × a bare Python  {goal}\n")
    finally:
        subprocess.run([EKIBEN, "stop", "churn", "--yes"], cwd=folder, capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
