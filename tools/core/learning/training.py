"""The training process: tries candidates in forks that can be killed, and writes the best as a model's files.

Run as `python -m tools.core.learning.training JOB`, JOB being a folder with job.json. It says what it does by JSON
lines on standard output, the first being {"ready": true}. JOB/outcome.json is there from the first model on, and again
at the end. On SIGTERM it stops trying and keeps the best so far.
"""

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from service.rows import check_columns
from tools.core.files import read_json, write_json
from tools.core.learning.attempt import Asked, dummy
from tools.core.learning.candidate import Problem, folds_of
from tools.core.learning.choosing import Choice, choose, write_outcome
from tools.core.learning.estimators import ESTIMATORS
from tools.core.learning.labels import to_codes
from tools.core.learning.metrics import Goal
from tools.core.learning.polish import aim_of
from tools.core.learning.portfolio import SKEWED, Candidate, Facts, portfolio, seconds
from tools.core.learning.prepared import training_rows
from tools.core.learning.recipe import Recipe, columns_of
from tools.core.learning.schedule import Workers, resident
from tools.core.learning.search import Search
from tools.core.store import Artifact

LARGEST_SHARE_OF_TIME = 0.2
"""A candidate that would take more waits for the others."""


def main(job: Path) -> None:
    """Train until the plan or the time is through; the outcome is written whatever was reached."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    asked = read_json(job / "job.json")
    rows = read_rows(asked)
    problem = problem_of(asked, rows)
    preload(asked["estimators"])
    (job / "cache").mkdir(exist_ok=True)
    gc.freeze()  # or each fork's collector would touch, and so copy, all pages that it shares
    began = time.monotonic()
    say(ready=True)
    if resident(os.getpid()) > asked["memory_limit"]:
        say(refused=f"The table alone takes {resident(os.getpid()) / 1e9:.2g} GB of memory")
        return
    search = search_of(asked, problem, rows.groups, job, began, lambda: bool(stopped))
    keep = partial(write_outcome, asked, problem, search, job)
    search.run(lambda found: keep(Choice({found.candidate.key: (found, 1.0)}, found.answers)))
    if search.finished:
        keep(choose(search, problem, asked, rows.groups))
    write_json(job / "tried.json", search.tried)


def read_rows(asked: dict[str, Any]) -> Any:
    """The training rows; the sealed ones are in another file, which this process never opens."""
    return training_rows(Artifact("prepared", asked["name"], asked["version"], Path(asked["path"])))


def problem_of(asked: dict[str, Any], rows: Any) -> Problem:
    """The training rows as checked columns, with folds that keep equal rows and groups together."""
    labels = asked["labels"]
    y = to_codes(rows.target, labels) if labels else rows.target.to_numpy(dtype=np.float64)
    checked = check_columns(asked["inputs"], columns_of(rows.frame, asked["inputs"]), len(y))
    folds = folds_of(asked["split"], y, rows.groups, bool(labels))
    positive = labels.index(asked["positive"]) if asked["task"] == "binary" else 0
    goal = Goal(asked["task"], len(labels), positive)
    recipe = Recipe(**asked["recipe"])
    forward = asked["split"] == "time"
    return Problem(asked["inputs"], checked.columns, y, goal, folds, asked["seed"], recipe, rows.weights, forward)


def search_of(
    asked: dict[str, Any], problem: Problem, groups: Any, job: Path, began: float, is_stopped: Callable[[], bool]
) -> Search:
    """The search that was asked for."""
    limit = asked["time_limit"]
    rarest = rarest_share(problem)
    facts = Facts(
        len(problem.y), problem.goal.labels, rarest, is_skewed(problem), asked["false_negative_cost"] is not None
    )
    aim = aim_of(asked["metric"], asked["task"], rarest, asked["false_negative_cost"])
    judged = Asked(asked["metric"], aim, asked["false_negative_cost"], asked["max_latency_ms"])
    columns = width(problem)
    plan = affordable_first(portfolio(asked["estimators"], facts), problem, columns, limit)
    workers = Workers(cores(), asked["memory_limit"])
    reserve = min(4.0, 0.07 * limit + 0.3)
    base = dummy(problem, asked["metric"])
    until, deadline = began + limit - reserve, began + limit
    return Search(problem, judged, plan, job, workers, until, columns, say, is_stopped, base, deadline)


def affordable_first(plan: list[Candidate], problem: Problem, columns: int, limit: float) -> list[Candidate]:
    """The plan, those that would take a large share of the time after the others; never empty-handed at its head."""
    most = LARGEST_SHARE_OF_TIME * limit * cores()

    def expected(candidate: Candidate) -> float:
        return seconds(candidate, len(problem.y), columns, problem.goal.labels) * (len(problem.folds) + 1)

    cheap = [candidate for candidate in plan if expected(candidate) <= most] or [min(plan, key=expected)]
    return cheap + [candidate for candidate in plan if candidate not in cheap]


def cores() -> int:
    """How many forks may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def width(problem: Problem) -> int:
    """About how many numbers a row becomes."""
    kinds = {column["name"]: column for column in problem.inputs["columns"]}
    each = {"text": 60, "datetime": 5}
    known = [each.get(kinds[n]["kind"], 1) if n in kinds else 1 for n in problem.inputs.get("features", list(kinds))]
    return sum(known) or 1


def rarest_share(problem: Problem) -> float:
    """The share of the rarest label; 1 in regression."""
    if not problem.goal.labels:
        return 1.0
    return float(np.bincount(problem.y, minlength=problem.goal.labels).min() / len(problem.y))


def is_skewed(problem: Problem) -> bool:
    """Whether a target of numbers above zero has a long tail that a logarithm would shorten."""
    from scipy.stats import skew

    if problem.goal.labels or problem.y.min() < 0 or problem.y.max() > 1e12:
        return False
    plain = float(skew(problem.y))
    return plain > SKEWED and abs(float(skew(np.log(problem.y + (problem.y.min() < 1e-6))))) < plain


def preload(estimators: list[str]) -> None:
    """Import what the forks will need, once, without starting a thread of OpenMP that a fork would lose."""
    from importlib import import_module

    known = {"lightgbm": "lightgbm", "mlp": "sklearn.neural_network", "nearest_neighbors": "sklearn.neighbors"}
    wanted = [known.get(name) or ESTIMATORS[name].package for name in estimators]
    common = ("skops.io", "sklearn.ensemble", "sklearn.linear_model", "sklearn.metrics", "sklearn.preprocessing")
    for module in (*common, "scipy.optimize", "scipy.stats", *filter(None, wanted)):
        import_module(module)


def say(**facts: Any) -> None:
    """Tell the parent one line."""
    os.write(sys.stdout.fileno(), json.dumps(facts).encode() + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
