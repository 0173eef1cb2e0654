"""A poll's course: rounds, lots and contests follow from the chain; more of the chain never changes what is told."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from decisions.course import (
    ChainPlace,
    Course,
    FirstFrom,
    PollFacts,
    Question,
    RootAt,
    SaidBefore,
    Stage,
    WinnersOf,
    follow,
)
from decisions.lot import commitment
from decisions.phases import DAY_MS, HOUR_MS
from decisions.proposals import LoggedSaid
from protocol.records.content import UNSIGNED, AreaVote, Lengths, LotShare, Opening, Option, Poll, Proposal
from tests.decisions.oracles.poll_course import Item, Won, tell
from tests.support.writing import an_id

OPENED = 1000 * DAY_MS
POLL = an_id("poll")
TIED = ("00", "01")


def a_poll(**lengths: int) -> Poll:
    options = (Option("North"), Option("South"))
    return Poll(kind="approval", title="Where?", lengths=Lengths(**lengths), options=options, **UNSIGNED)


class World:
    """A chain and a log for one poll; `won`: by round, and whether somebody is left out."""

    def __init__(self, poll: Poll, items: Sequence[Item], won: Won, said: Sequence[LoggedSaid] = ()) -> None:
        self.poll, self.items, self.won, self.said = poll, items, won, said

    def place(self, height: int) -> ChainPlace:
        at, size = self.items[height]
        return ChainPlace(an_id(("item", height)), height, at, size)

    def answer(self, question: Question) -> Any:
        match question:
            case FirstFrom(at=at):
                found = [height for height, item in enumerate(self.items) if item[0] >= at]
                return self.place(found[0]) if found else None
            case SaidBefore(types=types, size=size):
                return [one for one in self.said if type(one.content).__name__ in types and one.index < size]
            case RootAt(mark=mark):
                return f"{mark.height:064x}"
            case WinnersOf(round=held, voided=voided):
                return self.won[held.number, bool(voided)]

    def course(self, voids: Sequence[tuple[int, int]] = (), **facts: Any) -> Course:
        asking = follow(
            PollFacts(
                POLL, self.poll, self.place(0), may=lambda _, number: number < 9, keepers=(1, 2), voids=voids, **facts
            )
        )
        try:
            question = next(asking)
            while True:
                question = asking.send(self.answer(question))
        except StopIteration as end:
            found: Course = end.value
            return found


def random_world(rng: Random) -> tuple[World, Won, int | None]:
    at, items = OPENED, [(OPENED, 0)]
    for size in range(1, rng.randint(2, 14)):
        at += rng.choice([HOUR_MS, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS])
        items.append((at, size))
    sets = ((), ("00",), ("01",), TIED)
    won = {(held, left_out): rng.choice(sets) for held in (1, 2, 3) for left_out in (False, True)}
    poll = a_poll(voting=rng.choice([HOUR_MS, DAY_MS, 4 * DAY_MS]), contest=rng.choice([0, HOUR_MS, 3 * DAY_MS]))
    return World(poll, items, won), won, rng.choice([None, rng.randrange(1, len(items))])


def test_dc_18_random_courses_are_those_of_a_story_told_item_by_item() -> None:
    rng, seen = Random(18), set()
    for _ in range(4000):
        world, won, voided_at = random_world(rng)
        lengths = {"voting": world.poll.lengths.voting, "contest": world.poll.lengths.contest}

        course = world.course([] if voided_at is None else [(7, voided_at)])

        told = tell(world.items, lengths, won, voided_at)
        if _leaves_the_lot(course):
            continue
        assert len(course.rounds) == told["rounds"]
        assert (None if course.chosen is None else bool(course.chosen)) == told["chosen"]
        assert (course.final.height if course.final else None) == told["final"]
        assert (course.drawing is not None) == (told["how"] == "lot")
        seen.add((told["rounds"], told["how"], told["final"] is not None))
    assert {(1, "count", True), (2, "lot", True), (2, "count", True), (3, "lot", True), (3, "count", True)} <= seen


def _leaves_the_lot(course: Course) -> bool:
    """Whether the count without the voided members names alone the one whom the lot drew: then the result stands."""
    contested = course.contested
    return contested is not None and contested.stands and len(contested.winners) == 1 and course.drawing is not None


def test_more_of_the_chain_never_changes_what_was_told() -> None:
    rng = Random(3)
    for _ in range(500):
        world, won, voided_at = random_world(rng)
        voids = [] if voided_at is None else [(7, voided_at)]
        before = World(world.poll, world.items[:1], won).course(voids)
        for length in range(2, len(world.items) + 1):
            after = World(world.poll, world.items[:length], won).course(voids)
            assert [held.winners for held in after.rounds][: len(before.rounds)] == [
                held.winners if held.winners is not None else after.rounds[place].winners
                for place, held in enumerate(before.rounds)
            ]
            if before.final is not None:
                assert after == before
            elif before.pending:
                came = world.items[length - 1][0] >= before.pending[0]
                assert came or after == before
            before = after


def share(keeper: int, secret: bytes, index: int, held: int = 2) -> LoggedSaid:
    header = {**UNSIGNED, "author": keeper}
    said = LotShare(poll=POLL, commitment=commitment(secret), round=held, **header)  # type: ignore[arg-type]
    return LoggedSaid(index, an_id(("share", keeper, index)), said)


def opened(of: LoggedSaid, secret: bytes, index: int) -> LoggedSaid:
    header = {**UNSIGNED, "author": of.content.author}
    said = Opening(poll=POLL, sealed=of.id, value=secret.hex(), **header)  # type: ignore[arg-type]
    return LoggedSaid(index, an_id(("opening", of.id, index)), said)


@pytest.mark.parametrize(
    ("late_share", "late_opening", "opened_by"),
    [(False, False, (1, 2)), (True, False, (1,)), (False, True, (1,))],
    ids=["in-time", "share-after-the-lock", "opened-after-a-day"],
)
def test_dc_18_a_lot_takes_the_shares_given_before_the_lock_and_opened_within_a_day(
    late_share: bool, late_opening: bool, opened_by: tuple[int, ...]
) -> None:
    first, second = share(1, b"a" * 32, 10), share(2, b"b" * 32, 25 if late_share else 11)
    stranger = share(5, b"c" * 32, 12)
    said = [
        *(first, second, stranger, share(1, b"d" * 32, 13, held=3)),
        *(opened(first, b"a" * 32, 31), opened(second, b"b" * 32, 45 if late_opening else 32)),
    ]
    # Opened; round 1 ends; its lock, then its end, of round 2; the lot; the window.
    times = (0, 2, 3.5, 4, 5.5, 8)
    items = [(OPENED + int(day * DAY_MS), 10 * place) for place, day in enumerate(times)]
    won = {(held, False): TIED for held in (1, 2)}
    world = World(a_poll(voting=2 * DAY_MS, lock=DAY_MS), [*items[:1], *items[1:]], won, said)

    course = world.course()

    assert course.drawing is not None
    assert course.drawing.opened == opened_by
    assert course.chosen == (course.drawing.winner,)
    assert course.drawn == world.place(4)
    assert course.final == world.place(5)


def test_dc_19_proposals_become_options_and_areas_are_chosen_when_their_phase_ends() -> None:
    def said(index: int, content: Any) -> LoggedSaid:
        return LoggedSaid(index, an_id(("said", index)), content)

    def by(author: int, **members: Any) -> Any:
        return {**UNSIGNED, "author": author, "poll": POLL, **members}

    entries = [
        said(3, Proposal(title="Neither", **by(1))),
        said(4, Proposal(title="By somebody who may not", **by(9))),
        said(5, Proposal(withdraws=an_id(("said", 3)), **by(1))),
        said(6, AreaVote(areas={"water": True, "money": False}, **by(2))),
        said(7, AreaVote(areas={"water": True, "money": True}, **by(2, counter=2))),
        said(12, Proposal(title="Too late", **by(1))),
    ]
    items = [(OPENED, 0), (OPENED + DAY_MS, 10)]
    poll = a_poll(proposals=DAY_MS, voting=DAY_MS)

    before = World(poll, items[:1], {}, entries).course()
    after = World(poll, items, {}, entries).course()

    assert before.now.options == ("00", "01")
    assert before.stage_at(OPENED) is Stage.PROPOSALS
    assert before.pending == (OPENED + DAY_MS,)
    assert after.now.options == ("00", "01", an_id(("said", 3)))
    assert after.now.areas == ("money", "water")
    assert after.stage_at(OPENED + DAY_MS) is Stage.VOTING
