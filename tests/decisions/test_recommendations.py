"""Recommended delegates: those who scored like oneself, with the number it rests on."""

from fractions import Fraction
from random import Random

from decisions.orderings import own_order
from decisions.recommendations import Recommendation, agreement, recommend
from protocol.ids import RecordId

MINE = {RecordId(str(number)): score for number, score in enumerate((0, 20, 50, 80, 100, 100))}


def shifted(by: int, count: int = 6) -> dict[RecordId, int]:
    return {name: abs(score - by) for name, score in list(MINE.items())[:count]}


def test_dc_12_agreement_is_one_minus_the_mean_distance_with_its_number() -> None:
    assert agreement(MINE, MINE) == (Fraction(1), 6)
    assert agreement(MINE, dict.fromkeys(MINE, 50)) == (1 - Fraction(50 + 30 + 0 + 30 + 50 + 50, 600), 6)
    assert agreement(MINE, {**shifted(0, 5), RecordId("other"): 7}) == (Fraction(1), 5)


def test_dc_12_who_shares_fewer_than_five_proposals_is_not_recommended() -> None:
    assert agreement(MINE, shifted(0, 4)) is None
    assert recommend(1, MINE, {2: shifted(0, 4), 3: shifted(10, 5)}) == (Recommendation(3, Fraction(9, 10), 5),)


def test_dc_12_the_more_alike_the_higher_and_never_oneself() -> None:
    found = recommend(1, MINE, {1: MINE, 2: shifted(20), 3: shifted(0), 4: shifted(10)})

    assert [one.delegate for one in found] == [3, 4, 2]


def test_dc_12_ties_stand_in_an_order_of_ones_own() -> None:
    alike = dict.fromkeys(range(10, 30), MINE)
    orders = {tuple(one.delegate for one in recommend(voter, MINE, alike)) for voter in range(1, 9)}

    assert len(orders) == 8
    assert [str(one.delegate) for one in recommend(5, MINE, alike)] == own_order(5, map(str, alike))


def test_agreement_is_the_same_from_both_sides_and_between_nothing_and_all() -> None:
    rng = Random(3)
    for _ in range(300):
        one, other = ({RecordId(str(name)): rng.randint(0, 100) for name in rng.sample(range(12), 9)} for _ in range(2))
        found = agreement(one, other)

        assert found == agreement(other, one)
        assert found is None or 0 <= found[0] <= 1
