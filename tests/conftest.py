"""Fixtures of all tests: folders of real input, databases on both engines, Hypothesis profiles."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.folders import folder_of
from tests.support.postgres import PostgresServer, postgres_server

# Two shared cores: a deadline per example would measure the neighbours.
BUSY = [HealthCheck.too_slow]
settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=BUSY)
settings.register_profile("all", settings.get_profile("quick"), max_examples=250, print_blob=True)
settings.load_profile(os.environ.get("POD_HYPOTHESIS", "quick"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of long tests come first, journeys and stories next: else one worker ends minutes after the others."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    rooms = {"journeys", "stories"}
    items.sort(key=lambda item: (item.path not in long, rooms.isdisjoint(item.path.parts)))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of test vectors."""
    return folder_of("vectors")


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the four founding documents."""
    return folder_of("seeds")


@pytest.fixture(scope="session")
def real_input() -> Path:
    """The folder of the trust network."""
    return folder_of("data")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for this worker, started by the first test that asks."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database for one test."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, the test once on each engine."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'pod.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))
