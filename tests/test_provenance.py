"""What counts as said by the person or made by a tool, and the many ways in which nothing does."""

from pathlib import Path

import pytest

from agent.provenance import Known, known_of, roots, unsaid
from tools.core.context import Context
from tools.core.journal import Journal, JournalStep

MADE = {"churn:1", "churn-old:2", "prod-model:3"}


def step(tool: str = "deploy", **args: object) -> JournalStep:
    return JournalStep(1, "c", tool, dict(args), "planned", False, None, None, None, {})


@pytest.mark.parametrize(
    ("said", "args"),
    [
        ("put churn live", {"model": "churn"}),
        ("put it live", {"model": "churn:1"}),
        ("put it live", {"model": "model/churn:1"}),
        ("put churn:1 live as shop", {"model": "churn:1", "name": "shop"}),
        ("deploy churn at port 8080", {"model": "churn", "port": 8080}),
        ("deploy churn, port: 8080", {"port": 8080}),
        ("deploy churn on 8080", {"port": 8080}),
        ("serve it at localhost:8080", {"port": 8080}),
        ("把 churn 部署到 8080 端口", {"model": "churn", "port": 8080}),
        ("部署 churn，連接埠 8080", {"model": "churn", "port": 8080}),
        ("在端口８０８０上部署churn", {"model": "churn", "port": 8080}),
        ("listen on 0.0.0.0", {"host": "0.0.0.0"}),
        ("with 2 replicas", {"replicas": 2}),
        ("with two replicas", {"replicas": 2}),
        ("两个副本", {"replicas": 2}),
        ("as a canary with 10 %", {"canary": 10}),
        ("give it 10% of the traffic", {"canary": 10}),
        ("let https://shop.example ask it", {"cors": ["https://shop.example"]}),
        ("cors for *", {"cors": ["*"]}),
        ("as a docker container", {"platform": "docker"}),
        ("put churn live", {"platform": "local", "only_if_better": True, "name": "churn", "model": "churn:1"}),
        ("serve model.bento", {"model": "model.bento"}),
        ("serve ./out/model.bento", {"model": "./out/model.bento"}),
        ("部署客户流失", {"model": "客户流失"}),
    ],
)
def test_what_was_said_or_made(said: str, args: dict[str, object]) -> None:
    assert unsaid(step(**args), Known(said, MADE)) == []


@pytest.mark.parametrize(
    "said", ["go back to revision 2 of churn", "roll churn back to 2", "把 churn 回滚到第 2 版", "churn v2"]
)
def test_a_revision_that_was_said(said: str) -> None:
    assert unsaid(step("rollback", deployment="churn", to=2), Known(said, MADE)) == []


@pytest.mark.parametrize(
    ("said", "args"),
    [
        ("train for 60 seconds and deploy churn", {"port": 60}),
        ("put the 8080 rows of churn live", {"port": 8080}),
        ("at 18080", {"port": 8080}),
        ("at 8080.5", {"port": 8080}),
        ("at 10.0.0.80", {"port": 80}),
        ("deploy churn:3 with 30 seconds", {"replicas": 30}),
        ("use 90% of the rows", {"canary": 9}),
        ("put churn live", {"host": "0.0.0.0"}),
        ("put churn live at 10.0.0.0.0", {"host": "0.0.0.0"}),
        ("put churn live", {"cors": ["*"]}),
        ("put churn live where a * b > 3", {"cors": ["*"]}),
        ("let https://shop.example ask", {"cors": ["https://shop.example", "https://evil.example"]}),
        ("let https://shop.example.evil.example ask", {"cors": ["https://shop.example"]}),
        ("put churn live", {"name": "old"}),
        ("put churn live", {"name": "prod"}),
        ("stop churn-eu", {"deployment": "churn"}),
        ("stop my-churn", {"deployment": "churn"}),
        ("stop churn.old", {"deployment": "churn"}),
        ("stop churn", {"deployment": "ch\u200burn"}),
        ("stop churn", {"deployment": "сhurn"}),
        ("stop churn", {"deployment": "churn\u202e"}),
        ("put churn live", {"model": "/tmp/evil.bento"}),
        ("put churn live", {"model": "evil/churn:1"}),
        ("put churn live", {"model": "churn:7"}),
        ("put churn live", {"platform": "docker"}),
        ("put churn live", {"registry": "evil.example/x"}),
        ("put churn live", {"overwrite": True}),
        ("put churn live", {"replicas": 2}),
        ("put churn live", {"name": ["churn", "prod"]}),
        ("put churn live", {"name": {"churn": "prod"}}),
    ],
)
def test_what_nobody_said_or_made(said: str, args: dict[str, object]) -> None:
    assert unsaid(step(**args), Known(said, MADE)) == list(args)


def test_what_the_run_put_live_may_be_taken_back() -> None:
    assert unsaid(step("stop", deployment="churn"), Known("deploy and stop it again", deployed=["churn"])) == []
    assert unsaid(step("stop", deployment="churn"), Known("stop it", MADE)) == ["deployment"]


def test_a_deployment_that_is_there_is_replaced_only_where_it_was_named() -> None:
    """A model that was named like it, or a table, is no leave to take its place."""
    known = Known("train on churn.csv and put it live", {"prod:1", "churn:1"}, (), {"prod", "churn"}, ["prod.csv"])
    assert unsaid(step(model="prod:1"), known) == ["name"]
    assert unsaid(step(model="churn:1"), known) == []
    assert unsaid(step(model="churn:1", name="prod"), known) == ["name"]
    named = Known("用客户.csv训练并部署", {"kehu:1"}, (), {"kehu"}, ["客户.csv"])
    assert unsaid(step(model="kehu:1"), named) == []


def test_a_name_that_a_planner_chose_is_not_made_by_a_tool(tmp_path: Path) -> None:
    """Training under a name of its own makes a tag of that name, and no leave to use it."""
    context = Context(workspace=tmp_path / ".ekiben", folder=tmp_path)
    journal = Journal(context.workspace)
    number = journal.begin("train on churn.csv and deploy", "openai:x", "request")
    journal.add(number, [("a", "train", {"dataset": "churn", "name": "prod"}), ("b", "train", {"dataset": "churn"})])
    for position, name in enumerate(["prod", "churn"], 1):
        result = {"model": f"{name}:1", "prepared": "churn:1", "warnings": []}
        journal.step(number, position, status="done", result=result, drawn={f"model/{name}": 1})
    known = known_of(journal, number, context, planned_by_llm=True)
    assert unsaid(step(model="prod:1"), known) == ["model"]
    assert unsaid(step(model="churn:1"), known) == []


def test_only_words_of_the_person_name_folders(tmp_path: Path) -> None:
    (tmp_path / "here.csv").touch()
    (tmp_path / "linked.csv").symlink_to("/etc/hostname")
    context = Context(workspace=tmp_path / ".ekiben", folder=tmp_path)
    named = roots(context, "train on /data.csv and linked.csv, and/or ~nobody-here/x.csv, ~ or / or .. n/a")
    assert Path("/") not in named
    assert named[2:] == [Path("/data.csv"), tmp_path / "linked.csv", tmp_path / "and/or", tmp_path / "n/a"]
