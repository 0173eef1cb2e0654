"""What an honest keeper's pod confirms, signs and proposes: the promises that make settled items final.

Confirming (`check_confirm`):
 1 No term below one it signed or confirmed.
 2 No item whose `at` is more than 2 minutes ahead of its clock.
 3 Only with every record up to the item's log held, its root computed, authors valid in the parent's state, and no
   receipt broken (`LogFindings`, which the caller establishes).
 4 Another branch only if it contains the last confirmed item or ends in an item of a higher term.

Signing a handover (`check_sign`):
 5 Parent and handover could be confirmed by 2 and 3.
 6 The term is above every term signed or confirmed, and at most 1024 above the highest of these and the parent's;
   at most one a minute.
 7 The parent contains the last confirmed item, or has a term above that item's. Un-jam: the last item is forgotten,
   for signing only, if its term forked and more than n - q keepers, not counting two-faced ones, confirmed items
   of its term that conflict with it or signed, whole or in part, a handover of a higher term beside it (ADR 0020).

Proposing (`proposal_due`): by rank, with back-off, so that keepers don't race.
 8 On the head, stepping back past items that couldn't be confirmed; where 7 forbids this seat to sign there, on its
   own last item (`parent_to_propose`, ADR 0020).

Recovering (`promise_recovery`):
 9 Shown a recovery that its people signed, a keeper promises its term if the parent is one that 7 allows.

After a restore from backup the seat is retired: it neither confirms nor signs until a handover names a new key.
Spec: protocol.md section 3.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from protocol.branches.view import View
from protocol.branches.weighing import path_to
from protocol.chain import check_signatures, is_recovery, next_epoch
from protocol.errors import Fact, NotConfirmedError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.limits import MAX_CLOCK_LEAD_MS, MAX_TERM_STEP, MIN_HANDOVER_GAP_MS
from protocol.records.chain import Handover
from protocol.records.envelope import Record
from protocol.rules.seats import SeatRule
from protocol.state import GroupState, quorum


class Confirmed(msgspec.Struct, frozen=True):
    """The last item that a seat confirmed; `lost` once a conflicting item was seen settled."""

    item: RecordId
    height: int
    term: int
    lost: bool = False


class SeatMemory(msgspec.Struct, frozen=True):
    """What a seat must never forget; written to disk before anything it allows is sent."""

    key: DidKey
    last: Confirmed | None = None
    highest_term: int = -1
    signed_at: int | None = None
    retired: bool = False


class LogFindings(msgspec.Struct, frozen=True):
    """What the pod found about the log to which an item commits. All four must be true."""

    complete: bool = True
    root_matches: bool = True
    authors_valid: bool = True
    receipts_kept: bool = True


GOOD_LOG = LogFindings()


class SeatRefusedError(NotConfirmedError):
    """The seat refuses; the answer tells `memory`, so that the proposer can make a proposal that it signs."""

    def __init__(self, rule: SeatRule, memory: SeatMemory, **facts: Fact) -> None:
        super().__init__(rule, **facts)
        self.memory = memory


def check_confirm(memory: SeatMemory, view: View, item: RecordId, findings: LogFindings, *, now: int) -> SeatMemory:
    """The memory after confirming `item`; raises SeatRefusedError. Store it before the ack is sent."""
    state = view.nodes[item].state
    if memory.retired:
        raise SeatRefusedError(SeatRule.RETIRED, memory)
    if state.term < memory.highest_term:
        raise SeatRefusedError(SeatRule.SIGNED_IN_TERM, memory, term=memory.highest_term)
    check_presentable(memory, state, findings, now=now)
    last = memory.last
    if last is not None and state.term <= last.term and not contains(view, item, last):
        raise SeatRefusedError(SeatRule.NOT_ON_LAST, memory)
    confirmed = Confirmed(item, state.height, state.term)
    return msgspec.structs.replace(memory, last=confirmed, highest_term=max(memory.highest_term, state.term))


def check_presentable(memory: SeatMemory, state: GroupState, findings: LogFindings, *, now: int) -> None:
    """Raise SeatRefusedError if an item's time or log forbids that this seat confirms it."""
    if state.at > now + MAX_CLOCK_LEAD_MS:
        raise SeatRefusedError(SeatRule.ITEM_AHEAD, memory)
    if not findings.complete:
        raise SeatRefusedError(SeatRule.RECORDS_LACKING, memory)
    if not findings.root_matches:
        raise SeatRefusedError(SeatRule.ROOT_DIFFERS, memory)
    if not findings.authors_valid:
        raise SeatRefusedError(SeatRule.INVALID_AUTHOR, memory)
    if not findings.receipts_kept:
        raise SeatRefusedError(SeatRule.PROMISE_BROKEN, memory)


def check_sign(
    memory: SeatMemory,
    view: View,
    parent: RecordId,
    term: int,
    findings: LogFindings,
    *,
    at: int,
    now: int,
) -> SeatMemory:
    """The memory after signing a handover of `term` on `parent`; raises SeatRefusedError.

    `findings`: about the parent's log and the handover's together. Store the memory before the proof is sent.
    """
    state = view.nodes[parent].state
    if memory.retired:
        raise SeatRefusedError(SeatRule.RETIRED, memory)
    if at > now + MAX_CLOCK_LEAD_MS:
        raise SeatRefusedError(SeatRule.HANDOVER_AHEAD, memory)
    check_presentable(memory, state, findings, now=now)
    if term <= memory.highest_term:
        raise SeatRefusedError(SeatRule.SIGNED_IN_TERM, memory, term=memory.highest_term)
    if term > max(memory.highest_term, state.term) + MAX_TERM_STEP:
        raise SeatRefusedError(SeatRule.TERM_AHEAD, memory)
    if memory.signed_at is not None and now < memory.signed_at + MIN_HANDOVER_GAP_MS:
        raise SeatRefusedError(SeatRule.TOO_SOON, memory)
    if not _may_build_on(memory, view, parent):
        raise SeatRefusedError(SeatRule.PARENT_NOT_ON_LAST, memory)
    return msgspec.structs.replace(memory, highest_term=term, signed_at=now)


def promise_recovery(memory: SeatMemory, view: View, record: Record) -> SeatMemory:
    """The memory after promising a recovery its term; raises SeatRefusedError.

    Living keepers are asked for it before the recovery is published. Otherwise a keeper could, a moment later, help to
    settle an item beside it (ADR 0021).
    """
    item = record.content
    if not isinstance(item, Handover) or item.parent not in view.nodes:
        raise SeatRefusedError(SeatRule.RECOVERY_PARENT_UNKNOWN, memory)
    state = view.nodes[item.parent].state
    if not is_recovery(state.term, item.term):
        raise SeatRefusedError(SeatRule.NOT_A_RECOVERY, memory)
    # Only keepers who may recover can bind a seat to so high a term.
    check_signatures(state, record.signers, state.earlier, recovery=True)
    if not _may_build_on(memory, view, item.parent):
        raise SeatRefusedError(SeatRule.RECOVERY_NOT_ON_LAST, memory)
    return msgspec.structs.replace(memory, highest_term=max(memory.highest_term, item.term))


def _may_build_on(memory: SeatMemory, view: View, parent: RecordId) -> bool:
    last = memory.last
    if last is None or view.nodes[parent].state.term > last.term:
        return True
    return contains(view, parent, last) or is_jammed(view, last)


def parent_to_propose(
    memory: SeatMemory, view: View, findings_of: Callable[[GroupState], LogFindings], *, now: int
) -> RecordId:
    """The item on which this seat proposes a handover; `findings_of` gives the findings for an item's state."""
    for height in range(view.state.height, view.settled.height - 1, -1):
        item = view.branch[height]
        try:
            check_presentable(memory, view.nodes[item].state, findings_of(view.nodes[item].state), now=now)
        except SeatRefusedError:
            continue
        # This seat may not build on that branch; the others may still sign on this seat's own item.
        last = memory.last
        if last is None or last.item not in view.nodes or _may_build_on(memory, view, item):
            return item
        return last.item
    return view.anchor


def kept_in_mind(memory: SeatMemory, before: View, after: View) -> SeatMemory:
    """The memory after a view moved: its last item is marked lost if the anchor moved onto another branch."""
    last = memory.last
    if last is None or last.lost or last.item not in before.nodes or last.item in after.nodes:
        return memory
    # If an item's acks came before it, it is settled as soon as it comes.
    anchor: RecordId | None = after.anchor
    if anchor not in before.nodes:
        anchor = after.nodes[after.anchor].parent
    if anchor is None or anchor not in before.nodes or last.item in path_to(before.nodes, anchor):
        return memory
    return msgspec.structs.replace(memory, last=msgspec.structs.replace(last, lost=True))


def is_bound(memory: SeatMemory, view: View) -> bool:
    """Whether the seat's own signatures forbid it to confirm anything on our branch, however good the log is."""
    if memory.retired or view.state.term < memory.highest_term:
        return True
    last = memory.last
    return last is not None and view.state.term <= last.term and not contains(view, view.head, last)


def contains(view: View, item: RecordId, last: Confirmed) -> bool:
    """Whether `last` is `item` or below it. An item that the view no longer holds is below, unless it is lost."""
    if last.item not in view.nodes:
        return not last.lost
    if view.holds(item):
        return view.holds(last.item) and last.height <= view.nodes[item].state.height
    return last.item in path_to(view.nodes, item)


def is_jammed(view: View, last: Confirmed) -> bool:
    """Un-jam: whether `last` can't settle, because too many honest-looking keepers are for rival items of its term."""
    node = view.nodes.get(last.item)
    if node is None:
        return last.lost
    two_faced = {fault.key for fault in view.faults}
    seats = {seat for seat in node.state.seats if seat.key not in two_faced}
    own_path = frozenset(path_to(view.nodes, last.item))
    rivals = {item for item, other in view.nodes.items() if other.state.term == last.term and item not in own_path}
    rivals = {item for item in rivals if last.item not in path_to(view.nodes, item)}
    if not rivals:
        return False  # no rival item: then a keeper that renounced `last` may be the dishonest one
    against = {
        seat
        for item in rivals
        for ack in view.acks.get(item, ())
        for seat in seats
        if (ack.keeper, ack.key) == (seat.member, seat.key)
    }
    renounced = _keys_that_renounced(view, last)
    against |= {seat for seat in seats if {seat.key, node.state.members[seat.member].recovery[-1]} & renounced}
    count = len(node.state.seats)
    return len(against) > count - quorum(count)


def _keys_that_renounced(view: View, last: Confirmed) -> set[DidKey]:
    """The keys that signed a later handover beside `last`: their seats didn't confirm it and never will."""
    handovers = [*view.offers.values(), *(node.record for node in view.nodes.values() if node.record)]
    keys: set[DidKey] = set()
    for record in handovers:
        item = record.content
        if not isinstance(item, Handover) or item.term <= last.term or item.parent not in view.nodes:
            continue
        # On a parent of a higher term, keepers that confirmed `last` may sign, too.
        if view.nodes[item.parent].state.term <= last.term and last.item not in path_to(view.nodes, item.parent):
            keys |= set(record.signers)
    return keys


def rank(seat_index: int, term: int, seats: int) -> int:
    """A seat's place in the order of proposing after `term`; seat 0 of that order proposes first."""
    return (seat_index - term - 1) % seats


def proposal_due(state: GroupState, seat_index: int, *, waiting_since: int | None, tries: int, now: int) -> bool:
    """Whether the seat should propose its own pod as steward now, after `tries` failed attempts."""
    due_at = proposal_due_at(state, seat_index, waiting_since=waiting_since, tries=tries)
    return due_at is not None and now >= due_at


def proposal_due_at(state: GroupState, seat_index: int, *, waiting_since: int | None, tries: int) -> int | None:
    """When the seat should propose its own pod as steward; None if nothing waits, or if people do it by hand."""
    patience = state.handover_after_ms()
    if waiting_since is None or patience == 0:
        return None
    turn = rank(seat_index, state.term, len(state.seats))
    return waiting_since + patience * (1 + turn) * (1 << min(tries, 3))


def next_term(known: int, state: GroupState) -> int:
    """The term to propose on `state` if `known` is the highest known term; it stays inside the epoch."""
    return min(max(known, state.term) + 1, next_epoch(state.term) - 1)
