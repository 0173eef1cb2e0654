"""The shape of an erased record is read strictly, written in one way, and says nothing that it can't."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.authorship import check_logged
from protocol.errors import MalformedError, NotAuthorError, UnknownAuthorError
from protocol.records.content import Address
from protocol.records.erased import ErasedRecord, parse_erased, wire_of_erased
from tests.support.community import a_community, derived, operation, seal
from tests.support.writing import GROUP, an_id

OWN = an_id("patch")
SHAPE: dict[str, Any] = {
    "id": OWN,
    "type": "Patch",
    "group": GROUP,
    "author": 2,
    "key": 0,
    "counter": 3,
    "erased": True,
    "post": an_id("post"),
    "afters": [{}, {"record": an_id("post"), "index": 4}, {"record": OWN, "index": 0}],
}
PROFILE = {name: value for name, value in SHAPE.items() if name not in {"post", "afters"}} | {"type": "Profile"}
POST = SHAPE | {"type": "Post", "post": OWN, "afters": [{}, {"record": OWN, "index": 0}]}


@pytest.mark.parametrize("body", [SHAPE, PROFILE, POST, POST | {"afters": []}], ids=str)
def test_a_shape_is_written_as_it_is_read(body: dict[str, Any]) -> None:
    wire = wire_of_erased(parse_erased(body))
    assert msgspec.json.decode(wire) == body
    assert wire == wire_of_erased(parse_erased(msgspec.json.decode(wire)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x"},
        {"type": "Vote"},
        {"type": "Erase"},
        {"group": None},
        {"author": 0},
        {"author": "2"},
        {"key": -1},
        {"counter": 0},
        {"erased": False},
        {"erased": 1},
        {"post": None},
        {"afters": None},
        {"type": "Profile"},
        {"afters": {}},
        {"afters": [{}] * 501},
        {"afters": [{"index": 1}]},
        {"afters": [{"record": OWN}]},
        {"afters": [{"record": OWN, "index": 0}]},
        {"afters": [{"record": "x", "index": 0}]},
        {"type": "Post"},
        {"type": "Post", "post": OWN, "afters": [{}, {}]},
        {"type": "Post", "post": OWN, "afters": [{"record": an_id("other"), "index": 0}]},
        {"text": "a secret"},
        {"proof": {}},
    ],
    ids=str,
)
def test_what_is_no_shape_is_refused(wrong: dict[str, Any]) -> None:
    body = {name: value for name, value in (SHAPE | wrong).items() if value is not None}
    with pytest.raises(MalformedError):
        parse_erased(body)


@pytest.mark.parametrize("body", [None, 1, "x", [], {}], ids=str)
def test_what_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(MalformedError):
        parse_erased(body)


@given(
    afters=st.lists(st.none() | st.builds(Address, st.sampled_from([an_id("a"), an_id("b")]), st.integers(0, 499))),
    counter=st.integers(1, 2**53 - 1),
)
def test_every_shape_of_a_patch_comes_back(afters: list[Address | None], counter: int) -> None:
    shape = ErasedRecord(OWN, "Patch", GROUP, 2, 0, counter, an_id("post"), tuple(afters))
    assert parse_erased(msgspec.json.decode(wire_of_erased(shape))) == shape


def test_a_replaced_key_signed_what_stands_below_the_size_at_which_it_went() -> None:
    community = a_community("late", 2)
    founder, other = community.people
    first = other.signing()
    state = community.add(seal(community.now, founder.pod, [], log=community.now.log))
    new = derived(other.name, "signing", 1)
    state = community.add(seal(state, founder.pod, [operation(state.group, other, "rekey", {"signing": new.did})]))
    until = state.members[2].keys[0].until
    assert until == 0

    check_logged(state, 2, 1, [new.did], index=0)
    check_logged(state, 2, 1, [], index=0)
    for author, key, signers, error in (
        (2, 0, [first.did], NotAuthorError),
        (2, 1, [first.did], NotAuthorError),
        (2, 2, [new.did], UnknownAuthorError),
        (9, 0, [new.did], UnknownAuthorError),
    ):
        with pytest.raises(error):
            check_logged(state, author, key, signers, index=0)
