"""The training process: tries candidates one after another in forks that can be killed, keeps the best so far.

Run as `python -m tools.core.learning.training JOB`, JOB being a folder with job.json. It says what it does by JSON
lines on standard output, the first being {"ready": true}; when it ends, JOB/outcome.json is there.
"""

import json
import os
import signal
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from service.rows import check_columns
from tools.core.files import read_json, write_json
from tools.core.learning.candidate import Problem, TooSlow, cross_validate, fit, folds_of, save
from tools.core.learning.labels import to_codes
from tools.core.learning.metrics import Goal, better, guess, interval, score
from tools.core.learning.prepared import training_rows
from tools.core.learning.recipe import Recipe, columns_of
from tools.core.store import Artifact


def main(job: Path) -> None:
    """Train until the plan or the time is through; the outcome is written whatever was reached."""
    asked = read_json(job / "job.json")
    problem = read_problem(asked)
    preload()
    deadline = time.monotonic() + asked["time_limit"]
    say(ready=True)
    base = dummy(problem, asked["metric"])
    tried: list[dict[str, Any]] = []
    best: dict[str, Any] | None = None
    for name in asked["estimators"]:
        found = attempt(name, problem, asked["metric"], job, deadline, first=best is None)
        tried.append({key: found[key] for key in ("estimator", "score", "seconds", "note")})
        if found["score"] is not None and (best is None or better(asked["metric"], found["score"], best["score"])):
            best = found
        write_json(job / "outcome.json", {"best": best, "candidates": tried, "baseline": base, "rows": len(problem.y)})
        say(best=best and best["estimator"], score=best and best["score"], tried=len(tried))


def read_problem(asked: dict[str, Any]) -> Problem:
    """The training rows as checked columns, with folds that keep equal rows and groups together."""
    prepared = Artifact("prepared", asked["name"], asked["version"], Path(asked["path"]))
    rows = training_rows(prepared)
    labels = asked["labels"]
    y = to_codes(rows.target, labels) if labels else rows.target.to_numpy(dtype=np.float64)
    checked = check_columns(asked["inputs"], columns_of(rows.frame, asked["inputs"]), len(y))
    folds = folds_of(asked["split"], y, rows.groups, bool(labels))
    positive = labels.index(asked["positive"]) if asked["task"] == "binary" else 0
    goal = Goal(asked["task"], len(labels), positive)
    recipe = Recipe(**asked["recipe"])
    return Problem(asked["inputs"], checked.columns, y, goal, folds, asked["seed"], recipe, rows.weights)


def preload() -> None:
    """Import what the forks will need, once, without starting a thread of OpenMP that a fork would lose."""
    from importlib import import_module

    for module in ("skops.io", "sklearn.ensemble", "sklearn.linear_model", "sklearn.metrics"):
        import_module(module)


def dummy(problem: Problem, metric: str) -> float:
    """The score of always guessing, on the same folds."""
    answers = np.full((len(problem.y), max(problem.goal.labels, 1)), np.nan)
    for train, test in problem.folds:
        weights = None if problem.weights is None else problem.weights[train]
        answers[test] = guess(problem.y[train], problem.goal, weights)
    return tested_score(metric, problem, answers if problem.goal.labels else answers[:, 0])


def tested_score(metric: str, problem: Problem, answers: Any) -> float:
    """The score on the rows that some fold tested."""
    there = tested(answers)
    return score(metric, problem.y[there], answers[there], problem.goal, weights_of(problem, there))


def weights_of(problem: Problem, rows: Any) -> Any:
    """The weights of some rows, or None."""
    return None if problem.weights is None else problem.weights[rows]


def tested(answers: Any) -> Any:
    """A mask of the rows that have an answer."""
    return ~np.isnan(answers.reshape(len(answers), -1)).any(axis=1)


def attempt(name: str, problem: Problem, metric: str, job: Path, deadline: float, first: bool) -> dict[str, Any]:
    """One candidate in a fork of its own: its score, or None with a note why there is none."""
    began = time.monotonic()
    result = job / name / "result.json"
    if deadline - began < 0.2:
        return {"estimator": name, "score": None, "seconds": 0.0, "note": "no time was left for it"}
    child = os.fork()
    if child == 0:
        run_candidate(name, problem, metric, job / name, deadline, first)
    note = wait_for(child, deadline)
    if result.exists():
        return {**read_json(result), "seconds": round(time.monotonic() - began, 3)}
    error = job / name / "error.txt"
    note = error.read_text(encoding="utf-8").splitlines()[-1] if error.exists() else note
    return {"estimator": name, "score": None, "seconds": round(time.monotonic() - began, 3), "note": note}


def wait_for(child: int, deadline: float) -> str:
    """Wait for a fork; kill it at the deadline."""
    parent = os.getppid()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "" if status == 0 else f"its process ended with status {os.waitstatus_to_exitcode(status)}"
        orphaned = os.getppid() != parent
        if orphaned or time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            if orphaned:
                sys.exit("the command that wanted this training is gone")
            return "its time was up"
        time.sleep(0.02)


def run_candidate(name: str, problem: Problem, metric: str, folder: Path, deadline: float, first: bool) -> None:
    """In the fork: measure, fit on all rows, save, write result.json last. Never returns.

    While there is no model yet, one that was tested on some folds alone is better than none.
    """
    code = 1
    folder.mkdir(exist_ok=True)
    try:
        told = partial(say_fold, name)
        answers, folds = cross_validate(name, problem, deadline, told, may_stop_early=first)
        save(folder, *fit(name, problem, np.arange(len(problem.y))))
        np.save(folder / "answers.npy", answers)
        there = tested(answers)
        y, known = problem.y[there], answers[there]
        weights = weights_of(problem, there)
        found = {"estimator": name, "score": score(metric, y, known, problem.goal, weights)}
        found["note"] = "" if folds == len(problem.folds) else f"tested on {folds} of {len(problem.folds)} folds"
        write_json(folder / "result.json", found | {"interval": interval(metric, y, known, problem.goal, weights)})
        code = 0
    except TooSlow as exc:
        (folder / "error.txt").write_text(f"it would have taken {exc} s", encoding="utf-8")
    except BaseException:
        (folder / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def say_fold(name: str, fold: int) -> None:
    """Tell the parent that a fold is done."""
    say(estimator=name, fold=fold)


def say(**facts: Any) -> None:
    """Tell the parent one line."""
    os.write(sys.stdout.fileno(), json.dumps(facts).encode() + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
