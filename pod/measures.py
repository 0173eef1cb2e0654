"""What /metrics tells: how long routes take, what waits, how much there is; no name of anybody or of any host."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from models.pod.metrics import Measured

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Durations:
    """How many requests of one kind took how long."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)  # by bucket: the smallest of SECONDS that isn't less than the duration
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(SECONDS, seconds)] += 1
        self.seconds += seconds


class Measures:
    """Durations of requests since the start, and the process's own use of the machine."""

    def __init__(self) -> None:
        self._process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._process)
        self._counted: defaultdict[tuple[str, str, int], _Durations] = defaultdict(_Durations)

    def request(self, method: str, route: str, status: int, spent_ns: int) -> None:
        """Count a request; `route` is a pattern, never an address."""
        self._counted[method if method in METHODS else "other", route, status].add(spent_ns / 1e9)

    def text(self, measured: Measured, storage: Mapping[str, int], *, now: int) -> bytes:
        """All measures in Prometheus's text format."""
        own = CollectorRegistry(auto_describe=False)
        own.register(_Counted(measured, storage, now))
        own.register(_Requests(self._counted))
        return generate_latest(own) + generate_latest(self._process)


class _Requests(Collector):
    def __init__(self, counted: Mapping[tuple[str, str, int], _Durations]) -> None:
        self._counted = counted

    def collect(self) -> Iterable[HistogramMetricFamily]:
        says, labels = "How long requests took, by route and status.", ("method", "route", "status")
        family = HistogramMetricFamily("althing_request_seconds", says, labels=labels)
        for (method, route, status), took in self._counted.items():
            up_to = zip((*map(str, SECONDS), "+Inf"), accumulate(took.counts), strict=True)
            family.add_metric((method, route or "none", str(status)), list(up_to), took.seconds)
        yield family


class _Counted(Collector):
    def __init__(self, measured: Measured, storage: Mapping[str, int], now: int) -> None:
        self._measured, self._storage, self._now = measured, storage, now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        counted = self._measured
        oldest = 0 if counted.oldest_at is None else max(self._now - counted.oldest_at, 0) / 1000
        yield _gauge("people", "Accounts that aren't disabled.", counted.people)
        yield _gauges("groups", "Groups that this pod holds.", "kind", counted.groups)
        yield _gauges("queue_deliveries", "Deliveries that wait, by how their host answers.", "state", counted.queue)
        yield _gauge("queue_oldest_seconds", "For how long the oldest delivery has waited.", oldest)
        yield _gauges("hosts", "Hosts that were ever delivered to, by how they answer.", "state", counted.hosts)
        yield _gauges("storage_bytes", "Bytes on disk.", "class", self._storage)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"althing_{name}", says, value=value)


def _gauges(name: str, says: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"althing_{name}", says, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
