"""What a training process came to, as a person is told: progress while it runs, the result's fields, its warnings."""

import re
import time
from dataclasses import dataclass
from typing import Any

from tools.core.context import Context
from tools.core.errors import LimitReached
from tools.core.learning.metrics import FEW_ROWS, shown

UNITS = {"": 1.0, "gb": 1.0, "g": 1.0, "gib": 1.073741824, "mb": 1e-3, "m": 1e-3, "mib": 1.048576e-3, "tb": 1e3}
SHARE_OF_FREE_MEMORY = 0.8


def gigabytes(value: Any) -> Any:
    """A number of gigabytes, also from texts such as 4GB, 500 MB or 2GiB; anything else unchanged."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-zA-Z]*)\s*", value)
    if not found or found.group(2).lower() not in UNITS:
        return value
    try:
        return float(found.group(1)) * UNITS[found.group(2).lower()]
    except ValueError:
        return value


def free_memory() -> float:
    """Bytes that training may hold where nobody said."""
    import psutil

    return SHARE_OF_FREE_MEMORY * float(psutil.virtual_memory().available)


@dataclass
class Told:
    """Turns the training process's lines into progress: how far, how long, what is best so far."""

    asked: dict[str, Any]
    context: Context
    began: float | None = None
    best: str = ""

    def __call__(self, fact: dict[str, Any]) -> None:
        if fact.get("refused"):
            raise LimitReached(f"{fact['refused']}.", "Allow more with --memory-limit, or train on fewer rows.")
        if fact.get("ready"):
            self.began = time.monotonic()
        if fact.get("best"):
            self.best = f"   best so far {shown(fact['score'])} {self.asked['metric']}, {fact['best']}"
        passed = time.monotonic() - self.began if self.began else 0.0
        limit = self.asked["time_limit"]
        left = max(limit - passed, 0.0)
        self.context.progress(min(passed / limit, 1.0), f"{passed:.0f} of {limit:.0f} s, {left:.0f} left{self.best}")


def kept_result(
    model: str, prepared: Any, asked: dict[str, Any], outcome: dict[str, Any], seconds: float, stopped: Any
) -> dict[str, Any]:
    """The fields of a training's result; LimitReached where nothing is fast enough."""
    best = outcome["best"]
    most = asked["max_latency_ms"]
    if most is not None and best["latency_ms"] > most:
        known = [c for c in outcome["candidates"] if c["latency_ms"] is not None]
        quickest = min(known, key=lambda c: c["latency_ms"])
        raise LimitReached(
            f"No estimator predicts one row within {most:g} ms; {quickest['estimator']} is the fastest with "
            f"{quickest['latency_ms']:.2g} ms.",
            "Allow more with --max-latency-ms.",
        )
    return {
        "model": model,
        "prepared": prepared.tag,
        **{name: best[name] for name in ("estimator", "members", "score", "interval", "threshold", "cost")},
        "metric": asked["metric"],
        "baseline": outcome["baseline"],
        "latency_ms": best["latency_ms"],
        "candidates": outcome["candidates"],
        "seconds": round(seconds, 3),
        "warnings": warnings_of(prepared, asked, outcome, stopped),
    }


def warnings_of(prepared: Any, asked: dict[str, Any], outcome: dict[str, Any], stopped: Any) -> list[str]:
    """What a person should know beside the score."""
    from tools.core.learning.prepared import leak_warnings

    best, tried = outcome["best"], outcome["candidates"]
    found = leak_warnings(prepared) + _failures(tried)
    if stopped:
        what = "best so far" if outcome["is_over"] else "first that was ready"
        found.append(f"It was stopped before its time: this is the {what}.")
    if best["folds"] < outcome["folds"]:
        what = f"{best['estimator']} was tested on {best['folds']} of {outcome['folds']} folds"
        found.append(f"The time was short: {what}. Allow more with --time-limit.")
    low, high = best["interval"]
    if low <= outcome["baseline"] <= high:
        found.append("This is not better than always guessing, as far as these rows can tell.")
    if outcome["rows"] < FEW_ROWS:
        found.append(f"{outcome['rows']} training rows are few: the interval is rough.")
    return found + _about_threshold(asked, best)


def _failures(tried: list[dict[str, Any]]) -> list[str]:
    """Candidates without a score: those that time or memory left out in one sentence, others one by one."""
    without = [c for c in tried if c["score"] is None]
    late = [c for c in without if "time" in c["note"] or "taken" in c["note"] or "stopped" in c["note"]]
    names = list(dict.fromkeys(c["estimator"] for c in late))
    found = [f"The time was too short for {len(late)} more candidates ({', '.join(names)})."] if late else []
    return found + [f"{c['estimator']} has no score: {c['note']}." for c in without if c not in late]


def _about_threshold(asked: dict[str, Any], best: dict[str, Any]) -> list[str]:
    """Why the positive label is not simply the likelier one."""
    reasons = {
        "cost": f"a missed {asked['positive']} costs {asked['false_negative_cost'] or 1:g} times a false alarm",
        "f1": "that is where f1 is best" if asked["metric"] == "f1" else "one label is rare: f1 is best there",
        "f2": "that is where recall is high and precision still counts (f2)",
        "f0.5": "that is where precision is high and recall still counts (f0.5)",
        "balanced_accuracy": "that is where balanced accuracy is best",
    }
    if best["threshold"] is None:
        return []
    return [
        f"{asked['positive']} is predicted from a probability of {best['threshold']:.3g} on: {reasons[best['aim']]}."
    ]
