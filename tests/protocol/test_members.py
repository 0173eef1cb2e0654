"""A record's members are bounded by its form, whoever reads it: lists of zeros are small in bytes and dear to read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from protocol.canonical import check_value, most_members
from protocol.errors import MalformedError, TooLargeError
from protocol.limits import MAX_ITEM_MEMBERS, MAX_RECORD_MEMBERS
from protocol.proofs import sign
from protocol.records.chain import Seal
from protocol.records.envelope import open_record, reopen_record
from tests.support.community import START, a_community, ack, pod_key, seal

COMMUNITY = a_community("members", 1)
FOUNDER = COMMUNITY.people[0]


def a_record(zeros: int) -> dict[str, Any]:
    """A record of an unknown type whose list makes its members exactly 8 more than `zeros`."""
    header = {"type": "Note", "rules": 1, "group": COMMUNITY.now.group, "author": 1, "key": 0, "counter": 1}
    return sign({**header, "at": START, "x": [0] * zeros}, FOUNDER.signing())


def test_w4_a_record_of_too_many_members_is_refused() -> None:
    assert open_record(a_record(MAX_RECORD_MEMBERS - 8)).type == "Note"
    with pytest.raises(TooLargeError):
        open_record(a_record(MAX_RECORD_MEMBERS - 7))


def test_w4_proofs_are_not_counted_so_that_a_record_with_more_of_them_stays_well_formed() -> None:
    unsigned = {name: value for name, value in a_record(MAX_RECORD_MEMBERS - 8).items() if name != "proof"}
    signers = [FOUNDER.signing(), pod_key("one"), pod_key("two")]
    assert len(open_record(sign(unsigned, *signers)).signers) == 3


def test_w4_an_item_has_a_bound_of_its_own() -> None:
    assert open_record(seal(COMMUNITY.now, FOUNDER.pod, x=[0] * (MAX_RECORD_MEMBERS + 1)).body).type == "Seal"
    with pytest.raises(TooLargeError):
        seal(COMMUNITY.now, FOUNDER.pod, x=[0] * (MAX_ITEM_MEMBERS + 1))


def test_w4_an_ack_says_no_more_than_it_must() -> None:
    honest = ack(1, FOUNDER.pod, COMMUNITY.now)
    unsigned = {name: value for name, value in honest.body.items() if name != "proof"}
    padded = sign({**unsigned, "padding": "x" * 60_000}, pod_key(FOUNDER.pod))
    with pytest.raises(MalformedError):
        open_record(padded)
    # What an older pod stored must not keep a group from loading.
    assert reopen_record(msgspec.json.encode(padded)).type == "Ack"
    item = seal(COMMUNITY.now, FOUNDER.pod, acks=[padded, honest.body])
    assert isinstance(item.content, Seal)
    assert [one.item for one in item.content.acks] == [COMMUNITY.now.head]


@pytest.mark.parametrize("value", [{}, {"a": [[], {}]}, {"a": [1, {"b": "x,{["}, [True, "é"]], "c": 5}])
def test_w4_what_bounds_members_by_the_text_never_counts_too_few(value: Any) -> None:
    assert most_members(msgspec.json.encode(value)) >= check_value(value, max_depth=8)
