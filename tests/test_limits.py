"""Limits on a language model: checked before each of its calls; what was done is kept, and a resumed run goes on."""

from typing import Any

import pytest
from conftest import Answer, Shell
from openai_server import Reply, Script, calls, chunk, events, piece, serving, words

PROFILE = calls(("profile", {"path": "churn.csv"}))
PREPROCESS = calls(("preprocess", {"dataset": "churn", "target": "Churn"}))
PRICED = 'prices."openai:m" = { input = 10.0, output = 20.0 }\n'


def run(shell: Shell, script: Script, *flags: str, **variables: str) -> Answer:
    """A request that spans the stages, so that one agent is asked."""
    return shell("run", "do the needful", "--llm", "openai:m", "--base-url", script.url, *flags, **variables)


def priced(shell: Shell, text: str = PRICED) -> None:
    (shell.folder / "ekiben.toml").write_text(text, encoding="utf-8")


def using(reply: Reply, sent: Any, got: Any) -> Reply:
    """A reply whose server counts so many tokens."""
    assert isinstance(reply, dict)
    return reply | {"usage": {"prompt_tokens": sent, "completion_tokens": got, "total_tokens": 0}}


def test_a_cost_limit_holds_and_a_resumed_run_counts_what_was_used(shell: Shell) -> None:
    priced(shell)
    with serving(using(PROFILE, 9_000, 500), PREPROCESS, words("Done.")) as script:
        answer = run(shell, script, "--max-cost", "0.1")
        assert (answer.code, answer.document["status"], answer.document["error"]["code"]) == (8, "limit", "limit")
        assert [(s["tool"], s["status"]) for s in answer.document["steps"]] == [("profile", "done")]
        assert answer.document["usage"]["cost_usd"] == pytest.approx(0.1)
        assert len(script.asked) == 1
        again = shell("resume", answer.document["run"], "--max-cost", "0.1")
        assert (again.code, len(script.asked)) == (8, 1)
        more = shell("resume", answer.document["run"], "--max-cost", "1")
    assert more.code == 0, more.stdout
    assert [s["tool"] for s in more.document["steps"]] == ["profile", "preprocess"]
    assert more.document["usage"]["calls"] == 3
    assert more.document["usage"]["cost_usd"] == pytest.approx(0.1 + 2 * (100 * 10 + 20 * 20) / 1e6)


def test_one_reply_cannot_cost_much_more_than_is_left(shell: Shell) -> None:
    priced(shell)
    with serving(PROFILE, words("Done.")) as script:
        run(shell, script, "--max-cost", "0.1")
    most = script.asked[0]["max_tokens"]
    assert 0 < most * 20 / 1e6 < 0.1
    assert "max_completion_tokens" not in script.asked[0]


def test_a_reply_that_the_limit_cuts_off_is_the_limits_doing(shell: Shell) -> None:
    priced(shell)
    cut_off = calls(("profile", '{"path": "chu'), finish="length")
    with serving(cut_off) as script:
        answer = run(shell, script, "--max-cost", "0.1")
    assert (answer.code, answer.document["error"]["code"], len(script.asked)) == (8, "limit", 1)


def test_a_limit_that_the_first_request_breaks_sends_nothing(shell: Shell) -> None:
    priced(shell)
    with serving() as script:
        answer = run(shell, script, "--max-cost", "0.0001")
    assert (answer.code, answer.document["status"], script.asked) == (8, "limit", [])


def test_an_unknown_price_says_what_to_set(shell: Shell) -> None:
    with serving() as script:
        answer = run(shell, script, "--max-cost", "1")
    assert (answer.code, answer.document["error"]["code"], script.asked) == (2, "bad_config", [])
    assert '[prices."openai:m"]' in answer.document["error"]["hint"]


@pytest.mark.parametrize(
    "text",
    [
        'prices."openai:m" = { input = 1.0 }',
        'prices."openai:m" = { input = -1.0, output = 1.0 }',
        'prices."openai:m" = { input = "dear", output = 1.0 }',
        'prices."openai:m" = 3',
        "prices = 3",
    ],
)
def test_a_price_that_is_none(shell: Shell, text: str) -> None:
    priced(shell, text)
    answer = shell("runs")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
    assert "prices" in answer.document["error"]["hint"]


def test_well_known_prices_bear_a_date_and_are_found_by_a_versions_name() -> None:
    import tomllib
    from datetime import date

    from agent.prices import FILE, Price, price_of

    assert isinstance(tomllib.loads(FILE.read_text(encoding="utf-8"))["date"], date)
    assert price_of("openai:gpt-4o-mini-2024-07-18", {}) == price_of("openai:gpt-4o-mini", {})
    assert price_of("openai:nobody", {}) is None
    assert price_of("openai:gpt-4o", {"openai:gpt-4o": Price(0, 0)}) == Price(0, 0)
    assert Price(10, 20, 1).cost(1_000_000, 100_000, 500_000) == pytest.approx(5 + 0.5 + 2)


def test_turns_of_a_resumed_run_count(shell: Shell) -> None:
    with serving(PROFILE, PREPROCESS, words("Done.")) as script:
        answer = run(shell, script, "--max-turns", "1")
        assert (answer.code, answer.document["status"]) == (8, "limit")
        assert shell("resume", answer.document["run"], "--max-turns", "1").code == 8
        more = shell("resume", answer.document["run"], "--max-turns", "3")
    assert more.code == 0, more.stdout
    assert len(script.asked) == 3


def test_the_same_call_a_third_time_ends_it(shell: Shell) -> None:
    with serving(*[calls(("status", {}))] * 5) as script:
        answer = run(shell, script)
    assert (answer.code, answer.document["status"], len(script.asked)) == (8, "limit", 3)
    assert [s["status"] for s in answer.document["steps"]] == ["done", "done"]
    assert "status with the same arguments" in answer.document["error"]["message"]


def test_three_in_one_message_are_none(shell: Shell) -> None:
    with serving(calls(*[("status", {})] * 3)) as script:
        answer = run(shell, script)
    assert (answer.code, answer.document["status"], answer.document["steps"]) == (8, "limit", [])


@pytest.mark.parametrize("sent", [None, -5, 0, 10**15])
def test_a_count_that_is_none_is_estimated_and_said_so(shell: Shell, sent: Any) -> None:
    with serving(using(PROFILE, sent, sent), using(words("Done."), sent, sent)) as script:
        answer = run(shell, script, EKIBEN_STREAM="0")
    assert answer.code == 0, answer.stdout
    assert 0 < answer.document["usage"]["input_tokens"] < 100_000
    assert any("estimated" in warning for warning in answer.document["warnings"])


def test_counts_that_grow_with_each_piece_are_not_added_up(shell: Shell) -> None:
    counts = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}
    growing = events(
        piece(0, "a", "profile", '{"path": ') | {"usage": counts},
        piece(0, args='"churn.csv"}') | {"usage": counts | {"completion_tokens": 9}},
        chunk(finish="tool_calls", usage=counts | {"completion_tokens": 12}),
    )
    with serving(growing, words("Done.")) as script:
        answer = run(shell, script)
    assert (answer.document["usage"]["input_tokens"], answer.document["usage"]["output_tokens"]) == (200, 32)


def test_what_it_used_is_told_after_each_turn(shell: Shell) -> None:
    priced(shell)
    with serving(PROFILE, words("Done.")) as script:
        answer = shell.raw("run", "look at churn.csv", "--llm", "openai:m", "--base-url", script.url)
    assert "openai:m: 2 calls, 240 tokens, $0.0028" in answer.stderr


def test_limits_of_a_chat_hold_for_all_of_it(shell: Shell) -> None:
    told = "look at churn.csv\nand again\n"
    with serving(PROFILE, words("Done."), words("Fine.")) as script:
        shell.raw("--llm", "openai:m", "--base-url", script.url, "--max-tokens", "200", stdin=told)
    assert len(script.asked) == 2


def test_estimates_know_chinese() -> None:
    from agent.llm.limits import tokens_in

    assert tokens_in("部署它") == 3
    assert tokens_in("abcdefgh") == 2


@pytest.mark.parametrize(("value", "meant"), [("0", False), ("false", False), ("1", True), ("yes", True)])
def test_a_switch_in_the_environment_can_be_off(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    from agent.settings import settle

    monkeypatch.setenv("EKIBEN_YES", value)
    monkeypatch.setenv("EKIBEN_STREAM", value)
    settings = settle({})
    assert (settings.yes, settings.stream) == (meant, meant)
