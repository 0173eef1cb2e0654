"""One pod for the tests of a module: made, started, ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browsing import Browser
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod, worker_number
from tests.support.shell import settle

HERE = Path(__file__).parent
NUMBER = 11


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPod]:
    """A pod, not started yet."""
    made = ServedPod(tmp_path_factory.mktemp("pod") / "pod", worker_number(), NUMBER)
    made.create()
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture(scope="module")
def mails(pod: ServedPod) -> Iterator[PostOffice]:
    """The pod serves, with an admin called root and somebody called ada; its mails come here."""
    with PostOffice() as office:
        office.configure(pod)
        settle(pod, "root")
        pod.run("user", "promote", "root")
        settle(pod, "ada")
        pod.start()
        yield office


@pytest.fixture
def admin(pod: ServedPod, mails: PostOffice) -> Browser:
    """The admin's browser."""
    assert mails
    return Browser(pod).sign_in("root")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a module share its pod, so one worker runs them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(f"pod-{item.path.stem}"))
