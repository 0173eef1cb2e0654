"""A result's file says whether it is right, from its bytes alone: no server, no database, no network.

What it proves: that every item was made by who might make it and confirmed by the keepers; that the log of the poll is
the one to which the items commit, whole and in order, so that nobody can leave a ballot out of this chain and this log;
that every ballot, delegation and operation in it was signed by its author; that the roll, the ballots that count, the
way of each vote, all sums, the lot and what a contest led to follow from them. What it can't prove: that an entry
without words is no ballot (none can be erased, and no pod withholds one, so the pod that made the file would have to
lie), and that nobody stole a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from decisions.bundle.recount import Open, Recount
from decisions.bundle.rules import BundleRule
from decisions.bundle.shape import FORMAT, Bundle, Stated, StatedRound
from decisions.count import Result
from decisions.entries import is_quarantined
from decisions.round_count import reading_of
from protocol.canonical import parse_json
from protocol.errors import Refused, RefusedError
from protocol.limits import MAX_ITEM_BYTES, MAX_ITEM_DEPTH
from protocol.log import frontier_of
from protocol.records.content import Ballot
from protocol.records.envelope import Record, open_record


class FileVerdict(msgspec.Struct, frozen=True):
    """What a file proves, or what is wrong with it. `unread`: entries without words.

    `rounds`: the results of the votings; `chosen`: nobody or one option, None while a lot or a round is to come.
    """

    rounds: tuple[Result, ...]
    faults: tuple[Refused, ...]
    chosen: tuple[str, ...] | None = None
    final: bool = False
    unread: int = 0
    confirmed_by: int = 0


def verify(data: bytes, open_all: Open | None = None) -> FileVerdict:
    """Verify a file; `open_all` opens many records at once, by default one after the other."""
    try:
        bundle = read_bundle(data)
        anew = Recount(bundle, open_all or open_each)
        faults = tuple(differences(anew))
    except RefusedError as refusal:
        return FileVerdict((), (refusal.refused,))
    if faults:
        return FileVerdict((), faults)
    results, seats = tuple(one.result for one in anew.stated().rounds), len(anew.chain.last.seats)
    return FileVerdict(results, (), anew.course.chosen, anew.course.final is not None, len(bundle.unread), seats)


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


def differences(anew: Recount) -> Iterator[Refused]:
    """What the file states otherwise than its records say, the cause before its effects."""
    stated, found = anew.bundle.stated, anew.stated()
    if (stated.roll, stated.votes) != (found.roll, found.votes):
        yield BundleRule.WRONG_ROLL.refused(stated=len(stated.roll), found=len(found.roll))
    if len(stated.rounds) != len(found.rounds):
        yield BundleRule.WRONG_ROUNDS.refused(stated=len(stated.rounds), found=len(found.rounds))
        return
    for place, (said, right) in enumerate(zip(stated.rounds, found.rounds, strict=True)):
        yield from _wrong_ballots(anew, place, said, right)
        yield from _wrong_paths(stated, said, right)
        if said.result != right.result:
            yield BundleRule.WRONG_RESULT.refused()
    if stated.drawing != found.drawing:
        yield BundleRule.WRONG_LOT.refused()
    if stated.contest != found.contest:
        yield BundleRule.WRONG_CONTEST.refused()
    if (stated.chosen, stated.final) != (found.chosen, found.final):
        yield BundleRule.WRONG_CHOICE.refused()


def _wrong_ballots(anew: Recount, place: int, stated: StatedRound, right: StatedRound) -> Iterator[Refused]:
    found, named = set(right.ballots), set(stated.ballots)
    for member, times in Counter(one.member for one in stated.ballots).items():
        if times > 1:
            yield BundleRule.COUNTED_TWICE.refused(member=member)
    closed = anew.course.rounds[place].voting
    assert closed is not None
    for member, index in sorted((one.member, one.index) for one in named - found):
        if index >= closed.size:
            yield BundleRule.LATE_BALLOT.refused(member=member)
        elif _is_after_recovery(anew, place, index):
            yield BundleRule.KEY_AFTER_RECOVERY.refused(member=member)
        else:
            yield BundleRule.BALLOT_ADDED.refused(member=member)
    for member in sorted({one.member for one in found - named}):
        yield BundleRule.BALLOT_DROPPED.refused(member=member)


def _is_after_recovery(anew: Recount, place: int, index: int) -> bool:
    own_id = next((own_id for own_id, found in anew.index_of.items() if found == index), None)
    record = anew.records.get(own_id) if own_id is not None else None
    if record is None or not isinstance(record.content, Ballot):
        return False
    held = anew.course.rounds[place]
    reading = reading_of(anew.basis.facts, anew.basis.keys, held, anew.fresh_in(held))
    return is_quarantined(reading, record.content.author, record.content.key)


def _wrong_paths(stated: Stated, said: StatedRound, right: StatedRound) -> Iterator[Refused]:
    if len(said.paths) != len(right.paths):
        return  # the roll differs, which was said
    for member, one, other in zip(stated.roll, right.paths, said.paths, strict=False):
        if one != other:
            yield BundleRule.WRONG_PATH.refused(member=member)
            return  # one false path leads to others
