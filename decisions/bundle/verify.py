"""A result's file is counted anew, from its signatures on, and compared with what it states. No server, no database.

What the file proves: that a quorum of the group's keepers confirmed this chain and this log; that every ballot,
delegation and operation in it was signed by its author; that the roll, the ballots that count, the way of each vote and
all sums follow from them. What it can't prove: that an entry without words is no ballot (none can be erased, and no pod
withholds one, so the pod that made the file would have to lie), and that nobody stole a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec

from decisions.bundle.chain import Chain, ChainLink, fold
from decisions.bundle.rules import BundleRule
from decisions.bundle.shape import FORMAT, Bundle, CountedBallot, Stated, StatedPath
from decisions.count import Count, PollQuestion, Result, count
from decisions.delegate_lists import LAPSES_AFTER_MS, area_parents
from decisions.entries import Logged, PollReading, entries_of, is_quarantined
from decisions.phases import PollTimes, plan_of, poll_times
from decisions.rolls import ACTIVE_FOR_MS, Roll, candidates, roll_of
from protocol.authorship import authored_of, check_logged
from protocol.canonical import parse_json
from protocol.errors import Refused, RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_ITEM_BYTES, MAX_ITEM_DEPTH
from protocol.log import frontier_of, leaf_hash
from protocol.records.content import Ballot, Delegate, Delegation, Poll
from protocol.records.envelope import Record, open_record

Open = Callable[[Sequence[bytes]], Sequence[Record | Refused]]


class FileVerdict(msgspec.Struct, frozen=True):
    """What a file proves: the result, or what is wrong with it. `unread`: entries without words."""

    result: Result | None
    faults: tuple[Refused, ...]
    unread: int = 0
    confirmed_by: int = 0


def verify(data: bytes, open_all: Open | None = None) -> FileVerdict:
    """Verify a file; `open_all` opens many records at once, by default one after the other."""
    try:
        bundle = read_bundle(data)
        anew = Recount(bundle, open_all or open_each)
        faults = tuple(anew.differences())
    except RefusedError as refusal:
        return FileVerdict(None, (refusal.refused,))
    result = anew.counted.result if not faults else None
    return FileVerdict(result, faults, len(bundle.unread), len(anew.chain.last.seats))


def read_bundle(data: bytes) -> Bundle:
    """The file's parts; raises MalformedError."""
    try:
        bundle = msgspec.json.decode(data, type=Bundle)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleRule.NOT_A_BUNDLE.error(why=str(error)) from error
    if bundle.format != FORMAT or not bundle.items:
        raise BundleRule.NOT_A_BUNDLE.error(why=bundle.format)
    try:
        frontier_of(bundle.start, bytes.fromhex(bundle.peaks))
    except (ValueError, OverflowError) as error:
        raise BundleRule.NOT_A_BUNDLE.error(why=str(error)) from error
    return bundle


def open_each(wires: Sequence[bytes]) -> list[Record | Refused]:
    """Open records, signatures and all; a refusal in place of each that is wrong."""
    opened: list[Record | Refused] = []
    for wire in wires:
        try:
            opened.append(open_record(parse_json(wire, max_bytes=2 * MAX_ITEM_BYTES, max_depth=MAX_ITEM_DEPTH)))
        except RefusedError as refusal:
            opened.append(refusal.refused)
    return opened


class Recount:
    """A file counted anew, from its chain to its sums; raises what is wrong before anything can be counted."""

    def __init__(self, bundle: Bundle, open_all: Open) -> None:
        self.bundle = bundle
        self.chain = _chain_of(bundle, open_all)
        self.records = _records_of(bundle, open_all)
        self.poll = self._poll()
        self.times: PollTimes = poll_times(plan_of(self.poll.lengths, self.chain.opened.at))
        self.locked = self._first_from(self.times.lock_at)
        self.closed = self._first_from(self.times.voting_end)
        if self.chain.settled < self.closed.height:
            raise BundleRule.NOT_CONFIRMED.error()
        self.index_of, self.late = self._logged()
        self.unread = {one.id: one.author for one in bundle.unread}
        self._check_records()
        self.roll = self._roll()
        self.reading = self._reading()
        self.counted: Count = self._count()

    def stated(self) -> Stated:
        """What the file should state."""
        return stated_of(self.counted, self.roll)

    def differences(self) -> Iterator[Refused]:
        """What the file states otherwise than its records say, the cause before its effects."""
        stated = self.bundle.stated
        if list(stated.roll) != self.roll.numbers.tolist() or list(stated.votes) != self.roll.votes.tolist():
            yield BundleRule.WRONG_ROLL.refused(stated=len(stated.roll), found=len(self.roll.numbers))
        yield from self._wrong_ballots(stated)
        yield from self._wrong_paths(stated)
        if stated.result != self.counted.result:
            yield BundleRule.WRONG_RESULT.refused()

    def _poll(self) -> Poll:
        record = self.records.get(self.bundle.poll)
        if record is None or not isinstance(record.content, Poll):
            raise BundleRule.NOT_OPENED.error()
        return record.content

    def _first_from(self, at: int) -> ChainLink:
        link = self.chain.first_from(at)
        if link is None:
            raise BundleRule.END_MISSING.error()
        return link

    def _logged(self) -> tuple[dict[RecordId, int], frozenset[RecordId]]:
        """Every entry's index, and those beyond the end; each item commits to the log that the entries give."""
        bundle, index_of = self.bundle, dict[RecordId, int]()
        frontier, given = frontier_of(bundle.start, bytes.fromhex(bundle.peaks)), iter(bundle.leaves)
        for link in self.chain.links:
            if not bundle.start <= link.size <= self.closed.size or link.height > self.closed.height:
                continue
            added = [leaf for _, leaf in zip(range(link.size - frontier.size), given, strict=False)]
            for index, leaf in enumerate(added, frontier.size):
                if leaf in index_of:
                    raise BundleRule.LEAF_TWICE.error(record=leaf)
                index_of[leaf] = index
            frontier = frontier.append_many([leaf_hash(leaf) for leaf in added])
            if frontier.size != link.size or frontier.root().hex() != link.root:
                raise BundleRule.WRONG_LOG_ROOT.error(height=link.height)
        return index_of, frozenset(given)

    def _check_records(self) -> None:
        for own_id, record in self.records.items():
            if own_id in self.late:
                raise BundleRule.LATE_RECORD.error(record=own_id)
            if own_id not in self.index_of or record.group != self.bundle.group:
                raise BundleRule.RECORD_NOT_IN_LOG.error(record=own_id)
            self._check_author(record, self.index_of[own_id])
        for leaf in self.index_of:
            if leaf not in self.records and leaf not in self.unread:
                raise BundleRule.RECORD_MISSING.error(record=leaf)

    def _check_author(self, record: Record, index: int) -> None:
        try:
            authored = authored_of(record)
            check_logged(self.chain.last, authored.author, authored.key, record.signers, index=index)
        except RefusedError as refusal:
            raise BundleRule.KEY_NOT_VALID.error(record=record.id, why=str(refusal)) from refusal

    def _roll(self) -> Roll:
        opened = self.chain.opened
        first = self._first_from(opened.at - ACTIVE_FOR_MS)
        start = max((link.size for link in self.chain.links if link.height < first.height), default=0)
        active = {
            author
            for link in self.chain.links
            if first.height <= link.height <= opened.height
            for author in link.authors
        }
        authors = {own_id: authored_of(record).author for own_id, record in self.records.items()}
        authors |= {own_id: author for own_id, author in self.unread.items() if own_id in self.index_of}
        active |= {author for own_id, author in authors.items() if start <= self.index_of[own_id] < opened.log.size}
        return roll_of(candidates(opened), active, since=first.height)

    def _reading(self) -> PollReading:
        first = self._first_from(self.times.voting_end - LAPSES_AFTER_MS + 1)
        fresh = max((link.size for link in self.chain.links if link.height < first.height), default=0)
        end = self.times.voting_end
        return PollReading(
            poll=self.poll,
            options=self.poll.option_ids,
            opened=self.chain.opened.height,
            keys=self.chain.last,
            sealed_at=lambda index: end if index >= fresh else 0,
        )

    def _count(self) -> Count:
        logged = [
            Logged(self.index_of[own_id], own_id, record.content)
            for own_id, record in self.records.items()
            if isinstance(record.content, Delegate | Delegation)
            or (isinstance(record.content, Ballot) and record.content.poll == self.bundle.poll)
        ]
        question = PollQuestion(
            id=self.bundle.poll,
            poll=self.poll,
            options=self.poll.option_ids,
            areas=self.poll.areas,
            parents=area_parents(self.chain.opened.policy),
            end=self.times.voting_end,
        )
        entries = entries_of(self.reading, logged)
        return count(question, self.roll, entries, lock=self.locked.size, end=self.closed.size)

    def _wrong_ballots(self, stated: Stated) -> Iterator[Refused]:
        found, named = set(ballots_of(self.counted)), set(stated.ballots)
        for member, times in Counter(one.member for one in stated.ballots).items():
            if times > 1:
                yield BundleRule.COUNTED_TWICE.refused(member=member)
        for member, index in sorted((one.member, one.index) for one in named - found):
            if index >= self.closed.size:
                yield BundleRule.LATE_BALLOT.refused(member=member)
            elif self._is_after_recovery(index):
                yield BundleRule.KEY_AFTER_RECOVERY.refused(member=member)
            else:
                yield BundleRule.BALLOT_ADDED.refused(member=member)
        for member in sorted({one.member for one in found - named}):
            yield BundleRule.BALLOT_DROPPED.refused(member=member)

    def _is_after_recovery(self, index: int) -> bool:
        own_id = next((own_id for own_id, place in self.index_of.items() if place == index), None)
        record = self.records.get(own_id) if own_id is not None else None
        if record is None or not isinstance(record.content, Ballot):
            return False
        return is_quarantined(self.reading, record.content.author, record.content.key)

    def _wrong_paths(self, stated: Stated) -> Iterator[Refused]:
        found = paths_of(self.counted, self.roll)
        if len(stated.paths) != len(found):
            return  # the roll differs, which was said
        for member, one, other in zip(self.roll.numbers.tolist(), found, stated.paths, strict=True):
            if one != other:
                yield BundleRule.WRONG_PATH.refused(member=member)
                return  # one false path leads to others


def stated_of(counted: Count, roll: Roll) -> Stated:
    """A count as a file states it."""
    return Stated(
        roll=tuple(roll.numbers.tolist()),
        votes=tuple(roll.votes.tolist()),
        ballots=tuple(ballots_of(counted)),
        paths=tuple(paths_of(counted, roll)),
        result=counted.result,
    )


def ballots_of(counted: Count) -> list[CountedBallot]:
    """The ballots that count, by rising member number."""
    return [CountedBallot(member, index) for member, index in sorted(counted.places.items())]


def paths_of(counted: Count, roll: Roll) -> list[StatedPath]:
    """Each voter's path, by rising member number."""
    numbers, paths = roll.numbers.tolist(), counted.paths
    parents = [numbers[parent] if parent >= 0 else 0 for parent in paths.parent.tolist()]
    return [StatedPath(*one) for one in zip(parents, paths.fallbacks.tolist(), paths.hops.tolist(), strict=True)]


def _chain_of(bundle: Bundle, open_all: Open) -> Chain:
    items: list[Record] = []
    for height, opened in enumerate(open_all([bytes(raw) for raw in bundle.items])):
        if isinstance(opened, Refused):
            raise BundleRule.FORGED_ITEM.error(height=height, why=opened.detail)
        items.append(opened)
    if items[0].id != bundle.group:
        raise BundleRule.OTHER_GROUP.error()
    acks = [one for one in open_all([bytes(raw) for raw in bundle.acks]) if isinstance(one, Record)]
    return fold(items, acks, bundle.poll)


def _records_of(bundle: Bundle, open_all: Open) -> dict[RecordId, Record]:
    records: dict[RecordId, Record] = {}
    for opened in open_all([bytes(raw) for raw in bundle.records]):
        if isinstance(opened, Refused):
            raise BundleRule.FORGED_RECORD.error(why=opened.detail)
        records[opened.id] = opened
    return records
