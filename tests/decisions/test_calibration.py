"""Calibration: what was said, held against what happened."""

from fractions import Fraction
from random import Random

import pytest

from decisions.calibration import ResolvedBet, calibration, wilson
from protocol.ids import RecordId
from tests.support.folders import read_vectors

WILSON = read_vectors("flowback_tallies.json")["wilson_z_1.281551565545"]


def a_resolved_bet(leaf: int, bet: int, happened: bool) -> ResolvedBet:
    return ResolvedBet(RecordId(f"s{leaf}"), leaf, bet, happened)


def test_dc_16_each_bin_has_its_number_and_says_what_happened() -> None:
    curve = calibration(
        [
            a_resolved_bet(1, 800, True),
            a_resolved_bet(2, 850, False),
            a_resolved_bet(3, 899, True),
            a_resolved_bet(4, 900, True),
            a_resolved_bet(5, 1000, True),
            a_resolved_bet(6, 0, False),
        ]
    )

    assert [(one.low, one.high) for one in curve.bins] == [(low, low + 100) for low in range(0, 1000, 100)]
    assert [one.count for one in curve.bins] == [1, 0, 0, 0, 0, 0, 0, 0, 3, 2]
    assert curve.bins[8].said == Fraction(2549, 3000)
    assert curve.bins[8].happened == Fraction(2, 3)
    assert (curve.bins[4].said, curve.bins[4].happened, curve.bins[4].bar) == (Fraction(45, 100), None, (0, 1))


def test_dc_15_the_brier_score_over_time() -> None:
    curve = calibration([a_resolved_bet(9, 900, False), a_resolved_bet(3, 900, True)])

    assert [(one.statement, one.count, one.own, one.mean) for one in curve.steps] == [
        ("s3", 1, Fraction(1, 100), Fraction(1, 100)),
        ("s9", 2, Fraction(81, 100), Fraction(41, 100)),
    ]


@pytest.mark.parametrize(("count", "few"), [(0, True), (19, True), (20, False)])
def test_dc_16_a_page_warns_below_twenty(count: int, few: bool) -> None:
    assert calibration(a_resolved_bet(leaf, 500, True) for leaf in range(count)).has_few_bets is few


@pytest.mark.parametrize("votes", WILSON)
def test_the_lower_end_of_a_bar_is_that_of_the_vectors(votes: str) -> None:
    yes, no = map(int, votes.split("/"))

    assert wilson(yes, yes + no)[0] == pytest.approx(WILSON[votes], abs=1e-6)
    assert wilson(no, yes + no)[1] == pytest.approx(1 - WILSON[votes], abs=1e-6)


def test_every_bet_is_in_one_bin_and_the_last_mean_is_the_mean() -> None:
    rng = Random(1)
    for _ in range(100):
        bets = [a_resolved_bet(leaf, rng.randint(0, 1000), rng.random() < 0.5) for leaf in range(rng.randint(1, 40))]
        curve = calibration(rng.sample(bets, len(bets)))

        assert sum(one.count for one in curve.bins) == len(bets) == len(curve.steps)
        assert sum(one.bets for one in curve.bins) == sum(bet.bet for bet in bets)
        assert sum(one.came_true for one in curve.bins) == sum(bet.happened for bet in bets)
        wanted = sum((Fraction(1000 * bet.happened - bet.bet, 1000) ** 2 for bet in bets), Fraction()) / len(bets)
        assert curve.steps[-1].mean == wanted
        assert all(one.low <= 1000 * one.said <= one.high for one in curve.bins)
