"""Whose signatures an operation needs beside its author's: who may give them, how many it takes, who gave one.

The same rules as in `protocol.operations`, told before they refuse, so that members can gather what is lacking.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from protocol.keys import DidKey
from protocol.records.operation import Operation, Publish, SetWeight, Succeed
from protocol.rules.operations import OperationRule
from protocol.state import GroupState

# The rules that refuse an operation only until more members have signed it.
LACKING: Final = (OperationRule.TOO_FEW_OWNERS, OperationRule.NAME_NOT_SIGNED_BY_ALL)


class NeededSignatures(msgspec.Struct, frozen=True):
    """`count` members among `of` must sign."""

    of: tuple[int, ...]
    count: int


def needed_signatures(state: GroupState, operation: Operation) -> NeededSignatures | None:
    """The signatures that an operation needs in this state; None if its author's is enough."""
    match operation.wish:
        case Publish():
            return needed_to_publish(state)
        case Succeed():
            return _majority(state)
        case SetWeight(member=member, weight=weight) if member != operation.author:
            return needed_for_weight(state, member, weight)
        case _:
            return None


def needed_to_publish(state: GroupState) -> NeededSignatures:
    """The same for publishing the group: all members with weight must sign."""
    weighty = tuple(sorted(one.number for one in state.members.values() if one.decides))
    return NeededSignatures(weighty, len(weighty))


def needed_for_weight(state: GroupState, number: int, weight: int) -> NeededSignatures | None:
    """The same for a change of another member's weight: several owners must agree on who is an owner."""
    member = state.members.get(number)
    concerns_owners = weight == state.owner_weight or (member is not None and state.is_owner(member))
    return _majority(state) if concerns_owners else None


def _majority(state: GroupState) -> NeededSignatures:
    owners = tuple(sorted(number for number, member in state.members.items() if state.is_owner(member)))
    return NeededSignatures(owners, len(owners) // 2 + 1)


def signed_by(state: GroupState, needed: NeededSignatures, signers: Collection[DidKey]) -> tuple[int, ...]:
    """Those of the members who may sign whose present key did."""
    return tuple(number for number in needed.of if state.members[number].signing in signers)
