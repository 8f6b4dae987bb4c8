"""The documents say what is true: the README's commands, its session, its links, the changelog's form."""

import re
import shlex
from pathlib import Path

from conftest import EXAMPLES, Shell

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readmes_targets_are_in_the_makefile_and_ci_calls_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    targets = re.findall(r"^    make (\w+)", README, re.MULTILINE)
    assert targets[:2] == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    assert "make test" in ci
    assert "make lint" in ci


def test_the_readmes_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_readmes_requests_are_understood(shell: Shell) -> None:
    (shell.folder / "examples").mkdir()
    (shell.folder / "examples/churn.csv").write_bytes((EXAMPLES / "churn.csv").read_bytes())
    for line in re.findall(r'ekiben run (".*?")', README):
        answer = shell("plan", shlex.split(line)[0])
        tools = [step["tool"] for step in answer.document["plan"]]
        assert tools == ["profile", "preprocess", "train", "evaluate", "package", "deploy"], line


def test_the_example_plan_runs(shell: Shell) -> None:
    (shell.folder / "examples").mkdir()
    (shell.folder / "examples/churn.csv").write_bytes((EXAMPLES / "churn.csv").read_bytes())
    answer = shell("apply", str(EXAMPLES / "churn.yaml"), "--yes")
    assert answer.code == 0, answer.stdout
    assert answer.document["warnings"] == answer.document["steps"][0]["result"]["warnings"]


def test_the_changelog_keeps_its_form() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in changelog
