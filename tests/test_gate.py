"""deploy --only-if-better: a better model goes live, any other is refused, and what is live stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Shell
from tables import Bench, customers, houses

import tools
from tools.core.errors import GateNotMet
from tools.core.files import read_json
from tools.core.learning.learned import learned_in
from tools.core.learning.sides import stored_rows
from tools.core.serving.bento import MODEL

ROWS = 1_500
LINEAR: dict[str, Any] = {"estimators": ["linear"], "time_limit": 30}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """weak:1 lacks the columns that matter; t:1 has them, and so has t:2, of another seed."""
    made = Bench(tmp_path_factory.mktemp("gate"))
    made.prepared(customers(ROWS), target="left")
    made("preprocess", dataset="t", target="left", drop=["age", "plan"], name="weak")
    made("train", dataset="weak", **LINEAR)
    made("train", dataset="t", **LINEAR)
    made("train", dataset="t", seed=5, **LINEAR)
    yield made
    for deployment in made("status").deployments:
        made("stop", deployment=deployment.name)


def live(bench: Bench, model: str, name: str) -> None:
    """Have a model live, without a gate, under a name of its own."""
    assert bench("deploy", model=model, name=name).revision == 1


def objection(bench: Bench, model: str, name: str = "shop", **more: Any) -> GateNotMet:
    """What the gate says against a model."""
    with pytest.raises(GateNotMet) as caught:
        bench("deploy", model=model, name=name, only_if_better=True, **more)
    return caught.value


def refused(bench: Bench, model: str, name: str, **more: Any) -> GateNotMet:
    """The gate's objection, after which what was live still is."""
    before = [d for d in bench("status").deployments if d.name == name]
    error = objection(bench, model, name, **more)
    after = [d for d in bench("status").deployments if d.name == name]
    assert [(d.revision, d.model, d.history) for d in after] == [(d.revision, d.model, d.history) for d in before]
    folders = bench.context.workspace / "deployments" / name / "revisions"
    assert [path.name for path in folders.iterdir()] == ["1"]
    return error


def openings(bench: Bench, seal: str = "t-1") -> list[str]:
    """The models for which a seal was opened."""
    ledger = read_json(bench.context.workspace / f"openings/{seal}.json")
    return [opening["model"] for opening in ledger["openings"]]


def test_a_better_model_goes_live_and_the_record_says_why(bench: Bench) -> None:
    first = bench("deploy", model="weak:1", name="shop", only_if_better=True)
    assert (first.revision, first.gate) == (1, None)
    assert first.warnings == ["Nothing was live as shop that weak:1 had to be better than."]
    before = openings(bench)
    done = bench("deploy", model="t:1", name="shop", only_if_better=True)
    assert (done.revision, done.previous, done.gate.live, done.gate.verdict) == (2, 1, "weak:1", "better")
    assert done.gate.score > done.gate.live_score + 0.1
    assert done.gate.p_value < 0.001
    assert 250 < done.gate.rows < 350
    assert "It is better than weak:1" in done.headline()
    assert openings(bench) == [*before, "t:1"]
    assert done.gate.openings == len(before) + 1
    entry = bench("status", name="shop").deployments[0].history[-1]
    assert (entry["gate"]["rows"], entry["gate"]["score"]) == (done.gate.rows, done.gate.score)


def test_a_model_that_is_no_better_is_refused_with_both_scores(bench: Bench) -> None:
    live(bench, "t:1", "same")
    error = refused(bench, "t:2", "same")
    assert "t:2 is not put live: it cannot be told from t:1, which is live" in error.message
    gate = error.document()["gate"]
    assert (gate["verdict"], gate["live"]) == ("no_difference", "t:1")
    for shown in (f"{gate['score']:.3f}", f"{gate['live_score']:.3f}", f"{gate['rows']:,} rows that neither"):
        assert shown in error.message
    assert f"opened {gate['openings']} times" in error.message, "the second opening says so beside the number"


def test_a_worse_model_is_refused_also_as_a_canary(bench: Bench) -> None:
    """The live one reads columns that the new one was trained without: they are taken from the dataset."""
    live(bench, "t:1", "worse")
    error = refused(bench, "weak:1", "worse", canary=10)
    assert "it is worse than t:1" in error.message
    assert error.document()["gate"]["live_score"] > 0.7


def test_a_better_canary_starts(bench: Bench) -> None:
    live(bench, "weak:1", "birds")
    done = bench("deploy", model="t:1", name="birds", canary=10, only_if_better=True)
    assert (done.canary, done.gate.verdict) == (10, "better")
    assert bench("status", name="birds").deployments[0].revision == 1


def test_the_live_model_itself_is_no_better(bench: Bench) -> None:
    live(bench, "t:1", "itself")
    before = openings(bench)
    error = refused(bench, "t:1", "itself")
    assert error.message == "t:1 is live as itself already, and is no better than itself."
    assert openings(bench) == before, "nothing had to be opened for that"


def test_scores_are_those_of_evaluate_also_where_the_positive_label_is_another(bench: Bench) -> None:
    bench("preprocess", dataset="t", target="left", positive="no", name="turned")
    bench("train", dataset="turned", metric="f1", **LINEAR)
    bench("train", dataset="t", metric="balanced_accuracy", name="even", **LINEAR)
    live(bench, "turned:1", "labels")
    gate = objection(bench, "even:1", "labels").document()["gate"]
    for tag, found in (("even:1", gate["score"]), ("turned:1", gate["live_score"])):
        assert bench("evaluate", model=tag).metrics["balanced_accuracy"] == pytest.approx(found, abs=1e-12)


def test_another_target_cannot_be_compared(bench: Bench) -> None:
    bench.prepared(houses(), name="h", target="price")
    bench("train", dataset="h", **LINEAR)
    live(bench, "t:1", "other")
    error = refused(bench, "h:1", "other")
    assert "it predicts 'price' (a number) and t:1, which is live, 'left' ('no' or 'yes')" in error.message
    assert openings(bench, "h-1") == []


def test_columns_that_the_rows_do_not_have(bench: Bench) -> None:
    bench.prepared(customers(ROWS, seed=4).drop(columns=["plan"]), name="less", target="left")
    bench("train", dataset="less", **LINEAR)
    live(bench, "t:1", "columns")
    error = refused(bench, "less:1", "columns")
    assert "t:1, which is live, reads columns that the rows of less:1 do not have ('plan')" in error.message


def test_too_few_rows_leave_the_seal_closed(bench: Bench) -> None:
    few = customers(200, seed=7).assign(customer_id=[f"D{n}" for n in range(200)])
    bench.prepared(few, name="few", target="left")
    bench("train", dataset="few", **LINEAR)
    live(bench, "weak:1", "little")
    error = refused(bench, "few:1", "little")
    assert "of its 40 sealed rows can tell which is better" in error.message
    assert "at least 50 are needed" in error.message
    assert openings(bench, "few-1") == []


def test_rows_that_the_live_model_learned_from_do_not_count(bench: Bench) -> None:
    """Cut anew, most of the sealed rows are rows that the live model was trained on."""
    bench("preprocess", dataset="t", target="left", seed=1, name="anew")
    bench("train", dataset="anew", **LINEAR)
    live(bench, "weak:1", "cut")
    then, now = (stored_rows(bench.context.find(tag, "prepared")) for tag in ("weak:1", "anew:1"))
    sealed = set(now["row"][now["sealed"]])
    fresh = sealed - set(then["row"][~then["sealed"]])
    assert 50 < len(fresh) < len(sealed) / 2
    done = bench("deploy", model="anew:1", name="cut", only_if_better=True)
    assert done.gate.rows == len(fresh)


def test_a_table_that_has_grown_has_rows_that_neither_knows(bench: Bench, tmp_path: Path) -> None:
    grown = Bench(tmp_path)
    grown.prepared(customers(ROWS), target="left", drop=["age", "plan"])
    grown("train", dataset="t", **LINEAR)
    more = customers(ROWS + 500)
    more.loc[: ROWS - 1] = customers(ROWS)
    grown.prepared(more, target="left")
    grown("train", dataset="t", **LINEAR)
    live(grown, "t:1", "shop")
    done = grown("deploy", model="t:2", name="shop", only_if_better=True)
    grown("stop", deployment="shop")
    assert done.gate.rows > 350


def test_a_live_bento_from_elsewhere_says_which_rows_it_learned_from(bench: Bench, tmp_path: Path) -> None:
    """The second machine has the same table, not the model: neither what it was prepared from nor its rows."""
    second = Bench(tmp_path)
    bench("package", model="weak:1", output=str(tmp_path / "weak.bento"))
    second("deploy", model="weak.bento", name="shop")
    second.prepared(customers(ROWS), target="left")
    second("train", dataset="t", **LINEAR)
    done = second("deploy", model="t:1", name="shop", only_if_better=True)
    assert (done.gate.live, done.gate.verdict) == ("weak:1", "better")
    same = sum(stored_rows(second.context.find("t", "prepared"))["sealed"])
    assert 0.9 * same < done.gate.rows < same, "some rows are taken for learned ones, so that none can be read"
    error = objection(second, "weak.bento")
    assert "weak:1 is not put live: its sealed rows are not here" in error.message
    second("stop", deployment="shop")


def test_a_bento_knows_each_row_that_was_learned_from_and_few_others(bench: Bench) -> None:
    prepared, dataset = bench.context.find("weak", "prepared"), bench.context.find("t", "dataset")
    bento = Path(bench("package", model="weak:1").path)
    learned = learned_in(dataset, "left", bento / MODEL)
    rows = stored_rows(prepared)
    assert learned is not None
    assert learned[rows["row"][~rows["sealed"]]].all()
    assert 0 < learned[rows["row"][rows["sealed"]]].mean() < 0.1
    other = bench.prepared(customers(ROWS, seed=4).drop(columns=["spend"]), name="narrow", target="left")
    assert learned_in(bench.context.find(other.dataset, "dataset"), "left", bento / MODEL) is None


def test_a_bento_that_does_not_say_so_cannot_be_compared_with(bench: Bench, tmp_path: Path) -> None:
    """As those of an earlier Ekiben, or of a model whose prepared dataset was deleted before it was packaged."""
    second = Bench(tmp_path)
    bench("preprocess", dataset="t", target="left", drop=["age"], name="lost")
    bench("train", dataset="lost", **LINEAR)
    bench("delete", kind="prepared", name="lost:1")
    bench("package", model="lost:1", output=str(tmp_path / "lost.bento"))
    second("deploy", model="lost.bento", name="shop")
    second.prepared(customers(ROWS), target="left")
    second("train", dataset="t", **LINEAR)
    error = objection(second, "t:1")
    assert "which rows lost:1, which is live, learned from is not known here" in error.message
    assert openings(second) == []
    second("stop", deployment="shop")


def test_what_it_asks_names_the_condition(bench: Bench) -> None:
    live(bench, "weak:1", "asked")
    deploy = tools.load("deploy")
    for more, said in (({}, "Put t:1 live as asked, revision 2"), ({"canary": 5}, "Give t:1 5 % of the requests")):
        args = {"model": "t:1", "name": "asked", "only_if_better": True, **more}
        question = deploy.question(deploy.parse(args), bench.context)
        assert question.startswith(said)
        assert question.endswith(", if it is better than weak:1?")


@pytest.mark.parametrize("request_", ["put {} live as said if it is better", "如果更好就部署 {}，部署名叫 said"])
def test_a_request_says_it_in_words(bench: Bench, request_: str) -> None:
    if "said" not in [d.name for d in bench("status").deployments]:
        live(bench, "t:1", "said")
    answer = Shell(bench.folder)("run", request_.format("t:2"), "--yes")
    assert answer.code == 6, answer.stdout
    step = answer.document["steps"][-1]
    assert step["args"]["only_if_better"] is True
    assert (step["error"]["code"], step["error"]["gate"]["rows"] > 250) == ("gate", True)
    assert answer.document["error"]["code"] == "gate"
