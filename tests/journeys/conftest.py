"""Pods for journeys: made once a module, ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.rig import ServedPod, worker_number


@pytest.fixture(scope="module")
def pods(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServedPod]]:
    """Two pods, or as many as the module's `PODS` says, behind relays if it says `RELAYED`; made, not started."""
    folder = tmp_path_factory.mktemp("pods")
    worker = worker_number()
    count = getattr(request.module, "PODS", 2)
    relayed = getattr(request.module, "RELAYED", False)
    made = [ServedPod(folder / f"pod{number}", worker, number, relayed=relayed) for number in range(1, count + 1)]
    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(ServedPod.create, made))
        yield made
    finally:
        for pod in made:
            pod.kill()
