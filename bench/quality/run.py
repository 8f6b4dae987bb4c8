"""Prints how good Ekiben's models are beside what others make of the same rows, and what time each took.

`python bench/quality/run.py` takes the tables beside it and the contenders that are installed here; `--data FOLDER`
takes any folder with CSVs and a catalog.json (name, target, task, leakage_columns). AutoGluon, FLAML, CatBoost and
skrub get an environment each with `--peers FOLDER`, made when they are missing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tables import METRICS, Table, catalog, cut

HERE = Path(__file__).resolve().parent
NEEDS = {
    "autogluon": ["autogluon.tabular[lightgbm,catboost,xgboost,fastai]"],
    "flaml": ["flaml[automl]", "xgboost<3", "lightgbm", "scikit-learn", "pandas<3"],
    "catboost": ["catboost", "pandas", "scikit-learn"],
    "skrub": ["skrub", "scikit-learn"],
}
OURS = ("ekiben", "tutorial", "hist_gradient_boosting", "lightgbm")
RESAMPLES = 1000


@dataclass
class Outcome:
    """What one contender did on one table."""

    score: float
    wall: float
    cpu: float
    answers: pd.DataFrame | None


def main() -> None:
    """Run everybody on every table, then print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=HERE / "data")
    asked.add_argument("--tables", nargs="*", default=[])
    asked.add_argument("--contenders", nargs="*", default=[*OURS[1:], "ekiben@10", "ekiben@30"])
    asked.add_argument("--peers", type=Path, help="folder for the environments of those that need their own")
    asked.add_argument("--keep", type=Path, help="keep answers here, and take those that are there already")
    given = asked.parse_args()
    found: dict[str, dict[str, Outcome]] = {}
    truths: dict[str, tuple[Table, pd.Series]] = {}
    for table in catalog(given.data, given.tables):
        found[table.name] = {}
        with tempfile.TemporaryDirectory(prefix="ekiben-quality-") as place:
            folder = Path(place)
            cut(table, folder)
            truth = pd.read_csv(folder / "truth.csv")[table.target]
            truths[table.name] = (table, truth)
            for name in ["dummy", *given.contenders]:
                outcome = one(name, table, folder, truth, given.peers, given.keep)
                found[table.name][name] = outcome
                took = f"{outcome.wall:6.1f} s  {outcome.cpu:6.1f} CPU s"
                say(f"{table.name:<18} {name:<24} {outcome.score:10.4f}  {took}")
    report(found, truths, ["dummy", *given.contenders])


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def one(name: str, table: Table, folder: Path, truth: pd.Series, peers: Path | None, keep: Path | None) -> Outcome:
    """One contender on one table, in a process of its own."""
    kept = keep / f"{table.name}-{name}.csv" if keep else None
    if kept and kept.exists():
        answers = pd.read_csv(kept.open())
        wall, cpu = (float(v) for v in kept.with_suffix(".seconds").read_text().split())
        return Outcome(score(table, truth, answers), wall, cpu, answers)
    if name == "dummy":
        answers = dummy(table, folder)
        return Outcome(score(table, truth, answers), 0.0, 0.0, answers)
    (folder / "answers.csv").unlink(missing_ok=True)
    command = [
        python_of(name.partition("@")[0], peers),
        str(HERE / "contenders.py"),
        name,
        str(folder),
        table.target,
        table.task,
    ]
    began, before = time.perf_counter(), os.times()
    variables = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    after, wall = os.times(), time.perf_counter() - began
    cpu = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    if done.returncode or not (folder / "answers.csv").exists():
        say(f"{name} failed on {table.name}: {' '.join(done.stderr.strip().splitlines()[-1:])}")
        return Outcome(float("nan"), wall, cpu, None)
    answers = pd.read_csv(folder / "answers.csv")
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        answers.to_csv(kept, index=False)
        kept.with_suffix(".seconds").write_text(f"{wall} {cpu}")
    return Outcome(score(table, truth, answers), wall, cpu, answers)


def python_of(kind: str, peers: Path | None) -> str:
    """The interpreter of a contender's environment, made where it is missing."""
    if kind not in NEEDS or peers is None:
        return sys.executable
    place = peers / kind
    if not (place / "bin/python").exists():
        say(f"making an environment for {kind}")
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(place / "bin/python"), "-m", "pip", "install", "--quiet", *NEEDS[kind]], check=True)
    return str(place / "bin/python")


def dummy(table: Table, folder: Path) -> pd.DataFrame:
    """Always guessing."""
    known = pd.read_csv(folder / "train.csv")[table.target]
    rows = len(pd.read_csv(folder / "truth.csv"))
    if table.task == "regression":
        return pd.DataFrame({"answer": np.full(rows, known.mean())})
    shares = known.value_counts(normalize=True)
    return pd.DataFrame({str(label): np.full(rows, share) for label, share in shares.items()})


def score(table: Table, truth: pd.Series, answers: pd.DataFrame, rows: np.ndarray | None = None) -> float:
    """AUC, log loss or RMSE on some rows. Labels are told by their text, blanks aside."""
    from sklearn import metrics

    if rows is not None:
        truth, answers = truth.iloc[rows], answers.iloc[rows]
    if table.task == "regression":
        return float(metrics.root_mean_squared_error(truth, answers.iloc[:, 0]))
    known = truth.map(plain).to_numpy()
    by_label = {plain(name): answers[name].to_numpy() for name in answers}
    labels = sorted(by_label)
    if table.task == "binary":
        return float(metrics.roc_auc_score(known == labels[-1], by_label[labels[-1]]))
    chances = np.clip(np.column_stack([by_label[label] for label in labels]), 1e-15, 1)
    return float(metrics.log_loss(known, chances / chances.sum(axis=1, keepdims=True), labels=labels))


def plain(label: object) -> str:
    """A label's text: 1, 1.0 and " 1" are one."""
    text = str(label).strip()
    return text.removesuffix(".0").lower() if text.lower() in ("true", "false") or text.endswith(".0") else text


def gain(table: Table, one_score: float, other: float) -> float:
    """How much better the first score is."""
    return one_score - other if table.task == "binary" else other - one_score


def report(found: dict[str, dict[str, Outcome]], truths: dict[str, tuple[Table, pd.Series]], names: list[str]) -> None:
    """Scores, mean ranks, mean normalised scores (0 a dummy, 1 the best there), seconds; then pairs by bootstrap."""
    scores = pd.DataFrame({t: {n: o.score for n, o in by.items()} for t, by in found.items()}).T[names]
    say("\n" + scores.assign(metric=[METRICS[truths[t][0].task] for t in scores.index]).to_string(float_format="%.4f"))
    upward = scores.mul([1 if truths[t][0].task == "binary" else -1 for t in scores.index], axis=0)
    base, best = upward["dummy"], upward.max(axis=1)
    others = [name for name in names if name != "dummy"]
    normal = upward[others].sub(base, axis=0).div(best - base, axis=0).clip(lower=-1)
    told = pd.DataFrame(
        {"mean rank": upward[others].rank(axis=1, ascending=False).mean(), "mean normalised": normal.mean()}
    )
    told["mean wall s"] = pd.Series({n: np.mean([by[n].wall for by in found.values()]) for n in others})
    told["mean CPU s"] = pd.Series({n: np.mean([by[n].cpu for by in found.values()]) for n in others})
    say("\n" + told.sort_values("mean rank").to_string(float_format="%.3f"))
    for ours in (name for name in others if name.startswith("ekiben")):
        for other in (name for name in others if not name.startswith("ekiben")):
            say(f"{ours} against {other}: " + pairs(found, truths, ours, other))


def pairs(
    found: dict[str, dict[str, Outcome]], truths: dict[str, tuple[Table, pd.Series]], ours: str, other: str
) -> str:
    """On how many tables one is better beyond noise (paired bootstrap over test rows, 95 %)."""
    verdicts: dict[str, list[str]] = {"better": [], "worse": [], "undecided": []}
    for name, by in found.items():
        mine, theirs = by[ours].answers, by[other].answers
        if mine is None or theirs is None:
            continue
        verdicts[verdict(*truths[name], mine, theirs)].append(name)
    return "; ".join(f"{word} on {len(tables)} ({', '.join(tables)})" for word, tables in verdicts.items())


def verdict(table: Table, truth: pd.Series, mine: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """better, worse or undecided."""
    random = np.random.default_rng(0)
    gains = []
    for _ in range(RESAMPLES // 5 if len(truth) > 5_000 else RESAMPLES // 2):
        rows = random.integers(0, len(truth), len(truth))
        try:
            gains.append(gain(table, score(table, truth, mine, rows), score(table, truth, theirs, rows)))
        except ValueError:
            continue  # one label alone was drawn
    low, high = np.percentile(gains, [2.5, 97.5])
    return "better" if low > 0 else "worse" if high < 0 else "undecided"


if __name__ == "__main__":
    main()
