"""Work that strangers can cause by what they deliver and serve: a pod asks whom it knows, and keeps what it can use."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import pytest

from protocol.proofs import sign
from tests.support.browsing import Browser
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, call, eventually, worker_number
from tests.support.scene import STRANGER, Scene, a_scene

PODS = 1
NOWHERE: Final = "bagaaiera" + "a" * 51 + "q"


@pytest.fixture(scope="module")
def stranger(pods: list[ServedPod]) -> Iterator[Peer]:
    with serving(Peer(f"127.77.{worker_number()}.8", f"{pods[0].url}/inbox")) as peer:
        yield peer


@pytest.fixture(scope="module")
def scene(pods: list[ServedPod]) -> Iterator[Scene]:
    with serving(Peer(f"127.77.{worker_number()}.9", f"{pods[0].url}/inbox")) as peer:
        yield a_scene(pods[0], peer)


def deliver(peer: Peer, record: dict[str, Any]) -> tuple[int, Any]:
    return send(peer.signed(peer.unsigned(peer.activity(record))))


def a_seal(scene: Scene, height: int, **members: Any) -> dict[str, Any]:
    said = {"parent": NOWHERE, "height": height, "term": 0, "operations": [], "log": {"size": 0, "root": "0" * 64}}
    return sign(scene.body("Seal", **{**said, **members}), STRANGER)


def pulls(scene: Scene, stranger: Peer, seal: dict[str, Any]) -> list[str]:
    """What the pod asks a stranger for who delivers an item."""
    asked = len(stranger.asked)
    deliver(stranger, seal)
    # A member's vote comes after it: once that is logged, the pod has done what there was to do.
    assert deliver(scene.peer, scene.vote())[0] == 202
    scene.quiet()
    return [path for path in stranger.asked[asked:] if path.startswith("/groups/")]


def test_w1_a_strangers_item_has_no_pod_pull_from_the_stranger(scene: Scene, stranger: Peer) -> None:
    assert pulls(scene, stranger, a_seal(scene, 2**40)) == []


def test_w1_of_a_strangers_recovery_the_first_page_is_looked_at_and_no_more(scene: Scene, stranger: Peer) -> None:
    assert len(pulls(scene, stranger, a_seal(scene, 2**40, term=2**32))) <= 1


def a_repost(scene: Scene, group: str, post: str) -> dict[str, Any]:
    """A vote of a group that isn't here for a post."""
    header = {"rules": 1, "group": group, "author": 1, "key": 0, "counter": 1, "at": scene.peer.now()}
    origin = {"group": scene.group, "pod": scene.ada.pod.url}
    return sign({"type": "Vote", **header, "target": {"post": post}, "value": 1000, "from": origin}, STRANGER)


def test_w1_who_tells_of_reposts_is_asked_a_few_times_and_nothing_is_kept(scene: Scene, stranger: Peer) -> None:
    def chains() -> list[str]:
        return [path for path in stranger.asked if path.endswith("/chain?from=0")]

    groups = [NOWHERE[:-2] + letter + "q" for letter in "abcdefghijklmn"]
    assert deliver(stranger, a_repost(scene, groups[0], NOWHERE))[0] == 404  # the post isn't here
    assert chains() == []
    told = [deliver(stranger, a_repost(scene, group, scene.post))[0] for group in groups]
    assert told == [202] * 10 + [404] * 4
    eventually(chains)
    scene.quiet()
    for minute in range(1, 4):
        scene.ada.pod.set_clock(minute * 61_000)
        assert deliver(scene.peer, scene.vote())[0] == 202
        scene.quiet()
    assert len(chains()) <= 6  # questions in vain
    assert "reposted" not in Browser(scene.ada.pod).sign_in("ada").get("/notifications").text
    assert [line["group"] for line in scene.ada.get("/api/v1/groups")["groups"] if line["group"] in groups] == []
    scene.ada.pod.set_clock(0)


def test_w4_a_page_of_dear_records_is_cut_before_it_has_too_many_members(scene: Scene, pods: list[ServedPod]) -> None:
    for _ in range(12):
        said = {"type": "Tomorrow", "x": [0] * 9000}
        scene.ada.post(f"/api/v1/groups/{scene.group}/records", said)
    sight = scene.quiet()
    position = 0
    while position < sight.log_size:
        entries = call("GET", f"{pods[0].door}/groups/{scene.group}/log?from={position}")["entries"]
        assert entries
        assert json.dumps(entries).count(",") < 100_000
        position += len(entries)


def waiting(pod: ServedPod) -> list[tuple[str, int]]:
    with sqlite3.connect(pod.folder / "pod.sqlite") as database:
        rows = database.execute("SELECT origin, count(*) FROM waiting GROUP BY origin ORDER BY origin").fetchall()
    database.close()
    return rows


def test_w6_one_pods_unknown_authors_keep_nobody_elses_out(scene: Scene, stranger: Peer, pods: list[ServedPod]) -> None:
    junk = {"target": {"post": scene.post}, "value": 1}
    unknown = [sign(scene.body("Vote", **junk, author=author), STRANGER) for author in range(100, 305)]
    statuses = [deliver(stranger, vote)[0] for vote in unknown]
    assert statuses.count(202) == 200
    assert len(set(statuses)) == 2
    assert deliver(scene.peer, sign(scene.body("Vote", **junk, author=99), STRANGER))[0] == 202
    assert waiting(pods[0]) == sorted([(stranger.url, 200), (scene.peer.url, 1)])
