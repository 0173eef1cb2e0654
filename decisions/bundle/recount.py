"""A file counted anew, from its chain to its sums; it raises what is wrong before anything can be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from decisions.bundle.chain import Chain, ChainLink, fold
from decisions.bundle.rules import BundleRule
from decisions.bundle.shape import Bundle, CountedBallot, Stated, StatedContest, StatedPath, StatedRound
from decisions.count import Count
from decisions.course import (
    ChainPlace,
    Course,
    FirstFrom,
    PollFacts,
    PollRound,
    Question,
    RootAt,
    SaidBefore,
    WinnersOf,
    follow,
)
from decisions.delegate_lists import LAPSES_AFTER_MS
from decisions.entries import Logged
from decisions.phases import FastForward
from decisions.poll_events import FAST_FORWARD
from decisions.proposals import LoggedSaid
from decisions.rolls import ACTIVE_FOR_MS, Electors, Roll, Terms, electors, roll_of, terms
from decisions.round_count import CountBasis, count_round
from protocol.authorship import authored_of, check_logged
from protocol.errors import Refused, RefusedError
from protocol.ids import RecordId
from protocol.log import frontier_of, leaf_hash
from protocol.records.content import (
    AreaVote,
    Ballot,
    Delegate,
    Delegation,
    Evaluation,
    LotShare,
    Opening,
    Poll,
    Prediction,
    Proposal,
    Sealed,
)
from protocol.records.envelope import Record
from protocol.records.operation import VOID

LOOKED_AT = ("Ballot", "Delegate", "Delegation")
Open = Callable[[Sequence[bytes]], Iterable[Record | Refused]]  # may go on opening while other things are looked at
OfPoll = Proposal | AreaVote | Prediction | Sealed | LotShare | Opening | Evaluation


class Recount:
    """The counts of a file: what it proves, to be compared with what it states."""

    def __init__(self, bundle: Bundle, open_all: Open) -> None:
        self.bundle = bundle
        self.chain = _chain_of(bundle, open_all)
        self.through = self._through()
        if self.chain.settled < bundle.through:
            raise BundleRule.NOT_CONFIRMED.error()
        opened = open_all([bytes(raw) for raw in bundle.records])
        self.index_of, self.late = self._logged()
        self.records = _records_of(opened)
        self.unread = {one.id: one.author for one in bundle.unread}
        self.authors = self._authors()
        self.found: Electors = electors(self.chain.opened)
        self.terms: Terms = terms(self.chain.opened)
        self.roll = self._roll()
        self.basis = CountBasis(self._facts(), self.terms, self.roll, self.chain.last)
        self.counts: dict[int, Count] = {}
        self.course = self._course()
        if not self.counts:
            raise BundleRule.END_MISSING.error()

    def stated(self) -> Stated:
        """What the file should state."""
        return stated_of(self.course, self.counts, self.roll)

    def fresh_in(self, held: PollRound) -> int:
        """The first index of the log that wasn't sealed a year before the end of a round's voting."""
        return self._size_before(held.times.voting_end - LAPSES_AFTER_MS + 1)

    def _through(self) -> ChainLink:
        if not 0 <= self.bundle.through < len(self.chain.links):
            raise BundleRule.END_MISSING.error()
        return self.chain.links[self.bundle.through]

    def _logged(self) -> tuple[dict[RecordId, int], frozenset[RecordId]]:
        """Every entry's index, and those beyond the end; each item commits to the log that the entries give."""
        bundle, index_of = self.bundle, dict[RecordId, int]()
        frontier, given = frontier_of(bundle.start, bytes.fromhex(bundle.peaks)), iter(bundle.leaves)
        for link in self.chain.links[: bundle.through + 1]:
            if link.mark.size < bundle.start:
                continue
            added = [leaf for _, leaf in zip(range(link.mark.size - frontier.size), given, strict=False)]
            for index, leaf in enumerate(added, frontier.size):
                if leaf in index_of:
                    raise BundleRule.LEAF_TWICE.error(record=leaf)
                index_of[leaf] = index
            frontier = frontier.append_many([leaf_hash(leaf) for leaf in added])
            if frontier.size != link.mark.size or frontier.root().hex() != link.root:
                raise BundleRule.WRONG_LOG_ROOT.error(height=link.mark.height)
        return index_of, frozenset(given)

    def _authors(self) -> dict[RecordId, int]:
        """Who wrote each entry; the records are checked to be these entries, signed by their authors."""
        authors = dict(self.unread)
        for own_id, record in self.records.items():
            if own_id in self.late:
                raise BundleRule.LATE_RECORD.error(record=own_id)
            if own_id not in self.index_of or record.group != self.bundle.group:
                raise BundleRule.RECORD_NOT_IN_LOG.error(record=own_id)
            authors[own_id] = self._checked_author(record, self.index_of[own_id])
        for leaf in self.index_of:
            if leaf not in authors:
                raise BundleRule.RECORD_MISSING.error(record=leaf)
        return authors

    def _checked_author(self, record: Record, index: int) -> int:
        try:
            authored = authored_of(record)
            check_logged(self.chain.last, authored.author, authored.key, record.signers, index=index)
        except RefusedError as refusal:
            raise BundleRule.KEY_NOT_VALID.error(record=record.id, why=str(refusal)) from refusal
        return authored.author

    def _roll(self) -> Roll:
        opened = self.chain.opened
        first = self._first_from(opened.at - ACTIVE_FOR_MS)
        assert first is not None
        start = self._size_before(opened.at - ACTIVE_FOR_MS)
        active = {author for link in self.chain.links[first.height : opened.height + 1] for author in link.authors}
        begins = self.bundle.start
        entries = self.bundle.leaves[max(start - begins, 0) : opened.log.size - begins]
        active |= {self.authors[leaf] for leaf in entries}
        return roll_of(self.found.able(self.terms.least["vote"]), active, since=first.height)

    def _facts(self) -> PollFacts:
        record = self.records.get(self.bundle.poll)
        if record is None or not isinstance(record.content, Poll):
            raise BundleRule.NOT_OPENED.error()
        on_roll = set(self.roll.numbers.tolist())
        events = [(link.mark, event) for link in self.chain.links[: self.bundle.through + 1] for event in link.events]
        return PollFacts(
            id=self.bundle.poll,
            poll=record.content,
            opened=self.chain.links[self.chain.opened.height].mark,
            may=lambda capability, number: self.found.may(number, self.terms.least[capability]),
            keepers=self.terms.keepers,
            forwards=[FastForward(mark.at, event.target) for mark, event in events if event.name == FAST_FORWARD],
            voids=[
                (event.author, mark.height) for mark, event in events if event.name == VOID and event.author in on_roll
            ],
        )

    def _course(self) -> Course:
        asking = follow(self.basis.facts)
        try:
            question = next(asking)
            while True:
                question = asking.send(self._answer(question))
        except StopIteration as end:
            course: Course = end.value
            return course

    def _answer(self, question: Question) -> Any:
        match question:
            case FirstFrom(at=at):
                return self._first_from(at)
            case SaidBefore(types=types, size=size):
                return self._said(types, size)
            case RootAt(mark=mark):
                return self.chain.links[mark.height].root
            case WinnersOf(round=held, voided=voided):
                return self._winners(held, voided)

    def _said(self, types: Sequence[str], size: int) -> list[LoggedSaid]:
        found = []
        for own_id, record in self.records.items():
            content, index = record.content, self.index_of[own_id]
            if record.type in types and isinstance(content, OfPoll) and index < size:
                found += [LoggedSaid(index, own_id, content)] if content.poll == self.bundle.poll else []
        return found

    def _winners(self, held: PollRound, voided: tuple[int, ...]) -> tuple[str, ...]:
        logged = [
            Logged(self.index_of[own_id], own_id, record.content)
            for own_id, record in self.records.items()
            if record.type in LOOKED_AT and isinstance(record.content, Ballot | Delegate | Delegation)
            if not isinstance(record.content, Ballot) or record.content.poll == self.bundle.poll
        ]
        first = self.counts.get(held.number)
        met = first.result.quorum_met if first is not None and voided else None
        fresh = self.fresh_in(held)
        counted = count_round(self.basis, held, logged, fresh=fresh, voided=voided, quorum_met=met)
        if not voided:
            self.counts[held.number] = counted
        return counted.result.winners

    def _first_from(self, at: int) -> ChainPlace | None:
        link = self.chain.first_from(at)
        return link.mark if link is not None and link.mark.height <= self.bundle.through else None

    def _size_before(self, at: int) -> int:
        """The size of the log at the item before the first that isn't before `at`."""
        first = self._first_from(at)
        assert first is not None
        return self.chain.links[first.height - 1].mark.size if first.height else 0


def _all_opened(opened: Iterable[Record | Refused]) -> list[Record]:
    """The records of a list in which nothing was refused; raises the first refusal."""
    records = []
    for height, one in enumerate(opened):
        if isinstance(one, Refused):
            raise BundleRule.FORGED_ITEM.error(height=height, why=one.detail)
        records.append(one)
    return records


def stated_of(course: Course, counts: dict[int, Count], roll: Roll) -> Stated:
    """Counts as a file states them."""
    contested = course.contested
    return Stated(
        roll=tuple(roll.numbers.tolist()),
        votes=tuple(roll.votes.tolist()),
        rounds=tuple(
            StatedRound(tuple(ballots_of(counted)), tuple(paths_of(counted, roll)), counted.result)
            for _, counted in sorted(counts.items())
        ),
        chosen=course.chosen,
        drawing=course.drawing,
        contest=StatedContest(contested.voided, contested.winners, contested.stands) if contested is not None else None,
        final=course.final is not None,
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
    items = _all_opened(open_all([bytes(raw) for raw in bundle.items]))
    if items[0].id != bundle.group:
        raise BundleRule.OTHER_GROUP.error()
    acks = [one for one in open_all([bytes(raw) for raw in bundle.acks]) if isinstance(one, Record)]
    return fold(items, acks, bundle.poll)


def _records_of(opened: Iterable[Record | Refused]) -> dict[RecordId, Record]:
    records: dict[RecordId, Record] = {}
    for one in opened:
        if isinstance(one, Refused):
            raise BundleRule.FORGED_RECORD.error(why=one.detail)
        records[one.id] = one
    return records
