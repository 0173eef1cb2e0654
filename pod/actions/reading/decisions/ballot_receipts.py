"""What became of one's ballot: on its way, in the log, in the count, or not, and why; with a proof for anybody.

The pod takes nothing on trust: it climbs the path from the ballot to the root of the log that an item signed by the
steward commits to, before it says that the ballot is in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballots import fits
from decisions.course import ChainPlace, PollRound
from models.decisions.polls import list_ballots_of
from models.groups.groups_and_items import load_item
from models.groups.records import load_record
from models.groups.waiting_records import load_receipt
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.decisions.voters import Bar, Voter
from pod.actions.reading.decisions.polls import OwnBallot, so_far_of, voter_of
from pod.actions.sync.served_proofs import load_inclusion
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.log import leaf_hash, verify_inclusion
from protocol.records.chain import Handover, Receipt, Seal
from protocol.records.envelope import reopen_record

WAITING_PLACE: Final = 2**52


REPEATED: Final = 3  # the round that is held because members contested a result


class Fate(StrEnum):
    """What became of a ballot."""

    WAITING = "waiting"  # the log lacks it
    LOGGED = "logged"  # it stands in the log, and the poll goes on
    COUNTED = "counted"  # it stands in the log to which the item that ended the poll commits
    LATE = "late"  # it came after the item that ended the poll
    LEFT_OUT = "left-out"  # the steward promised to log it in time, and didn't
    FROZEN = "frozen"  # a delegate's, after the lock
    OFF = "off"  # its author isn't on the roll, or their key came by a later recovery
    VOIDED = "voided"  # its author took it out of the count
    UNPROVEN = "unproven"  # the path doesn't lead to the root that the item signed


class LogProof(msgspec.Struct, frozen=True):
    """Entry `leaf` of the log of `size` entries with this root (hex), to which `item` commits, and the path to it."""

    leaf: int
    size: int
    root: str
    path: tuple[str, ...]
    item: RecordId


class BallotReceipt(msgspec.Struct, frozen=True):
    """One's newest ballot and its fate. `counts`: the older one that counts in its place, if it is another.

    `promised`: until when (ms) the steward promised to log it. `settled`: the keepers confirmed the item on which the
    fate rests. `recounted`: the count was repeated without those who took their votes out. `record`, `promise` (the
    steward's receipt) and that `item` are the signed records.
    """

    ballot: OwnBallot
    fate: Fate
    settled: bool
    recounted: bool = False
    counts: OwnBallot | None = None
    promised: int | None = None
    proof: LogProof | None = None
    record: msgspec.Raw = msgspec.Raw(b"null")
    promise: msgspec.Raw = msgspec.Raw(b"null")
    item: msgspec.Raw = msgspec.Raw(b"null")


async def read_receipt(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> BallotReceipt | None:
    """What became of the reader's ballot; None if they cast none. Raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        voter = await voter_of(session, deps, readable, so_far)
        return await load_ballot_receipt(session, readable, so_far, voter) if voter is not None else None


async def load_ballot_receipt(
    session: AsyncSession, readable: ReadableGroup, so_far: PollSoFar, voter: Voter
) -> BallotReceipt | None:
    """What became of a voter's ballot in an open poll; None if they cast none."""
    assert so_far.course is not None
    held = so_far.course.now
    own = await _own(session, so_far, held, voter.number)
    if not own:
        return None
    promise, record = await load_receipt(session, own[0].record), await load_record(session, own[0].record)
    end, _ = _end(held, voter)
    item = await load_item(session, end.id if end is not None else readable.view.head)
    assert item is not None
    assert record is not None
    promised = _promised(promise)
    fate = Fate.VOIDED if is_voided(so_far, voter.number) else fate_of(held, voter, own[0], promised)
    found = BallotReceipt(
        own[0],
        fate,
        settled=item.height <= readable.view.settled.height,
        recounted=so_far.course.contested is not None,
        counts=_counts(held, voter, own, fate),
        promised=promised,
        record=msgspec.Raw(record.wire),
        promise=msgspec.Raw(promise or b"null"),
        item=msgspec.Raw(item.wire),
    )
    return await _proven(session, found, item.wire, readable.id) if item.log_size <= so_far.held else found


async def _own(session: AsyncSession, so_far: PollSoFar, held: PollRound, number: int) -> list[OwnBallot]:
    """A member's ballots that fit the round, the newest first."""
    poll = so_far.poll.content
    ballots = await list_ballots_of(session, so_far.poll.id, so_far.poll.group_id, number)
    said = [one for one in ballots if one.content.round == held.number and fits(poll, held.options, one.content)]
    said.sort(key=lambda one: (one.content.key, one.content.counter, one.record_id), reverse=True)
    return [OwnBallot(one.record_id, one.content, one.place if one.place < WAITING_PLACE else None) for one in said]


def is_voided(so_far: PollSoFar, number: int) -> bool:
    """Whether a member took their votes out of the count; what is voted once more afterwards stands."""
    if so_far.course is None or so_far.facts is None:
        return False
    return so_far.course.now.number < REPEATED and number in {one[0] for one in so_far.facts.voids}


def _promised(promise: bytes | None) -> int | None:
    content = reopen_record(promise).content if promise is not None else None
    return content.by if isinstance(content, Receipt) else None


def _end(held: PollRound, voter: Voter) -> tuple[ChainPlace | None, int]:
    """The item with which what this voter says ends, if it is here, and when (ms) it was due."""
    if voter.delegate and held.locked is not None:
        return held.locked, held.times.lock_at
    return held.voting, held.times.voting_end


def fate_of(held: PollRound, voter: Voter, ballot: OwnBallot, promised: int | None) -> Fate:
    """What becomes of a ballot, from values alone."""
    end, due_at = _end(held, voter)
    if voter.bar is not None and voter.bar is not Bar.LOCKED:
        return Fate.OFF
    if end is None:
        return Fate.WAITING if ballot.index is None else Fate.LOGGED
    if ballot.index is not None and ballot.index < end.size:
        return Fate.COUNTED if held.voting is not None else Fate.LOGGED
    # Also if the log has it since then: an entry that comes too late is no promise kept.
    if promised is not None and promised < due_at:
        return Fate.LEFT_OUT
    return Fate.FROZEN if end is held.locked else Fate.LATE


def _counts(held: PollRound, voter: Voter, own: list[OwnBallot], fate: Fate) -> OwnBallot | None:
    """The older ballot that counts because the newest doesn't."""
    end, _ = _end(held, voter)
    if end is None or fate not in (Fate.FROZEN, Fate.LATE, Fate.LEFT_OUT):
        return None
    return next((one for one in own if one.index is not None and one.index < end.size), None)


def is_proven(ballot: RecordId, proof: LogProof) -> bool:
    """Whether the path leads from this record to the root."""
    steps = [bytes.fromhex(step) for step in proof.path]
    return verify_inclusion(leaf_hash(ballot), proof.leaf, proof.size, steps, bytes.fromhex(proof.root))


async def _proven(session: AsyncSession, found: BallotReceipt, wire: bytes, group: RecordId) -> BallotReceipt:
    """The receipt with the proof that the ballot stands in the log of this item, if it does; its fate, if it fails."""
    item, index = reopen_record(wire), found.ballot.index
    if index is None or not isinstance(item.content, Seal | Handover) or index >= item.content.log.size:
        return found
    size, root = item.content.log.size, item.content.log.root
    path = await load_inclusion(session, group, index, size)
    proof = LogProof(index, size, root, path, item.id)
    fate = found.fate if is_proven(found.ballot.record, proof) else Fate.UNPROVEN
    return msgspec.structs.replace(found, fate=fate, proof=proof, item=msgspec.Raw(wire))
