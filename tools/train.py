"""train: from a prepared dataset to a model, chosen by cross-validation on the training rows."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from tools.core.context import Context
from tools.core.errors import NO_SPACE, BadArguments, EkibenError, Interrupted, LimitReached, disk_full
from tools.core.learning.metrics import shown
from tools.core.learning.outcome import gigabytes
from tools.core.tool import Args, Result, tool


class TrainArgs(Args):
    dataset: str
    """Prepared dataset: NAME or NAME:VERSION."""
    metric: str | None = None
    """What to choose by; roc_auc, log_loss or rmse by default."""
    time_limit: float = Field(60, gt=0, le=86_400)
    """Seconds that training may take."""
    memory_limit: Annotated[float, BeforeValidator(gigabytes)] | None = Field(None, gt=0)
    """Gigabytes that training may hold in memory (500MB works too); four fifths of what is free by default."""
    estimators: list[str] = []
    """Which to try: linear, random_forest, extra_trees, hist_gradient_boosting, lightgbm, mlp, nearest_neighbors, \
and catboost or xgboost where they are installed; all by default."""
    false_negative_cost: float | None = Field(None, gt=0, le=1e6)
    """How many times worse a missed positive row is than a false alarm; it sets the threshold."""
    max_latency_ms: float | None = Field(None, gt=0)
    """Milliseconds in which the model must predict one row."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Another number gives another model from the same rows."""
    name: str | None = None
    """What to call the model; the prepared dataset's name by default."""


class Candidate(BaseModel):
    estimator: str
    variant: str = ""
    """What sets it apart from the estimator's first candidate."""
    score: float | None
    seconds: float
    """On one core."""
    latency_ms: float | None = None
    """To predict one row."""
    note: str = ""
    """Why it has no score."""


class Member(BaseModel):
    estimator: str
    variant: str
    weight: float
    slope: float
    """Calibration: what its log odds are multiplied by; 1 where nothing is done."""
    intercept: float
    """Calibration: what is added to its log odds."""
    rounds: int | None
    """Boosting rounds that are kept; trees of a forest for which the time was too short."""
    bagged: bool
    """Whether it is the mean of the folds' models, or one that was fitted on all training rows."""


class Training(Result):
    model: str
    prepared: str
    estimator: str
    """Its name, or ensemble: the mean of several."""
    members: list[Member]
    """What answers: one, or the ensemble's."""
    metric: str
    score: float
    """By cross-validation on the training rows."""
    interval: tuple[float, float]
    baseline: float
    """What always guessing scores on the same folds."""
    threshold: float | None
    """From which probability on the positive label is predicted; null: the likelier label."""
    cost: float | None
    """Mean cost of a row at that threshold, a false alarm being 1; null without false_negative_cost."""
    latency_ms: float
    """To predict one row on this machine, without the network."""
    candidates: list[Candidate]
    seconds: float

    def headline(self) -> str:
        low, high = self.interval
        best = {(m.estimator, m.variant) for m in self.members}
        scored = [c for c in self.candidates if c.score is not None and (c.estimator, c.variant) not in best]
        others = list(dict.fromkeys(c.estimator for c in scored))[:3]
        said = "".join(f"{n} {shown(next(c.score for c in scored if c.estimator == n))}, " for n in others)
        names = " + ".join(dict.fromkeys(member.estimator for member in self.members))
        decided = "" if self.threshold is None else f" Positive from a probability of {self.threshold:.3g} on."
        return (
            f"{names}: cross-validation {self.metric} {shown(self.score)} "
            f"({shown(low)} to {shown(high)}); {said}always guessing {shown(self.baseline)}.{decided}"
        )


@tool(effect="write")
def train(args: TrainArgs, context: Context) -> Training:
    """Fit and compare estimators by cross-validation, and keep the best as a model."""
    from tools.core.learning.jobs import CHOSEN, FACTS, OUTCOME
    from tools.core.learning.outcome import kept_result
    from tools.core.learning.prepared import training_rows

    prepared = context.find(args.dataset, "prepared")
    rows = training_rows(prepared)
    asked = _asked(args, context, prepared, rows)
    with context.store.staging() as job:
        seconds, stopped = _run(job, asked, context)
        if stopped and not ((job / OUTCOME).exists() and (job / CHOSEN / FACTS).exists()):
            raise stopped
        outcome = outcome_of(job, asked)
        version = context.draw("model", asked["model_name"])
        model = f"{asked['model_name']}:{version}"
        result = Training(**kept_result(model, prepared, asked, outcome, seconds, stopped))
        _keep(context, job, result, asked, args, rows.frame)
    if stopped:
        hint = stopped.hint or "Go on with: ekiben resume"
        what = "The best so far" if outcome["is_over"] else "The first that was ready"
        raise type(stopped)(f"{stopped.message} {what} is kept as {model}: {result.headline()}", hint)
    return result


def _asked(args: TrainArgs, context: Context, prepared: Any, rows: Any) -> dict[str, Any]:
    """What the training process is told."""
    from tools.core.learning.estimators import choose
    from tools.core.learning.metrics import resolve
    from tools.core.learning.outcome import free_memory
    from tools.core.learning.recipe import inputs_of
    from tools.core.names import name_of

    facts, recipe = prepared.record["result"], prepared.record["recipe"]
    metric = resolve(args.metric, facts["task"])
    if args.false_negative_cost is not None and facts["task"] != "binary":
        raise BadArguments(
            f"false_negative_cost is about two labels; {facts['target']!r} is a {facts['task']} target.",
            "Leave it out.",
        )
    limit = 1e9 * args.memory_limit if args.memory_limit else free_memory()
    return {
        "name": prepared.name,
        "version": prepared.version,
        "path": str(prepared.path),
        "inputs": inputs_of(prepared.record, rows.frame),
        "recipe": recipe,
        "suspects": facts["suspects"],
        "labels": facts["labels"],
        "positive": facts["positive"],
        "task": facts["task"],
        "split": facts["split"],
        "metric": metric,
        "estimators": choose(args.estimators, recipe["impute"] == "none", rows.weights is not None),
        "time_limit": min(args.time_limit, max(0.1, 0.9 * context.seconds_left())),
        "memory_limit": limit,
        "false_negative_cost": args.false_negative_cost,
        "max_latency_ms": args.max_latency_ms,
        "seed": args.seed,
        "model_name": name_of(args.name) if args.name else prepared.name,
    }


def _run(job: Path, asked: dict[str, Any], context: Context) -> tuple[float, EkibenError | None]:
    """Seconds that the training process took, and what stopped it before its time."""
    import time
    from threading import Thread

    from tools.core.files import write_json
    from tools.core.learning.jobs import run_child
    from tools.core.learning.outcome import Told

    write_json(job / "job.json", asked)
    Thread(target=_import_ahead, daemon=True).start()
    told = Told(asked, context)
    began = time.monotonic()
    try:
        return run_child("tools.core.learning.training", job, asked["time_limit"], context, told), None
    except KeyboardInterrupt:
        return time.monotonic() - began, Interrupted("Stopped.", "Go on with: ekiben resume")
    except (Interrupted, LimitReached) as exc:
        return time.monotonic() - began, exc


def _import_ahead() -> None:
    """What keeping a model needs, while the other process trains: after a Ctrl-C nobody wants to wait for it."""
    from importlib import import_module

    for name in ("skops.io", "bentoml.models"):
        import_module(name)


def outcome_of(job: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """What the training process left; DiskFull or LimitReached where that is no model."""
    from tools.core.files import read_json
    from tools.core.learning.jobs import CHOSEN, FACTS, OUTCOME, is_full

    tried = read_json(job / "tried.json") if (job / "tried.json").exists() else []
    if (job / OUTCOME).exists() and (job / CHOSEN / FACTS).exists():
        outcome: dict[str, Any] = read_json(job / OUTCOME) | {
            "best": read_json(job / CHOSEN / FACTS),
            "is_over": bool(tried),
        }
        return outcome | {"candidates": tried or outcome["candidates"]}
    if any(NO_SPACE in c["note"] for c in tried) or is_full(job):
        raise disk_full(job)
    notes = "; ".join(f"{c['estimator']}: {c['note']}" for c in tried[:4] if c["note"])
    told = f" ({notes})" if notes else ""
    if any("memory" in c["note"] for c in tried):
        raise LimitReached(f"No estimator was ready within the memory limit{told}.", "Allow more with --memory-limit.")
    raise LimitReached(
        f"No estimator was ready within {asked['time_limit']:g} s{told}.",
        "Allow more with --time-limit, or name a fast one with --estimators linear.",
    )


def _keep(context: Context, job: Path, result: Training, asked: dict[str, Any], args: TrainArgs, frame: Any) -> None:
    import shutil

    from service.runtime import ENCODER_FILE, ESTIMATORS, MODEL_FILE
    from tools.core.files import sha256, write_json
    from tools.core.journal import now
    from tools.core.learning.jobs import CHOSEN
    from tools.core.learning.models import facts_of, sample_of, shipped_hash
    from tools.core.serving.bento import save_model

    chosen = job / CHOSEN
    name, _, version = result.model.partition(":")
    with context.store.staging() as folder:
        files = folder / "files"
        files.mkdir()
        for file in (ENCODER_FILE, ESTIMATORS):
            (chosen / file).rename(files / file)
        write_json(files / MODEL_FILE, facts_of(result.document(), asked, frame))
        write_json(folder / "sample.json", sample_of(files, frame))
        for kept in ("answers.npy", "folds"):
            (chosen / kept).rename(folder / kept)
        record = {
            "made": now(),
            "prepared": result.prepared,
            "arguments": args.model_dump(),
            "sha256": shipped_hash(files),
            "answers_sha256": sha256(folder / "answers.npy"),
            "result": result.document(),
        }
        save_model(context, name, int(version), files, {"prepared": result.prepared, "estimator": result.estimator})
        shutil.rmtree(files)
        context.store.keep("model", name, int(version), folder, record)
