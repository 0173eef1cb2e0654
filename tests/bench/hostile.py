"""All attacks at once on one pod, for POD_HOSTILE_MINUTES (1 if nobody says), beside somebody honest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.hostile.load.ground import MIB, a_ground, attacked
from tests.hostile.load.test_attacks import ALL


def measure() -> Iterator[tuple[str, float, str]]:
    """What honest requests wait here and at a twin, and what the pod spends on all attacks together."""
    minutes = float(os.environ.get("POD_HOSTILE_MINUTES", "1"))
    with TemporaryDirectory() as folder, a_ground(Path(folder)) as ground:
        quiet, under = attacked(ground, ALL, 60 * minutes)
        yield "p95 of honest requests at a twin that is left alone", 1000 * quiet.p95, "ms"
        yield "p95 of honest requests, under all attacks at once", 1000 * under.p95, "ms"
        yield "the pod's work during an honest request, at the twin, p95", 1000 * quiet.work, "ms"
        yield "the pod's work during an honest request, p95", 1000 * under.work, "ms"
        yield "honest requests answered by the twin", quiet.requests, ""
        yield "honest requests answered meanwhile", under.requests, ""
        yield "requests of attackers", ground.tried.value, ""
        yield "the pod's part of a processor", under.cpu, ""
        yield "memory, more", (under.rss - quiet.rss) / MIB, "MiB"
        yield "disk, more", (under.disk - quiet.disk) / MIB, "MiB"
        yield "requests at a third server", ground.at_victim, ""
