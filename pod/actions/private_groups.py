"""A private group is told of to nobody outside it: who belongs to it, who speaks for it, and what all others hear.

Everybody else gets one answer, that of a group which isn't here (ADR 0025).
"""

from __future__ import annotations

from federation.addresses import same_origin
from pod.rules.groups import GroupRule
from protocol.errors import RefusedError
from protocol.records.envelope import Record
from protocol.records.operation import Join, Operation
from protocol.state import GroupState, Member


def unknown_group() -> RefusedError:
    """The same words for a group that isn't here and for one that isn't told: who asks learns nothing."""
    return GroupRule.UNKNOWN_GROUP.error()


def counts(member: Member) -> bool:
    """Whether a member is one to whom a private group is open."""
    return member.weight >= 0 and not member.left


def is_home(state: GroupState, url: str) -> bool:
    """Whether a member who counts is at home at the origin of `url`: a pod's, an actor's or an inbox's."""
    return any(same_origin(pod, url) for pod in {m.home.pod for m in state.members.values() if counts(m)})


def may_be_told(state: GroupState, url: str) -> bool:
    """Whether what belongs to the group may be sent to this URL."""
    return state.visibility != "private" or is_home(state, url)


def check_spoken_for(state: GroupState, record: Record, actor: str) -> None:
    """Refuse what a stranger says of a private group, in words that don't tell that it is here.

    Heard are its pods, and whatever somebody whom the group knows has signed: a join's invitation, a move to a new
    home, a recovery.
    """
    if state.visibility != "private" or is_home(state, actor):
        return
    if not _signers(record) & _known(state):
        raise unknown_group()


def _signers(record: Record) -> set[str]:
    signers: set[str] = set(record.signers)
    operation = record.content
    if isinstance(operation, Operation) and isinstance(operation.wish, Join) and operation.wish.invitation:
        signers |= set(operation.wish.invitation.signers)
    return signers


def _known(state: GroupState) -> set[str]:
    seats = {seat.key for seat in state.asked_seats}
    return {*state.keys, *seats, *(member.home.key for member in state.members.values())}
