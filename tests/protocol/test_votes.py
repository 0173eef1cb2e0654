"""Of a member's votes on a target one counts."""

from itertools import permutations

import pytest

from protocol.records.content import Token, parse_target
from protocol.votes import CastVote, GuestBallot, appears, counts, current_ballots, current_votes, gives_score
from tests.support.writing import TARGET, a_vote, an_id


@pytest.mark.parametrize(
    "votes",
    [
        [a_vote(1, -1000, counter=1), a_vote(1, 1000, counter=2)],
        [a_vote(1, -1000, counter=9), a_vote(1, 1000, counter=1, key=1)],
        sorted([a_vote(1, 1000), a_vote(1, -1000)], key=lambda vote: vote.id),
    ],
    ids=["counter", "key before counter", "id last"],
)
def test_the_highest_key_counter_and_id_counts_in_any_order(votes: list[CastVote]) -> None:
    for order in permutations(votes):
        assert list(current_votes(order).values()) == [votes[-1]]


def test_the_claimed_time_never_decides() -> None:
    early = CastVote(1, TARGET, 1000, 0, 2, an_id("early"), at=1)
    late = CastVote(1, TARGET, -1000, 0, 1, an_id("late"), at=9)

    assert list(current_votes([early, late]).values()) == [early]


def test_members_and_targets_have_registers_of_their_own() -> None:
    votes = [a_vote(1, 1), a_vote(2, 1), a_vote(1, 1, target=Token("other"))]

    assert len(current_votes(votes)) == 3


def test_votes_on_top_of_known_registers_equal_all_at_once() -> None:
    first, second, third = a_vote(1, 1, counter=1), a_vote(1, 2, counter=2), a_vote(2, 3)

    assert current_votes([first, third], current_votes([second])) == current_votes([first, second, third])


@pytest.mark.parametrize(("weight", "expected"), [(None, False), (-1000, False), (0, False), (1, True)])
def test_only_members_with_weight_above_0_count(weight: int | None, expected: bool) -> None:
    assert counts(weight) is expected


@pytest.mark.parametrize(
    ("value", "weight", "expected"),
    [(1000, 0, True), (1, 1000, True), (0, 1000, False), (-1000, 1000, False), (1000, -1, False), (1000, None, False)],
)
def test_a_target_appears_by_a_positive_vote_of_a_member_who_isnt_black_listed(
    value: int, weight: int | None, expected: bool
) -> None:
    weights = {} if weight is None else {1: weight}

    assert appears([a_vote(1, value)], weights) is expected


def test_of_a_guests_ballots_the_last_in_the_log_counts() -> None:
    first = GuestBallot("eve", "m.example", TARGET, 1000, log_index=3)
    last = GuestBallot("eve", "m.example", TARGET, -1000, log_index=8)

    assert list(current_ballots([last, first]).values()) == [last]


def test_reactions_give_no_score() -> None:
    assert not gives_score(parse_target({"reaction": {"post": an_id("post"), "emoji": "🌱"}}))
    assert gives_score(parse_target({"post": an_id("post")}))
