"""export: the script trains the same model again, from the table as it was written, and needs nothing of ours."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.errors import ApprovalNeeded, BadArguments


def _both(bench: Bench, source: str, new: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the model and its script answer for other rows."""
    bench("export", model="t", output="script.py", overwrite=True)
    bench.write("new.csv", new)
    bench("predict", model="t", path="new.csv", output="ours.csv", overwrite=True)
    command = [sys.executable, "-I", "-W", "ignore", "script.py", source, "new.csv", "theirs.csv"]
    done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(bench.folder / "ours.csv"), pd.read_csv(bench.folder / "theirs.csv")


def _same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    answers = [name for name in ours if name.startswith("probability_")] or ["prediction"]
    for name in answers:
        assert np.allclose(ours[name], theirs[name], rtol=1e-6, atol=1e-9), (ours[name] - theirs[name]).abs().max()
    assert (ours["prediction"] == theirs["prediction"]).mean() > 0.99 or answers == ["prediction"]


ALL = ["linear", "lightgbm", "hist_gradient_boosting", "random_forest", "extra_trees", "mlp", "nearest_neighbors"]


@pytest.mark.parametrize("estimator", ALL)
def test_every_estimator_is_trained_again(tmp_path: Path, estimator: str) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(300), target="left")
    bench("train", dataset="t", estimators=[estimator], time_limit=100)
    _same(*_both(bench, "t.csv", customers(100, seed=3)))


def test_numbers_derived_columns_weights_and_dressed_cells(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = houses(300).assign(weight=np.arange(300) % 3 + 1)
    table["rent"] = [f"${v:,.2f}" for v in table["size"] * 11.5]
    table["built"] = pd.date_range("1990-01-01", periods=300, freq="17D").strftime("%d/%m/%Y")
    bench.prepared(table, target="price", derive=["per_room = size / rooms"], weight_column="weight", split="random")
    bench("train", dataset="t", estimators=["linear", "lightgbm"], time_limit=100)
    _same(*_both(bench, "t.csv", table.sample(80, random_state=0)))


def test_a_table_of_plain_numbers(tmp_path: Path) -> None:
    """Nothing of it needs our helpers for cells, so that the script must stand without them."""
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(300, 3)).round(3), columns=["a", "b", "c"])
    table["y"] = np.where(table["a"] + random.normal(size=300) > 0, "p", "q")
    bench.prepared(table, target="y")
    bench("train", dataset="t", estimators=["linear", "hist_gradient_boosting"], time_limit=60)
    _same(*_both(bench, "t.csv", table.head(50)))


def test_several_labels_in_the_order_of_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(400)
    table["level"] = np.digitize(table["age"] + np.random.default_rng(0).normal(size=400) * 8, [35, 55])
    table = table.sample(frac=1, random_state=0).drop(columns=["left"])
    bench.prepared(table, target="level", task="multiclass", time_column="joined")
    bench("train", dataset="t", estimators=["lightgbm", "linear"], time_limit=100)
    _same(*_both(bench, "t.csv", customers(100, seed=3)))


def test_the_script_needs_nothing_of_ours_and_is_readable(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(300), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    found = bench("export", model="t")
    text = Path(found.output).read_text(encoding="utf-8")
    assert Path(found.output).name == "train_t.py"
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in nodes}
    roots = {name.partition(".")[0] for name in imported}
    assert not roots & {"agent", "tools", "service", "skops", "bentoml"}
    assert roots - set(sys.stdlib_module_names) <= {"numpy", "pandas", "sklearn"}
    assert "{{model}}" not in text
    assert max(map(len, text.splitlines())) <= 140
    assert str(tmp_path) not in text
    with pytest.raises(ApprovalNeeded):
        bench("export", model="t")
    with pytest.raises(BadArguments, match=r"\.py"):
        bench("export", model="t", output="script.txt")


def test_another_table_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(300), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    bench("export", model="t")
    bench.write("other.csv", customers(200))
    command = [sys.executable, "-I", "train_t.py", "other.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "The table has 200 rows" in done.stderr


def test_names_of_a_table_are_never_code(tmp_path: Path) -> None:
    """A target and a dropped column that would like to end the docstring and write a file."""
    bench = Bench(tmp_path)
    evil = '""" + open("owned", "w").write("x") + """'
    table = customers(300).rename(columns={"left": f"left {evil}\\", "customer_id": f"id\nopen('owned', 'w')\n{evil}"})
    bench.prepared(table, target=f"left {evil}\\")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    _same(*_both(bench, "t.csv", table.head(50)))
    assert not (tmp_path / "owned").exists()
