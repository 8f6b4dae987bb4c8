"""How many requests a revision answered, and how fast: read from its processes' shared folder of metrics."""

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

TOTAL = "bentoml_service_request_duration_seconds_count"
SECONDS = "bentoml_service_request_duration_seconds_bucket"


class Latency(BaseModel):
    """Milliseconds below which half, and 99 of 100, requests were answered; as fine as the histogram's buckets."""

    p50: float
    p99: float


class Counts(BaseModel):
    """Clients' requests to /predict, since the revision's processes were first started."""

    requests: int
    refused: int
    """Those that were answered with a 4xx: bad rows, no key, too many at once."""
    errors: int
    """Those that were answered with a 5xx."""
    latency_ms: Latency | None
    """Null when there is none."""


def read_counts(metrics: str | None) -> Counts | None:
    """What all processes of a revision counted; None when that cannot be read."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    if not metrics or not Path(metrics).is_dir():
        return None
    collector: Any = MultiProcessCollector
    try:
        families = list(collector(CollectorRegistry(), path=metrics).collect())
    except (OSError, ValueError):
        return None
    samples = [s for family in families for s in family.samples if s.labels.get("endpoint") == "/predict"]
    totals = [s for s in samples if s.name == TOTAL]
    refused, errors = (_of_class(totals, digit) for digit in "45")
    return Counts(requests=_of_class(totals, ""), refused=refused, errors=errors, latency_ms=_latency(samples))


def _of_class(totals: list[Any], digit: str) -> int:
    """How many requests were answered with a status that begins so."""
    return int(sum(s.value for s in totals if s.labels["http_response_code"].startswith(digit)))


def _latency(samples: list[Any]) -> Latency | None:
    buckets: dict[float, float] = defaultdict(float)
    for sample in samples:
        if sample.name == SECONDS:
            buckets[float(sample.labels["le"])] += sample.value
    if not buckets or not max(buckets.values()):
        return None
    return Latency(p50=quantile(buckets, 0.5), p99=quantile(buckets, 0.99))


def quantile(buckets: dict[float, float], part: float) -> float:
    """Milliseconds from cumulative counts by upper bound in seconds; straight lines within a bucket."""
    bounds = sorted(buckets)
    wanted = part * buckets[bounds[-1]]
    lower, below = 0.0, 0.0
    for upper in bounds:
        if buckets[upper] >= wanted:
            if math.isinf(upper):
                return round(1000 * lower, 3)
            inside = (wanted - below) / (buckets[upper] - below)
            return round(1000 * (lower + inside * (upper - lower)), 3)
        lower, below = upper, buckets[upper]
    return round(1000 * lower, 3)
