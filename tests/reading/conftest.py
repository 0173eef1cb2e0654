"""One pod for the tests of a module: made, started, ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rig import ServedPod, worker_number

HERE = Path(__file__).parent
NUMBER = 12


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPod]:
    """A pod, not started yet."""
    made = ServedPod(tmp_path_factory.mktemp("pod") / "pod", worker_number(), NUMBER)
    made.create()
    try:
        yield made
    finally:
        made.kill()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a module share its pod, so one worker runs them."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group(f"reading-{item.path.stem}"))
