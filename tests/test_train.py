"""train: the best estimator by cross-validation on training rows, within its time, the same each time."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.errors import BadArguments, LimitReached
from tools.core.learning.models import load_runtime, shipped_hash


def test_candidates_are_compared_and_the_best_is_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    found = bench("train", dataset="t", time_limit=60)
    tried = {c.estimator for c in found.candidates}
    assert tried >= {"linear", "lightgbm", "hist_gradient_boosting", "random_forest", "extra_trees", "mlp"}
    assert all(c.score is not None for c in found.candidates), found.candidates
    best = max(c.score for c in found.candidates)
    assert found.score == best if len(found.members) == 1 else found.score > best
    assert found.interval[0] <= found.score <= found.interval[1]
    assert found.baseline < found.score
    folder = bench.context.bentoml_home / "models/t/1"
    assert {p.name for p in folder.iterdir()} == {"model.yaml", "model.json", "encoder.json", "estimators"}


def test_lower_is_better_for_errors(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(houses(), target="price")
    found = bench("train", dataset="t", time_limit=60)
    assert found.metric == "rmse"
    best = min(c.score for c in found.candidates)
    assert found.score == best if len(found.members) == 1 else found.score < best
    assert found.score < found.baseline


def test_the_same_seed_gives_the_same_answers(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    for _ in range(2):
        bench("train", dataset="t", estimators=["random_forest"], seed=3, time_limit=60)
    told = [json.loads((bench.context.workspace / f"models/t/{n}/sample.json").read_text()) for n in (1, 2)]
    assert told[0] == told[1]


def test_scores_come_from_rows_that_a_fold_did_not_train_on(tmp_path: Path) -> None:
    """A target of pure noise is not predicted, whatever the estimator remembers."""
    bench = Bench(tmp_path)
    random = np.random.default_rng(0)
    table = pd.DataFrame({f"x{n}": random.normal(size=400).round(4) for n in range(6)})
    table["y"] = random.choice(["a", "b"], 400)
    bench.prepared(pd.concat([table, table], ignore_index=True), target="y")
    found = bench("train", dataset="t", estimators=["extra_trees"], time_limit=60)
    assert 0.35 < found.score < 0.65


def test_too_little_time_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    with pytest.raises(LimitReached, match=r"within 0\.01 s"):
        bench("train", dataset="t", time_limit=0.01)
    assert not (bench.context.workspace / "models").exists()
    assert not list((bench.context.workspace / "staging").iterdir())


def test_what_does_not_fit_is_refused_before_it_starts(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    with pytest.raises(BadArguments, match="no estimator 'oracle'"):
        bench("train", dataset="t", estimators=["oracle"])
    with pytest.raises(BadArguments, match="no metric for a binary task"):
        bench("train", dataset="t", metric="rmse")


@pytest.mark.parametrize("estimator", ["linear", "hist_gradient_boosting", "random_forest", "extra_trees"])
def test_what_is_loaded_answers_as_what_was_fitted(tmp_path: Path, estimator: str) -> None:
    bench = Bench(tmp_path)
    bench.prepared(houses(), target="price")
    bench("train", dataset="t", estimators=[estimator], time_limit=60)
    model = bench.context.find("t", "model")
    runtime = load_runtime(bench.context, model)
    told = json.loads((model.path / "sample.json").read_text())
    checked, prediction = runtime.respond(told["rows"])
    assert checked.problems == []
    assert prediction.values == pytest.approx(told["answers"]["predictions"], rel=1e-9)


def test_changed_files_are_noticed(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    folder = bench.context.bentoml_home / "models/t/1"
    before = shipped_hash(folder)
    facts = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(facts | {"score": 1.0}))
    assert shipped_hash(folder) != before
    with pytest.raises(Exception, match="not those that were trained"):
        load_runtime(bench.context, bench.context.find("t", "model"))
