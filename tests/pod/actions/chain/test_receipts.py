"""Who delivers a record to the steward as a pod does gets its signed promise back; other software gets nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from federation.group_header import NAME, header_of
from protocol.chain import found
from protocol.limits import MAX_RECEIPT_MS
from protocol.records.chain import Receipt
from protocol.records.envelope import open_record
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, call, worker_number
from tests.support.scene import Scene, a_scene
from tests.support.wire import with_fields

PEER = 12


@pytest.fixture(scope="module")
def scene(pod: ServedPod) -> Iterator[Scene]:
    with serving(Peer(f"127.77.{worker_number()}.{PEER}", f"{pod.url}/inbox")) as peer:
        yield a_scene(pod, peer)


def test_a_pods_delivery_is_answered_with_the_stewards_promise(scene: Scene, pod: ServedPod) -> None:
    root = open_record(call("GET", f"{pod.url}/groups/{scene.group}/chain?from=0")["items"][0])
    vote = open_record(scene.vote())
    unsigned = scene.peer.unsigned(scene.peer.activity(vote.body))
    told = with_fields(unsigned, {NAME: header_of(found(root).state)})

    status, answer = send(scene.peer.signed(told))

    assert status == 202
    receipt = open_record(answer["receipt"]).content
    assert isinstance(receipt, Receipt)
    assert (receipt.record, receipt.term, receipt.steward) == (vote.id, 0, root.body["steward"]["key"])
    assert 0 < receipt.by - scene.peer.now() <= MAX_RECEIPT_MS + 1800_000, "the peer's clock is half an hour behind"
    assert send(scene.peer.signed(told)) == (202, ""), "what is known already was promised once"


def test_other_software_is_told_nothing(scene: Scene) -> None:
    unsigned = scene.peer.unsigned(scene.peer.activity(scene.vote()))
    assert send(scene.peer.signed(unsigned)) == (202, "")
