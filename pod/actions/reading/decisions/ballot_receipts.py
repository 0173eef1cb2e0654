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
from decisions.course import PollRound
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


class Fate(StrEnum):
    """What became of a ballot."""

    WAITING = "waiting"  # the log lacks it
    LOGGED = "logged"  # it stands in the log, and the poll goes on
    COUNTED = "counted"  # it stands in the log to which the item that ended the poll commits
    LATE = "late"  # it came after the item that ended the poll
    LEFT_OUT = "left-out"  # the steward promised to log it in time, and didn't
    FROZEN = "frozen"  # a delegate's, after the lock
    OFF = "off"  # its author isn't on the roll, or their key came by a later recovery
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

    `promised`: until when (ms) the steward promised to log it. `record` and `item` are the signed records.
    """

    ballot: OwnBallot
    fate: Fate
    counts: OwnBallot | None = None
    promised: int | None = None
    proof: LogProof | None = None
    record: msgspec.Raw = msgspec.Raw(b"null")
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
    promised = await _promised(session, own[0].record)
    head = held.voting.id if held.voting is not None else readable.view.head
    item, record = await load_item(session, head), await load_record(session, own[0].record)
    fate = fate_of(held, voter, own[0], promised)
    found = BallotReceipt(own[0], fate, _counts(held, own, fate), promised)
    if item is None or record is None or own[0].index is None or item.log_size > so_far.held:
        return found
    found = msgspec.structs.replace(found, record=msgspec.Raw(record.wire))
    return await _proven(session, found, item.wire, readable.id)


async def _own(session: AsyncSession, so_far: PollSoFar, held: PollRound, number: int) -> list[OwnBallot]:
    """A member's ballots that fit the round, the newest first."""
    poll = so_far.poll.content
    ballots = await list_ballots_of(session, so_far.poll.id, so_far.poll.group_id, number)
    said = [one for one in ballots if one.content.round == held.number and fits(poll, held.options, one.content)]
    said.sort(key=lambda one: (one.content.key, one.content.counter, one.record_id), reverse=True)
    return [OwnBallot(one.record_id, one.content, one.place if one.place < WAITING_PLACE else None) for one in said]


async def _promised(session: AsyncSession, ballot: RecordId) -> int | None:
    wire = await load_receipt(session, ballot)
    if wire is None:
        return None
    content = reopen_record(wire).content
    return content.by if isinstance(content, Receipt) else None


def fate_of(held: PollRound, voter: Voter, ballot: OwnBallot, promised: int | None) -> Fate:
    """What becomes of a ballot, from values alone."""
    closed, locked = held.voting, held.locked
    if voter.bar is not None and voter.bar is not Bar.LOCKED:
        return Fate.OFF
    if ballot.index is None:
        if closed is None:
            return Fate.WAITING
        in_time = promised is not None and promised < held.times.voting_end
        return Fate.LEFT_OUT if in_time else Fate.LATE
    if voter.delegate and locked is not None and ballot.index >= locked.size:
        return Fate.FROZEN
    if closed is None:
        return Fate.LOGGED
    return Fate.COUNTED if ballot.index < closed.size else Fate.LATE


def _counts(held: PollRound, own: list[OwnBallot], fate: Fate) -> OwnBallot | None:
    """The older ballot that counts because the newest doesn't."""
    if fate is Fate.FROZEN and held.locked is not None:
        end = held.locked.size
    elif fate in (Fate.LATE, Fate.LEFT_OUT) and held.voting is not None:
        end = held.voting.size
    else:
        return None
    return next((one for one in own if one.index is not None and one.index < end), None)


def is_proven(ballot: RecordId, proof: LogProof) -> bool:
    """Whether the path leads from this record to the root."""
    steps = [bytes.fromhex(step) for step in proof.path]
    return verify_inclusion(leaf_hash(ballot), proof.leaf, proof.size, steps, bytes.fromhex(proof.root))


async def _proven(session: AsyncSession, found: BallotReceipt, wire: bytes, group: RecordId) -> BallotReceipt:
    """The receipt with the proof that the ballot stands in the log of this item; its fate says so if it fails."""
    item, index = reopen_record(wire), found.ballot.index
    assert index is not None
    if not isinstance(item.content, Seal | Handover) or index >= item.content.log.size:
        return found
    size, root = item.content.log.size, item.content.log.root
    path = await load_inclusion(session, group, index, size)
    proof = LogProof(index, size, root, path, item.id)
    fate = found.fate if is_proven(found.ballot.record, proof) else Fate.UNPROVEN
    return msgspec.structs.replace(found, fate=fate, proof=proof, item=msgspec.Raw(wire))
