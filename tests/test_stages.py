"""An agent for each stage: who is asked, with what, and how much each is told. Golden files hold it word for word."""

import json
import os
from pathlib import Path

import pytest
from conftest import Shell
from openai_server import Script, calls, serving, well_formed, words

import tools
from agent.llm.agents import AGENTS
from agent.llm.facts import facts_for
from agent.llm.planner import LanguageModel
from agent.llm.schemas import ASK, HAND_OVER, described
from agent.settings import Settings
from agent.stages import STAGES, stage_of
from agent.world import Here
from tools.core.context import Context

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
PROMPTS = [*(ROOT / "prompts").glob("*.md")]
BUDGET = 4_000
"""Tokens of all prompts and schemas together."""


def tokens(text: str) -> float:
    """About four characters each; a Chinese character is one."""
    wide = sum("\u2e80" <= char <= "\u9fff" for char in text)
    return wide + (len(text) - wide) / 4


def wire(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tools_seen(script: Script, turn: int) -> list[str]:
    return [tool["function"]["name"] for tool in script.asked[turn]["tools"]]


def run(shell: Shell, url: str, request: str, *flags: str, **variables: str):
    return shell("run", request, "--llm", "openai:scripted", "--base-url", url, *flags, **variables)


def test_every_tool_has_its_stage() -> None:
    assert {tool for its in STAGES.values() for tool in its} == set(tools.TOOLS)
    assert {path.stem for path in PROMPTS} == {*STAGES, "planner", "rules"}


def test_all_prompts_and_schemas_together_are_short() -> None:
    prompts = sum(tokens(path.read_text(encoding="utf-8")) for path in PROMPTS)
    schemas = sum(tokens(wire(each)) for each in [*map(described, tools.TOOLS), ASK, HAND_OVER])
    assert prompts + schemas < BUDGET, (prompts, schemas)


@pytest.mark.parametrize("name", AGENTS)
def test_what_an_agent_is_told_is_the_golden_file(name: str, tmp_path: Path) -> None:
    """Write the golden files anew with: make golden"""
    from langchain_core.messages import HumanMessage

    (tmp_path / "churn.csv").write_text(
        "customerID,tenure,Churn\n7590-VHVEG,1,No\n5575-GNVDE,34,Yes\n", encoding="utf-8"
    )
    context = Context(workspace=tmp_path / ".ekiben", folder=tmp_path)
    with serving(words("Fine.")) as script:
        settings = Settings(llm="openai:scripted", base_url=script.url)
        model = LanguageModel(settings, context, facts_for(context, Here(context)), AGENTS[name])
        model.ask([HumanMessage("(the request)")])
    asked = script.asked[0]
    found = f"{asked['messages'][0]['content']}\n\n{json.dumps(asked['tools'], ensure_ascii=False, indent=1)}\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert tokens(wire(asked["tools"]) + asked["messages"][0]["content"]) < BUDGET


@pytest.mark.parametrize(
    ("used", "stage"),
    [
        (["profile"], "preprocessing"),
        (["profile", "preprocess"], "preprocessing"),
        (["train"], "training"),
        (["train", "compare"], "training"),
        (["compare"], "evaluation"),
        (["evaluate", "explain"], "evaluation"),
        (["package"], "packaging"),
        (["package", "deploy"], "deployment"),
        (["status", "stop"], "deployment"),
        (["status"], "monitoring"),
        (["profile", "preprocess", "train"], None),
        ([], None),
    ],
)
def test_the_stage_of_a_plan(used: list[str], stage: str | None) -> None:
    assert stage_of(used) == stage


def test_a_request_for_one_stage_sees_its_prompt_and_tools_alone(shell: Shell) -> None:
    with serving(calls(("profile", {"path": "churn.csv"})), words("It is read.")) as script:
        answer = run(shell, script.url, "profile churn.csv")
    assert answer.code == 0, answer.stdout
    assert [tools_seen(script, turn) for turn in (0, 1)] == [["profile", "preprocess", "ask", "hand_over"]] * 2
    assert script.asked[0]["messages"][0]["content"].startswith("You prepare tables")


def test_a_request_that_spans_stages_or_is_not_understood_goes_to_the_planner_of_the_whole(shell: Shell) -> None:
    for request in ("train and deploy on churn.csv", "make my boss happy about those customers"):
        with serving(words("I cannot.")) as script:
            run(shell, script.url, request)
        assert tools_seen(script, 0) == [*tools.TOOLS, "ask"]


def test_a_failed_step_is_mended_by_its_stage_and_the_rest_goes_on(shell: Shell) -> None:
    wrong = calls(
        ("profile", {"path": "churn.csv"}),
        ("preprocess", {"dataset": "churn", "target": "Chrn"}),
        ("train", {"dataset": "churn", "estimators": ["linear"], "time_limit": 20}),
    )
    mended = calls(("preprocess", {"dataset": "churn", "target": "Churn"}))
    rest = calls(("train", {"dataset": "churn", "estimators": ["linear"], "time_limit": 20}))
    with serving(wrong, mended, rest, words("It reaches {train.score}.")) as script:
        answer = run(shell, script.url, "train on churn.csv, target Chrn")
    assert answer.code == 0, answer.stdout
    assert [tools_seen(script, turn)[:2] for turn in range(4)] == [["profile", "preprocess"]] * 4
    assert [len(tools_seen(script, turn)) for turn in range(4)] == [17, 4, 17, 17]
    assert "says: It reaches cross-validation score 0." in answer.document["answer"]
    assert all(well_formed(asked["messages"]) for asked in script.asked)


@pytest.mark.parametrize(
    "more",
    [calls(("hand_over", {"why": "deploy"})), calls(("train", {"dataset": "churn"}), ("evaluate", {"model": "churn"}))],
)
def test_an_agent_that_needs_more_than_its_stage_hands_over(shell: Shell, more: dict) -> None:
    plan = calls(("profile", {"path": "churn.csv"}), ("status", {}))
    with serving(more, plan, words("Done.")) as script:
        answer = run(shell, script.url, "profile churn.csv")
    assert answer.code == 0, answer.stdout
    assert [len(tools_seen(script, turn)) for turn in range(3)] == [4, 17, 17]
    assert [step["tool"] for step in answer.document["steps"]] == ["profile", "status"]


def test_a_stage_may_have_a_language_model_and_a_turn_limit_of_its_own(shell: Shell) -> None:
    (shell.folder / "ekiben.toml").write_text('[stages.preprocessing]\nllm = "openai:small"\nmax_turns = 1\n')
    with serving(calls(("profile", {"path": "churn.csv"})), words("Read.")) as script:
        answer = run(shell, script.url, "profile churn.csv")
    assert [asked["model"] for asked in script.asked] == ["small"]
    assert (answer.code, answer.document["status"]) == (8, "limit")
    assert "preprocessing" in answer.document["error"]["message"]
    with serving(*[calls(("ask", {"text": "What for?"}))] * 2) as script:
        run(shell, script.url, "train and deploy on churn.csv")
        run(shell, "http://127.0.0.1:9/v1", "profile churn.csv", EKIBEN_PREPROCESSING_BASE_URL=script.url)
    assert [asked["model"] for asked in script.asked] == ["scripted", "small"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[stages.flying]\nllm = 'openai:x'", "stages.flying"),
        ("[stages.training]\nmodel = 'x'", "stages.training.model"),
        ("[stages.training]\nllm = 'gpt'", "stages.training.llm"),
        ("[stages.training]\nllm = 'offline'", "stages.training.llm"),
        ("[stages.training]\nmax_turns = 0", "stages.training.max_turns"),
        ("[stages.training]\nmax_turns = true", "stages.training.max_turns"),
        ("stages = 3", "stages"),
        ("[stages]\ntraining = 3", "stages.training"),
    ],
)
def test_a_stage_setting_that_does_not_fit_is_named_with_its_place(shell: Shell, text: str, named: str) -> None:
    (shell.folder / "ekiben.toml").write_text(text)
    answer = shell("status")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
    assert named in answer.document["error"]["message"]
    assert "ekiben.toml" in answer.document["error"]["message"]


def test_a_stage_setting_of_the_environment_is_named_too(shell: Shell) -> None:
    answer = shell("status", EKIBEN_TRAINING_MAX_TURNS="many")
    assert answer.document["error"]["message"] == "stages.training.max_turns in the environment cannot be 'many'."
