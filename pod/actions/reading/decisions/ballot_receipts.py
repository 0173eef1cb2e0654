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
from models.decisions.polls import list_ballots_of, load_poll
from models.groups.groups_and_items import load_item
from models.groups.records import load_record
from models.groups.waiting_records import load_receipt
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.counted import Course
from pod.actions.decisions.voters import Bar, Voter, load_voter
from pod.actions.reading.decisions.polls import OwnBallot, course_of
from pod.actions.sync.served_proofs import prove_inclusion
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
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
        stored = await load_poll(session, poll)
        if stored is None or stored.group_id != group:
            raise DecisionRule.NO_SUCH_POLL.error()
        course = await course_of(session, deps, readable, stored)
        if readable.number is None or course.opening is None:
            return None
        voter = await load_voter(session, readable.state, course, readable.number, now=deps.clock())
        own = await _own(session, readable, course)
        if not own:
            return None
        promised = await _promised(session, own[0].record)
        head = course.closed.id if course.closed is not None else readable.view.head
        item, record = await load_item(session, head), await load_record(session, own[0].record)
    fate = fate_of(course, voter, own[0], promised)
    found = BallotReceipt(own[0], fate, _counts(course, own, fate), promised)
    if item is None or record is None or own[0].index is None:
        return found
    return await _proven(
        deps, reader, msgspec.structs.replace(found, record=msgspec.Raw(record.wire)), item.wire, group
    )


async def _own(session: AsyncSession, readable: ReadableGroup, course: Course) -> list[OwnBallot]:
    """The reader's ballots that fit the poll, the newest first."""
    poll, number = course.poll.content, readable.number or 0
    ballots = await list_ballots_of(session, course.poll.id, readable.id, number)
    said = [one for one in ballots if fits(poll, poll.option_ids, one.content)]
    said.sort(key=lambda one: (one.content.key, one.content.counter, one.record_id), reverse=True)
    return [OwnBallot(one.record_id, one.content, one.place if one.place < WAITING_PLACE else None) for one in said]


async def _promised(session: AsyncSession, ballot: RecordId) -> int | None:
    wire = await load_receipt(session, ballot)
    if wire is None:
        return None
    content = reopen_record(wire).content
    return content.by if isinstance(content, Receipt) else None


def fate_of(course: Course, voter: Voter, ballot: OwnBallot, promised: int | None) -> Fate:
    """What becomes of a ballot, from values alone."""
    closed, locked = course.closed, course.locked
    if voter.bar is not None and voter.bar is not Bar.LOCKED:
        return Fate.OFF
    if ballot.index is None:
        if closed is None:
            return Fate.WAITING
        in_time = promised is not None and course.times is not None and promised < course.times.voting_end
        return Fate.LEFT_OUT if in_time else Fate.LATE
    if voter.delegate and locked is not None and ballot.index >= locked.log_size:
        return Fate.FROZEN
    if closed is None:
        return Fate.LOGGED
    return Fate.COUNTED if ballot.index < closed.log_size else Fate.LATE


def _counts(course: Course, own: list[OwnBallot], fate: Fate) -> OwnBallot | None:
    """The older ballot that counts because the newest doesn't."""
    if fate is Fate.FROZEN and course.locked is not None:
        end = course.locked.log_size
    elif fate in (Fate.LATE, Fate.LEFT_OUT) and course.closed is not None:
        end = course.closed.log_size
    else:
        return None
    return next((one for one in own if one.index is not None and one.index < end), None)


async def _proven(deps: Deps, reader: Reader, found: BallotReceipt, wire: bytes, group: RecordId) -> BallotReceipt:
    """The receipt with the proof that the ballot stands in the log of this item; its fate says so if it fails."""
    item, index = reopen_record(wire), found.ballot.index
    assert index is not None
    if not isinstance(item.content, Seal | Handover) or index >= item.content.log.size:
        return found
    size, root = item.content.log.size, item.content.log.root
    path = (await prove_inclusion(deps, reader, group, index, size)).path
    leaf, steps = leaf_hash(found.ballot.record), [bytes.fromhex(step) for step in path]
    holds = verify_inclusion(leaf, index, size, steps, bytes.fromhex(root))
    proof = LogProof(index, size, root, path, item.id)
    fate = found.fate if holds else Fate.UNPROVEN
    return msgspec.structs.replace(found, fate=fate, proof=proof, item=msgspec.Raw(wire))
