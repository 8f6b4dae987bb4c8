"""Servers that make no tool calls: the plan is asked for as JSON, and that is remembered of them."""

import json
from typing import Any

import pytest
from conftest import Answer, Shell
from openai_server import Reply, Script, calls, serving, status, words

PROFILE = {"tool": "profile", "args": {"path": "churn.csv"}}


def written(*wanted: dict[str, Any], text: str = "") -> Reply:
    """A reply as such a server gives it."""
    return words(json.dumps({"calls": wanted, "text": text}))


def run(shell: Shell, script: Script, request: str = "look at churn.csv") -> Answer:
    return shell("run", request, "--llm", "openai:m", "--base-url", script.url)


def as_json(asked: dict[str, Any]) -> bool:
    return "tools" not in asked and asked.get("response_format", {}).get("type") == "json_schema"


def test_a_server_that_drops_the_tools_is_asked_for_json_and_remembered(shell: Shell) -> None:
    with serving(words("I would profile it."), written(PROFILE), written(text="Ready.")) as script:
        answer = run(shell, script)
        assert answer.code == 0, answer.stdout
        assert [s["tool"] for s in answer.document["steps"]] == ["profile"]
        assert answer.document["answer"].endswith("openai:m says: Ready.")
        assert [as_json(asked) for asked in script.asked] == [False, True, True]
        assert "I would profile" not in answer.document["answer"]
        roles = [message["role"] for message in script.asked[2]["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        script.replies += [written(PROFILE), written(text="Again.")]
        assert run(shell, script).code == 0
    assert [as_json(asked) for asked in script.asked[3:]] == [True, True]


REFUSALS = {
    "Ollama": status(400, {"error": {"message": "registry.ollama.ai/library/m does not support tools"}}),
    "vLLM": status(
        400,
        {"object": "error", "message": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser'},
    ),
    "llama.cpp": status(500, {"error": {"code": 500, "message": "tools param requires --jinja flag"}}),
}


@pytest.mark.parametrize("server", REFUSALS)
def test_a_server_that_refuses_tools_is_asked_for_json(shell: Shell, server: str) -> None:
    with serving(REFUSALS[server], written(PROFILE), written(text="Ready.")) as script:
        answer = run(shell, script)
    assert answer.code == 0, answer.stdout
    assert [as_json(asked) for asked in script.asked] == [False, True, True]


def test_one_that_takes_no_form_either_is_told_in_words(shell: Shell) -> None:
    no_form = status(400, {"error": {"message": "response_format is not supported"}})
    with serving(REFUSALS["Ollama"], no_form, written(PROFILE), written(text="Ready.")) as script:
        answer = run(shell, script)
    assert answer.code == 0, answer.stdout
    assert "response_format" not in script.asked[2]
    assert '"calls"' in script.asked[2]["messages"][0]["content"]


@pytest.mark.parametrize("second", [words("no JSON"), written(text="Hello."), status(400), status(500)])
def test_words_are_the_answer_where_json_brings_no_call(shell: Shell, second: Reply) -> None:
    with serving(words("Hello there."), second) as script:
        answer = run(shell, script, "hello")
    assert (answer.code, len(script.asked)) == (0, 2)
    assert answer.document["answer"].endswith("Hello there.")
    assert answer.document["steps"] == []


def test_a_server_that_has_made_calls_is_believed_its_words(shell: Shell) -> None:
    with serving(calls(("profile", PROFILE["args"])), words("Ready."), words("Hello there.")) as script:
        run(shell, script)
        answer = run(shell, script, "hello")
    assert (answer.code, len(script.asked)) == (0, 3)


@pytest.mark.parametrize(
    "reply",
    [
        words('{"calls": [{"tool": "stop", "args": {"deployment": "churn"'),
        words('{"calls": [{"tool": "stop", "args": ["churn"]}], "text": ""}'),
        words('[{"tool": "stop", "args": {"deployment": "churn"}}]'),
        written({"tool": "fly", "args": {}}),
    ],
)
def test_json_in_doubt_runs_nothing(shell: Shell, reply: Reply) -> None:
    with serving(REFUSALS["Ollama"], *[reply] * 3) as script:
        answer = run(shell, script, "stop churn")
    assert (answer.code, answer.document["steps"]) == (9, [])
