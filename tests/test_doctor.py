"""`ekiben doctor --llm`: what a language model's server can do, and how to mend what it cannot."""

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from conftest import Answer, Shell
from openai_server import Reply, Script, calls, raw, serving, status, streamed, words

PLUM = calls(("note", {"word": "plum"}))
TOLD = ("language model", "tool call", "streaming", "long prompt")


def doctor(shell: Shell, script: Script) -> Answer:
    return shell("doctor", "--llm", "openai:m", "--base-url", script.url)


def checks(answer: Answer) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in answer.document["checks"] if check["name"] in TOLD}


def finds(script: Script, keeps: int) -> Callable[[BaseHTTPRequestHandler], None]:
    """A reply with the mark of the prompt's head, if that lies in the characters that the server keeps."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen = str(script.asked[-1]["messages"][0]["content"])[-keeps:]
        found = re.search(r"The mark is (\S+)\.", seen)
        said = words(found.group(1) if found else "I see none.")
        assert isinstance(said, dict)
        reply = said | {"usage": {"prompt_tokens": len(seen) // 4, "completion_tokens": 3, "total_tokens": 0}}
        made = streamed(reply, counted=True) if script.asked[-1].get("stream") else raw(json.dumps(reply).encode())
        assert callable(made)
        made(handler)

    return answer


def test_a_good_server_passes(shell: Shell) -> None:
    with serving(words("ready"), PLUM, words("one two three")) as script:
        script.replies.append(finds(script, 10**9))
        answer = doctor(shell, script)
    assert [check["ok"] for check in checks(answer).values()] == [True] * 4, checks(answer)
    assert tuple(checks(answer)) == TOLD
    assert "sees the head" in checks(answer)["long prompt"]["detail"]


def test_each_thing_that_is_missing_is_said_with_its_mend(shell: Shell) -> None:
    no_stream = status(400, {"error": {"message": "streaming is not supported"}})
    with serving(words("ready"), words("I note plum."), no_stream, words("one two")) as script:
        script.replies.append(finds(script, 16_000))
        answer = doctor(shell, script)
    found = checks(answer)
    assert answer.code == 1
    assert [check["ok"] for check in found.values()] == [True, False, False, False], found
    assert "--jinja" in found["tool call"]["mend"]
    assert "stream = false" in found["streaming"]["mend"]
    assert "OLLAMA_CONTEXT_LENGTH" in found["long prompt"]["mend"]
    assert "cut" in found["long prompt"]["detail"]


@pytest.mark.parametrize("reply", [status(401), status(404)])
def test_a_server_that_answers_nothing_is_tried_once(shell: Shell, reply: Reply) -> None:
    with serving(reply) as script:
        answer = doctor(shell, script)
    found = checks(answer)
    assert (answer.code, list(found), len(script.asked)) == (1, ["language model"], 1)
    assert found["language model"]["mend"]


def test_without_a_key_it_says_how_to_give_one(shell: Shell) -> None:
    answer = shell("doctor", "--llm", "openai:m")
    assert "keyring set ekiben openai" in checks(answer)["language model"]["mend"]
