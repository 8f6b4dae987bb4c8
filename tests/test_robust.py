"""Understanding never fails on words: whatever stands beside whatever, there is a plan or a question."""

import json
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from test_followups import WORLD

from agent.understanding import explain

SUITE = Path(__file__).resolve().parents[1] / "bench" / "scorecard" / "requests.jsonl"
REQUESTS = [json.loads(line)["say"] for line in SUITE.read_text(encoding="utf-8").splitlines()]
WORDS = sorted({word for text in REQUESTS for word in re.findall(r"[\u3400-\u9fff]+|[^\s\u3400-\u9fff]+", text)})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14))
def test_any_words_in_any_order(words: list[str]) -> None:
    assert explain(" ".join(words), WORLD).outcome


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(REQUESTS), st.sampled_from(REQUESTS), st.sampled_from([", ", "; ", " and ", "，然后", "。", "\n"])
)
def test_any_two_requests_in_one(one: str, other: str, joined: str) -> None:
    assert explain(one + joined + other, WORLD).outcome


def test_a_verb_whose_words_were_taken_owns_nothing() -> None:
    assert explain("we count churn as bad; learn from churn.csv for one minute of computer time", WORLD).outcome
