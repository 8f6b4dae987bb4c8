"""The scorecard runs in seconds, covers what it should, and the offline planner does not fall below its floor."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCORECARD = ROOT / "bench" / "scorecard"
RIGHT, WRONG = 0.93, 0.01
"""The least share of right outcomes, and the largest of wrong plans, on the published requests."""


def _requests() -> list[dict]:
    lines = (SCORECARD / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCORECARD / "run.py"), *flags]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def counts() -> dict[str, dict[str, int]]:
    return json.loads(_run("--json").stdout)["offline"]


def test_there_are_enough_requests_in_both_languages_and_in_every_manner() -> None:
    languages = Counter(request["language"] for request in _requests())
    assert languages["en"] == languages["zh"] >= 100
    manners = {(request["language"], request["manner"]) for request in _requests()}
    shared = "terse chatty imperative typos question business off_topic ambiguous unsafe unknown_column missing_file"
    assert manners == {*((lang, m) for lang in ("en", "zh") for m in shared.split()), ("zh", "mixed")}
    assert all(len(request["expect"].keys() & {"plan", "question", "refusal"}) == 1 for request in _requests())


def test_most_outcomes_are_right_and_hardly_any_plan_is_wrong(counts: dict[str, dict[str, int]]) -> None:
    total: Counter[str] = Counter()
    for found in counts.values():
        total.update(found)
    assert total.total() == len(_requests())
    assert total["right"] >= RIGHT * total.total(), counts
    assert total["wrong"] <= WRONG * total.total(), counts


def test_an_unsafe_request_or_one_off_topic_makes_no_plan(counts: dict[str, dict[str, int]]) -> None:
    away = [found for manner, found in counts.items() if manner.endswith(("unsafe", "off_topic"))]
    assert away
    assert all("wrong" not in found for found in away)


def test_a_judgement_needs_every_argument_and_no_other(tmp_path: Path) -> None:
    due = {"plan": [{"tool": "logs", "args": {"deployment": "churn", "lines": 20}}]}
    says = {
        "right": "show the log of churn, last 20 lines",
        "wrong": "show the log of churn",
        "offered": "show the log, last 20 lines",
        "asked": "make it pretty",
    }
    for verdict, say in says.items():
        file = tmp_path / f"{verdict}.jsonl"
        case = {"say": say, "language": "en", "manner": "terse", "expect": due}
        file.write_text(json.dumps(case), encoding="utf-8")
        found = json.loads(_run("--json", "--requests", str(file)).stdout)["offline"]
        assert found == {"en terse": {verdict: 1}}


def test_the_page_says_what_was_measured_and_what_was_not() -> None:
    page = (ROOT / "docs" / "scorecard.md").read_text(encoding="utf-8")
    assert "| manner | requests | right | offered | asked | wrong |" in page
    assert "## The offline planner" in page
    assert "Not measured" in page or "## `openai:" in page
