"""The account of a score: its parts give the score, and say what a page needs."""

from fractions import Fraction
from random import Random

from decisions.predictor_scores import replay
from decisions.score_accounts import account
from tests.decisions.areas import a_poll, a_statement, an_area


def test_dc_15_the_account_adds_up_to_the_score() -> None:
    rng = Random(17)
    for _ in range(300):
        polls, size = an_area(rng), rng.randint(0, 50)
        area = replay(polls, size)
        for member in range(1, 9):
            assert account(area, polls, member).score == area.of(member)


def test_dc_15_the_account_says_what_each_bet_was_worth_and_what_was_missed() -> None:
    bets = {1: 900, 2: 500, 3: 500, 4: 500, 5: 100}
    polls = [
        a_poll("later", 20, a_statement("v", {2: 500})),
        a_poll("poll", 10, a_statement("s", bets, (15, True)), a_statement("t", {2: 0, 3: 300, 4: 0}, (16, True))),
    ]
    told = account(replay(polls, 30), polls, 1)
    again = account(replay(polls, 30), polls, 2)

    (poll,) = told.polls
    (bet,) = poll.bets
    assert (bet.statement, bet.bet, bet.people, bet.happened) == ("s", 900, 5, True)
    assert (bet.own, bet.others, bet.gain) == (Fraction(1, 100), Fraction(1, 4), Fraction(6, 25))
    assert (poll.missed, poll.mean, poll.penalty, poll.r) == (
        ("t",),
        Fraction(6, 25),
        Fraction(1, 20),
        Fraction(19, 100),
    )
    assert told.score == Fraction(1, 2) + Fraction(19, 100) / 11
    assert [one.poll for one in again.polls] == ["poll", "later"]
    assert [(one.happened, one.gain) for one in again.polls[0].bets] == [(True, Fraction()), (True, None)]
