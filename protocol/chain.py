"""The law of a chain: when an item follows its parent, and what the group is after it.

`follow(state, item)` is a function of the item and its parent's state, of nothing else:

 1 height = parent's + 1; `at` not before the parent's; the log does not shrink.
 2 A seal has the parent's term and the proof of the parent's steward.
 3 A handover has a higher term, at most the next multiple of 2^32; exactly that multiple is a recovery.
 4 A handover is signed by a quorum of the parent state's keepers, and of every earlier set of keepers that no item
   has yet shown to have confirmed the handover that replaced it; by seat key, or by the recovery key valid in the
   parent's state; a recovery by recovery keys only. Proofs by others change nothing.
 5 After its operations a handover names 1, 3, 4 or 7 distinct members with weight > 0 and their pods' keys, all
   different, and the pod of one of them as steward, which signs too.
 6 Operations that the rules refuse are void and change nothing.

Which branch holds is decided in `protocol.branches`. Spec: protocol.md section 3.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from immutables import Map
from msgspec.structs import replace

from protocol.errors import Refused, VoidOperationError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.operations import applied
from protocol.records.chain import EPOCH, KEEPER_COUNTS, Ack, BadOperation, GroupRoot, Handover, Seal, Seat
from protocol.records.envelope import Record
from protocol.rules.items import ItemRule
from protocol.rules.operations import OperationRule
from protocol.state import EarlierKeepers, GroupState, founded, quorum

NO_TRAIL: Map[RecordId, tuple[int, int]] = Map()


class Followed(msgspec.Struct, frozen=True, gc=False):
    """The state after an item; `void` holds the position of each operation that was refused, and why."""

    state: GroupState
    void: tuple[tuple[int, Refused], ...] = ()


def found(root: Record) -> Followed:
    """The state after a root; raises BrokenItemError if the record isn't a root."""
    if not isinstance(root.content, GroupRoot):
        raise ItemRule.NO_ROOT.error()
    return Followed(founded(root.id, root.content))


def is_recovery(parent_term: int, term: int) -> bool:
    """Whether a handover of `term` is a recovery, if its parent has the term `parent_term`."""
    return term == next_epoch(parent_term)


def next_epoch(term: int) -> int:
    """The term of a recovery whose parent has the term `term`."""
    return (term // EPOCH + 1) * EPOCH


def follow(state: GroupState, record: Record) -> Followed:
    """The state after `record`, which names `state.head` as its parent; raises BrokenItemError."""
    item = record.content
    if not isinstance(item, Seal | Handover):
        raise ItemRule.NO_LINK.error()
    _check_place(state, record, item)
    if isinstance(item, Seal):
        if item.term != state.term:
            raise ItemRule.SEAL_TERM.error(term=state.term)
        if state.steward.key not in record.signers:
            raise ItemRule.SEAL_SIGNER.error()
        return _sealed(state, record, item)
    return _handed_over(state, record, item)


def _check_place(state: GroupState, record: Record, item: Seal | Handover) -> None:
    if record.group != state.group or item.parent != state.head:
        raise ItemRule.OTHER_PARENT.error()
    if item.height != state.height + 1:
        raise ItemRule.OTHER_HEIGHT.error(expected=state.height + 1, height=item.height)
    if item.at < state.at:
        raise ItemRule.OLDER_THAN_PARENT.error()
    if item.log.size < state.log.size:
        raise ItemRule.SMALLER_LOG.error()


def _sealed(state: GroupState, record: Record, item: Seal) -> Followed:
    earlier = _still_unshown(state, item.acks)
    after, void = _fold(state, item, recovery=False)
    return Followed(
        replace(
            after,
            head=record.id,
            height=item.height,
            at=item.at,
            log=item.log,
            earlier=earlier,
            trail=state.trail.set(record.id, (item.height, item.term)) if earlier else NO_TRAIL,
        ),
        void,
    )


def _handed_over(state: GroupState, record: Record, item: Handover) -> Followed:
    limit = next_epoch(state.term)
    if not state.term < item.term <= limit:
        raise ItemRule.TERM_OUT_OF_RANGE.error(term=state.term, most=limit)
    recovery = item.term == limit
    earlier = _still_unshown(state, item.acks)
    check_signatures(state, record.signers, earlier, recovery=recovery)
    after, void = _fold(state, item, recovery=recovery)
    _check_keepers(after, record, item)
    # A recovery's signatures count as the old keepers' confirmation, so no earlier set must still confirm.
    unshown = () if recovery else (*earlier, EarlierKeepers(state.seats, item.height))
    trail = state.trail if earlier else NO_TRAIL
    return Followed(
        replace(
            after,
            head=record.id,
            height=item.height,
            term=item.term,
            at=item.at,
            log=item.log,
            steward=item.steward,
            seats=item.keepers,
            earlier=unshown,
            trail=trail.set(record.id, (item.height, item.term)) if unshown else NO_TRAIL,
        ),
        void,
    )


def _fold(
    state: GroupState, item: Seal | Handover, *, recovery: bool
) -> tuple[GroupState, tuple[tuple[int, Refused], ...]]:
    void: list[tuple[int, Refused]] = []
    for position, operation in enumerate(item.operations):
        if isinstance(operation, BadOperation):
            void.append((position, OperationRule.MALFORMED_OPERATION.refused(code=operation.code)))
            continue
        try:
            state = applied(state, operation, height=item.height, at=item.at, log_size=item.log.size, recovery=recovery)
        except VoidOperationError as refusal:
            void.append((position, refusal.refused))
    return state, tuple(void)


def check_signatures(
    state: GroupState, signers: tuple[DidKey, ...], earlier: Iterable[EarlierKeepers], *, recovery: bool
) -> None:
    """Refuse a handover on `state` without the quorum of its keepers, or of an earlier set not yet shown."""
    for seats in (state.seats, *(replaced.seats for replaced in earlier)):
        signed = signed_seats(state, seats, signers, recovery=recovery)
        if signed < quorum(len(seats)):
            raise ItemRule.TOO_FEW_KEEPERS.error(needed=quorum(len(seats)), keepers=len(seats), signed=signed)


def signed_seats(state: GroupState, seats: tuple[Seat, ...], signers: tuple[DidKey, ...], *, recovery: bool) -> int:
    """How many of `seats` signed: with the seat key (not in a recovery), or with a recovery key valid in `state`."""
    return sum(
        1
        for seat in seats
        if (not recovery and seat.key in signers) or state.members[seat.member].recovery[-1] in signers
    )


def _check_keepers(after: GroupState, record: Record, item: Handover) -> None:
    seats = item.keepers
    if len(seats) not in KEEPER_COUNTS:
        raise ItemRule.KEEPER_COUNT.error()
    if len({seat.member for seat in seats}) != len(seats) or len({seat.key for seat in seats}) != len(seats):
        raise ItemRule.KEEPERS_ALIKE.error()
    for seat in seats:
        member = after.members.get(seat.member)
        if member is None or member.left or member.weight <= 0:
            raise ItemRule.KEEPER_NOT_MEMBER.error(member=seat.member)
        if member.home.key != seat.key:
            raise ItemRule.KEEPER_KEY.error(member=seat.member)
    if not any(after.members[seat.member].home == item.steward for seat in seats):
        raise ItemRule.STEWARD_NOT_KEEPER.error()
    if item.steward.key not in record.signers:
        raise ItemRule.NOT_SIGNED_BY_NEW_STEWARD.error()


def _still_unshown(state: GroupState, acks: tuple[Ack, ...]) -> tuple[EarlierKeepers, ...]:
    if not state.earlier or not acks:
        return state.earlier
    return tuple(replaced for replaced in state.earlier if not _shown(state, replaced, acks))


def _shown(state: GroupState, replaced: EarlierKeepers, acks: tuple[Ack, ...]) -> bool:
    """Whether `acks` contain the set's quorum, all in one term, for its handover or later items."""
    by_term: dict[int, set[Seat]] = {}
    for ack in acks:
        stands = state.trail.get(ack.item)
        if stands == (ack.height, ack.term) and ack.height >= replaced.height:
            by_term.setdefault(ack.term, set()).add(Seat(ack.keeper, ack.key))
    return any(len(acked.intersection(replaced.seats)) >= quorum(len(replaced.seats)) for acked in by_term.values())
