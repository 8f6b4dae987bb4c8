"""What a line means beside what was said, made or shown before."""

import pytest

import tools
from agent.understanding import MemoryWorld, TableFacts, understand
from agent.understanding.followups import follow
from agent.understanding.memory import Deed, Memory, Turn
from tools.core.plan import Plan

COLUMNS = ["customerID", "tenure", "Contract", "MonthlyCharges", "Churn"]
WORLD = MemoryWorld(
    tools={name: set(tools.load(name).args.model_fields) for name in tools.TOOLS},
    tables={"churn.csv": TableFacts(COLUMNS, ["Churn"], {"Churn": ["No", "Yes"]})},
    artifacts={
        "dataset": ["churn:1"],
        "prepared": ["churn:2", "churn:1"],
        "model": ["churn:2", "churn:1", "houses:1"],
        "deployment": ["churn"],
    },
    known_columns={"churn": COLUMNS},
    history={"churn": [1, 2]},
)
CANDIDATES = [
    {"estimator": "lightgbm", "variant": "", "score": 0.85},
    {"estimator": "random_forest", "variant": "", "score": 0.83},
]
PREPARED = {
    "prepared": "churn:2",
    "dropped": [{"column": "customerID", "reason": "an id"}],
    "decisions": [{"decision": "Contract is a category."}],
    "headline": "Churn is yes or no.",
}
TRAINED = {"model": "churn:2", "metric": "roc_auc", "candidates": CANDIDATES, "headline": "lightgbm: 0.850"}
EVALUATED = {
    "model": "churn:2",
    "metrics": {"roc_auc": 0.84, "recall": 0.52, "f1": 0.6},
    "openings": 1,
    "headline": "scores",
}
FIT = [
    Deed("profile", {"path": "churn.csv", "name": "churn"}, {"dataset": "churn:1"}),
    Deed("preprocess", {"dataset": "churn", "target": "Churn", "name": "churn"}, PREPARED),
    Deed("train", {"dataset": "churn", "name": "churn"}, TRAINED),
]
FITTED = Turn("train on churn.csv", "done", FIT)
MEASURED = Turn("evaluate churn", "done", [Deed("evaluate", {"model": "churn"}, EVALUATED)])
LIVE = Turn("deploy churn", "done", [Deed("deploy", {"model": "churn"}, {"deployment": "churn", "model": "churn:2"})])
COMPARED = Turn(
    "compare churn:1 and churn:2",
    "done",
    [Deed("compare", {}, {"models": [{"model": "churn:1"}, {"model": "churn:2"}], "best": "churn:1", "headline": "="})],
)
FAILED = Turn("train on churn.csv", "failed", FIT[:1], "'Churnn' is no column of churn:1. The nearest is 'Churn'.")


def planned(line: str, *turns: Turn, listed: tuple[str, ...] = ()) -> list[tuple[str, dict]]:
    """The plan of the request that a line stands for."""
    found = follow(line, Memory(turns, listed), WORLD)
    outcome = understand(found.text if found else line, WORLD)
    assert isinstance(outcome, Plan), (found, outcome)
    return [(step.tool, step.args) for step in outcome.plan]


@pytest.mark.parametrize(
    ("line", "tools_and_model"),
    [
        ("deploy it", ("deploy", "churn:2")),
        ("now ship it please", ("deploy", "churn:2")),
        ("部署它", ("deploy", "churn:2")),
        ("把它上线", ("deploy", "churn:2")),
        ("how good is it?", ("evaluate", "churn:2")),
        ("它的效果怎么样", ("evaluate", "churn:2")),
        ("explain it", ("explain", "churn:2")),
    ],
)
def test_it_is_the_newest_model(line: str, tools_and_model: tuple[str, str]) -> None:
    tool, args = planned(line, FITTED)[-1]
    assert (tool, args["model"]) == tools_and_model


@pytest.mark.parametrize("line", ["stop it", "停掉它", "take it down"])
def test_what_only_a_deployment_can_do_is_about_the_deployment(line: str) -> None:
    assert planned(line, FITTED, LIVE) == [("stop", {"deployment": "churn"})]


@pytest.mark.parametrize(
    ("line", "drop", "estimators"),
    [
        ("now drop tenure and try again", ["tenure"], None),
        ("drop tenure and try again", ["tenure"], None),
        ("去掉 tenure 再试一次", ["tenure"], None),
        ("what about a random forest?", None, ["random_forest"]),
        ("换成随机森林再试一次", None, ["random_forest"]),
        ("try again with a random forest but without tenure", ["tenure"], ["random_forest"]),
    ],
)
def test_a_wish_changes_the_last_plan(line: str, drop: list[str] | None, estimators: list[str] | None) -> None:
    plan = dict(planned(line, FITTED))
    assert plan["preprocess"].get("drop") == drop
    assert plan["train"].get("estimators") == estimators
    assert plan["preprocess"]["target"] == "Churn"


@pytest.mark.parametrize("line", ["what about recall?", "recall 呢", "and the recall?", "召回率是多少", "how about f1"])
def test_a_metric_that_was_measured_is_told_and_nothing_is_opened_again(line: str) -> None:
    found = follow(line, Memory([FITTED, MEASURED]), WORLD)
    assert found is not None
    assert found.kind == "words"
    assert ("0.600" if "f1" in line else "0.520") in found.text


def test_a_score_on_another_table_is_said_to_be_one() -> None:
    other = Turn("evaluate churn on x.csv", "done", [Deed("evaluate", {}, {**EVALUATED, "openings": None})])
    found = follow("what about recall?", Memory([FITTED, other]), WORLD)
    assert found is not None
    assert found.text == "recall 0.520 on the rows of that table (churn:2)"


def test_why_tells_the_best_first_whatever_the_metric() -> None:
    losses = [{"estimator": f"e{n}", "variant": "", "score": n / 10} for n in (5, 9, 1, 7, 3, 8, 2)]
    made = Deed("train", {}, {**TRAINED, "metric": "log_loss", "candidates": losses})
    found = follow("why?", Memory([Turn("train", "done", [made])]), WORLD)
    assert found is not None
    assert "e1 0.100, e2 0.200, e3 0.300" in found.text


def test_a_metric_that_was_not_measured_is_offered_two_ways() -> None:
    found = follow("what about recall?", Memory([FITTED]), WORLD)
    assert found is not None
    assert found.kind == "offer"
    assert found.options[0] == "evaluate churn:2"
    outcome = understand(found.options[1], WORLD)
    assert isinstance(outcome, Plan)
    assert outcome.plan[-1].args["metric"] == "recall"


@pytest.mark.parametrize(
    ("line", "turns", "told"),
    [
        ("why?", (FAILED,), "'Churnn' is no column"),
        ("为什么", (FAILED,), "'Churnn' is no column"),
        ("為什麼", (FAILED,), "'Churnn' is no column"),
        ("why?", (FITTED,), "random_forest 0.830"),
        ("why was customerID dropped?", (FITTED,), "customerID: an id"),
        ("为什么去掉 customerID", (FITTED,), "customerID: an id"),
        ("why not random forest?", (FITTED,), "random_forest 0.830"),
    ],
)
def test_why(line: str, turns: tuple[Turn, ...], told: str) -> None:
    found = follow(line, Memory(turns), WORLD)
    assert found is not None
    assert found.kind == "words"
    assert told in found.text


@pytest.mark.parametrize("line", ["why?", "为什么会这样"])
def test_why_after_a_score_asks_what_drives_it(line: str) -> None:
    assert planned(line, FITTED, MEASURED) == [("explain", {"model": "churn:2"})]


@pytest.mark.parametrize(
    ("line", "model"),
    [
        ("deploy the second one", "churn:2"),
        ("deploy the first one", "churn:1"),
        ("部署第二个", "churn:2"),
        ("deploy the better one", "churn:1"),
        ("部署效果好的那个", "churn:1"),
    ],
)
def test_places_and_winners_of_a_comparison(line: str, model: str) -> None:
    assert planned(line, COMPARED)[-1][1]["model"] == model


def test_places_count_what_was_listed_last() -> None:
    assert planned("evaluate the third one", COMPARED, listed=("churn:1", "churn:2", "houses:1")) == [
        ("evaluate", {"model": "houses:1"})
    ]


@pytest.mark.parametrize("line", ["is it any better?", "and is it any worse?", "比之前好吗", "did that help?"])
def test_better_compares_with_what_was_before(line: str) -> None:
    assert planned(line, FITTED) == [("compare", {"models": ["churn:2", "churn:1"]})]


def test_a_wish_and_a_comparison_in_one() -> None:
    found = follow("now without tenure, and is it any worse?", Memory([FITTED]), WORLD)
    assert found is not None
    assert found.then == "compare {} and churn:2"
    assert [tool for tool, _ in planned(found.text)] == ["preprocess", "train"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("go on", "resume"),
        ("继续", "resume"),
        ("try again", "again"),
        ("再试一次", "again"),
        ("undo that", "undo"),
        ("撤销", "undo"),
        ("take it back", "undo"),
        ("thanks!", "words"),
        ("谢谢", "words"),
        ("then leave it", "words"),
    ],
)
def test_lines_that_are_a_word(line: str, kind: str) -> None:
    found = follow(line, Memory([FITTED]), WORLD)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "line",
    ["train on churn.csv", "what is live?", "stop churn", "evaluate houses", "write a poem", "比较 churn:1 和 churn:2"],
)
def test_a_request_stands_for_itself(line: str) -> None:
    assert follow(line, Memory([FITTED]), WORLD) is None


@pytest.mark.parametrize(
    "line", ["train a quick model on it, 8 seconds", "用它训练一个模型", "train a model", "now train a model on that"]
)
def test_a_table_that_was_looked_at_is_trained_on(line: str) -> None:
    looked = Turn("profile churn.csv", "done", FIT[:1])
    assert [tool for tool, _ in planned(line, looked)][-1] == "train"


def test_nothing_is_meant_by_it_before_anything_was_made() -> None:
    for line in ("deploy it", "why?", "is it better?", "what about recall?", "the second one"):
        assert follow(line, Memory(), WORLD) is None
