"""The chain of the vectors: every record opens to its id, and every item follows its parent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from protocol.branches import anchored, confirm, extend, opened, resolve
from protocol.chain import follow, found
from protocol.errors import BadProofError, BrokenItemError
from protocol.records.chain import Ack
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.state import quorum, state_hash
from tests.support.community import kept

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/records.json").read_text())
RECORDS = {entry["name"]: entry for entry in VECTORS["records"]}
CHAIN = ["GroupRoot", "Seal 1", "Seal 2", next(name for name in RECORDS if name.startswith("Handover"))]


def opened_vector(name: str) -> Record:
    return open_record(RECORDS[name]["record"])


@pytest.mark.parametrize("name", RECORDS, ids=str)
def test_every_record_of_the_vectors_opens_to_its_id(name: str) -> None:
    record = opened_vector(name)

    assert record.id == RECORDS[name]["id"]
    assert reopen_record(record.wire) == record


@pytest.mark.parametrize("name", RECORDS, ids=str)
def test_a_record_with_another_counter_or_time_is_refused(name: str) -> None:
    body = json.loads(json.dumps(RECORDS[name]["record"]))
    field = "at" if "at" in body else "term"
    body[field] += 1

    with pytest.raises(BadProofError):
        open_record(body)


def test_the_chain_of_the_vectors_folds_without_void_operations() -> None:
    followed = found(opened_vector(CHAIN[0]))
    for name in CHAIN[1:]:
        followed = follow(followed.state, opened_vector(name))
        assert followed.void == ()

    state = followed.state
    assert (state.height, state.term, state.epoch) == (3, 2**32, 1)
    assert state.members[2].weight == 2000
    assert [key.did for key in state.members[2].keys] == [
        entry["did"] for entry in VECTORS["derived"] if entry["person"] == "bo" and "signing" in entry["info"]
    ]
    assert state.members[1].keys[0].until == 9
    assert state.steward.pod == "https://b.example"


def test_the_recovery_of_the_vectors_settles_by_the_new_keeper_alone() -> None:
    root, seal, second, handover = (opened_vector(name) for name in CHAIN)
    ack = opened_vector("Ack by keeper 1")
    view = extend(extend(opened(root), seal), second)
    assert isinstance(ack.content, Ack)
    view = confirm(view, ack.content)
    assert view.anchor == second.id

    view = extend(view, handover)

    assert view.head == handover.id
    assert view.anchor == second.id  # the new keeper has not confirmed yet
    assert resolve(found(root).state, [handover, second, seal, ack]).head == handover.id


def test_a_seal_that_skips_a_height_is_refused() -> None:
    root, _, second, _ = (opened_vector(name) for name in CHAIN)

    with pytest.raises(BrokenItemError):
        follow(found(root).state, second)


def test_a_snapshot_gives_the_same_state_back() -> None:
    followed = found(opened_vector(CHAIN[0]))
    for name in CHAIN[1:]:
        followed = follow(followed.state, opened_vector(name))

    again = kept(followed.state)

    assert again == followed.state
    assert state_hash(again) == state_hash(followed.state)
    assert anchored(again).head == again.head


@pytest.mark.parametrize(("keepers", "needed"), [(1, 1), (3, 2), (4, 3), (7, 5)])
def test_the_quorum_of_four_and_seven_survives_a_hostile_pod(keepers: int, needed: int) -> None:
    assert quorum(keepers) == needed
