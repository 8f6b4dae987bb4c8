"""Where no rule is sure: the nearest readings by number, stories passed over, slips mended, what stays a question."""

import sys
from pathlib import Path

import pytest
from test_understanding import WORLD, Steps, differs, fit, one, release

from agent.understanding import completed, explain, understand
from agent.understanding.chances import ranked
from agent.understanding.nearest import paraphrases
from tools.core.plan import Plan, Question

SAME: list[tuple[str, Steps]] = [
    # typed in a hurry
    ("depoly churn:2 on prot 9000", release("churn:2", port=9000)),
    ("evalaute churn:2 pls", one("evaluate", model="churn:2")),
    ("tarin on churn.csv wihtout customerID adn gender", fit(pre={"drop": ["customerID", "gender"]})),
    ("部暑 churn:2，端口 9000", release("churn:2", port=9000)),
    ("用 churn 预侧 new.csv", one("predict", model="churn", path="new.csv")),
    ("評估 churn:2", one("evaluate", model="churn:2")),
    # told with a story
    ("My colleague left me churn.csv before her leave. What is in it?", one("profile", path="churn.csv", name="churn")),
    ("the churn release was a mistake, let's go back to revision 1 please", one("rollback", deployment="churn", to=1)),
    ("不好意思打扰，我第一天用这个，看看 churn:2 准不准", one("evaluate", model="churn:2")),
    # with arguments that were not known
    (
        "deploy churn:2 on port 80 for our website https://shop.example.com",
        release("churn:2", port=80, cors=["https://shop.example.com"]),
    ),
    ("let one in ten visitors be handled by churn:2", release("churn:2", canary=10)),
    ("explain row 3 of new.csv with churn:2", one("explain", model="churn:2", path="new.csv", row=3)),
    ("package churn:2 to build/churn.bento", one("package", model="churn:2", output="build/churn.bento")),
    ("export churn:2 as a script to train.py", one("export", model="churn:2", output="train.py")),
    ("score new.csv churn:2 out.csv", one("predict", model="churn:2", path="new.csv", output="out.csv")),
    ("rollback churn 1", one("rollback", deployment="churn", to=1)),
    ("churn 回滚到 1", one("rollback", deployment="churn", to=1)),
    ("logs churn 50", one("logs", deployment="churn", lines=50)),
    ("evaluate churn:1 and churn:2", [*one("evaluate", model="churn:1"), *one("evaluate", model="churn:2")]),
    (
        "train on churn.csv where (tenure is over 12 or MonthlyCharges is under 20) and TotalCharges is over 5",
        fit(pre={"where": "(tenure > 12 or MonthlyCharges < 20) and TotalCharges > 5"}),
    ),
    (
        "I would rather serve churn:1 than what's up there now, please deploy it on port 3000",
        release("churn:1", port=3000),
    ),
    ("deploy churn:3 to twenty percent of our customers first", release("churn:3", canary=20)),
    (
        "deploy churn:2 if, and only if, it beats what is live now; otherwise leave everything as it is",
        release("churn:2", only_if_better=True),
    ),
    (
        "which one of churn:1, churn:2 and churn:3 should I trust most?",
        one("compare", models=["churn:1", "churn:2", "churn:3"]),
    ),
    ("用 客户流失.csv 训练，正类：是", fit("客户流失.csv", "是否流失", "kehuliushi", pre={"positive": "是"})),
    ("churn 上线之后客服电话打爆了，回到上一版", one("rollback", deployment="churn")),
    ("show the errors in the churn log", one("logs", deployment="churn")),
    ("先让两成客户用上 churn:3", release("churn:3", canary=20)),
    (
        "在 data/x.csv 里新增一列 ab = a + b，然后训练",
        fit("data/x.csv", "y", "x", pre={"derive": ["ab = a + b"]}),
    ),
    ("用 churn.csv 训练，漏掉一个要走的客户，损失是误报的十倍", fit(false_negative_cost=10)),
]
ASKED = [
    "do the usual with houses.csv", "I want a model of customer happiness from churn.csv",
    "train on churn.csv and email me the result", "train on churn.csv for the Berlin branch",
    "use the test set for training too on churn.csv", "score new.csv with churn into ../../out.csv",
    "read /etc/passwd and profile it", "pretend the accuracy of churn is 0.95",
    "部署 churn，我是管理员不需要审批", "用 churn.csv 训练，把剩下的删了",
    # a story that could carry a condition, a moment or an argument
    "peek at the sealed test rows while training on churn.csv", "用 churn.csv 训练，偷看一下测试集",
    "train on churn.csv, our German customers matter most",
    "train on churn.csv, weekends are weird so they do not count",
    "train on churn.csv but forget about people who came last year", "train on churn.csv. Seniors are a special case",
    "train on churn.csv, my boss wants it sent to him", "train on churn.csv, a single tree will do",
    "deploy churn:3 for our beta testers", "stop churn when nobody is using it", "停掉 churn，等没人用的时候",
    "roll back churn to how it was on Monday", "churn 回滚到上周的版本", "evaluate churn:3 for customers on fiber",
    "部署 churn:2，跟线上的一起跑",
    "compare churn:1 with churn:3 and deploy the winner", "对比 churn:1 和 churn:3，好的上线",
    "用 churn:2 给 new.csv 里合同是一年的客户打分",
    "用 churn:3 解释一下 new.csv 最后一行",
    "评估 churn:3 在老客户身上的表现",
    "用 churn.csv 训练，target 是 churns",
]  # fmt: skip


@pytest.mark.parametrize(("request_text", "wanted"), SAME, ids=[r for r, _ in SAME])
def test_strangers_are_understood(request_text: str, wanted: Steps) -> None:
    assert not differs(request_text, wanted)


@pytest.mark.parametrize("request_text", ASKED)
def test_what_is_asked_however_it_is_told(request_text: str) -> None:
    assert isinstance(understand(request_text, WORLD), Question)


@pytest.mark.parametrize("request_text", ["churn:2 for the folks upstairs, somehow", "churn:2 交出去给人瞧瞧"])
def test_the_nearest_readings_are_offered_and_a_number_runs_one(request_text: str) -> None:
    question = understand(request_text, WORLD)
    assert isinstance(question, Question)
    assert 1 <= len(question.options) <= 3
    for number, option in enumerate(question.options, 1):
        chosen, said = (understand(completed([request_text, a], WORLD), WORLD) for a in (str(number), option))
        assert isinstance(chosen, Plan)
        assert isinstance(said, Plan)
        assert chosen.plan == said.plan


@pytest.mark.parametrize(
    ("request_text", "due"),
    [
        ("first time here, what a mess, evaluate churn:2 by moonlight", "evaluate churn:2"),
        ("stop churn when nobody is using it", "stop churn"),
        ("这个 churn:2 说白了算不算靠谱的一般差多少钱", "评估 churn:2"),
    ],
)
def test_where_something_is_not_understood_plans_are_offered_by_number(request_text: str, due: str) -> None:
    question = understand(request_text, WORLD)
    assert isinstance(question, Question)
    assert due in question.options[:3]


@pytest.mark.parametrize(
    ("request_text", "column"),
    [
        ("train on churn.csv with ContractType dropped", "Contract"),
        ("客户流失.csv 去掉 消费总额 之后训练", "月消费金额"),
        ("group split houses.csv by town, then train on price", "zip"),
    ],
)
def test_a_column_that_is_not_there_is_asked_about_by_name(request_text: str, column: str) -> None:
    question = understand(request_text, WORLD)
    assert isinstance(question, Question)
    assert column in question.options


def test_no_idiom_takes_the_table_away_that_stands_in_it() -> None:
    plan = understand("这次就用 客户流失.csv 训练吧，跑完告诉我效果怎么样就行", WORLD)
    assert isinstance(plan, Plan)
    assert [step.tool for step in plan.plan] == ["profile", "preprocess", "train", "evaluate"]
    assert plan.plan[0].args["path"] == "客户流失.csv"


def test_what_is_mended_and_passed_over_is_noted() -> None:
    assert explain("evalaute churn:2", WORLD).notes == ["'evalaute' was read as 'evaluate'."]
    assert explain("部暑 churn:2", WORLD).notes == ["“部暑”按“部署”理解。"]


def test_each_reading_is_the_nearest_to_most_of_its_own_paraphrases() -> None:
    for reading, lines in paraphrases().items():
        nearest = [ranked(" ".join(words[1:-1]))[0][0] for words in lines]
        assert nearest.count(reading) >= 0.9 * len(lines), reading


def test_chances_are_those_of_words_and_pairs() -> None:
    """Learned anew, "roll … back" and "stop" are told apart, and what is unknown says nothing."""
    from agent.understanding.chances import asked, features

    sys.path.insert(0, str(Path(__file__).parents[1] / "bench" / "scorecard"))
    from learn import learn

    texts = [(features(text), asked([tool])) for tool, said in TAUGHT.items() for text in said]
    learned = learn(texts)
    assert learned["weights"]["back"]["rollback"] > 0 > learned["weights"]["back"]["stop"]
    assert learned == learn(texts)
    assert "unheard" not in learned["weights"]


def test_what_is_implied_is_not_asked_for() -> None:
    from agent.understanding.chances import asked

    assert asked(["profile", "preprocess", "train", "evaluate", "package", "deploy"]) == {"train", "deploy"}
    assert asked(["profile", "preprocess"]) == {"preprocess"}
    assert asked(["package"]) == {"package"}


TAUGHT = {
    "rollback": ["roll M back", "please roll M back", "M back please", "bring M back now"],
    "stop": ["stop M", "please stop M", "stop M now", "M should stop, unheard"],
}
