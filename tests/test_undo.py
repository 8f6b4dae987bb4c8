"""/undo takes back the last release step, whatever it was, and again the one before."""

from conftest import Shell

import tools
from tools.core.context import Context

NOTHING = "There is no deploy, promote, rollback or stop to take back."


def live(shell: Shell) -> tuple[str, int | None, bool]:
    """State, revision, and whether a canary runs."""
    found = shell("status", "tried").document["deployments"][0]
    return found["state"], found["revision"], found["canary"] is not None


def say(shell: Shell, *lines: str) -> str:
    """A chat of these lines, each step approved; what it showed."""
    answer = shell.raw("--yes", stdin="\n".join(lines) + "\n")
    assert answer.code == 0
    return answer.stdout + answer.stderr


def test_each_undo_takes_one_more_back(trained: Shell) -> None:
    say(trained, "deploy churn as tried", "deploy churn as tried", "/deploy churn --name tried --canary 20")
    assert live(trained) == ("live", 2, True)
    say(trained, "/undo")
    assert live(trained) == ("live", 2, False)
    say(trained, "/undo")
    assert live(trained) == ("live", 1, False)
    say(trained, "take it back")
    assert live(trained)[0] == "stopped"
    assert NOTHING in say(trained, "/undo")


def test_a_canary_that_ended_without_it_rolls_nothing_back(trained: Shell) -> None:
    """What is live then would go back a revision, although nobody took it forward."""
    say(trained, "deploy churn as tried", "deploy churn as tried", "/deploy churn --name tried --canary 20")
    tools.load("rollback")({"deployment": "tried"}, Context(trained.folder / ".ekiben", trained.folder))
    before = live(trained)
    assert "tried was changed by something else since" in say(trained, "/undo")
    assert live(trained) == before


def test_there_may_be_nothing_to_take_back(shell: Shell) -> None:
    assert NOTHING in say(shell, "/undo")
