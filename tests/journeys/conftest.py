"""Pods for journeys: made once a module, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.postgres import postgres_server
from tests.support.rig import ServedPod, worker_number


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that names its `ENGINES` is told once on each."""
    if engines := getattr(metafunc.module, "ENGINES", ()):
        metafunc.parametrize("engine", engines, scope="module", indirect=True)


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes the URL of a new database for a pod; empty for SQLite in its folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield str
        return
    # A pod refuses a server that doesn't wait for its disk.
    with postgres_server(durable=True) as server:
        yield server.create_database


@pytest.fixture(scope="module")
def pods(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, engine: Callable[[], str]
) -> Iterator[list[ServedPod]]:
    """Two pods, or as many as the module's `PODS` says, behind relays if it says `RELAYED`; made, not started."""
    folder = tmp_path_factory.mktemp("pods")
    worker = worker_number()
    count = getattr(request.module, "PODS", 2)
    relayed = getattr(request.module, "RELAYED", False)
    made = [ServedPod(folder / f"pod{number}", worker, number, relayed=relayed) for number in range(1, count + 1)]
    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda pod: pod.create(database=engine()), made))
        yield made
    finally:
        for pod in made:
            pod.kill()
