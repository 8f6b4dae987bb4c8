"""A run that was killed at any step goes on with `ekiben resume`; what should be done once is done once."""

import contextlib
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from conftest import Shell

from tools.core.context import Context
from tools.core.errors import Interrupted
from tools.core.run import noting_interrupts

REQUEST = "train and deploy on churn.csv, target Churn, linear model, 30 seconds"
STEPS = ["profile", "preprocess", "train", "evaluate", "package", "deploy"]


def step_status(folder: Path, position: int) -> str | None:
    try:
        with sqlite3.connect(f"file:{folder}/.ekiben/journal.sqlite?mode=ro", uri=True) as db:
            row = db.execute("SELECT status FROM steps WHERE run=1 AND position=?", (position,)).fetchone()
    except sqlite3.OperationalError:
        return None
    return row[0] if row else None


def kill_in_step(shell: Shell, position: int, later: float) -> None:
    """SIGKILL the command some moments after a step has started."""
    command = shell.start("run", REQUEST, "--yes")
    end = time.monotonic() + 120
    while step_status(shell.folder, position) not in ("started", "done"):
        assert time.monotonic() < end
        assert command.poll() is None, command.communicate()
        time.sleep(0.005)
    time.sleep(later)
    os.kill(command.pid, signal.SIGKILL)
    command.communicate()


def answers_of(shell: Shell) -> str:
    """The model's own answers to its sample rows, all digits of them."""
    return (shell.folder / ".ekiben/models/churn/1/sample.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("position", "later"), [(1, 0.0), (2, 0.02), (3, 1.5), (4, 0.1), (5, 0.3), (6, 0.5)])
def test_a_killed_run_goes_on_to_the_same_artifacts(shell: Shell, trained: Shell, position: int, later: float) -> None:
    kill_in_step(shell, position, later)
    answer = shell("resume", "--yes")
    assert answer.code == 0, answer.stdout
    assert [(s["tool"], s["status"]) for s in answer.document["steps"]] == [(tool, "done") for tool in STEPS]
    status = shell("status").document
    assert [status[kind] for kind in ("datasets", "prepared", "models", "bentos")] == [["churn:1"]] * 4
    live = status["deployments"][0]
    assert (live["state"], live["revision"], len(live["history"])) == ("live", 1, 1)
    assert answer.document["steps"][3]["result"]["openings"] == 1
    assert answers_of(shell) == answers_of(trained), "the same rows, arguments and seed gave another model"
    assert not list((shell.folder / ".ekiben/staging").glob(".ekiben-staging-*"))


def test_a_finished_deploy_is_not_done_again(shell: Shell) -> None:
    assert shell("run", REQUEST, "--yes").code == 0
    with sqlite3.connect(shell.folder / ".ekiben/journal.sqlite") as db:
        db.execute("UPDATE steps SET status='started', result=NULL WHERE position=6")
        db.execute("UPDATE runs SET status='running'")
    before = shell("status").document["deployments"][0]
    answer = shell("resume", "1", "--yes")
    assert answer.code == 0
    assert answer.document["steps"][5]["result"]["revision"] == 1
    assert shell("status").document["deployments"][0]["history"] == before["history"]


def test_a_run_that_waits_for_approval_goes_on_with_yes_and_ends_with_no(shell: Shell) -> None:
    waiting = shell("run", REQUEST)
    assert (waiting.code, waiting.document["status"]) == (5, "approval")
    assert [s["status"] for s in waiting.document["steps"]] == ["done"] * 5 + ["not_run"]
    assert waiting.document["question"]["options"] == ["yes", "no"]
    declined = shell("resume", waiting.document["run"], "no")
    assert (declined.code, declined.document["status"]) == (5, "declined")
    assert shell("resume", waiting.document["run"], "--yes").code == 2


def test_a_failed_step_takes_the_right_answer(shell: Shell) -> None:
    (shell.folder / "plan.yaml").write_text(
        "version: 1\nplan:\n- {tool: profile, args: {path: churn.csv}}\n"
        "- {tool: preprocess, args: {dataset: churn, target: Churnn}}\n",
        encoding="utf-8",
    )
    failed = shell("apply", "plan.yaml")
    assert (failed.code, failed.document["status"], failed.document["error"]["code"]) == (3, "failed", "data_refused")
    assert "'Churn'" in failed.document["error"]["message"]
    answer = shell("resume", failed.document["run"], "Churn")
    assert answer.code == 0
    assert [s["status"] for s in answer.document["steps"]] == ["done", "done"]


def test_ctrl_c_leaves_a_run_that_can_go_on(shell: Shell) -> None:
    command = shell.start("run", REQUEST, "--yes", "--json")
    while step_status(shell.folder, 3) != "started":
        time.sleep(0.01)
    time.sleep(1)
    os.kill(command.pid, signal.SIGINT)
    stdout, _ = command.communicate(timeout=30)
    assert command.returncode == 130
    assert '"status": "interrupted"' in stdout
    assert shell("resume", "--yes").code == 0


def test_a_ctrl_c_that_a_library_swallows_stops_at_the_next_step(tmp_path: Path) -> None:
    context = Context(workspace=tmp_path)
    with contextlib.suppress(KeyboardInterrupt), noting_interrupts(context):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(Interrupted):
        context.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_to_go_on_with_is_said(shell: Shell) -> None:
    assert shell("resume").document["error"]["code"] == "not_found"
    assert shell("resume", "7").document["error"]["code"] == "not_found"
    assert shell("resume", "seven").document["error"]["code"] == "bad_arguments"


def test_answers_to_the_planners_questions_complete_the_request(shell: Shell) -> None:
    asked = shell("run", "train on chrun.csv with a linear model, 20 seconds")
    assert (asked.code, asked.document["status"]) == (4, "question")
    assert "churn.csv" in asked.document["question"]["options"]
    answer = shell("resume", asked.document["run"], "churn.csv")
    assert answer.code == 0, answer.stdout
    assert [(s["tool"], s["status"]) for s in answer.document["steps"]] == [(tool, "done") for tool in STEPS[:3]]
    assert answer.document["steps"][2]["result"]["estimator"] == "linear"


def test_a_close_column_is_asked_about(shell: Shell) -> None:
    asked = shell("run", "prepare churn.csv, target churnn")
    assert (asked.code, asked.document["question"]["options"]) == (4, ["Churn"])
    answer = shell("resume", asked.document["run"], "1")
    assert answer.code == 0, answer.stdout
    assert answer.document["steps"][1]["result"]["target"] == "Churn"
