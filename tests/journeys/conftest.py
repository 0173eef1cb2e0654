"""Pods for journeys: made once a module, ended with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Browser as Chromium

from tests.support.chromium import launched
from tests.support.chromium_visitor import LOOKS, ChromiumVisitor, Look
from tests.support.postgres import postgres_server
from tests.support.rig import ServedPod, worker_number

PROCESSES: Final = 3


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that names its `ENGINES` is told once on each; ALTHING_ENGINE: every module on that one.

    Likewise its `LOOKS`; POD_LOOKS=all: in all four.
    """
    given = os.environ.get("ALTHING_ENGINE")
    engines = (given,) if given else getattr(metafunc.module, "ENGINES", ())
    if engines and "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", engines, scope="module", indirect=True)
    looks = getattr(metafunc.module, "LOOKS", ())
    if looks and "look" in metafunc.fixturenames:
        told = tuple(LOOKS) if os.environ.get("POD_LOOKS") == "all" else looks
        metafunc.parametrize("look", told, scope="module", indirect=True)


class Engine(NamedTuple):
    """What pods run on: makes the URL of a new database (empty: SQLite in its folder), and how many processes serve."""

    database: Callable[[], str]
    processes: int = 1


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """`sqlite`, `postgres`, or `processes`: PostgreSQL with three processes for each pod."""
    name = getattr(request, "param", "sqlite")
    if name == "sqlite":
        yield Engine(str)
        return
    # A pod refuses a server that doesn't wait for its disk.
    with postgres_server(durable=True) as server:
        yield Engine(server.create_database, PROCESSES if name == "processes" else 1)


@pytest.fixture(scope="module")
def look(request: pytest.FixtureRequest) -> Look:
    """How a journey that is told in Chromium is told."""
    return LOOKS[getattr(request, "param", "en-scripts")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A browser without a screen."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def visitor(chromium: Chromium, pods: list[ServedPod], look: Look) -> Iterator[Callable[[ServedPod], ChromiumVisitor]]:
    """Opens a window of somebody at a pod, in the module's look."""
    came: list[ChromiumVisitor] = []

    def come(pod: ServedPod) -> ChromiumVisitor:
        came.append(ChromiumVisitor(chromium, pods, pod, look))
        return came[-1]

    yield come
    for one in came:
        one.close()


@pytest.fixture(scope="module")
def pods(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, engine: Engine, look: Look
) -> Iterator[list[ServedPod]]:
    """Two pods, or as many as the module's `PODS` says, behind relays if it says `RELAYED`; made, not started."""
    del look  # a journey told anew has pods of its own
    folder = tmp_path_factory.mktemp("pods")
    worker = worker_number()
    count = getattr(request.module, "PODS", 2)
    relayed = getattr(request.module, "RELAYED", False)
    made = [ServedPod(folder / f"pod{number}", worker, number, relayed=relayed) for number in range(1, count + 1)]
    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda pod: pod.create(database=engine.database()), made))
        for pod in made:
            pod.processes = engine.processes
        yield made
    finally:
        for pod in made:
            pod.kill()
