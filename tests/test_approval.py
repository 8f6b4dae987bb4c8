"""Who may say yes, and what nobody said."""

import pytest

from agent.approval import make_approver
from agent.provenance import Known, unsaid
from tools.core.journal import JournalStep


def step(**args: object) -> JournalStep:
    return JournalStep(1, "c", "deploy", dict(args), "planned", False, None, None, None, {})


@pytest.mark.parametrize(
    ("yes", "effect", "named", "expected"),
    [
        (True, "release", False, True),
        (True, "destroy", False, None),
        (True, "destroy", True, True),
        (True, "overwrite", True, None),
        (False, "release", True, None),
    ],
)
def test_what_yes_approves(yes: bool, effect: str, named: bool, expected: bool | None) -> None:
    assert make_approver(yes=yes, named_by_person=named, ask=None)(step(), "?", effect) is expected


def test_a_person_is_asked_where_there_is_one_and_answers_of_this_moment_count() -> None:
    assert make_approver(yes=False, named_by_person=False, ask=lambda *_: True)(step(), "?", "destroy") is True
    assert make_approver(yes=True, named_by_person=True, ask=None, declined_now={1})(step(), "?", "release") is False


def test_an_address_counts_as_said_only_in_the_persons_own_words() -> None:
    """A column's name or a count of rows opens no door."""
    assert unsaid(step(host="0.0.0.0", port=7043), Known("put churn live", {"churn:1", "0.0.0.0", "7043"})) == [
        "host",
        "port",
    ]
    assert unsaid(step(model="churn:1", port=7043), Known("put it live at 7043", {"churn:1"})) == []


def test_what_can_only_hold_a_step_back_needs_nobodys_word() -> None:
    assert (
        unsaid(step(model="churn:1", only_if_better=True), Known("put it live if it beats the old one", {"churn:1"}))
        == []
    )
