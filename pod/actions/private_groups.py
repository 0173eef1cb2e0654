"""Nobody outside a private group learns of it: who belongs to it, who speaks for it, and what all others are told.

Everybody else gets the answer for a group that isn't here (ADR 0025).
"""

from __future__ import annotations

from federation.addresses import origin_of
from federation.errors import UnsafeAddressError
from pod.rules.groups import GroupRule
from protocol.errors import RefusedError
from protocol.keys import DidKey
from protocol.records.envelope import Record
from protocol.records.operation import Join, Operation
from protocol.state import GroupState, Member


def unknown_group() -> RefusedError:
    """The refusal for an unknown group, and for a private one: the asker can't tell them apart."""
    return GroupRule.UNKNOWN_GROUP.error()


def counts(member: Member) -> bool:
    """Whether a private group is open to this member."""
    return member.counts


def is_home(state: GroupState, url: str) -> bool:
    """Whether a member who counts lives at the origin of `url`, the URL of a pod, an actor or an inbox."""
    try:
        origin = origin_of(url).url
    except UnsafeAddressError:
        return False
    return origin in state.pods


def may_be_told(state: GroupState, url: str) -> bool:
    """Whether the group's content may be sent to this URL."""
    return state.visibility != "private" or is_home(state, url)


def check_spoken_for(state: GroupState, record: Record, actor: str) -> None:
    """Refuse a record of a private group from a stranger, in words that don't tell that the group is here.

    Accepted are records from the group's pods, and records signed by somebody whom the group knows: a join with an
    invitation, a move to a new home, a recovery.
    """
    if state.visibility != "private" or is_home(state, actor):
        return
    signers = _signers(record)
    seats = {seat.key for seat in state.asked_seats}
    pods = {home.key for home in state.homes}
    if not any(key in state.keys or key in seats or key in pods for key in signers):
        raise unknown_group()


def _signers(record: Record) -> set[DidKey]:
    signers = set(record.signers)
    operation = record.content
    if isinstance(operation, Operation) and isinstance(operation.wish, Join) and operation.wish.invitation:
        signers |= set(operation.wish.invitation.signers)
    return signers
