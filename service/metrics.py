"""Counts and durations of requests for Prometheus, by BentoML's names; processes of one revision add up.

With PROMETHEUS_MULTIPROC_DIR set every process counts in files of that folder, and each answers for all of them.
"""

import os
from functools import cache
from typing import Any

LABELS = ("endpoint", "service_name", "service_version", "http_response_code")
BUCKETS = tuple(round(1e-4 * 1.3**step, 7) for step in range(52))
"""Seconds, from 0.1 ms to about a minute, each 1.3 times the one before: what p50 and p99 are read from."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Tally:
    """What is counted of one service's requests."""

    def __init__(self, tag: str) -> None:
        from prometheus_client import Counter, Histogram

        name, _, self.version = tag.partition(":")
        self.name = name
        self.total = Counter("request_total", "Total number of HTTP requests", LABELS, namespace="bentoml_service")
        told = "Duration of HTTP requests in seconds"
        self.seconds = Histogram("request_duration_seconds", told, LABELS, namespace="bentoml_service", buckets=BUCKETS)
        self.kept: dict[tuple[str, int], tuple[Any, Any]] = {}

    def count(self, endpoint: str, status: int, seconds: float) -> None:
        """One request. `endpoint` is one of a few that are known, never what a client sent."""
        counters = self.kept.get((endpoint, status))
        if counters is None:
            labels = (endpoint, self.name, self.version, str(status))
            counters = self.total.labels(*labels), self.seconds.labels(*labels)
            self.kept[endpoint, status] = counters
        counters[0].inc()
        counters[1].observe(seconds)


@cache
def tally_of(tag: str) -> Tally:
    """The one tally of a process for a service; made at the first request, when the folder is known."""
    return Tally(tag)


def exposition() -> bytes:
    """All that is counted, in Prometheus' text format."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    if not os.environ.get(FOLDER):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    collector: Any = MultiProcessCollector
    collector(registry)
    return generate_latest(registry)
