"""A group that continues elsewhere is closed: it refuses some kinds of record, and some wishes (ADR 0050).

This is a rule of pods and not of validity: a record that a root proves to be in the log, or an item has, stays valid.
"""

from __future__ import annotations

from typing import Final

from pod.rules.groups import GroupRule
from protocol.errors import Refused
from protocol.records.content import OfEach
from protocol.records.operation import Join, Operation
from protocol.state import GroupState

# Members can still moderate and erase old texts, and end what they began to decide, but add nothing.
AFTER_CLOSE: Final = OfEach(
    Profile=True,
    Post=False,
    Patch=False,
    Vote=True,
    Erase=True,
    Claim=True,
    GuestRecord=False,
    Poll=False,
    Ballot=True,
    Delegate=True,
    Delegation=True,
    Proposal=False,
    AreaVote=True,
    Prediction=False,
    Sealed=True,
    LotShare=True,
    Opening=True,
    Evaluation=True,
    Confirm=True,
)


def takes_kind(state: GroupState, kind: str) -> bool:
    """Whether the group still takes records of a type; types that this version doesn't know are taken."""
    return state.succeeded_by is None or AFTER_CLOSE.of(kind) is not False


def check_open(state: GroupState, kind: str) -> None:
    """Refuse a record of a type that a closed group doesn't take."""
    if not takes_kind(state, kind):
        raise GroupRule.CLOSED.error()


def why_closed(state: GroupState, operation: Operation) -> Refused | None:
    """Why a closed group refuses an operation that the rules allow: nobody new may join. None if it doesn't."""
    if state.succeeded_by is not None and isinstance(operation.wish, Join):
        return GroupRule.CLOSED.refused()
    return None
