"""An answer, put into its request, leads on: an option, its number, free words, a new request, yes and no."""

import pytest
from test_understanding import ARTIFACTS, TABLES, WORLD, Steps, differs, fit, one, release

from agent.understanding import MemoryWorld, TableFacts, completed, understand
from agent.understanding.replies import Asking
from tools.core.plan import Plan, Question

LOANS = MemoryWorld(WORLD.tools, {"loans.csv": TableFacts(["id", "defaulted", "approved"], ["defaulted", "approved"])})
FEW = {tool: [a for a in args if a != "replicas"] for tool, args in WORLD.tools.items()}
OPTIONED = [
    "train on chrun.csv", "用chrun.csv训练", "evaluate churn on chrun.csv", "train on people.csv", "用 houses.csv 训练",
    "train on notes.csv", "predict income from people.csv", "train on churn.csv, drop foo",
    "用 churn.csv 训练，目标列 流逝率", "predict price and rent from houses.csv",
    "train on churn.csv and titanic.parquet",
    "用 churn.csv 和 titanic.parquet 训练", "train on churn.csv, positive class is Maybe", "evaluate churn:9",
    "evaluate version 9 of churn", "评估 churn 第 9 版", "deploy churn:9", "deploy it", "deploy the model", "部署它",
    "how good is the model?", "compare churn", "比较 churn", "compare models", "roll back churn to revision 9",
    "回滚 churn 到第 8 版", "roll back churn:1", "delete churn", "stop churn and delete churn", "删除 churn",
    "train an SVM on churn.csv", "用 churn.csv 训练支持向量机", "train on churn.csv, no xgboost",
    "deploy churn to AWS", "部署 churn 到阿里云", "deploy churn on port 80 and port 8080",
    "train on churn.csv for one minute, at most 5 minutes", "train on churn.csv, metric f1, optimise recall",
    "train on churn.csv with 2 replicas", "deploy churn but do not package it",
    "train on churn.csv, fill tenure with the median", "用 churn.csv 训练，交叉验证", "churn.csv", "churn",
    "deploy churn.csv", "部署 churn.csv", "score with churn", "train a model", "训练", "how do I deploy?", "hi", "你好",
    "don't deploy churn", "stop fraud", "train on churn.csv, xyzzy", "train on houses.csv, target price, drop price",
]  # fmt: skip


def _asked(request: str, world: MemoryWorld = WORLD) -> Question:
    question = understand(request, world)
    assert isinstance(question, Question), request
    return question


@pytest.mark.parametrize("request_text", OPTIONED)
def test_each_option_as_an_answer_leads_on(request_text: str) -> None:
    question = _asked(request_text)
    assert question.options
    for number, option in enumerate(question.options, 1):
        for answer in (option, str(number)) if str(number) not in question.options else (option,):
            outcome = understand(completed([request_text, answer], WORLD), WORLD)
            settled = isinstance(outcome, Plan) or outcome.text != question.text
            assert settled, (request_text, answer, completed([request_text, answer], WORLD), outcome)


@pytest.mark.parametrize("request_text", [r for r in OPTIONED if r not in ("train on chrun.csv", "用chrun.csv训练")])
def test_the_first_option_leads_to_a_plan_or_to_the_next_question(request_text: str) -> None:
    words = [request_text]
    for _ in range(3):
        outcome = understand(completed(words, WORLD), WORLD)
        if isinstance(outcome, Plan):
            return
        words.append(outcome.options[0])
    assert isinstance(understand(completed(words, WORLD), WORLD), Plan), (words, completed(words, WORLD))


ANSWERED: list[tuple[list[str], Steps]] = [
    (["train on chrun.csv", "churn.csv"], fit()),
    (["train on chrun.csv", "1"], fit()),
    (["train on chrun.csv", "use churn.csv instead"], fit()),
    (["用chrun.csv训练，两分钟", "churn.csv"], fit(time_limit=120)),
    (["train on houses.csv, one minute", "rent"], fit("houses.csv", "rent", "houses", time_limit=60)),
    (["train on houses.csv", "the second one"], fit("houses.csv", "rent", "houses")),
    (["train on houses.csv", "rent, please"], fit("houses.csv", "rent", "houses")),
    (["用 houses.csv 训练", "第二个"], fit("houses.csv", "rent", "houses")),
    (["用 houses.csv 训练", "就用 rent 吧"], fit("houses.csv", "rent", "houses")),
    (["train on houses.csv and churn.csv", "houses.csv", "price"], fit("houses.csv", "price", "houses")),
    (["deploy it", "churn:2"], release("churn:2")),
    (["deploy it on port 8080", "the fraud one"], release("fraud", name="fraud", port=8080)),
    (["部署它", "churn:2"], release("churn:2")),
    (["evaluate version 9 of churn", "churn:1"], one("evaluate", model="churn:1")),
    (["roll back churn to revision nine", "2"], one("rollback", deployment="churn", to=2)),
    (["stop churn and delete churn", "model/churn:1"],
     [("stop", {"deployment": "churn"}), ("delete", {"kind": "model", "name": "churn:1"})]),
    (["deploy churn at port 99999", "8080"], release("churn", port=8080)),
    (["train an SVM on churn.csv", "xgboost"], fit(estimators=["xgboost"])),
    (["train on churn.csv, no xgboost", "linear"], fit(estimators=["linear"])),
    (["deploy churn to AWS", "docker"], release("churn", platform="docker")),
    (["deploy churn on port 80 and port 8080", "8080"], release("churn", port=8080)),
    (["train on churn.csv but only if it rains", "yes"], fit()),
    (["train on churn.csv but only if it rains", "go on"], fit()),
    (["用 churn.csv 训练，如果下大雪就别上线", "好"], fit()),
    (["train on churn.csv with 2 replicas", "yes"], fit()),
    (["train on churn.csv, xyzzy", "I mean one minute"], fit(time_limit=60)),
    (["train on chrun.csv", "train on houses.csv, target rent"], fit("houses.csv", "rent", "houses")),
    (["train on churn.csv every night", "train on churn.csv"], fit()),
    (["churn.csv", "profile"], one("profile", path="churn.csv", name="churn")),
    (["compare churn", "compare churn and fraud"], one("compare", models=["churn", "fraud"])),
]  # fmt: skip


@pytest.mark.parametrize(("words", "wanted"), ANSWERED, ids=[" / ".join(w) for w, _ in ANSWERED])
def test_answers(words: list[str], wanted: Steps) -> None:
    assert not differs(completed(words, WORLD), wanted), completed(words, WORLD)


def test_the_text_that_an_answer_makes() -> None:
    assert completed(["train on loans.csv", "approved"], LOANS) == "train on loans.csv, target approved"
    assert completed(["train on chrun.csv", "churn.csv"], WORLD) == "train on churn.csv"
    assert completed(["profile churn.csv"], WORLD) == "profile churn.csv"


@pytest.mark.parametrize("answer", ["no", "No.", "stop", "cancel", "不", "算了", ""])
def test_no_leaves_the_question(answer: str) -> None:
    request = "train on churn.csv but only if it rains"
    assert completed([request, answer], WORLD) == request


def test_an_argument_that_a_tool_lacks_can_be_left_out() -> None:
    world = MemoryWorld(FEW, TABLES, ARTIFACTS)
    question = _asked("deploy churn:2, 2 replicas, port 80", world)
    assert isinstance(question, Asking)
    assert not differs(completed(["deploy churn:2, 2 replicas, port 80", "yes"], world), release("churn:2", port=80))


def test_a_refused_value_must_be_said_again() -> None:
    words = ["deploy churn, do not use port 8080", "deploy churn on port 81"]
    assert not differs(completed(words, WORLD), release("churn", port=81))
