"""A model's graph says what its fitted estimators say; what cannot become one is served as it is."""

import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tables import Bench, customers, houses

from service.graph import Graph
from service.members import Member, combined
from tools.core.files import read_json
from tools.core.learning.boosting import Rows, fit_watched, shorten
from tools.core.learning.estimators import ESTIMATORS, Wanted, installed
from tools.core.learning.models import load_runtime
from tools.core.serving.graphs.checked import compare
from tools.core.serving.graphs.convert import convert
from tools.core.serving.graphs.trees import NotConvertible, exact_for_float32

NAMES = [name for name in ESTIMATORS if installed(name) and name != "nearest_neighbors"]
FLOATS = st.floats(allow_nan=False, width=64, min_value=-3e38, max_value=3e38)


@given(FLOATS, st.lists(FLOATS, max_size=5), st.integers(-3, 3))
@example(0.1, [0.1], 0)
@example(16777217.0, [16777217.0, 16777216.0], 0)
@settings(max_examples=500, deadline=None)
def test_a_threshold_sends_a_number_where_its_rounding_would_go(t: float, others: list[float], far: int) -> None:
    near = [float(np.nextafter(np.float32(t), np.float32(np.inf * (1 if far > 0 else -1)))), t]
    middles = [(a + b) / 2 for a in near for b in near]
    numbers = np.array([*others, *near, *middles, *[np.nextafter(m, np.inf) for m in middles]])
    with np.errstate(over="ignore"):
        rounded = numbers.astype(np.float32)
    threshold = np.array([t])
    assert np.array_equal(rounded <= threshold, numbers <= exact_for_float32(threshold))
    single = threshold.astype(np.float32)
    exact = exact_for_float32(single.astype(np.float64), strict=True)
    assert np.array_equal(rounded < single, numbers <= exact)


@pytest.fixture(scope="module")
def matrix() -> Any:
    random = np.random.default_rng(0)
    made = random.normal(size=(900, 6)).round(2)
    made[:, 3] = random.integers(0, 5, len(made))
    return made


def _fitted(name: str, matrix: Any, labels: int) -> Any:
    whole = np.nan_to_num(matrix)
    z = whole[:, 0] + whole[:, 1] * whole[:, 2]
    y = np.digitize(z, np.quantile(z, np.linspace(0, 1, labels + 1)[1:-1])) if labels else z * 80_000 + 180_000
    if ESTIMATORS[name].scales_target and not labels:
        y = (y - y.mean()) / y.std()
    estimator = ESTIMATORS[name].make(Wanted(labels > 0, labels, len(y), 0), {})
    if not ESTIMATORS[name].boosts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return estimator.fit(matrix, y)
    fit_watched(estimator, Rows(matrix[:700], y[:700]), Rows(matrix[700:], y[700:]), time.monotonic() + 60)
    shorten(estimator, 60)
    return estimator


def _gaps(name: str, matrix: Any) -> Any:
    if not ESTIMATORS[name].takes_gaps:
        return matrix
    return np.where(np.random.default_rng(1).random(matrix.shape) < 0.1, np.nan, matrix)


def _same(tmp_path: Path, members: list[Member], matrix: Any, labels: int) -> None:
    path = tmp_path / "graph.onnx"
    path.write_bytes(convert(members, matrix.shape[1], labels))
    near = np.repeat(matrix[:300], 2, axis=0) + np.tile([[4e-8], [-4e-8]], (300, 1))
    for rows in (matrix, near, matrix[:1]):
        fitted, found = combined(members, rows, labels), Graph(path).numbers(rows)
        assert found.shape == fitted.shape
        assert np.abs(found - fitted).max() <= 1e-5 * (1.0 if labels else 80_000)
        if labels:
            assert np.array_equal(found.argmax(axis=1), fitted.argmax(axis=1))


@pytest.mark.parametrize("labels", [0, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_every_estimator_becomes_a_graph(tmp_path: Path, matrix: Any, name: str, labels: int) -> None:
    fitted = _fitted(name, _gaps(name, matrix), labels)
    told: dict[str, Any] = {"slope": 1.3} if labels else {"low": -1e5, "high": 4e5}
    if labels == 2:
        told |= {"intercept": 0.2, "positive": 0}
    _same(tmp_path, [Member(fitted, None, 1.0, **told)], _gaps(name, matrix), labels)


@pytest.mark.parametrize("labels", [0, 2, 3])
def test_members_of_several_kinds_become_one_graph(tmp_path: Path, matrix: Any, labels: int) -> None:
    names = ["lightgbm", "linear", "extra_trees", "mlp"]
    wide = np.hstack([np.zeros((len(matrix), 1)), matrix])
    logs = {"exponential": True, "scale": 1e-6, "center": 10.0, "shift": 1.0}
    members = [
        Member(_fitted(name, matrix, labels), [1, 2, 3, 4, 5, 6], 0.25, **({} if labels or number else logs))
        for number, name in enumerate(names)
    ]
    _same(tmp_path, members, wide, labels)


def test_an_estimator_that_saw_fewer_labels_gives_the_others_nothing(tmp_path: Path, matrix: Any) -> None:
    few = _fitted("lightgbm", matrix, 2)  # it knows the first two of three
    members = [Member(few, None, 0.5), Member(_fitted("linear", matrix, 3), None, 0.5)]
    _same(tmp_path, members, matrix, 3)


def test_equal_shares_stay_equal(tmp_path: Path) -> None:
    """Of labels that are equally likely the first is answered, by the graph too."""
    from sklearn.ensemble import RandomForestClassifier

    matrix = np.array([[0.0], [0.0], [1.0], [1.0]] * 10)
    forest = RandomForestClassifier(7, random_state=0).fit(matrix, [0, 1] * 20)
    _same(tmp_path, [Member(forest, None, 1.0)], np.repeat(matrix, 20, axis=0), 2)


def test_many_rows_are_answered_in_pieces_that_can_be_stopped(tmp_path: Path, matrix: Any) -> None:
    (tmp_path / "g.onnx").write_bytes(convert([Member(_fitted("linear", matrix, 2), None, 1.0)], 6, 2))
    graph, rows = Graph(tmp_path / "g.onnx"), np.tile(matrix, (6, 1))
    assert np.allclose(graph.numbers(rows), np.tile(graph.numbers(matrix), (6, 1)))
    asked = []

    def go_on() -> None:
        asked.append(1)
        if len(asked) > 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        graph.numbers(rows, go_on)


def test_a_graph_that_says_something_else_is_refused() -> None:
    facts = {"labels": ["no", "yes"], "task": "binary", "positive": "yes", "threshold": None}
    fitted = np.array([[0.2, 0.8], [0.7, 0.3], [0.5, 0.5]])
    compare(fitted, fitted + 1e-9, facts)
    for other, why in (
        (fitted + np.array([[2e-5, -2e-5]]), "probabilities differ"),
        (fitted[::-1], "probabilities differ"),
    ):
        with pytest.raises(NotConvertible, match=why):
            compare(fitted, other, facts)
    close = np.array([[0.5 + 1e-6, 0.5 - 1e-6]])
    with pytest.raises(NotConvertible, match="labels differ"):
        compare(close, close[:, ::-1], facts)
    numbers = np.array([1.0, 2.0, 3.0])
    compare(numbers, numbers + 1e-6, {"labels": []})
    with pytest.raises(NotConvertible, match="numbers differ"):
        compare(numbers, numbers + 1e-4, {"labels": []})


def test_what_cannot_become_a_graph_is_served_by_its_estimators(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(houses(), target="price")
    bench("train", dataset="t", estimators=["random_forest"], time_limit=60)
    assert bench("package", model="t").runtime == "onnx"
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    bench("delete", kind="prepared", name="t:1")
    found = bench("package", model="t:2")
    assert (found.runtime, found.reason) == ("skops", "the rows that a graph would be checked with are gone")
    assert "since the rows that a graph" in found.headline()
    folder = Path(found.path) / "src/model"
    assert (folder / "estimators/0.skops").exists() and not (folder / "graph.onnx").exists()
    assert "scikit-learn==" in (Path(found.path) / "env/python/requirements.txt").read_text()


def test_a_changed_graph_is_made_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    bench("train", dataset="t", estimators=["extra_trees"], time_limit=60)
    one, two = (bench.context.find(f"t:{number}", "model") for number in (1, 2))
    before = load_runtime(bench.context, one).graph.numbers
    rows = np.zeros((3, load_runtime(bench.context, one).graph.width))
    own = before(rows)
    load_runtime(bench.context, two)
    (one.path / "served/graph.onnx").write_bytes((two.path / "served/graph.onnx").read_bytes())
    assert np.array_equal(load_runtime(bench.context, one).graph.numbers(rows), own)


def test_serving_a_graph_loads_neither_pandas_nor_scikit_learn(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["extra_trees"], time_limit=60)
    model = bench.context.find("t", "model")
    load_runtime(bench.context, model)
    script = (
        "import sys, json, pathlib; from service.runtime import Runtime; from service.http import HttpFace\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "rows = json.loads((folder / 'sample.json').read_text())['rows']\n"
        "checked, found = Runtime(folder).respond(rows); assert found is not None\n"
        "print([n for n in ('pandas', 'sklearn', 'scipy', 'skops', 'onnx', 'lightgbm') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(model.path / "served")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_neighbours_answer_a_row_the_same_alone_and_among_others(tmp_path: Path) -> None:
    """Not so in scikit-learn, whose distances are off by 1e-8 or not by the rows beside it."""
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["nearest_neighbors"], time_limit=60)
    found = bench("package", model="t")
    assert found.runtime == "skops" and "exact distances" in found.headline()
    runtime = load_runtime(bench.context, bench.context.find("t", "model"))
    rows = read_json(Path(found.path) / "src/model/sample.json")["rows"]
    together = runtime.respond(rows)[1].probabilities
    alone = np.concatenate([runtime.respond([row])[1].probabilities for row in rows])
    assert np.array_equal(together, alone)


def test_not_convertible_says_why() -> None:
    class Unheard:
        classes_ = np.array([0, 1])

    with pytest.raises(NotConvertible, match="Unheard is not known"):
        convert([Member(Unheard(), None, 1.0)], 3, 2)
