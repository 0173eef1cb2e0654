"""What waits for an author that nobody knows makes room after a day."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from protocol.proofs import sign
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, eventually, worker_number
from tests.support.scene import STRANGER, Scene, a_scene

PEER = 13
DAY_MS = 24 * 3600 * 1000
HOUR_MS = 3600 * 1000


@pytest.fixture(scope="module")
def scene(pod: ServedPod) -> Iterator[Scene]:
    with serving(Peer(f"127.77.{worker_number()}.{PEER}", f"{pod.url}/inbox")) as peer:
        yield a_scene(pod, peer)


def waiting(pod: ServedPod) -> int:
    with sqlite3.connect(pod.folder / "pod.sqlite") as database:
        (count,) = database.execute("SELECT count(*) FROM waiting").fetchone()
    database.close()
    return int(count)


def test_a_record_of_an_unknown_author_waits_a_day_and_no_longer(scene: Scene, pod: ServedPod) -> None:
    said = {"author": 99, "target": {"post": scene.post}, "value": 1000}
    vote = sign(scene.body("Vote", **said), STRANGER)
    assert send(scene.peer.signed(scene.peer.unsigned(scene.peer.activity(vote)))) == (202, "")
    assert waiting(pod) == 1
    pod.set_clock(DAY_MS + HOUR_MS)
    eventually(lambda: waiting(pod) == 0)
