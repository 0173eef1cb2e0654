"""Predictor scores: exact, replayable, and what each rule of them says."""

from fractions import Fraction
from random import Random
from statistics import median

import numpy as np
import pytest

from decisions.bets import brier
from decisions.predictor_scores import AreaScores, compare, cost_of_a_gap, replay
from decisions.score_accounts import account
from protocol.ids import RecordId
from tests.decisions.areas import a_poll, a_statement, an_area, as_told
from tests.decisions.oracles.predictor_scores import ExactScores

FIVE = {1: 900, 2: 500, 3: 500, 4: 500, 5: 100}
ALIKE = {1: 500, 2: 510, 3: 520, 4: 530, 5: 540}


def test_dc_15_the_score_rises_with_what_one_knew_better_than_the_median_of_the_others() -> None:
    area = replay([a_poll("a", 10, a_statement("s", FIVE, (20, True)))], 30)

    # Brier of the five if it happens: 1/100, 1/4, 1/4, 1/4, 81/100.
    gain = Fraction(1, 4) - Fraction(1, 100)
    assert area.of(1) == Fraction(1, 2) + gain / 11
    assert area.of(5) == Fraction(1, 2) + (Fraction(1, 4) - Fraction(81, 100)) / 11
    assert area.of(2) == Fraction(1, 2)
    assert area.of(99) == Fraction(1, 2)


def test_a_statement_with_four_bets_is_not_scored_and_an_undecided_one_neither() -> None:
    four = a_statement("four", {1: 900, 2: 500, 3: 500, 4: 500}, (20, True))
    undecided = a_statement("undecided", FIVE, (20, None))
    area = replay([a_poll("a", 10, four, undecided)], 30)

    assert {area.of(member) for member in (1, 2, 3, 4)} == {Fraction(1, 2)}


def test_who_left_out_required_statements_loses_a_twentieth_once() -> None:
    opposed = [a_statement(name, {1: 0, 2: 200, 3: 0}) for name in ("s", "t")]
    area = replay([a_poll("a", 10, *opposed, a_statement("u", {4: 500}))], 10)

    assert area.required == {"a": ("s", "t")}
    assert area.of(4) == Fraction(1, 2) - Fraction(1, 20) / 11
    assert area.of(4) == Fraction(1, 2) - cost_of_a_gap(0)
    assert area.of(1) == Fraction(1, 2)


@pytest.mark.parametrize(
    ("bets", "required"),
    [
        ({1: 0, 2: 200, 3: 100}, True),
        ({1: 0, 2: 199, 3: 100}, False),
        ({1: 0, 2: 1000}, False),
        ({}, False),
    ],
)
def test_what_is_required_of_newcomers(bets: dict[int, int], required: bool) -> None:
    assert (replay([a_poll("a", 10, a_statement("s", bets))], 10).required[RecordId("a")] == ("s",)) is required


def test_two_who_knew_best_require_nothing_of_others() -> None:
    right = {1: 1000, 2: 1000, 3: 0, 4: 0, 5: 0, 6: 0}
    before = [a_poll(str(n), n, a_statement(f"s{n}", right, (n + 1, True))) for n in range(1, 30)]
    area = replay([*before, a_poll("last", 90, a_statement("t", {1: 0, 2: 1000}))], 90)

    assert area.of(1) + area.of(2) > Fraction(3, 2)
    assert area.required[RecordId("last")] == ()


def test_what_was_found_before_the_bets_were_open_is_known_after_that() -> None:
    polls = [a_poll("a", 10, a_statement("s", FIVE, (5, True)))]

    for size, score in ((10, Fraction(1, 2)), (11, Fraction(1, 2) + Fraction(6, 25) / 11)):
        area = replay(polls, size)
        assert area.of(1) == account(area, polls, 1).score == score


def a_low_score() -> AreaScores:
    """Members 1, 2 and 3 bet; 1 has lost a twentieth in an earlier poll, so the three sum to less than 3/2."""
    opposed = a_statement("s", {4: 0, 5: 200, 6: 0})
    earlier = a_poll("earlier", 10, opposed, a_statement("t", {1: 500}))
    return replay([earlier, a_poll("later", 20, a_statement("u", {1: 0, 2: 1000, 3: 0}))], 20)


def test_what_people_with_low_scores_disagree_about_is_not_required() -> None:
    assert a_low_score().required == {"earlier": ("s",), "later": ()}


def test_a_later_revision_changes_scores_and_never_what_was_required() -> None:
    first = a_poll("first", 10, a_statement("s", FIVE, (15, True), (40, False)))
    second = a_poll("second", 20, a_statement("t", {5: 0, 2: 1000, 3: 0}), a_statement("u", {1: 500}))
    before, after = replay([first, second], 40), replay([first, second], 41)

    assert before.required == after.required == {"first": ("s",), "second": ()}
    assert before.of(1) > after.of(1)
    assert before.of(5) < after.of(5)


def test_polls_that_end_at_one_item_do_not_see_each_other() -> None:
    one = a_poll("a", 10, a_statement("s", {4: 0, 5: 200, 6: 0}), a_statement("t", {1: 500}))
    other = a_poll("b", 10, a_statement("u", {1: 0, 2: 1000, 3: 0}))

    assert replay([one, other], 10).required == {"a": ("s",), "b": ("u",)}


def test_a_score_is_never_below_zero_or_above_one() -> None:
    right = {1: 1000, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1000, 7: 0, 8: 0}
    area = replay([a_poll(str(n), n, a_statement(f"s{n}", right, (n + 1, True))) for n in range(1, 60)], 99)

    assert area.of(1) == 1
    wrong = replay([a_poll(str(n), n, a_statement(f"s{n}", right, (n + 1, False))) for n in range(1, 60)], 99)
    assert wrong.of(1) == 0


def test_dc_15_scores_are_what_the_definition_says_at_every_size_of_the_log() -> None:
    rng = Random(15)
    for world in range(2000):
        polls = an_area(rng)
        exact = ExactScores(as_told(polls))
        for size in (rng.randint(0, 50), rng.randint(0, 50), 50):
            area = replay(rng.sample(polls, len(polls)), size)
            for member in range(1, 9):
                assert area.of(member) == exact.score(member, size), (world, size, member)
            for poll in polls:
                if poll.log_size <= size:
                    assert list(area.required[poll.id]) == exact.required(poll.id), (world, poll.id)


def test_the_median_of_the_others_leaves_out_oneself() -> None:
    rng = Random(16)
    for _ in range(1000):
        bets = {member: rng.randrange(0, 1001, 250) for member in range(rng.randint(2, 8))}
        happened = rng.random() < 0.5
        found = compare(np.array(list(bets.values()), np.int64), happened=happened)
        for member, own, twice_others in zip(bets, *(column.tolist() for column in found), strict=True):
            others = [brier(bet, happened=happened) for who, bet in bets.items() if who != member]
            assert own == brier(bets[member], happened=happened)
            assert Fraction(twice_others, 2) == median(map(Fraction, others))


def test_bets_that_agree_require_nothing() -> None:
    area = replay([a_poll("a", 10, a_statement("s", ALIKE), a_statement("t", {9: 500}))], 10)

    assert area.required == {"a": ()}
    assert area.of(9) == Fraction(1, 2)
