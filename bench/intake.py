"""Prints seconds and peak memory of `ekiben profile` on a long and on a wide table, beside pandas reading the file."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EKIBEN = str(Path(sys.executable).with_name("ekiben"))
LONG, WIDE = 400_000, 1_500
PANDAS = "import pandas as pd; d = pd.read_csv('{}'); d.describe(include='all'); d.isna().sum(); d.duplicated().sum()"


def write_long(path: Path) -> None:
    """400,000 rows × 14: ids, numbers, money, categories, dates, a text, gaps."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    seconds = pd.to_timedelta(random.integers(0, 3000 * 86_400, LONG), unit="s")
    pd.DataFrame(
        {
            "customer_id": [f"C{n:07d}" for n in range(LONG)],
            **{f"n{at}": random.normal(100, 20, LONG).round(2) for at in range(3)},
            "age": random.integers(18, 90, LONG),
            "zip": random.integers(10_000, 99_999, LONG),
            "price": [f"${value:,.2f}" for value in random.gamma(2, 500, LONG)],
            **{f"c{at}": random.choice([f"value {v}" for v in range(5 + 90 * at)], LONG) for at in range(3)},
            "joined": pd.Timestamp("2015-01-01") + seconds,
            "note": random.choice(["called about a bill", "wants a refund please", "nothing to say today"], LONG),
            "score": np.where(random.random(LONG) < 0.1, np.nan, random.normal(size=LONG).round(4)),
            "left": random.choice(["yes", "no"], LONG),
        }
    ).to_csv(path, index=False)


def write_wide(path: Path) -> None:
    """3,000 rows × 1,501 numbers and a label."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(3_000, WIDE)).round(4), columns=[f"f{at}" for at in range(WIDE)])
    frame.assign(label=random.choice(["a", "b"], 3_000)).to_csv(path, index=False)


def measured(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds and peak megabytes of a command."""
    code = f"import resource, subprocess; subprocess.run({command!r}, check=True, capture_output=True);"
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, int(done.stdout) / 1024


def main() -> None:
    """Measure side by side and print."""
    folder = Path(tempfile.mkdtemp(prefix="ekiben-bench-"))
    try:
        for name, write in (("long", write_long), ("wide", write_wide)):
            path = folder / f"{name}.csv"
            write(path)
            ours, memory = measured([EKIBEN, "profile", path.name], folder)
            theirs, other = measured([sys.executable, "-c", PANDAS.format(path.name)], folder)
            sys.stdout.write(
                f"{name} ({path.stat().st_size / 1e6:.0f} MB): profile {ours:.1f} s, {memory:.0f} MB; "
                f"pandas reads and describes it in {theirs:.1f} s, {other:.0f} MB: "
                f"{ours / theirs:.2f} × the time, {memory / other:.2f} × the memory (goal 10 s and 1,000 MB)\n"
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
