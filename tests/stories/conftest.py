"""What stories share: a browser, and a place on two pods, made once a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.stories.place import Place, settle
from tests.support.chromium import launched
from tests.support.rig import ServedPod, worker_number


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a screen."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The place, settled on both pods."""
    folder, worker = tmp_path_factory.mktemp("place"), worker_number()
    pods = [ServedPod(folder / f"pod{number}", worker, number) for number in (31, 32)]
    try:
        for pod in pods:
            pod.create()
        yield settle(*pods)
    finally:
        for pod in pods:
            pod.kill()
