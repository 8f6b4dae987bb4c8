"""Rows stay here: no cell of a table, and nothing of its labels, goes over the wire, whatever fails on the way."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Shell
from openai_server import Script, calls, serving, words

import tools
from agent.llm.told import MEASURES, MOST_BYTES, NUMBERS, PARTS, TEXTS, heard, told
from tools.core.journal import JournalStep

UNTOLD = """
    headline warnings decisions decided suspects reason history labels label positive members bagged slope intercept
    rounds note effects row points value prediction answer mean_answer contributions contribution error report path unit
    decision overrule what precision recall f1 weight
"""
"""Result fields that hold cells, sentences, or places on this machine, or say too little for their length."""


def marked_table(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """A table whose every cell holds a mark; one column gives the target away, one holds stray words."""
    random = np.random.default_rng(seed)
    left = random.random(rows) < 0.4
    plan = np.where(random.random(rows) < 0.3 + 0.4 * left, "planMARKpro", "planMARKbasic")
    return pd.DataFrame(
        {
            "person": [f"idMARK{n:05d}" for n in range(rows)],
            "plan": plan,
            "spend": [f"{7731.0 + n + 0.4242:.4f}" if n % 60 else f"strayMARK{n}" for n in range(rows)],
            "seen": [str(day.date()) for day in pd.date_range("1931-03-07", periods=rows)],
            "size": 88_000_000 + random.integers(100_000, 900_000, rows),
            "note": [f"wroteMARK that {n} things were MARKed badly, and MARKnothing was done" for n in range(rows)],
            "same": "onlyMARKvalue",
            "copy": np.where(left, "codeMARKx", "codeMARKy"),
            "left": np.where(left, "labelMARKgone", "labelMARKhere"),
        }
    )


def cells(frame: pd.DataFrame) -> set[str]:
    """Every cell as text, and what numbers could be rounded to."""
    found = {str(value) for column in frame for value in frame[column]} | {"MARK"}
    return found | {value[:6] for value in found if value[:1].isdigit() and "-" not in value}


def leaks(script: Script, *frames: pd.DataFrame) -> list[str]:
    """Cells that stand in what was sent."""
    sent = "\n".join(_texts(script.asked))
    return sorted(cell for frame in frames for cell in cells(frame) if cell in sent)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [text for each in inside for text in _texts(each)]
    return [str(value)]


@pytest.fixture
def marked(shell: Shell) -> tuple[Shell, list[pd.DataFrame]]:
    frame, other = marked_table(), marked_table(40, seed=1)
    other.loc[3, "plan"] = "strangeMARKplan"
    other["size"] = other["size"].astype(object)
    other.loc[5, "size"] = "hugeMARKsize"
    other.loc[7, "left"] = "otherMARKlabel"
    frame.to_csv(shell.folder / "people.csv", index=False)
    other.to_csv(shell.folder / "other.csv", index=False)
    return shell, [frame, other]


PREPARED = {"dataset": "people", "target": "left", "leaks": "drop", "drop": ["spend"]}
FAILURES = [
    ("profile", {"path": "people.csv", "encoding": "utf-16"}),
    ("preprocess", {"dataset": "people", "target": "lefft"}),
    ("preprocess", {"dataset": "people", "target": "same"}),
    ("preprocess", {"dataset": "people", "target": "person"}),
    ("preprocess", {"dataset": "people", "target": "plan", "task": "regression"}),
    ("preprocess", {"dataset": "people", "target": "left", "positive": "unknown"}),
    ("preprocess", {"dataset": "people", "target": "left", "kinds": ["plan=boolean"]}),
    ("preprocess", {"dataset": "people", "target": "left", "kinds": ["note=numeric"]}),
    ("preprocess", {"dataset": "people", "target": "left", "kinds": ["plan=datetime"]}),
    ("preprocess", {"dataset": "people", "target": "left", "where": "size < 0"}),
    ("preprocess", {"dataset": "people", "target": "left", "weight_column": "plan"}),
    ("preprocess", {"dataset": "people", "target": "left", "time_column": "plan"}),
    ("preprocess", {"dataset": "people", "target": "left", "group_column": "same"}),
]
REFUSED = [
    ("preprocess", {"dataset": "people", "where": "plan > 3"}),
    ("preprocess", {"dataset": "people", "derive": ["x = log(plan)"]}),
    ("preprocess", {"dataset": "people", "kinds": ["plann=boolean"]}),
]
LATER = [
    ("evaluate", {"model": "people", "path": "other.csv"}),
    ("explain", {"model": "people", "path": "other.csv", "row": 5}),
    ("explain", {"model": "people", "row": 4}),
    ("train", {"dataset": "people", "metric": "r3"}),
    ("train", {"dataset": "people", "estimators": ["magic"]}),
    ("rollback", {"deployment": "people", "to": 9}),
    ("delete", {"kind": "model", "name": "people:9"}),
]
WORKFLOW = [
    ("profile", {"path": "people.csv"}),
    ("preprocess", PREPARED),
    ("train", {"dataset": "people", "estimators": ["linear"], "time_limit": 20}),
    ("evaluate", {"model": "people"}),
    ("explain", {"model": "people", "row": 2}),
    ("predict", {"model": "people", "path": "other.csv"}),
    ("package", {"model": "people"}),
    ("deploy", {"model": "people"}),
    ("status", {"name": "people"}),
    ("logs", {"deployment": "people"}),
]


def run(shell: Shell, url: str, request: str, *flags: str):
    return shell("run", request, "--llm", "openai:scripted", "--base-url", url, "--max-turns", "60", *flags)


def test_no_cell_goes_over_the_wire_when_steps_fail(marked: tuple[Shell, list[pd.DataFrame]]) -> None:
    shell, frames = marked
    plans = [calls(("profile", {"path": "people.csv"})), *map(calls, FAILURES)]
    plans += [reply for each in REFUSED for reply in (calls(each), calls(("status", {})))]
    with serving(*plans, words("I give up.")) as script:
        answer = run(shell, script.url, "make my boss happy about people.csv, all of it")
    assert [step["status"] for step in answer.document["steps"]].count("failed") == len(FAILURES), answer.stdout
    assert leaks(script, *frames) == []
    assert "MARK" in answer.stdout  # the person sees the cells


def test_no_cell_goes_over_the_wire_in_the_whole_workflow(marked: tuple[Shell, list[pd.DataFrame]]) -> None:
    shell, frames = marked
    with serving(*map(calls, WORKFLOW), *map(calls, LATER), words("Done.")) as script:
        answer = run(
            shell, script.url, "make my boss happy about people.csv and other.csv, and put people live", "--yes"
        )
    steps = answer.document["steps"]
    assert [step["status"] for step in steps[: len(WORKFLOW)]] == ["done"] * len(WORKFLOW), answer.stdout
    assert leaks(script, *frames) == []
    assert all(len(text.encode()) <= MOST_BYTES for text in outcomes(script))
    assert all(json.loads(text)["status"] for text in outcomes(script))


def test_a_doubt_about_the_data_is_told_without_its_evidence(marked: tuple[Shell, list[pd.DataFrame]]) -> None:
    shell, frames = marked
    suspected = calls(("profile", {"path": "people.csv"}), ("preprocess", {"dataset": "people", "target": "left"}))
    with serving(suspected, words("It is ready.")) as script:
        waiting = run(shell, script.url, "make my boss happy about people.csv")
        assert (waiting.code, waiting.document["status"]) == (4, "question"), waiting.stdout
        answer = shell("resume", waiting.document["run"], "drop")
    assert answer.code == 0, answer.stdout
    assert leaks(script, *frames) == []


def test_share_rows_is_the_only_way_and_is_said(marked: tuple[Shell, list[pd.DataFrame]]) -> None:
    shell, frames = marked
    plans = [calls(("profile", {"path": "people.csv"}), ("preprocess", PREPARED)), words("It is ready.")]
    with serving(*plans) as script:
        answer = run(shell, script.url, "make my boss happy about people.csv", "--share-rows", "3")
    system = script.asked[1]["messages"][0]["content"]
    assert system.count("planMARK") == 3
    assert "3 training rows of people:1 were shown to openai:scripted." in answer.document["warnings"]
    sealed_or_other = sum(str(size) in system for size in frames[0]["size"])
    assert sealed_or_other == 3
    assert "MARK" not in str(script.asked[0])


def outcomes(script: Script) -> list[str]:
    """What was told of results."""
    return [m["content"] for m in script.asked[-1]["messages"] if m["role"] == "tool"]


def test_every_field_of_every_result_is_told_or_is_not_on_purpose() -> None:
    from typing import get_args

    from pydantic import BaseModel

    def fields(kind: Any) -> set[str]:
        inside = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        found = set(inside) | {name for field in inside.values() for name in fields(field.annotation)}
        return found | {name for arg in get_args(kind) for name in fields(arg)}

    untold = set(UNTOLD.split())
    known = {name for tool in tools.TOOLS for name in fields(tools.load(tool).result)}
    assert known <= TEXTS | NUMBERS | PARTS | set(MEASURES) | untold
    assert not (TEXTS | NUMBERS | PARTS) & untold


def test_what_is_told_of_a_large_result_is_short_and_whole() -> None:
    columns = [{"name": f"列 {n} " + "x" * 200, "kind": "numeric", "missing": 0, "unique": 5} for n in range(900)]
    step = JournalStep(
        1, "c", "profile", {}, "done", False, 1.0, {"dataset": "t:1", "rows": 5, "columns": columns}, None, {}
    )
    text = told(step)
    assert len(text.encode()) <= MOST_BYTES
    found = json.loads(text)
    assert (found["dataset"], found["rows"], found["cut"]) == ("t:1", 5, ["columns"])
    assert found["columns"][0]["kind"] == "numeric"


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("data_refused", "'tenure' cannot be boolean: it holds 'SECRET'.", "'tenure' cannot be boolean: it holds …."),
        ("data_refused", "'tenure' holds \"it's SECRET\" in 12 rows.", "'tenure' holds … in … rows."),
        ("data_refused", "'tenure' holds 'SECRET and more…", "'tenure' holds …"),
        ("data_refused", "'tenure' holds 'a\\'SECRET\\'b'.", "'tenure' holds …."),
        ("unverified", "The service did not start: SECRET.", "The service did not start."),
        ("internal", "The training process ended early: SECRET", "The training process ended early."),
        ("not_found", "churn has no revision 9.", "churn has no revision 9."),
    ],
)
def test_an_error_is_heard_without_cells(code: str, message: str, expected: str) -> None:
    error = {"code": code, "message": message, "hint": "", "argument": None, "told": ""}
    assert heard(error, ["tenure", "t:1"])["message"] == expected


def test_an_error_says_itself_what_may_be_heard(tmp_path: Path) -> None:
    error = {"code": "data_refused", "message": "SECRET", "hint": "Say SECRET.", "argument": None, "told": "No."}
    assert heard(error, []) == {"code": "data_refused", "message": "No.", "hint": ""}
