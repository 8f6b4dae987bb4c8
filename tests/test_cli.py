"""The command line: exit codes, one JSON document, one clear sentence for whatever is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EKIBEN, Shell, clean_environment

KEYS = {"schema", "run", "request", "status", "plan", "steps", "answer", "question", "warnings", "error", "usage"}


def table(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def numbered(rows: int, target: str) -> str:
    return table(
        "x,z,y", *(f"{(n * 7919) % 101 / 10},{(n * 31) % 17},{target.format(n=n, odd=n % 2)}" for n in range(rows))
    )


BAD_TABLES = {
    "0 bytes": "",
    "a header alone": "x,y\n",
    "ragged": table("a,b,y", "1,2,3", "4,5", "6,7,8,9", "1,2,3"),
    "a constant target": numbered(60, "same"),
    "a target that is all missing": numbered(60, ""),
    "a target that is an id": numbered(60, "u{n}"),
    "too few rows": numbered(9, "{odd}"),
    "one row of the second label": numbered(1, "a") + numbered(59, "b").partition("\n")[2],
}


@pytest.mark.parametrize("content", BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_data_that_cannot_be_learned_from_is_refused(shell: Shell, content: str) -> None:
    (shell.folder / "bad.csv").write_text(content, encoding="utf-8")
    plan = [
        {"tool": "profile", "args": {"path": "bad.csv"}},
        {"tool": "preprocess", "args": {"dataset": "bad", "target": "y"}},
        {"tool": "train", "args": {"dataset": "bad", "time_limit": 5}},
    ]
    (shell.folder / "plan.json").write_text(json.dumps({"version": 1, "plan": plan}), encoding="utf-8")
    answer = shell("apply", "plan.json")
    assert (answer.code, answer.document["status"]) == (3, "failed")
    error = answer.document["error"]
    assert error["code"] == "data_refused"
    assert error["message"].endswith(".")
    assert error["hint"]
    assert "not_run" in [step["status"] for step in answer.document["steps"]]


def test_files_that_are_no_tables(shell: Shell) -> None:
    (shell.folder / "folder.csv").mkdir()
    (shell.folder / "binary.csv").write_bytes(bytes(range(256)) * 20)
    for name, code in (("folder.csv", 3), ("binary.csv", 3), ("nowhere.csv", 2)):
        answer = shell("profile", name)
        assert answer.code == code, answer.stdout
        assert answer.document["error"]["hint"]


def test_what_does_not_exist_is_named_with_what_does(trained: Shell) -> None:
    for command in (["evaluate", "chrun"], ["deploy", "churn:9", "--yes"], ["predict", "nobody", "churn.csv"]):
        answer = trained(*command)
        assert (answer.code, answer.document["error"]["code"]) == (2, "not_found"), command
        assert "churn:1" in answer.document["error"]["hint"]
    for command in (["stop", "nothing", "--yes"], ["rollback", "nothing", "--yes"], ["logs", "nothing"]):
        assert trained(*command).document["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "command",
    [
        ["run"],
        ["run", "--no-such-flag"],
        ["fly"],
        ["train", "churn", "--time-limit", "soon"],
        ["train", "churn", "--time-limit", "-1"],
        ["preprocess", "churn", "--test-fraction", "2"],
        ["deploy", "churn", "--port", "99999", "--yes"],
        ["deploy", "churn", "--platform", "moon", "--yes"],
        ["deploy", "churn", "--platform", "docker", "--yes"],
        ["train", "churn", "--estimators", "oracle"],
        ["train", "churn", "--metric", "beauty"],
        ["apply", "churn.csv"],
        ["evaluate", "churn:zero"],
    ],
)
def test_a_wrong_command_line_is_exit_2_in_json_and_in_words(trained: Shell, command: list[str]) -> None:
    answer = trained(*command)
    assert answer.code == 2, answer.stdout
    assert {"code", "message", "hint"} == set(answer.document["error"])
    assert answer.document["error"]["message"]
    spoken = trained.raw(*command)
    assert spoken.code == 2
    assert spoken.stdout == ""
    assert len(spoken.stderr.strip().splitlines()) == 1, spoken.stderr


def test_flags_mean_the_same_before_and_after_the_command(trained: Shell) -> None:
    before = subprocess.run(
        [EKIBEN, "--json", "status"],
        cwd=trained.folder,
        env=clean_environment(trained.folder / "home"),
        capture_output=True,
        check=True,
    )
    assert json.loads(before.stdout) == trained("status").document


def test_settings_come_from_flag_environment_and_files_in_that_order(shell: Shell) -> None:
    (shell.folder / "ekiben.toml").write_text('workspace = "from-file"\n', encoding="utf-8")
    shell("profile", "churn.csv")
    assert (shell.folder / "from-file/datasets").is_dir()
    shell("profile", "churn.csv", EKIBEN_WORKSPACE="from-environment")
    assert (shell.folder / "from-environment/datasets").is_dir()
    shell("profile", "churn.csv", "--workspace", "from-flag", EKIBEN_WORKSPACE="from-environment")
    assert (shell.folder / "from-flag/datasets").is_dir()
    (shell.folder / "ekiben.toml").write_text("colour = 1\n", encoding="utf-8")
    wrong = shell("status")
    assert (wrong.code, wrong.document["error"]["code"]) == (2, "bad_config")


def test_a_plan_writes_nothing_and_can_be_applied(shell: Shell) -> None:
    planned = shell("plan", "profile churn.csv")
    assert planned.document.keys() >= KEYS
    assert not (shell.folder / ".ekiben").exists()
    (shell.folder / "plan.json").write_text(planned.stdout, encoding="utf-8")
    applied = shell("apply", "plan.json")
    assert applied.code == 0
    assert applied.document.keys() >= KEYS
    assert applied.document["warnings"] == applied.document["steps"][0]["result"]["warnings"]
    with (shell.folder / "churn.csv").open("a", encoding="utf-8") as file:
        file.write((shell.folder / "churn.csv").read_text(encoding="utf-8").splitlines()[1] + "\n")
    assert "churn.csv has changed since the plan was made." in shell("apply", "plan.json").document["warnings"]


def test_an_output_that_exists_is_not_replaced_by_yes_alone(trained: Shell) -> None:
    (trained.folder / "kept.csv").write_text("mine\n", encoding="utf-8")
    answer = trained("predict", "churn", "churn.csv", "--output", "kept.csv", "--yes")
    assert (answer.code, answer.document["error"]["code"]) == (5, "approval_needed")
    assert (trained.folder / "kept.csv").read_text(encoding="utf-8") == "mine\n"
    assert trained("predict", "churn", "churn.csv", "--output", "kept.csv", "--overwrite").code == 0


def test_a_refused_command_leaves_no_run(trained: Shell) -> None:
    before = len(trained("runs").document["runs"])
    assert trained("stop", "nothing").code == 2
    assert trained("deploy", "churn").code == 5
    assert len(trained("runs").document["runs"]) == before


def test_a_workspace_that_cannot_be_written_is_said(shell: Shell) -> None:
    (shell.folder / "file").write_text("", encoding="utf-8")
    answer = shell("profile", "churn.csv", "--workspace", "file/below")
    assert (answer.code, answer.document["error"]["code"]) == (1, "not_writable")


def test_a_full_disk_is_said(shell: Shell) -> None:
    from tools.core.errors import DiskFull, disk_errors

    with pytest.raises(DiskFull, match="is full"), disk_errors(shell.folder), Path("/dev/full").open("w") as file:
        file.write("x")
        file.flush()


def test_two_at_once_draw_different_versions(shell: Shell) -> None:
    started = [shell.start("profile", "churn.csv", "--json") for _ in range(3)]
    said = [json.loads(command.communicate(timeout=60)[0])["dataset"] for command in started]
    assert sorted(said) == ["churn:1", "churn:2", "churn:3"]


def test_versions_are_never_used_twice(shell: Shell) -> None:
    for expected in ("churn:1", "churn:2"):
        assert shell("profile", "churn.csv").document["dataset"] == expected
    assert shell("delete", "dataset", "churn:2", "--yes").code == 0
    assert shell("profile", "churn.csv").document["dataset"] == "churn:3"


def test_a_chinese_file_answers_to_its_own_name(shell: Shell) -> None:
    (shell.folder / "客户流失.csv").write_bytes((shell.folder / "churn.csv").read_bytes())
    made = shell("profile", "客户流失.csv").document["dataset"]
    answer = shell("preprocess", "客户流失", "--target", "Churn")
    assert answer.document["dataset"] == made


def test_data_never_steers_the_terminal(shell: Shell) -> None:
    name = "\x1b[31mred\x1b[0m[bold]"
    lines = (shell.folder / "churn.csv").read_text(encoding="utf-8").splitlines()
    lines[0] = lines[0].replace("customerID", name)
    (shell.folder / "nasty.csv").write_text("\n".join(lines), encoding="utf-8")
    answer = shell.raw("profile", "nasty.csv")
    assert answer.code == 0
    assert "\x1b" not in answer.stdout + answer.stderr


def test_nothing_of_the_users_folder_is_imported(tmp_path: Path) -> None:
    for decoy in ("agent", "tools", "service", "prompts"):
        (tmp_path / decoy).mkdir()
        (tmp_path / decoy / "__init__.py").write_text("raise SystemExit('the decoy was imported')\n", encoding="utf-8")
    for decoy in ("random.py", "profile.py", "json.py", "sklearn.py", "bentoml.py", "sitecustomize.py"):
        (tmp_path / decoy).write_text("raise SystemExit('the decoy was imported')\n", encoding="utf-8")
    shell = Shell(tmp_path)
    (tmp_path / "churn.csv").write_text(numbered(120, "{odd}"), encoding="utf-8")
    answer = shell("run", "train and deploy on churn.csv, target y, linear, 20 seconds", "--yes")
    assert answer.code == 0, answer.stdout
    shell.stop_all()


@pytest.mark.parametrize("command", [["--help"], ["status"], ["runs"], ["plan", "train on churn.csv, target Churn"]])
def test_quick_commands_import_nothing_heavy(shell: Shell, command: list[str]) -> None:
    code = f"import sys; sys.argv = ['ekiben', *{command!r}]; from agent.cli import run; run(sys.argv[1:]); "
    code += "print(sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=shell.folder,
        env=clean_environment(shell.folder / "home"),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stderr.strip().splitlines()[-1].replace("'", '"')))
    assert not loaded & {"pandas", "sklearn", "langchain_core", "langchain_openai", "openai", "bentoml", "matplotlib"}


def test_doctor_says_what_works(shell: Shell) -> None:
    answer = shell("doctor")
    assert {check["name"] for check in answer.document["checks"]} >= {"python", "bentoml", "workspace", "disk"}
    assert all(set(check) == {"name", "ok", "detail", "mend"} for check in answer.document["checks"])


def test_the_chat_plans_runs_asks_and_ends(shell: Shell) -> None:
    said = "profile churn.csv\n/status\nwrite me a poem\n写一首诗\n/quit\n"
    answer = shell.raw(stdin=said)
    assert answer.code == 0
    assert "churn:1 has 900 rows" in answer.stdout


def test_nothing_is_reported_home_whatever_the_environment_says(shell: Shell) -> None:
    """With tracing asked for and a tracker's address given, no connection but to loopback is tried."""
    code = (
        "import sys\n"
        "def look(event, args):\n"
        "    if event == 'socket.connect' and isinstance(args[1], tuple): print('CONNECT', args[1], file=sys.stderr)\n"
        "    if event == 'socket.getaddrinfo': print('LOOKUP', args[0], file=sys.stderr)\n"
        "sys.addaudithook(look)\n"
        "from agent.cli import run\n"
        "sys.exit(run(['run', 'prepare churn.csv, target Churn', '--json']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=shell.folder,
        env=clean_environment(shell.folder / "home", LANGSMITH_TRACING="true", LANGSMITH_API_KEY="x"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "CONNECT" not in done.stderr
    assert "LOOKUP" not in done.stderr


def test_the_time_limit_of_the_whole_command_holds(shell: Shell) -> None:
    answer = shell("run", "train on churn.csv, target Churn", "--timeout", "4")
    assert (answer.code, answer.document["status"], answer.document["error"]["code"]) == (8, "limit", "limit")
    assert answer.document["steps"][0]["status"] == "done"


def test_two_deploys_at_once_take_turns(trained: Shell) -> None:
    names = ("left", "right", "left")
    started = [trained.start("deploy", "churn", "--name", name, "--yes", "--json") for name in names]
    said = [json.loads(command.communicate(timeout=120)[0]) for command in started]
    assert all(found.get("verified") for found in said), said
    assert sorted((found["deployment"], found["revision"]) for found in said) == [
        ("left", 1),
        ("left", 2),
        ("right", 1),
    ]
    assert "churn:1" in trained("status").document["bentos"]
