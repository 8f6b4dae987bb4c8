"""Counts and durations of requests for Prometheus, by BentoML's names; processes of one revision add up.

With PROMETHEUS_MULTIPROC_DIR set every process counts in files of that folder, and each answers for all of them.
"""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

LABELS = ("endpoint", "service_name", "service_version", "http_response_code")
BUCKETS = tuple(round(1e-4 * 1.3**step, 7) for step in range(52))
"""Seconds, from 0.1 ms to about a minute, each 1.3 times the one before: what p50 and p99 are read from."""
COUNT = "bentoml_service_request_duration_seconds_count"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Tally:
    """What is counted of one service's requests: their durations, whose number is that of the requests."""

    def __init__(self, tag: str) -> None:
        from prometheus_client import Histogram

        self.name, _, self.version = tag.partition(":")
        told = "Duration of HTTP requests in seconds"
        self.seconds = Histogram("request_duration_seconds", told, LABELS, namespace="bentoml_service", buckets=BUCKETS)
        self.kept: dict[tuple[str, int], Any] = {}

    def count(self, endpoint: str, status: int, seconds: float) -> None:
        """One request. `endpoint` is one of a few that are known, never what a client sent."""
        durations = self.kept.get((endpoint, status))
        if durations is None:
            durations = self.seconds.labels(endpoint, self.name, self.version, str(status))
            self.kept[endpoint, status] = durations
        durations.observe(seconds)


@cache
def tally_of(tag: str) -> Tally:
    """The one tally of a process for a service; made at the first request, when the folder is known."""
    return Tally(tag)


class _Requests:
    """BentoML's counter of requests, read off another registry's histograms, so that it costs a request nothing."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry

    def collect(self) -> Iterator[Any]:
        """The counter."""
        from prometheus_client.core import CounterMetricFamily

        made = CounterMetricFamily("bentoml_service_request", "Total number of HTTP requests", labels=LABELS)
        for family in self.registry.collect():
            for sample in family.samples:
                if sample.name == COUNT:
                    made.add_metric([sample.labels[label] for label in LABELS], sample.value)
        yield made


def exposition() -> bytes:
    """All that is counted, in Prometheus' text format."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    counted: Any = REGISTRY
    if os.environ.get(FOLDER):
        counted, collector = CollectorRegistry(), cast(Any, MultiProcessCollector)
        collector(counted)
    requests: Any = CollectorRegistry()
    requests.register(_Requests(counted))
    return generate_latest(requests) + generate_latest(counted)
