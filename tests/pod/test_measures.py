"""How long requests took is counted in Prometheus's buckets, which hold all that took no longer than they say."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from models.pod.metrics import Measured
from pod.measures import SECONDS, Measures

MS = 1_000_000
NOTHING = Measured(people=0, groups={}, queue={}, oldest_at=None, hosts={}, database_bytes=None)


def test_a_bucket_holds_whatever_took_no_longer() -> None:
    measures = Measures()
    for ms in (1, 5, 6, 300, 20_000):
        measures.request("GET", "/g/{group}", 200, ms * MS)
    measures.request("BREW", "", 404, MS)
    samples = {
        (sample.name, sample.labels.get("method"), sample.labels.get("le")): (sample.value, sample.labels.get("route"))
        for family in text_string_to_metric_families(measures.text(NOTHING, {}, now=0).decode())
        for sample in family.samples
    }
    name = "althing_request_seconds"
    counts = [samples[f"{name}_bucket", "GET", str(most)][0] for most in SECONDS]
    assert counts == [2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert samples[f"{name}_bucket", "GET", "+Inf"] == samples[f"{name}_count", "GET", None] == (5, "/g/{group}")
    assert samples[f"{name}_sum", "GET", None][0] == 20.312
    assert samples[f"{name}_count", "other", None] == (1, "none")
