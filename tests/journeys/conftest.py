"""Pods for journeys: made once a module, ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.rig import ServedPod, worker_number

HERE = Path(__file__).parent


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


def pytest_itemcollected(item: pytest.Item) -> None:
    """A journey is told in order by one worker: its tests share the pods of their module."""
    if item.path.parent == HERE:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))
