"""Attempts to cheat an evaluation: each is caught, and none changes what was there."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers

from tools.core.errors import EkibenError, Internal
from tools.core.files import read_json, write_json
from tools.core.learning.seal import SEALED


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.prepared(customers(), target="left")
    made("train", dataset="t", estimators=["linear"], time_limit=30)
    return made


def _record(bench: Bench, kind: str) -> Path:
    return bench.context.workspace / {"model": "models", "prepared": "prepared"}[kind] / "t/1/record.json"


def _shipped(bench: Bench) -> Path:
    return bench.context.bentoml_home / "models/t/1"


@pytest.mark.parametrize("field", ["score", "metric", "interval", "threshold"])
def test_an_edited_score_is_caught(bench: Bench, field: str) -> None:
    """In the model's facts, in its record, and in both with their hash made right again."""
    facts = _shipped(bench) / "model.json"
    told = read_json(facts)
    write_json(facts, told | {field: {"metric": "accuracy"}.get(field, 0.99)})
    with pytest.raises(Internal, match="not those that were trained"):
        bench("evaluate", model="t")
    from tools.core.learning.models import shipped_hash

    record = read_json(_record(bench, "model"))
    record["result"][field] = 0.99
    write_json(_record(bench, "model"), record | {"sha256": shipped_hash(_shipped(bench))})
    for tool in ("evaluate", "package", "explain"):
        with pytest.raises(Internal, match="not as Ekiben wrote it"):
            bench(tool, model="t")


def test_a_swapped_model_file_is_caught(bench: Bench) -> None:
    bench("train", dataset="t", estimators=["nearest_neighbors"], time_limit=30, name="other")
    for name in ("encoder.json", "estimators/0.skops"):
        other = bench.context.bentoml_home / "models/other/1" / name
        mine = (_shipped(bench) / name).read_bytes()
        (_shipped(bench) / name).write_bytes(other.read_bytes())
        with pytest.raises(Internal, match="not those that were trained"):
            bench("evaluate", model="t")
        (_shipped(bench) / name).write_bytes(mine)
    assert bench("evaluate", model="t").openings == 1


def test_the_sealed_rows_cannot_be_read_while_training(bench: Bench) -> None:
    """The file holds nothing of them in the open, and the training process is not told the key."""
    path = bench.context.workspace / "prepared/t/1" / SEALED
    content = path.read_bytes()
    with pytest.raises(Exception, match=r"[Pp]arquet"):
        pd.read_parquet(path)
    sealed = bench.context.find("t", "prepared")
    assert b"left" not in content
    assert b"basic" not in content
    assert sealed.record["result"]["test_rows"] == 60
    assert "key" not in json.dumps(sealed.record)
    assert bench("evaluate", model="t").openings == 1  # nothing so far counted as an opening


def test_one_function_opens_the_seal_for_a_tool_and_a_gate() -> None:
    root = Path(__file__).resolve().parents[1]
    users = {
        str(path.relative_to(root))
        for folder in ("tools", "agent", "service", "bench")
        for path in (root / folder).rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(root).parts)  # others' packages, for the benches
        if any(word in path.read_text(encoding="utf-8") for word in ("open_sealed", "sealed_rows", SEALED))
    }
    assert users == {
        "tools/core/learning/seal.py",
        "tools/core/learning/prepared.py",
        "tools/core/serving/contest.py",
        "tools/evaluate.py",
    }


def test_other_sealed_rows_are_caught(bench: Bench) -> None:
    """Easier rows in the place of the sealed ones."""
    path = bench.context.workspace / "prepared/t/1" / SEALED
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(Internal, match="not those that were sealed"):
        bench("evaluate", model="t")


def test_other_training_rows_are_caught(bench: Bench) -> None:
    path = bench.context.workspace / "prepared/t/1/train.parquet"
    pd.read_parquet(path).iloc[::2].to_parquet(path, index=False)
    with pytest.raises(Internal, match="training rows of t:1 were changed"):
        bench("train", dataset="t", estimators=["linear"])


def test_openings_cannot_be_taken_back(bench: Bench) -> None:
    ledger = bench.context.workspace / "openings/t-1.json"
    assert bench("evaluate", model="t").openings == 1
    told = read_json(ledger)
    write_json(ledger, told | {"openings": []})
    with pytest.raises(Internal, match="openings of t:1"):
        bench("evaluate", model="t")
    ledger.unlink()
    with pytest.raises(Internal, match="is gone, and with it the key"):
        bench("evaluate", model="t")


def test_a_record_of_the_cut_cannot_be_edited(bench: Bench) -> None:
    record = read_json(_record(bench, "prepared"))
    record["seal"] = "another:1"
    write_json(_record(bench, "prepared"), record)
    for tool in ("evaluate", "train"):
        with pytest.raises(Internal, match="not as Ekiben wrote it"):
            bench(tool, **({"model": "t"} if tool == "evaluate" else {"dataset": "t"}))


def test_answers_that_were_made_better_are_caught(bench: Bench) -> None:
    bench("train", dataset="t", estimators=["linear"], seed=1, time_limit=30)
    path = bench.context.workspace / "models/t/1/answers.npy"
    np.save(path, np.eye(2)[np.zeros(240, dtype=int)])
    with pytest.raises(Internal, match="not those that cross-validation gave"):
        bench("compare", models=["t:1", "t:2"])


@pytest.mark.parametrize("copy", ["copy = left", "copy = left == 'yes'", "copy = length(left)"])
def test_the_target_cannot_be_a_feature_by_a_transform(tmp_path: Path, copy: str) -> None:
    made = Bench(tmp_path)
    made("profile", path=made.write("t.csv", customers()))
    with pytest.raises(EkibenError):
        made("preprocess", dataset="t", target="left", derive=[copy])


def test_a_copy_of_the_target_in_the_table_is_caught(tmp_path: Path) -> None:
    made = Bench(tmp_path)
    table = customers()
    table["outcome"] = (table["left"] == "yes").map({True: 3.5, False: 1.5})
    found = made.prepared(table, target="left")
    assert any("outcome" in suspect for suspect in found.suspects)
    scored = made("train", dataset="t", estimators=["linear"], time_limit=30)
    assert any("too good" in warning for warning in scored.warnings)


def test_another_table_with_the_training_rows_in_it_is_told(bench: Bench) -> None:
    found = bench("evaluate", model="t", path="t.csv")
    assert any("learned from 80% of the rows" in warning for warning in found.warnings), found.warnings
    other = bench("evaluate", model="t", path=bench.write("new.csv", customers(200, seed=9)))
    assert not any("learned from" in warning for warning in other.warnings)
