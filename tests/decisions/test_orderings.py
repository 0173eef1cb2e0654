"""Orderings: the same for everybody where they judge, one's own where they may not."""

from fractions import Fraction
from hashlib import sha256
from random import Random

from decisions.orderings import PlacedPrediction, order_predictions, order_proposals, own_order
from decisions.predictor_scores import AreaScores
from protocol.ids import RecordId
from tests.support.writing import an_id

HALF, GOOD = Fraction(1, 2), Fraction(3, 4)
AREA = AreaScores(10, {1: GOOD, 2: GOOD, 3: Fraction(1, 4)}, {})
A, B, C, D, E = (RecordId(name) for name in "abcde")


def test_opposed_predictions_come_first_then_those_of_people_who_knew_more() -> None:
    placed = order_predictions({A: {1: 500, 2: 510}, B: {3: 0, 4: 200}, C: {1: 0, 2: 900}, D: {}, E: {9: 1}}, AREA)

    assert placed == (
        PlacedPrediction(C, opposed=True, people=2, weight=GOOD + GOOD),
        PlacedPrediction(B, opposed=True, people=2, weight=Fraction(1, 4) + HALF),
        PlacedPrediction(A, opposed=False, people=2, weight=GOOD + GOOD),
        PlacedPrediction(E, opposed=False, people=1, weight=HALF),
        PlacedPrediction(D, opposed=False, people=0, weight=Fraction()),
    )


def test_proposals_are_ordered_by_their_sum_and_say_when_they_tie() -> None:
    placed = order_proposals({B: 200, A: 200, C: 420, D: 0})

    assert [(one.id, one.total, one.tied) for one in placed] == [
        (C, 420, False),
        (A, 200, True),
        (B, 200, True),
        (D, 0, False),
    ]


def test_an_order_of_ones_own_is_by_the_hash_of_number_and_id() -> None:
    options = [an_id(name) for name in range(6)]
    wanted = sorted(options, key=lambda option: sha256(b"17" + option.encode("ascii")).hexdigest())

    assert own_order(17, options) == wanted
    assert own_order(17, options[::-1]) == wanted


def test_over_all_voters_no_place_goes_to_one_option() -> None:
    options = [an_id(name) for name in range(4)]
    first = [own_order(member, options)[0] for member in range(1, 2001)]

    assert all(400 < first.count(option) < 600 for option in options)


def test_the_order_of_what_is_given_never_matters() -> None:
    rng = Random(2)
    for _ in range(200):
        bets = {
            RecordId(str(number)): {member: rng.randrange(0, 1001, 100) for member in range(rng.randint(0, 4))}
            for number in range(6)
        }
        totals = {statement: rng.randint(0, 3) for statement in bets}
        mixed = dict(rng.sample(list(bets.items()), len(bets)))

        assert order_predictions(mixed, AREA) == order_predictions(bets, AREA)
        assert order_proposals({name: totals[name] for name in mixed}) == order_proposals(totals)
