"""What a language model's server does wrong: one sentence each, streaming and not, and never a wrong step."""

import gzip
import json
import re
import signal
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from conftest import Shell, churn
from openai_server import Reply, Script, calls, chunk, cut, events, piece, raw, serving, status, words

from agent.cli import run as ekiben

PROFILE = calls(("profile", {"path": "churn.csv"}))
STREAMING = {"streaming": "1", "not streaming": "0"}


class Here:
    """`ekiben run REQUEST --json` in this process and a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self.monkeypatch, self.capfd = folder, monkeypatch, capfd
        (folder / "churn.csv").write_text(churn(60), encoding="utf-8")
        monkeypatch.chdir(folder)
        monkeypatch.setenv("HOME", str(folder / "home"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        self.stderr = ""

    def __call__(self, *args: str, **variables: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the document; every failure is a whole sentence and no traceback."""
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)
        self.capfd.readouterr()
        code = ekiben([*args, "--json"])
        out, self.stderr = self.capfd.readouterr()
        assert "Traceback" not in out + self.stderr
        found: dict[str, Any] = json.loads(out)
        if found.get("error"):
            assert re.search(r"\w.*[.!]$", found["error"]["message"]), found["error"]
        return code, found

    def asks(self, script: Script, *flags: str, **variables: str) -> tuple[int, dict[str, Any]]:
        """A request that spans the stages, so that one agent is asked."""
        return self("run", "do the needful", "--llm", "openai:m", "--base-url", script.url, *flags, **variables)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(tmp_path, monkeypatch, capfd)


@pytest.fixture(params=STREAMING.values(), ids=STREAMING.keys())
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Streaming, and not."""
    monkeypatch.setenv("EKIBEN_STREAM", request.param)
    return bool(request.param == "1")


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Says nothing until the other side has gone."""
    handler.connection.settimeout(20)
    handler.close_connection = True
    handler.connection.recv(1)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A stream without an end."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    block = b": still here\n\n" * 10_000
    try:
        while True:
            handler.wfile.write(block)
    except OSError:
        return


def refused(**error: Any) -> Reply:
    """A 400 as OpenAI and llama.cpp put it."""
    return status(400, {"error": error})


SENTENCES: dict[str, tuple[Reply, str]] = {
    "401": (status(401), "refused the key"),
    "403": (status(403), "does not let this key"),
    "404": (status(404), "does not know openai:m"),
    "a redirect": (status(307, Location="http://127.0.0.1:9/v1?token=abc"), "sends on to another address"),
    "500": (status(500, **{"Retry-After": "0"}), r"failed \(500\)"),
    "429": (status(429, **{"Retry-After": "0"}), r"asked too often \(429\)"),
    "429 for long": (status(429, **{"Retry-After": "3600"}), "asks to wait 3600 s"),
    "a used-up quota": (
        status(429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
        "quota",
    ),
    "overflow as OpenAI words it": (
        refused(message="This model's maximum context length is 8192 tokens.", code="context_length_exceeded"),
        "larger than the context",
    ),
    "overflow as vLLM words it": (
        status(
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 2048 tokens. However, you requested 5000 tokens.",
                "type": "BadRequestError",
                "code": 400,
            },
        ),
        "larger than the context",
    ),
    "overflow as llama.cpp words it": (
        refused(
            code=400,
            message="the request exceeds the available context size, try increasing it",
            type="exceed_context_size_error",
            n_ctx=4096,
        ),
        "larger than the context",
    ),
    "HTML": (raw(b"<html>nginx</html>", "text/html"), "not of its protocol"),
    "a list": (raw(b"[1, 2]"), "not of its protocol"),
    "no choices": (raw(b'{"choices": []}'), "not of its protocol"),
    "null choices": (raw(b'{"choices": null}'), "not of its protocol"),
    "cut JSON": (raw(b'{"choices": [{"mess'), "not of its protocol"),
    "deep JSON": (raw(b'{"choices": ' + b"[" * 200_000), "not of its protocol"),
    "packed garbage": (
        lambda handler: _bytes(handler, b"\x1f\x8bgarbage", **{"Content-Encoding": "gzip"}),
        "not of its protocol",
    ),
    "a packed bomb": (
        lambda handler: _bytes(handler, gzip.compress(b" " * 400_000_000, 9), **{"Content-Encoding": "gzip"}),
        "does not end",
    ),
    "cut": (cut, "broke off|not of its protocol"),
    "no end": (drip, "does not end|not of its protocol"),
}


def _bytes(handler: BaseHTTPRequestHandler, body: bytes, **headers: str) -> None:
    handler.send_response(200)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        handler.wfile.write(body)
    except OSError:
        handler.close_connection = True


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", SENTENCES)
def test_a_servers_failure_is_one_sentence_with_what_to_do(here: Here, name: str) -> None:
    reply, sentence = SENTENCES[name]
    with serving(*[reply] * 3) as script:
        code, found = here.asks(script)
    assert (code, found["status"], found["error"]["code"]) == (9, "error", "planner"), found
    assert re.search(sentence, found["error"]["message"]), found["error"]
    assert found["error"]["hint"]
    assert found["steps"] == []
    assert "token=abc" not in str(found)


STREAMS: dict[str, Reply] = {
    "a name in every chunk": events(
        piece(0, "a", "profile", '{"path": '), piece(0, "a", "profile", '"churn.csv"}'), chunk(finish="tool_calls")
    ),
    "no [DONE]": events(piece(0, "a", "profile", '{"path": "churn.csv"}'), chunk(finish="tool_calls"), done=False),
    "odd line ends": events(
        piece(0, "a", "profile", '{"path": "churn.csv"}'), chunk(finish="tool_calls"), end="\r\n\r\n"
    ),
    "comments between": events(
        b": keep-alive",
        piece(0, "a", "profile", '{"path": '),
        b": keep-alive",
        piece(0, args='"churn.csv"}'),
        chunk(finish="tool_calls"),
    ),
    "usage null": events(
        piece(0, "a", "profile", '{"path": "churn.csv"}') | {"usage": None},
        chunk(finish="tool_calls"),
        chunk(choices=[], usage=None),
    ),
    "thoughts beside": events(
        chunk({"reasoning_content": "stop churn", "content": None}),
        piece(0, "a", "profile", '{"path": "churn.csv"}'),
        chunk(finish="tool_calls"),
    ),
    "ended by stop": events(piece(0, "a", "profile", '{"path": "churn.csv"}'), chunk(finish="stop")),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_in_any_manner_is_read_right(here: Here, name: str) -> None:
    with serving(STREAMS[name], words("Fine.")) as script:
        code, found = here.asks(script)
    assert code == 0, found
    assert [(s["tool"], s["args"]) for s in found["steps"]] == [("profile", {"path": "churn.csv"})]


STOP = '{"deployment": "churn"}'
DOUBTFUL: dict[str, Reply] = {
    "a prefix of JSON": events(piece(0, "a", "stop", '{"deployment": "churn'), chunk(finish="tool_calls")),
    "a list": events(piece(0, "a", "stop", '["churn"]'), chunk(finish="tool_calls")),
    "an object in the place of text": events(piece(0, "a", "stop", {"deployment": "churn"}), chunk(finish="stop")),
    "no end": events(piece(0, "a", "stop", STOP), done=False),
    "its end at the length": events(piece(0, "a", "stop", STOP), chunk(finish="length")),
    "two names": events(piece(0, "a", "stop", STOP), piece(0, "a", "rollback"), chunk(finish="tool_calls")),
    "no id": events(piece(0, None, "stop", STOP), chunk(finish="tool_calls")),
    "one id for two": events(piece(0, "a", "stop", STOP), piece(1, "a", "status", "{}"), chunk(finish="tool_calls")),
    "calls that it does not hold": events(chunk({"content": "I stop it."}), chunk(finish="tool_calls")),
    "a filter": events(chunk({"content": "I cannot"}), chunk(finish="content_filter")),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_stream_in_doubt_runs_nothing(here: Here, name: str) -> None:
    with serving(*[DOUBTFUL[name]] * 3) as script:
        code, found = here.asks(script, "--yes")
    assert (code, found["error"]["code"], found["steps"]) == (9, "planner", []), found
    assert len(script.asked) == 3
    assert "Nothing was run" in str(script.asked[-1]["messages"])


def test_calls_that_share_a_place_and_not_an_id_are_two(here: Here) -> None:
    both = events(
        piece(0, "a", "profile", '{"path": "churn.csv"}'),
        piece(0, "b", "status", "{}"),
        chunk(finish="tool_calls"),
    )
    with serving(both, words("Fine.")) as script:
        code, found = here.asks(script)
    assert [s["tool"] for s in found["steps"]] == ["profile", "status"]
    assert code == 0


FAULTS_IN_MID_STREAM: dict[str, Reply] = {
    "an error": events(chunk({"content": "I "}), {"error": {"message": "overloaded"}}),
    "no JSON": events(chunk({"content": "I "}), b"data: {oops"),
    "silence": events(chunk({"content": "I "}), done=False, then=hang),
}


@pytest.mark.parametrize("name", FAULTS_IN_MID_STREAM)
def test_what_goes_wrong_in_mid_stream_is_one_sentence(here: Here, name: str) -> None:
    with serving(*[FAULTS_IN_MID_STREAM[name]] * 3) as script:
        code, found = here.asks(script, EKIBEN_LLM_TIMEOUT="0.5")
    assert (code, found["error"]["code"], found["steps"]) == (9, "planner", []), found
    assert found["usage"]["calls"] == len(script.asked)  # what broke off has used something


@pytest.mark.usefixtures("either")
def test_a_server_that_says_nothing_is_given_up(here: Here) -> None:
    with serving(hang) as script:
        code, found = here.asks(script, EKIBEN_LLM_TIMEOUT="0.5")
    assert code == 9
    assert "said nothing for too long" in found["error"]["message"]


@pytest.mark.usefixtures("either")
def test_waiting_for_a_reply_counts_for_the_time_limit(here: Here) -> None:
    with serving(PROFILE, hang) as script:
        code, found = here.asks(script, "--timeout", "8")
    assert (code, found["status"], found["error"]["code"]) == (8, "limit", "limit"), found
    assert [s["status"] for s in found["steps"]] == ["done"]


@pytest.mark.usefixtures("either")
def test_a_busy_server_is_waited_for_and_the_wait_is_shown(here: Here) -> None:
    busy = status(429, **{"Retry-After": "1"})
    with serving(busy, status(503), PROFILE, words("Fine.")) as script:
        code, found = here.asks(script, "--events")
    assert code == 0, found
    told = [json.loads(line) for line in here.stderr.splitlines() if line.startswith("{")]
    waits = [each["text"] for each in told if each["event"] == "waiting"]
    assert "(429)" in waits[0]
    assert "in 1 s" in waits[0]
    assert "(503)" in waits[1]


def test_a_wait_that_the_time_limit_forbids_is_not_begun(here: Here) -> None:
    with serving(status(429, **{"Retry-After": "50"})) as script:
        began = time.monotonic()
        code, found = here.asks(script, "--timeout", "30")
    assert (code, found["error"]["code"]) == (8, "limit")
    assert time.monotonic() - began < 50


def test_a_used_up_quota_is_not_asked_again(here: Here) -> None:
    with serving(SENTENCES["a used-up quota"][0]) as script:
        here.asks(script)
    assert len(script.asked) == 1


def test_what_a_server_does_not_take_is_left_out_and_remembered(here: Here) -> None:
    no_options = status(400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}})
    with serving(no_options, PROFILE, words("Fine."), PROFILE, words("Fine.")) as script:
        code, found = here.asks(script)
        here.asks(script)
    assert code == 0, found
    assert ["stream_options" in asked for asked in script.asked] == [True, False, False, False, False]
    assert found["usage"]["input_tokens"] > 0
    assert any("estimated" in warning for warning in found["warnings"])


def test_ctrl_c_ends_the_wait_for_a_reply_at_once(shell: Shell) -> None:
    silent = events(chunk({"content": "I "}), done=False, then=hang)
    with serving(silent) as script:
        started = shell.start("run", "look at churn.csv", "--llm", "openai:m", "--base-url", script.url, "--json")
        while not script.asked:
            time.sleep(0.05)
        time.sleep(0.5)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=10)
    assert started.returncode == 130
    assert json.loads(out)["status"] == "interrupted"
    assert "Traceback" not in err


def test_no_redirect_is_followed(here: Here) -> None:
    with serving(PROFILE) as other, serving(status(307, Location=f"{other.url}/chat/completions")) as script:
        here.asks(script, OPENAI_API_KEY="sk-secret-0123456789")
    assert other.asked == []


def test_words_are_heard_as_they_come(tmp_path: Path) -> None:
    from langchain_core.messages import HumanMessage

    from agent.llm.planner import LanguageModel
    from agent.settings import Settings
    from tools.core.context import Context

    heard: list[str] = []
    with serving(words("All is as it should be.")) as script:
        settings = Settings(llm="openai:m", base_url=script.url)
        planner = LanguageModel(settings, Context(tmp_path), "")
        planner.exchange.habits.calls = "native"
        planner.ask([HumanMessage("how is it?")], heard.append)
    assert len(heard) > 2
    assert "".join(heard) == "All is as it should be."
