"""Bets: what an opened value says, and what a bet was worth."""

from typing import Any

import pytest

from decisions.bets import NO_BET, are_opposed, bet_table, brier, read_bets
from protocol.ids import RecordId

A, B, C = (RecordId(name) for name in "abc")


@pytest.mark.parametrize("value", [{A: 0}, {A: 1000, B: 500}])
def test_bets_on_known_statements_count(value: dict[RecordId, int]) -> None:
    assert read_bets(value, {A, B}) == value


@pytest.mark.parametrize(
    "value", [{}, {C: 500}, {A: 500, C: 500}, {A: 1001}, {A: -1}, {A: True}, {A: "500"}, {A: 0.5}, [A], 500, None]
)
def test_invalid_bets_are_as_if_skipped(value: Any) -> None:
    assert read_bets(value, {A, B}) is None


def test_a_table_has_a_row_a_member_and_says_where_no_bet_is() -> None:
    table = bet_table({1: {A: 0, B: 1000}, 2: {B: 5}}, [2, 1, 3], [A, B])

    assert table.tolist() == [[NO_BET, 5], [0, 1000], [NO_BET, NO_BET]]
    assert bet_table({}, [], [A, B]).shape == (0, 2)
    assert bet_table({}, [1], []).shape == (1, 0)


@pytest.mark.parametrize(("bets", "opposed"), [([400, 600], True), ([401, 600], False), ([500], False), ([], False)])
def test_bets_are_opposed_from_200_per_mille_on(bets: list[int], opposed: bool) -> None:
    assert are_opposed(bets) is opposed


def test_dc_15_a_bet_of_nine_tenths_scores_a_hundredth_if_it_happens_and_81_if_not() -> None:
    assert brier(900, happened=True) == 10_000
    assert brier(900, happened=False) == 810_000
