"""train: from a prepared dataset to a model, chosen by cross-validation on the training rows."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from tools.core.context import Context
from tools.core.errors import LimitReached
from tools.core.learning.metrics import shown
from tools.core.tool import Args, Result, tool


class TrainArgs(Args):
    dataset: str
    """Prepared dataset: NAME or NAME:VERSION."""
    metric: str | None = None
    """What to choose by; roc_auc, log_loss or rmse by default."""
    time_limit: float = Field(60, gt=0, le=86_400)
    """Seconds that training may take."""
    estimators: list[str] = []
    """Which to try: linear, random_forest, extra_trees, hist_gradient_boosting; all by default."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Another number gives another model from the same rows."""
    name: str | None = None
    """What to call the model; the prepared dataset's name by default."""


class Candidate(BaseModel):
    estimator: str
    score: float | None
    seconds: float
    note: str = ""
    """Why it has no score."""


class Training(Result):
    model: str
    prepared: str
    estimator: str
    metric: str
    score: float
    """By cross-validation on the training rows."""
    interval: tuple[float, float]
    baseline: float
    """What always guessing scores on the same folds."""
    candidates: list[Candidate]
    seconds: float

    def headline(self) -> str:
        low, high = self.interval
        others = [c for c in self.candidates if c.score is not None and c.estimator != self.estimator]
        said = "".join(f"{c.estimator} {shown(c.score)}, " for c in others)
        return (
            f"{self.estimator}: cross-validation {self.metric} {shown(self.score)} "
            f"({shown(low)} to {shown(high)}); {said}always guessing {shown(self.baseline)}."
        )


@tool(effect="write")
def train(args: TrainArgs, context: Context) -> Training:
    """Fit and compare estimators by cross-validation, and keep the best as a model."""
    from tools.core.learning.estimators import choose
    from tools.core.learning.metrics import resolve
    from tools.core.learning.prepared import training_rows
    from tools.core.learning.recipe import inputs_of
    from tools.core.names import name_of

    prepared = context.find(args.dataset, "prepared")
    facts = prepared.record["result"]
    metric = resolve(args.metric, facts["task"])
    recipe = prepared.record["recipe"]
    names = choose(args.estimators, takes_gaps=recipe["impute"] == "none")
    name = name_of(args.name) if args.name else prepared.name
    rows = training_rows(prepared)
    inputs = inputs_of(prepared.record, rows.frame)
    asked = {
        "name": prepared.name,
        "version": prepared.version,
        "path": str(prepared.path),
        "inputs": inputs,
        "recipe": recipe,
        "suspects": facts["suspects"],
        "labels": facts["labels"],
        "positive": facts["positive"],
        "task": facts["task"],
        "split": facts["split"],
        "metric": metric,
        "estimators": names,
        "time_limit": min(args.time_limit, context.seconds_left()),
        "seed": args.seed,
    }
    with context.store.staging() as job:
        outcome, seconds = _run(job, asked, context)
        version = context.draw("model", name)
        result = _result(f"{name}:{version}", prepared, metric, outcome, seconds)
        _keep(context, job, result, asked, args, rows.frame)
    return result


def _run(job: Path, asked: dict[str, Any], context: Context) -> tuple[dict[str, Any], float]:
    import time

    from tools.core.files import read_json, write_json
    from tools.core.learning.jobs import run_child

    write_json(job / "job.json", asked)
    limit = asked["time_limit"]
    began: list[float] = []
    best = ""

    def told(fact: dict[str, Any]) -> None:
        nonlocal best
        if fact.get("ready"):
            began.append(time.monotonic())
        passed = time.monotonic() - began[0] if began else 0.0
        if fact.get("best"):
            best = f"   best so far {shown(fact['score'])} {asked['metric']}, {fact['best']}"
        context.progress(min(passed / limit, 1.0), f"{passed:.0f} of {limit:.0f} s{best}")

    seconds = run_child("tools.core.learning.training", job, limit, context, told)
    outcome = read_json(job / "outcome.json") if (job / "outcome.json").exists() else {"candidates": []}
    if not outcome.get("best"):
        notes = "; ".join(f"{c['estimator']}: {c['note']}" for c in outcome["candidates"])
        raise LimitReached(
            f"No estimator was ready within {limit:g} s{f' ({notes})' if notes else ''}.",
            "Allow more with --time-limit, or name a fast one with --estimators linear.",
        )
    return outcome, seconds


def _result(model: str, prepared: Any, metric: str, outcome: dict[str, Any], seconds: float) -> Training:
    from tools.core.learning.prepared import leak_warnings

    best = outcome["best"]
    warnings = leak_warnings(prepared) + [
        f"{c['estimator']} has no score: {c['note']}." for c in outcome["candidates"] if c["score"] is None
    ]
    if best["note"]:
        warnings.append(f"The time was short: {best['estimator']} was {best['note']}. Allow more with --time-limit.")
    low, high = best["interval"]
    if low <= outcome["baseline"] <= high:
        warnings.append("This is not better than always guessing, as far as these rows can tell.")
    if outcome["rows"] < 200:
        warnings.append(f"{outcome['rows']} training rows are few: the interval is rough.")
    return Training(
        model=model,
        prepared=prepared.tag,
        estimator=best["estimator"],
        metric=metric,
        score=best["score"],
        interval=best["interval"],
        baseline=outcome["baseline"],
        candidates=[Candidate(**candidate) for candidate in outcome["candidates"]],
        seconds=round(seconds, 3),
        warnings=warnings,
    )


def _keep(context: Context, job: Path, result: Training, asked: dict[str, Any], args: TrainArgs, frame: Any) -> None:
    import shutil

    from service.runtime import MODEL_FILE
    from tools.core.files import write_json
    from tools.core.journal import now
    from tools.core.learning.models import facts_of, sample_of, shipped_hash
    from tools.core.serving.bento import save_model

    chosen = job / result.estimator
    name, _, version = result.model.partition(":")
    with context.store.staging() as folder:
        files = folder / "files"
        files.mkdir()
        for file in ("encoder.json", "estimator.skops"):
            (chosen / file).rename(files / file)
        write_json(files / MODEL_FILE, facts_of(result.document(), asked))
        write_json(folder / "sample.json", sample_of(files, frame))
        (chosen / "answers.npy").rename(folder / "answers.npy")
        record = {
            "made": now(),
            "prepared": result.prepared,
            "arguments": args.model_dump(),
            "sha256": shipped_hash(files),
            "result": result.document(),
        }
        save_model(context, name, int(version), files, {"prepared": result.prepared, "estimator": result.estimator})
        shutil.rmtree(files)
        context.store.keep("model", name, int(version), folder, record)
