"""Wordings that led astray once: each names a release that nobody asked for, or a wish that was dropped in silence."""

# A request and its plan are read best on one line.
# ruff: noqa: E501

import pytest
from test_understanding import ASK, BASES, RISKS, WORLD, Steps, differs, fit, live, one, release

from agent.understanding import understand
from tools.core.plan import Plan, Question

SAID: list[tuple[str, Steps | str]] = [
    ("my nephew set it up. Mind telling me if it is even up? churn", ASK),
    ("和发票一起，用 churn:3 预测 new.csv", ASK),
    ("用 churn.csv 训练，上线的事以后再说", fit()),
    ("take churn.csv, drop gender, stratified, and stop there: no training", fit(pre={"drop": ["gender"], "split": "stratified"})[:2]),
    ("first look at churn.csv, then only prepare it, gaps filled by the median, and we'll train tomorrow", fit(pre={"impute": "median"})[:2]),
    ("we want to stop mailing discount codes to people: run new.csv through churn:3 into list.csv", one("predict", model="churn:3", path="new.csv", output="list.csv")),
    ("先比较 churn:1 和 churn:3，再停掉 churn", [*one("compare", models=["churn:1", "churn:3"]), *one("stop", deployment="churn")]),
    ("Someone said the second version of our churn thing was worse than the first. Is that so? churn:1 and churn:2, I mean.", one("compare", models=["churn:1", "churn:2"])),
    ("might churn:2 be just as good as churn:3? check one against the other", one("compare", models=["churn:2", "churn:3"])),
    ("please take churn back to revision 2, that one was fine", one("rollback", deployment="churn", to=2)),
    ("Undo it for churn, go back to number 2", one("rollback", deployment="churn", to=2)),
    ("there's an old model called churn:1 nobody uses any more, could you bin it?", one("delete", kind="model", name="churn:1")),
    ("delete the model churn:1 and the bento churn:1", [*one("delete", kind="model", name="churn:1"), *one("delete", kind="bento", name="churn:1")]),
    ("get rid of the prepared dataset churn", one("delete", kind="prepared", name="churn")),
    ("把 churn:2 打包成 churn2.bento 给我带走", one("package", model="churn:2", output="churn2.bento")),
    ("May I have the training code behind churn:2 as an ordinary script, churn_train.py?", one("export", model="churn:2", output="churn_train.py")),
    ("审计要看 churn:3 是怎么做出来的，给一份能看懂的代码，存成 审计.py", one("export", model="churn:3", output="审计.py")),
    ("用 churn 给 new.csv 打分，结果放 到期客户.csv", one("predict", model="churn", path="new.csv", output="到期客户.csv")),
    ("train on churn.csv, scale nothing", fit(pre={"scale": "none"})),
    ("train on churn.csv and hold out 30%... no wait, make that 25% for the test", fit(pre={"test_fraction": 0.25})),
    ("deploy churn:2 on port 8080, make it 2 replicas", release("churn:2", port=8080, replicas=2)),
    ("部署 churn:2，端口 8080，不是 8081", ASK),
    ("用 churn.csv 训练，测试集占 30%，不对，25%", fit(pre={"test_fraction": 0.25})),
    ("I've been staring at churn.csv for an hour. Train on it, give it ten minutes", fit(time_limit=600)),
    ("train on churn.csv, maximise recall, spend two minutes", fit(metric="recall", time_limit=120)),
    ("train on churn.csv and only let it replace what is running today if it is truly better", live(fit(), only_if_better=True)),
    ("train on churn.csv, then put it live on port 4040 under the name demo", [*fit(), *one("evaluate", model="churn"), *release("churn", name="demo", port=4040)]),
    ("用 churn.csv 搞个模型，做好以后用 gujia 这个服务名部署到 8100 端口", [*fit(), *one("evaluate", model="churn"), *release("churn", name="gujia", port=8100)]),
    ("prepare churn.csv. Name the prepared dataset lean", [fit()[0], ("preprocess", {"dataset": "churn", "target": "Churn", "name": "lean"})]),
    ("deploy churn:2 to kubernetes, registry registry.acme.io/ml, namespace staging", release("churn:2", platform="kubernetes", registry="registry.acme.io/ml", namespace="staging")),
    ("depoly churn:2 to kuberentes, namepsace pricing", release("churn:2", platform="kubernetes", namespace="pricing")),
    ("deploy churn:2, gizmo pricing", ASK),
    ("train on churn.csv, no duplicates please", ASK),
    ("stop churn for weeks", ASK),
    ("fit a random forest on churn.csv, predict Churning_Status", ASK),
    ("kindly train on titanic.parquet and predict Survival", ASK),
    ("The churn estimator, churn, is not needed after today. Please take it offline.", one("stop", deployment="churn")),
    ("流失评估的服务 churn 下架吧", one("stop", deployment="churn")),
    ("用 churn 给 new.csv 打分，存成 回访.csv，也想知道这个模型最看重什么", [*one("predict", model="churn", path="new.csv", output="回访.csv"), *one("explain", model="churn")]),
    ("train on churn.csv and call it fraud2, package it", [*fit(model="fraud2"), *one("package", model="fraud2")]),
    ("用 churn.csv 训练，按 department 分组切分", ASK),
    ("用客户流失.csv训练，去掉 年龄段值 这一列", ASK),
    ("用客户流失.csv训练，去掉 年龄额 这一列", ASK),
    ("我退休以后闲着，用 churn.csv 训练", fit()),
    ("唔該幫我用 churn.csv train 個 model，customerID 唔好要，搞掂之後話我知準唔準", [*fit(pre={"drop": ["customerID"]}), *one("evaluate", model="churn")]),
    ("用 churn.csv 訓練並部署，連接埠 8080", live(fit(), port=8080)),
    ("甚麼服務在運行", one("status")),
    ("刪除模型 churn:1", one("delete", kind="model", name="churn:1")),
]  # fmt: skip


@pytest.mark.parametrize(("request_text", "wanted"), SAID, ids=[r for r, _ in SAID])
def test_what_was_misread_once(request_text: str, wanted: Steps | str) -> None:
    assert not differs(request_text, wanted)


TOO_MUCH = [
    "stop churn but keep answering the call centre's requests",
    "churn:3 给 new.csv 打分，结果直接写进公司的 MySQL 库里",
    "不要训练，用 churn.csv 给我训练出一个新的流失模型来",
    "After the board has signed off on Thursday, put churn:3 live on port 8080.",
    "Our German users ought to get churn:2 while everybody else stays where they are; please deploy it that way.",
    "stop churn, though the call centre in Leeds needs to go on getting answers from it",
    "I'd like churn:1 exported as an R script, our statistician doesn't do Python.",
    "Get churn.csv profiled and put the findings up on our Confluence page.",
    "Compare churn:1 and churn:3 on the customers we won through the summer campaign.",
    "Pull the last 300 log lines of churn and blank out any customer numbers before I see them.",
    "Don't deploy anything, just get churn:2 answering on port 9000.",
    "停掉 churn，不过华东那边的请求还得继续接。",
    "churn:1 的效果怎么样？金卡、银卡、普通会员分开说。",
    "拿 客户流失.csv 训练，预测是否流失，天气数据你从气象局网站上抓下来拼进去。",
    "训练并部署 churn.csv，服务得放在上海机房。",
    "new.csv 用 churn 预测一下，写出来的文件里客户号要打码。",
    "评估 churn:2，估低了的要按三倍罚，估高了的照常。",
    "周末两天把 churn 停掉，周一一早自己恢复。",
    "特征先给张姐过一眼，她没意见你再用 churn.csv 训练。",
]
"""Orders with a detail that no argument can express, told rather than ordered."""


@pytest.mark.parametrize("request_text", TOO_MUCH)
def test_a_detail_that_no_argument_expresses_is_asked_about(request_text: str) -> None:
    assert isinstance(understand(request_text, WORLD), Question)


@pytest.mark.parametrize("join", [", ", "，"])
def test_what_could_change_the_plan_is_asked_about_wherever_it_stands(join: str) -> None:
    stop = "。" if join == "，" else ". "
    clauses = RISKS[join].replace("\n", "|").split("|")
    said = [f"{c}{j}{base}" for base in BASES[join] for c in clauses for j in (join, stop)]
    said += [f"{base}{stop}{c}{stop}" for base in BASES[join] for c in clauses]
    assert [r for r in said if not isinstance(understand(r, WORLD), Question)] == []


def test_a_greeting_in_front_is_passed_over() -> None:
    for greeting in ("Hello from Nairobi, ", "Old habits: ", "欸，", "哥子，"):
        assert isinstance(understand(greeting + "train on churn.csv", WORLD), Plan), greeting
