"""The chat at a real terminal: lines are edited, understood beside what was said before, stopped, and gone on with."""

import re
import time
from pathlib import Path

import pytest
from conftest import Shell
from openai_server import calls, serving, words
from typist import ALT_ENTER, CTRL_C, CTRL_D, CTRL_R, ENTER, TAB, at_terminal

from agent.chat.interrupts import TWICE_WITHIN

TRAIN = "train on churn.csv, target Churn, linear model, 20 seconds"
SLOW = "train on churn.csv, target Churn, 60 seconds"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, trained: Shell) -> Shell:
    """The folder of a chat, where churn:1 was trained in the conversation."""
    trained.raw(stdin=f"{TRAIN}\n")
    return trained


def test_a_conversation_at_a_terminal(shell: Shell) -> None:
    with at_terminal(shell.folder) as person:
        person.sees(r"mode ask")
        person.types(TRAIN)
        person.sees(r"cross-validation roc_auc")
        person.types("how good is it?")
        person.sees(r"scores .* on rows it never saw")
        person.types("what about recall?")
        person.sees(r"recall 0\.\d+ on rows it never saw \(churn:1\)")
        person.types("部署它")
        person.sees(r"Put churn:1 live as churn, revision 1\?")
        person.types("e")
        person.sees(r"ekiben deploy churn(:1)? --name churn")
        person.types(" --port 1")  # no port for people: refused, and asked again as it was
        person.sees(r"\[y\]es", times=2)
        person.types("y")
        person.sees(r"is live as churn, revision 1, and verified")
        person.types("/undo")
        person.sees(r"Stop churn, which is live")
        person.types("y")
        person.sees(r"churn is stopped")
        person.types("/quit")
        assert person.ends() == 0


def test_words_are_completed_found_again_and_written_over_lines(spoken: Shell) -> None:
    with at_terminal(spoken.folder, columns=60) as person:
        person.sees("mode ask")
        person.types("/deploym", "")
        person.sees(r"/deployments  the deployments")
        person.types("", TAB)
        person.sees(r"> /deployments")
        person.types("")
        person.sees("Nothing was deployed yet")
        person.types("profile chu", TAB)
        person.sees(r"profile churn\.csv|churn\.csv  *table")
        person.types("", CTRL_C)
        person.types("/plan profile churn.csv", ALT_ENTER)
        person.types("then evaluate churn")
        person.sees(r"(?s)1 +profile.*2 +evaluate.*Nothing was run")
        person.presses(CTRL_R)
        person.sees(r"I-search backward")
        person.types("depl", "")
        person.sees(r"(?s)> /deployments\n.*> /deployments\n.*I-search backward: depl")
        person.types("")  # takes what was found
        person.presses(ENTER)
        person.sees("Nothing was deployed yet", times=2)
        assert max(map(len, person.text.splitlines())) <= 60
        person.presses(CTRL_D)
        assert person.ends() == 0
    assert (spoken.folder / ".ekiben/history").stat().st_mode & 0o077 == 0


def test_ctrl_c_stops_once_and_leaves_twice(shell: Shell) -> None:
    with at_terminal(shell.folder) as person:
        person.sees("mode ask")
        person.types(SLOW)
        person.sees(r"train.*of 60 s")
        person.types("", CTRL_C)
        person.sees(r"(?s)Stopped\..*/resume")
        person.types("/runs")
        person.sees(r"(?s)1 +interrupted +train on churn.*\n>.*mode ask")
        time.sleep(TWICE_WITHIN)
        person.presses(CTRL_C)
        person.sees("Ctrl-C again")
        person.presses(CTRL_C)
        assert person.ends() == 130
    with at_terminal(shell.folder) as person:
        person.sees(r"Run 1 was interrupted")
        person.types("/resume")
        person.sees(r"train.*of 60 s")
        person.types("", CTRL_C)
        time.sleep(0.3)  # two signals at once are one
        person.types("", CTRL_C)
        assert person.ends() == 130


def test_modes_plan_never_acts_and_auto_does_not_ask(spoken: Shell) -> None:
    with at_terminal(spoken.folder, "--mode", "plan") as person:
        person.sees("mode plan")
        person.types("deploy churn")
        person.sees("Nothing was run")
        for line in ("/run", "/undo", "/stop churn", "/resume"):
            person.types(line)
        person.sees("Mode plan never acts", times=4)
        person.types("/mode auto")
        person.sees("asks only before it deletes")
        person.types("deploy churn")
        person.sees(r"is live as churn")
        person.types("/profile churn.csv --name spare")
        person.sees(r"spare:1 has 900 rows")
        person.types("/delete dataset spare:1")
        person.sees(r"Delete .*spare:1.*\?")
        person.types("n")
        person.sees(r"Declined: Delete")
        (spoken.folder / "there.csv").write_text("kept", encoding="utf-8")
        person.types("/predict churn churn.csv --output there.csv")
        person.sees(r"\[y\]es \[n\]o:")
        person.types("n")
        person.sees(r"Declined", times=2)
    assert (spoken.folder / "there.csv").read_text(encoding="utf-8") == "kept"
    spoken.stop_all()


def test_a_conversation_is_gone_on_with_after_a_kill(shell: Shell) -> None:
    with at_terminal(shell.folder) as person:
        person.sees("mode ask")
        person.types(TRAIN)
        person.sees(r"cross-validation roc_auc")
        person.process.kill(9)
    with at_terminal(shell.folder, "--continue") as person:
        person.sees(r"train on churn.csv.*\((done|running)\)")
        person.types("explain it")
        person.sees(r"churn:1 is driven by")
        person.types("drop tenure and try again")
        person.sees(r"tenure dropped")
        person.sees(r"cross-validation roc_auc", times=1)
        person.types("is it any worse?")
        person.sees(r"churn:2 .* churn:1")


def test_a_no_changes_nothing_and_always_lasts(spoken: Shell) -> None:
    with at_terminal(spoken.folder) as person:
        person.sees("mode ask")
        person.types("deploy churn as shop")
        person.sees(r"Put churn:\d live as shop")
        person.types("n")
        person.sees("Declined")
        person.types("deploy churn as shop")
        person.sees(r"Put churn:\d live as shop", times=3)
        person.types("a")
        person.sees(r"is live as shop")
        person.types("stop shop")
        person.sees(r"shop is stopped")
    assert [d["state"] for d in spoken("status", "shop").document["deployments"]] == ["stopped"]


def test_without_colour_nothing_is_coloured(spoken: Shell) -> None:
    with at_terminal(spoken.folder, NO_COLOR="1") as person:
        person.sees("mode ask")
        person.types("how good is churn?")
        person.sees("on rows it never saw")
        assert not re.search(rb"\x1b\[[0-9;]*3[0-7]m|38;5|48;5", person.raw)


def test_a_saved_plan_is_applied_without_words(spoken: Shell, tmp_path: Path) -> None:
    with at_terminal(spoken.folder) as person:
        person.sees("mode ask")
        person.types("/plan profile churn.csv")
        person.sees("Nothing was run")
        person.types(f"/save {tmp_path / 'p.yaml'}")
        person.sees("Kept in")
    applied = spoken("apply", str(tmp_path / "p.yaml"))
    assert [step["tool"] for step in applied.document["steps"]] == ["profile"]


def test_lines_from_a_pipe_are_turns_too(spoken: Shell) -> None:
    said = "deploy churn as piped\nno\n/models\nthe first one\nevaluate it\n谢谢\n/nonsense\n/evaluate\n/quit\n"
    answer = spoken.raw(stdin=said)
    assert answer.code == 0
    assert "Declined" in answer.stdout
    assert "on rows it never saw" in answer.stdout
    assert "There is no command /nonsense." in answer.stderr
    assert "See: /evaluate --help" in answer.stderr


def test_a_language_models_words_come_marked_and_once(spoken: Shell) -> None:
    plan = calls(("profile", {"path": "churn.csv", "name": "told"}))
    false = words("It has ninety rows.")
    true = words("The table has {profile.rows}, which is plenty for a model of this kind to be trained on, I think.")
    with (
        serving(plan, false, true, words("Nothing more to do here.")) as script,
        at_terminal(
            spoken.folder, "--llm", "openai:x", "--base-url", script.url, columns=60, OPENAI_API_KEY="none"
        ) as person,
    ):
        person.sees("mode ask")
        person.types("profile churn.csv, call it told")
        text = person.sees(r"openai:x says: The table has 900 rows")
        assert "ninety" not in text
        person.sees(r"\n  \| .*trained on, I think\.")
        person.types("thanks")
        person.sees(r"openai:x says: Nothing more to do here\.")
        text = person.sees(r"(?s)Nothing more.*\n>.*4 calls")
    assert text.count("Nothing more to do here") == 1
    assert text.count("The table has 900 rows") == 1
    assert [m["content"] for m in script.asked[3]["messages"] if m["role"] == "user"][-1] == "thanks"


def test_ctrl_c_stops_waiting_for_a_language_model(spoken: Shell) -> None:
    def hang(handler: object) -> None:
        time.sleep(20)

    with (
        serving(hang) as script,
        at_terminal(spoken.folder, "--llm", "openai:x", "--base-url", script.url, OPENAI_API_KEY="none") as person,
    ):
        person.sees("mode ask")
        person.types("what is live?")
        person.sees(r"> what is live\?")
        time.sleep(1)
        person.types("", CTRL_C)
        person.sees(r"Stopped\.", seconds=10)


def test_mode_plan_holds_for_what_waits_too(spoken: Shell) -> None:
    said = "deploy churn as parked\n/mode plan\nyes\n/plan train on nosuch.csv\nchurn.csv\n"
    answer = spoken.raw(stdin=said)
    assert "Mode plan never acts." in answer.stderr
    assert "train" in answer.stderr.partition("Nothing was run")[0]
    assert not [d for d in spoken("status").document["deployments"] if d["name"] == "parked"]


@pytest.mark.parametrize(
    ("word", "goes"), [("ok", True), ("好的", True), ("skip it", False), ("should i say yes?", False)]
)
def test_only_a_plain_yes_is_one_to_a_release(spoken: Shell, word: str, goes: bool) -> None:
    spoken.raw(stdin=f"deploy churn as kept\n{word}\n")
    live = [d["name"] for d in spoken("status").document["deployments"] if d["state"] == "live"]
    assert ("kept" in live) is goes
    if goes:
        spoken("stop", "kept", "--yes")


def test_commands_of_the_chat_take_no_flags_of_the_command_line(spoken: Shell) -> None:
    answer = spoken.raw(stdin="/evaluate churn --yes\n/profile churn.csv --name again\ntry again\n/save again.yaml\n")
    assert "No such option '--yes'" in answer.stderr
    assert "again:2 has 900 rows" in answer.stdout
    assert "tool: profile" in (spoken.folder / "again.yaml").read_text(encoding="utf-8")


def test_a_mode_that_is_none_is_refused(shell: Shell) -> None:
    assert shell("status", EKIBEN_MODE="Plan").document["error"]["code"] == "bad_config"


def test_a_language_model_that_planned_only_is_told_of_it_and_keeps_the_conversation(spoken: Shell) -> None:
    plan, ask = calls(("status", {})), words("Which one, number 7?")
    with serving(plan, ask, ask, words("Recall is 0.97."), words("Recall is 0.97.")) as script:
        said = "my name is Ada\n/plan what is live?\n/run\n/resume\n/plan how good is churn?\n"
        answer = spoken.raw("--llm", "openai:x", "--base-url", script.url, stdin=said, OPENAI_API_KEY="none")
    assert "did not expect" not in answer.stderr
    assert "0.97" not in answer.stderr.replace("~~0.97~~", "")
    assert any("my name is Ada" in str(asked["messages"]) for asked in script.asked[1:])


def test_a_metric_is_recalled_where_the_model_was_trained_in_another_conversation(spoken: Shell) -> None:
    answer = spoken.raw(stdin="how good is churn?\nand recall?\n那 f1 呢\n")
    assert answer.stderr.count("Plan (offline planner)") == 1
    said = answer.stdout + answer.stderr
    assert "recall 0." in said and "f1 0." in said
    assert said.count("（封存的测试集） (churn:") + said.count("on rows it never saw (churn:") == 2
