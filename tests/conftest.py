"""Fixtures of all tests: folders of real input, databases on both engines, Hypothesis profiles."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from tests.support import nursery
from tests.support.folders import folder_of
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.tables import copy_tables, migrate

# Two shared cores: a deadline per example would measure the neighbours.
BUSY = [HealthCheck.too_slow]
settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=BUSY)
settings.register_profile("all", settings.get_profile("quick"), max_examples=100, print_blob=True)
settings.load_profile(os.environ.get("POD_HYPOTHESIS", "quick"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Pods begin as forks, which costs no imports; benches and `started` tests start them as operators do."""
    nursery.used = not any(item.get_closest_marker(name) for name in ("started", "bench"))


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: the garbage collector needn't walk them each time."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def tables(postgres: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, to copy."""
    url = postgres.create_database()
    migrate(url)
    yield str(make_url(url).database)
    postgres.drop_database(url)


@pytest.fixture
def postgres_url(postgres: PostgresServer, tables: str) -> Iterator[str]:
    """A PostgreSQL database with all tables and no rows, for one test."""
    url = postgres.create_database(tables)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def bare_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database without tables, for one test."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and no rows, the test once on each engine."""
    if request.param == "sqlite":
        return copy_tables(tmp_path / "pod.sqlite")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgres"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, the test once on each engine."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'pod.sqlite'}"
    return str(request.getfixturevalue("bare_postgres_url"))
