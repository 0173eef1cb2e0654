"""The Content invariants of protocol §6, each with seeded faults that its property must find.

Each check is a plain function, so that it runs once over the right rules and once over each wrong one.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import scores
from moderation.explain import explain
from moderation.scores import Scale, score
from protocol import content, visibility, votes
from protocol.content import Sheet, Text, assemble, erased, extend
from protocol.ids import RecordId
from protocol.records.content import Address, ParagraphTarget
from protocol.visibility import Combine, Judged, see
from protocol.votes import CastVote, GuestBallot, current_votes
from tests.property.content_worlds import World, ballot_boxes, worlds
from tests.property.faults import Fault, Strategies, in_place, must_find, seed

ORDER = "scores, text and visibility independent of order, duplicates and batches"
WEIGHT = "a member counts at most |weight| per target"
SAME_ORDER = "paragraphs known to two pods stand in the same order on both"
ADDRESSABLE = "everything accepted stays addressable"
ONE_OF_A_SLOT = "of a slot only one is shown"

Thing = TypeVar("Thing")
Box = tuple[Scale, list[CastVote], list[GuestBallot]]


def standing_of(world: World, text: Text, cast: list[CastVote]) -> dict[Address, int]:
    scale = Scale(world.weights)
    return {
        address: score(scale, [vote for vote in cast if vote.target == ParagraphTarget(address).token])
        for address in text.order
    }


def deal(things: list[Thing], rng: Random) -> list[Thing]:
    """The same things in another order, some of them twice."""
    dealt = things + [thing for thing in things if rng.random() < 0.3]
    rng.shuffle(dealt)
    return dealt


def judged_of(world: World, text: Text, cast: list[CastVote]) -> list[tuple[Judged, ...]]:
    standing = standing_of(world, text, cast)
    return [see(text, groups, combine) for groups in ([standing], [standing, {}]) for combine in Combine]


def check_order_never_matters(world: World, rng: Random) -> None:
    as_written = world.text()
    dealt = deal(world.patches, rng)
    some = rng.randint(0, len(dealt))
    in_batches = extend(assemble(world.post, dealt[:some]), dealt[some:])
    cast = deal(world.votes, rng)

    for other in (assemble(world.post, dealt), in_batches):
        assert (other.order, other.waiting) == (as_written.order, as_written.waiting)
        assert (other.marks, other.slots, other.led_to) == (as_written.marks, as_written.slots, as_written.led_to)
        assert judged_of(world, other, cast) == judged_of(world, as_written, world.votes)


def check_order_of_votes_never_matters(box: Box, rng: Random) -> None:
    scale, cast, ballots = box
    dealt, guests = deal(cast, rng), deal(ballots, rng)
    some = rng.randint(0, len(dealt))

    assert score(scale, dealt, guests) == score(scale, cast, ballots)
    assert current_votes(dealt[some:], current_votes(dealt[:some])) == current_votes(cast)
    assert explain(scale, dealt, guests) == explain(scale, cast, ballots)


def check_a_member_counts_at_most_the_weight(box: Box) -> None:
    scale, cast, ballots = box
    total = score(scale, cast, ballots)
    for member in {vote.member for vote in cast}:
        without = score(scale, [vote for vote in cast if vote.member != member], ballots)
        assert abs(total - without) <= max(0, scale.weights.get(member, 0)) * 1000
    for host in {ballot.host for ballot in ballots}:
        without = score(scale, cast, [ballot for ballot in ballots if ballot.host != host])
        assert abs(total - without) <= 100 * 1000 * max(0, scale.others_weight)


def check_the_lines_sum_to_the_score(box: Box) -> None:
    explanation = explain(*box)
    assert sum(line.amount for line in explanation.lines) == explanation.total == score(*box)


def check_two_pods_agree_on_order(world: World, rng: Random) -> None:
    here = assemble(world.post, [patch for patch in world.patches if rng.random() < 0.6])
    there = assemble(world.post, [patch for patch in world.patches if rng.random() < 0.6])
    common = set(here.order) & set(there.order)

    assert [address for address in here.order if address in common] == [
        address for address in there.order if address in common
    ]


def check_everything_stays_addressable(world: World, rng: Random) -> None:
    blanked = [erased(patch) if rng.random() < 0.2 else patch for patch in world.patches]
    text = assemble(world.post, blanked)
    accepted = [Address(sheet.id, index) for sheet in [world.post, *blanked] for index in range(len(sheet.afters))]
    seen = {judged.address for judged in see(text, [standing_of(world, text, world.votes)])}

    assert sorted([*text.order, *text.waiting]) == sorted(set(accepted))
    assert seen == set(text.order)
    assert all(text.paragraph(address) or text.sheets[address.record].erased for address in accepted)


def check_one_of_a_slot_is_shown(world: World, combine: Combine) -> None:
    text = world.text()
    shown = {
        judged.address for judged in see(text, [standing_of(world, text, world.votes), {}], combine) if judged.shown
    }
    for slot in text.slots.values():
        assert len(shown.intersection(slot)) <= 1


def check_a_stranger_hides_nothing(world: World) -> None:
    """Without votes the reader sees what the writer wrote, whatever others add, mark or replace."""
    own = [patch for patch in world.patches if patch.writer == world.post.writer]
    with_all, alone = world.text(), assemble(world.post, own)
    hangs_here = set(alone.order)

    def seen(text: Text) -> set[Address]:
        return {judged.address for judged in see(text, []) if judged.shown} & hangs_here

    # A writer may accept what others wrote, or answer it in words of his own; then his paragraph gives way by his mark.
    if all(
        {paragraph, mark.replaced_by} <= hangs_here
        for (by, paragraph), mark in with_all.marks.items()
        if by == world.post.writer and mark.replaced_by
    ):
        assert seen(alone) <= seen(with_all)


@given(world=worlds(), rng=st.randoms(use_true_random=False))
def test_text_and_visibility_dont_depend_on_order_duplicates_or_batches(world: World, rng: Random) -> None:
    check_order_never_matters(world, rng)


@given(box=ballot_boxes(), rng=st.randoms(use_true_random=False))
def test_scores_dont_depend_on_order_duplicates_or_batches(box: Box, rng: Random) -> None:
    check_order_of_votes_never_matters(box, rng)


@given(box=ballot_boxes())
def test_a_member_counts_at_most_the_weight_and_a_host_its_hundred(box: Box) -> None:
    check_a_member_counts_at_most_the_weight(box)


@given(box=ballot_boxes())
def test_md_03_the_sum_of_the_lines_is_the_score(box: Box) -> None:
    check_the_lines_sum_to_the_score(box)


@given(world=worlds(), rng=st.randoms(use_true_random=False))
def test_paragraphs_known_to_two_pods_stand_in_the_same_order(world: World, rng: Random) -> None:
    check_two_pods_agree_on_order(world, rng)


@given(world=worlds(), rng=st.randoms(use_true_random=False))
def test_everything_accepted_stays_addressable(world: World, rng: Random) -> None:
    check_everything_stays_addressable(world, rng)


@given(world=worlds(), combine=st.sampled_from(Combine))
def test_of_a_slot_at_most_one_paragraph_is_shown(world: World, combine: Combine) -> None:
    check_one_of_a_slot_is_shown(world, combine)


@given(world=worlds())
def test_no_stranger_hides_what_the_writer_wrote_without_votes(world: World) -> None:
    check_a_stranger_hides_nothing(world)


def _first_mark_stands(sheet: Sheet, position: int) -> tuple[int, ...]:
    del sheet, position
    return (0,)


def _joined_by_anybody(post_writer: object, sheets: object, marks: dict[Any, Any]) -> list[tuple[Address, Address]]:
    del post_writer, sheets
    return [(paragraph, mark.replaced_by) for (_, paragraph), mark in marks.items() if mark.replaced_by]


RIGHT_ORDER = content.reading_order


def _orphans_on_the_start(post: RecordId, sheets: Iterable[Sheet]) -> tuple[Address, ...]:
    known = {sheet.id: sheet for sheet in sheets}

    def hung(after: Address | None) -> Address | None:
        return after if after and after.record in known else None

    moved = [
        msgspec.structs.replace(sheet, afters=tuple(hung(after) for after in sheet.afters)) for sheet in known.values()
    ]
    return RIGHT_ORDER(post, moved)


WORLD_AND_RNG: Strategies = {"world": worlds(), "rng": st.randoms(use_true_random=False)}
BOX_AND_RNG: Strategies = {"box": ballot_boxes(), "rng": st.randoms(use_true_random=False)}

SEEDED: list[tuple[Fault, Callable[..., None], Strategies]] = [
    (
        seed("siblings by arrival", ORDER, content, "sibling_key", lambda _parent, _child: 0),
        check_order_never_matters,
        WORLD_AND_RNG,
    ),
    (
        seed("the first mark to arrive stands", ORDER, content, "mark_rank", _first_mark_stands),
        check_order_never_matters,
        WORLD_AND_RNG,
    ),
    (
        seed("the first vote to arrive stands", ORDER, votes, "rank", lambda _vote: 0),
        check_order_of_votes_never_matters,
        BOX_AND_RNG,
    ),
    (
        seed("votes of one rank by arrival", ORDER, votes, "rank", lambda vote: (vote.key, vote.counter)),
        check_order_of_votes_never_matters,
        BOX_AND_RNG,
    ),
    (
        seed("every vote counts, changed ones too", WEIGHT, votes, "register_of", lambda vote: vote.id),
        check_a_member_counts_at_most_the_weight,
        {"box": ballot_boxes()},
    ),
    (
        seed("black-listed members count", WEIGHT, scores, "counts", lambda weight: weight is not None),
        check_a_member_counts_at_most_the_weight,
        {"box": ballot_boxes()},
    ),
    (
        seed(
            "a host counts without limit",
            WEIGHT,
            scores,
            "host_value",
            lambda ballots: (sum(ballot.value for ballot in ballots),) * 2,
        ),
        check_a_member_counts_at_most_the_weight,
        {"box": ballot_boxes()},
    ),
    (
        seed("what waits is hung on the start", SAME_ORDER, content, "reading_order", _orphans_on_the_start),
        check_two_pods_agree_on_order,
        WORLD_AND_RNG,
    ),
    (
        seed("waiting paragraphs are dropped", ADDRESSABLE, content, "unreached", lambda _sheets, _hung: ()),
        check_everything_stays_addressable,
        WORLD_AND_RNG,
    ),
    (
        seed("a slot shows all its versions", ONE_OF_A_SLOT, visibility, "stands_back", lambda _sight: False),
        check_one_of_a_slot_is_shown,
        {"world": worlds(), "combine": st.sampled_from(Combine)},
    ),
    (
        seed("anybody joins anything", "no stranger hides", content, "_joins", _joined_by_anybody),
        check_a_stranger_hides_nothing,
        {"world": worlds()},
    ),
]


@pytest.mark.parametrize(("fault", "check", "strategies"), SEEDED, ids=[fault.name for fault, _, _ in SEEDED])
def test_the_property_finds_the_seeded_fault(fault: Fault, check: Callable[..., None], strategies: Strategies) -> None:
    must_find(fault, check, strategies)


def test_the_rules_stand_again_after_a_fault() -> None:
    for fault, _, _ in SEEDED:
        with in_place(fault):
            assert getattr(fault.module, fault.rule) is fault.wrong
        assert getattr(fault.module, fault.rule) is not fault.wrong
