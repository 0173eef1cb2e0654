"""What /metrics tells: how long routes take, what waits, how much there is; no name of anybody or of any host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from models.pod.metrics import Measured

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Measures:
    """Durations of requests since the start, and the process's own use of the machine."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._requests = Histogram(
            "althing_request_seconds",
            "How long requests took, by route and status.",
            ("method", "route", "status"),
            buckets=SECONDS,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._counted: dict[tuple[str, str, int], Histogram] = {}

    def request(self, method: str, route: str, status: int, ms: float) -> None:
        """Count a request; `route` is a pattern, never an address."""
        known = method if method in METHODS else "other"
        if (found := self._counted.get((known, route, status))) is None:
            found = self._counted[known, route, status] = self._requests.labels(known, route or "none", str(status))
        found.observe(ms / 1000)

    def text(self, measured: Measured, storage: Mapping[str, int], *, now: int) -> bytes:
        """All measures in Prometheus's text format."""
        own = CollectorRegistry(auto_describe=False)
        own.register(_Counted(measured, storage, now))
        return generate_latest(own) + generate_latest(self._registry)


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
