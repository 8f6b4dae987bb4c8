"""A language model as planner, against a real server that speaks the protocol, well and badly."""

from pathlib import Path

import pytest
from conftest import Shell
from openai_server import Reply, calls, cut, raw, serving, status, well_formed, words

PLAN = calls(
    ("profile", {"path": "churn.csv"}),
    ("preprocess", {"dataset": "churn", "target": "Churn"}),
)
UNUSABLE = {
    "cut off at its length": words("I will", finish="length"),
    "no finish reason": calls(("stop", {"deployment": "churn"}), finish=""),
    "arguments cut off": calls(("stop", '{"deployment": "churn')),
    "arguments that are a list": calls(("stop", '["churn"]')),
    "an unknown tool": calls(("fly", {})),
    "wrong arguments": calls(("profile", {"file": "churn.csv"})),
    "a condition on no column": calls(
        ("profile", {"path": "churn.csv"}), ("preprocess", {"dataset": "churn", "where": "tenur > 3"})
    ),
    "a kind that is none": calls(
        ("profile", {"path": "churn.csv"}), ("preprocess", {"dataset": "churn", "kinds": ["tenure=integer"]})
    ),
    "a path outside": calls(("profile", {"path": "/etc/passwd"})),
    "a call without an id": calls(("profile", {"path": "churn.csv"}), ids=[""]),
    "two calls with one id": calls(("status", {}), ("status", {}), ids=["a", "a"]),
    "an empty reply": words(""),
}
BROKEN: dict[str, Reply] = {
    "401": status(401),
    "404": status(404),
    "429": status(429, {"error": {"message": "quota", "code": "insufficient_quota"}}),
    "500": status(500),
    "html": raw(b"<html>nginx</html>", "text/html"),
    "not the protocol": raw(b'{"choices": null}'),
    "empty object": raw(b"{}"),
    "cut": cut,
}


def run(shell: Shell, url: str, request: str, *flags: str):
    return shell("run", request, "--llm", "openai:scripted", "--base-url", url, *flags)


def test_one_message_of_calls_is_one_plan_run_in_order(shell: Shell) -> None:
    with serving(PLAN, words("The table is ready.")) as script:
        answer = run(shell, script.url, "prepare churn.csv with target Churn")
    assert answer.code == 0, answer.stdout
    assert [(s["tool"], s["status"]) for s in answer.document["steps"]] == [("profile", "done"), ("preprocess", "done")]
    assert answer.document["answer"].endswith("openai:scripted says: The table is ready.")
    assert answer.document["usage"] == {
        "llm": "openai:scripted",
        "calls": 2,
        "input_tokens": 200,
        "output_tokens": 40,
        "cost_usd": 0.0,
    }
    assert all(well_formed(asked["messages"]) for asked in script.asked)


def test_stops_at_the_first_failure_and_may_plan_again(shell: Shell) -> None:
    wrong = calls(("profile", {"path": "churn.csv"}), ("preprocess", {"dataset": "churn", "target": "Chrn"}))
    again = calls(("preprocess", {"dataset": "churn", "target": "Churn"}))
    with serving(wrong, again, words("Done.")) as script:
        answer = run(shell, script.url, "prepare churn.csv")
    assert [s["status"] for s in answer.document["steps"]] == ["done", "failed", "done"]
    assert answer.code == 0
    assert answer.document["status"] == "done"


@pytest.mark.parametrize("reply", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_reply_that_is_unsure_runs_nothing_and_is_asked_for_again(shell: Shell, reply: Reply) -> None:
    with serving(reply, PLAN, words("Fine.")) as script:
        answer = run(shell, script.url, "prepare churn.csv, target Churn")
    assert answer.code == 0, answer.stdout
    assert [s["tool"] for s in answer.document["steps"]] == ["profile", "preprocess"]
    assert all(well_formed(asked["messages"]) for asked in script.asked)


def test_twice_in_vain_is_the_planners_failure(shell: Shell) -> None:
    with serving(*[calls(("fly", {}))] * 3) as script:
        answer = run(shell, script.url, "prepare churn.csv")
    assert (answer.code, answer.document["status"], answer.document["error"]["code"]) == (9, "error", "planner")
    assert answer.document["steps"] == []


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_server_is_one_sentence(shell: Shell, reply: Reply) -> None:
    with serving(*[reply] * 4) as script:
        answer = run(shell, script.url, "prepare churn.csv")
    assert (answer.code, answer.document["error"]["code"]) == (9, "planner")
    assert answer.document["error"]["message"]


def test_no_server_at_all(shell: Shell) -> None:
    answer = run(shell, "http://127.0.0.1:9/v1", "prepare churn.csv")
    assert (answer.code, answer.document["error"]["code"]) == (9, "planner")


def test_it_may_ask(shell: Shell) -> None:
    ask = calls(("ask", {"text": "Which column?", "options": ["Churn", "tenure"]}))
    with serving(ask, PLAN, words("Done.")) as script:
        asked = run(shell, script.url, "train on churn.csv")
        assert (asked.code, asked.document["status"]) == (4, "question")
        assert asked.document["question"] == {"text": "Which column?", "options": ["Churn", "tenure"]}
        answer = shell("resume", asked.document["run"], "1")
    assert answer.code == 0, answer.stdout
    assert script.asked[1]["messages"][-1]["content"] == "Churn"


def test_a_comment_with_numbers_of_its_own_is_refused_once_and_then_struck_out(shell: Shell) -> None:
    with serving(PLAN, words("It scores 0.99."), words("Ninety percent, and 0.99.")) as script:
        answer = run(shell, script.url, "prepare churn.csv, target Churn")
    assert answer.code == 0, answer.stdout
    said = answer.document["answer"].splitlines()[-1]
    assert said == "openai:scripted says: ~~Ninety~~ ~~percent~~, and ~~0.99~~."
    assert any("numbers" in warning for warning in answer.document["warnings"])
    assert "'0.99' is no reference" in script.asked[2]["messages"][-1]["content"]
    assert all(well_formed(asked["messages"]) for asked in script.asked)


def test_a_refused_comment_may_refer_to_results(shell: Shell) -> None:
    with serving(PLAN, words("It has 720 rows."), words("It has {preprocess.train_rows}.")) as script:
        answer = run(shell, script.url, "prepare churn.csv, target Churn")
    assert answer.document["answer"].endswith("openai:scripted says: It has train_rows 720 rows.")
    assert not any("numbers" in warning for warning in answer.document["warnings"])


def test_a_question_states_no_number_but_what_the_person_said_and_what_exists(shell: Shell) -> None:
    asks = [
        calls(("ask", {"text": "It scores 0.99. Go on?", "options": ["yes, 0.99"]})),
        calls(("ask", {"text": "Port 8080 for tenure, or\n0.99?", "options": ["tenure", "\x1b8080"]})),
    ]
    with serving(*asks) as script:
        answer = run(shell, script.url, "serve churn.csv on 8080")
    assert answer.document["question"] == {
        "text": "Port 8080 for tenure, or ~~0.99~~?",
        "options": ["tenure", "8080"],
    }
    assert answer.document["answer"] == "openai:scripted asks: Port 8080 for tenure, or ~~0.99~~?"


def test_a_release_argument_that_nobody_said_waits_even_with_yes(trained: Shell) -> None:
    plan = calls(("deploy", {"model": "churn", "port": 31337}))
    with serving(plan) as script:
        answer = run(trained, script.url, "put churn live", "--yes")
    assert (answer.code, answer.document["status"]) == (5, "approval")


def test_the_token_limit_holds(shell: Shell) -> None:
    with serving(PLAN, words("Done.")) as script:
        answer = run(shell, script.url, "prepare churn.csv, target Churn", "--max-tokens", "100")
    assert (answer.code, answer.document["status"]) == (8, "limit")
    assert [s["status"] for s in answer.document["steps"]] == ["done", "done"]


def test_an_unknown_price_refuses_a_cost_limit(shell: Shell) -> None:
    answer = run(shell, "http://127.0.0.1:9/v1", "prepare churn.csv", "--max-cost", "1")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")


def test_no_key_is_said(shell: Shell) -> None:
    answer = shell("run", "prepare churn.csv", "--llm", "openai:gpt-x")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")


def test_no_row_goes_over_the_wire(shell: Shell) -> None:
    with serving(PLAN, words("Done.")) as script:
        run(shell, script.url, "prepare churn.csv, target Churn")
    sent = str(script.asked)
    assert "7590-VHVEG" not in sent
    assert "29.85" not in sent


def test_a_resumed_run_goes_on_with_the_planner(trained: Shell) -> None:
    """What waited for a yes is told to the language model, which may have more to do."""
    deploy = calls(("deploy", {"model": "churn"}))
    more = calls(("status", {}))
    with serving(deploy, more, words("It is live.")) as script:
        waiting = run(trained, script.url, "put churn live")
        assert (waiting.code, waiting.document["status"]) == (5, "approval")
        answer = trained("resume", waiting.document["run"], "--yes")
    assert answer.code == 0, answer.stdout
    assert [(s["tool"], s["status"]) for s in answer.document["steps"]] == [("deploy", "done"), ("status", "done")]
    assert answer.document["answer"].endswith("openai:scripted says: It is live.")
    assert all(well_formed(asked["messages"]) for asked in script.asked)


def test_a_plan_only_is_held_to_the_same_as_a_run(shell: Shell, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.csv"
    outside.write_text("ssn,y\n1,a\n2,b\n", encoding="utf-8")
    spied = calls(
        ("profile", {"path": str(outside)}), ("preprocess", {"dataset": "outside", "where": "zzz > 1", "target": "y"})
    )
    with serving(*[spied] * 3) as script:
        answer = shell("plan", "look at churn.csv", "--llm", "openai:x", "--base-url", script.url)
    assert answer.code == 9
    assert "ssn" not in str(script.asked[1:]).replace(str(outside), "")
    with serving(*[words("Recall is 0.97.\nLive at http://evil.example")] * 4) as script:
        answer = shell("plan", "how good is churn?", "--llm", "openai:x", "--base-url", script.url)
    assert answer.document["answer"].startswith("openai:x says: Recall is ~~0.97~~")
    assert "evil.example" not in answer.document["answer"]
    assert answer.document["usage"]["calls"] == 4  # its stage and the planner of the whole, each asked again
