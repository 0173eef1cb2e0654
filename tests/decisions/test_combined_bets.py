"""Combined bets: the vectors, an oracle in fractions, and what every sound combination promises."""

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from decisions.bets import NO_BET, PerMille
from decisions.combined_bets import IN_FORCE, UNDECIDED, CombinationRule, CombinedBets, _by_the_inverse, combine
from tests.decisions.oracles.combined_bets import Bets, ExactRule, combined_bet, solve
from tests.support.folders import read_vectors

PLAIN = CombinationRule(
    covariance_share=1, prior_statements=0, prior_squares=0, least_variance=0, bias_prior=0, clips_weights=False
)
VECTORS = {case["id"]: case for case in read_vectors("flowback_tallies.json")["combined_bets"]}


def per_mille(shares: Any) -> PerMille:
    return np.rint(np.array(shares, np.float64) * 1000).astype(np.int16)


def combined_case(case: dict[str, Any], rule: CombinationRule) -> CombinedBets:
    names = sorted(case["bets"])
    outcomes = case.get("outcomes", case.get("outcomes_newest_first", []))
    past = per_mille([case.get("past", {}).get(name, []) for name in names]).reshape(len(names), len(outcomes))
    current = per_mille([case["bets"][name] for name in names]).reshape(len(names), -1)
    return combine(past, per_mille(outcomes), current, rule)


@pytest.mark.parametrize("id", [id for id, case in VECTORS.items() if "combined" in case])
def test_b1_to_b9_the_rule_without_shrinking_and_smoothing(id: str) -> None:
    case = VECTORS[id]
    found = combined_case(case, PLAIN)

    assert found.values.tolist() == pytest.approx(np.ravel(case["combined"]).tolist(), abs=1e-6)
    if "weights" in case:
        assert found.weights[:, 0].tolist() == pytest.approx([case["weights"][name] for name in "AB"], abs=1e-6)


def test_b10_identical_histories_in_the_rule_in_force() -> None:
    assert combined_case(VECTORS["B10"], IN_FORCE).values.tolist() == pytest.approx(
        [VECTORS["B10"]["in_force"]], abs=1e-6
    )


def test_b10_identical_histories_are_singular_in_the_plain_rule_and_weigh_the_same() -> None:
    found = combined_case(VECTORS["B10"], PLAIN)

    assert found.weights.tolist() == [[0.5], [0.5]]
    assert 0.5333 <= found.values[0] <= 0.9333


def a_world(rng: Random, step: int = 100, predictors: int = 4, past: int = 6) -> tuple[PerMille, PerMille, PerMille]:
    """Past bets, outcomes and present bets of a few; some are missing."""
    rows, columns, present = rng.randint(1, predictors), rng.randint(0, past), 3
    missing = rng.choice([0, 0.2, 0.6])

    def table(width: int) -> list[list[int]]:
        return [
            [NO_BET if rng.random() < missing else rng.randrange(0, 1001, step) for _ in range(width)]
            for _ in range(rows)
        ]

    outcomes = [rng.choice([0, 1000, 1000, UNDECIDED]) for _ in range(columns)]
    shaped = np.array(table(columns), np.int16).reshape(rows, columns)
    return shaped, np.array(outcomes, np.int16), np.array(table(present), np.int16)


def exactly(bets: PerMille) -> list[Bets]:
    return [[None if bet == NO_BET else Fraction(bet, 1000) for bet in row] for row in bets.tolist()]


@pytest.mark.parametrize("plain", [False, True])
def test_the_combined_bet_is_what_fractions_say(plain: bool) -> None:
    rng = Random(10)
    exact, rule = ExactRule(plain=plain), PLAIN if plain else IN_FORCE
    for world in range(1000):
        past, outcomes, current = a_world(rng)
        values = combine(past, outcomes, current, rule).values
        history, what = exactly(past), [Fraction(outcome, 1000) for outcome in outcomes.tolist()]
        for column, bets in enumerate(zip(*exactly(current), strict=True)):
            wanted = combined_bet(history, what, bets, exact)
            if wanted is None:
                assert np.isnan(values[column]), world
            else:
                assert abs(values[column] - float(wanted)) < 1e-6, world


def test_the_oracle_solves_and_sees_what_is_singular() -> None:
    two, one = Fraction(2), Fraction(1)

    assert solve([[two, one], [one, one]]) == [Fraction(), Fraction(1)]
    assert solve([[one, one], [one, one]]) is None


def many(rng: Random, *, missing: float, seed: int = 1) -> tuple[PerMille, PerMille, PerMille]:
    """Two hundred predictors with something in common."""
    rows, columns = rng.randint(60, 80), 120
    drawn = np.random.default_rng(seed)
    outcomes = drawn.integers(0, 2, columns) * 1000
    told = outcomes + drawn.normal(0, 300, columns) + drawn.normal(0, 300, (rows, columns))
    past = np.where(drawn.random((rows, columns)) < missing, NO_BET, np.clip(told, 0, 1000)).astype(np.int16)
    current = np.where(drawn.random((rows, 12)) < missing, NO_BET, drawn.integers(0, 1001, (rows, 12))).astype(np.int16)
    return past, outcomes.astype(np.int16), current


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.45, 0.8])
def test_each_statement_is_combined_as_if_it_were_the_only_one(missing: float) -> None:
    past, outcomes, current = many(Random(3), missing=missing)
    together = combine(past, outcomes, current)
    for column in range(current.shape[1]):
        there = current[:, column] != NO_BET
        alone = combine(past[there], outcomes, current[there, column : column + 1])

        assert alone.values[0] == pytest.approx(together.values[column], abs=1e-9)
        assert alone.weights[:, 0] == pytest.approx(together.weights[there, column], abs=1e-9)
        assert not together.weights[~there, column].any()


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.45])
def test_the_inverse_of_the_whole_solves_each_part(missing: float) -> None:
    """It must: else every statement would be solved anew, which gives the same and takes longer."""
    drawn = np.random.default_rng(9)
    errors = drawn.random((30, 40))
    matrix, there = errors @ errors.T, drawn.random(30) >= missing
    part, wanted = matrix[np.ix_(there, there)], np.where(there[:, None], np.ones((30, 2)), 0)

    found = _by_the_inverse(np.linalg.inv(matrix), wanted, there)

    assert found is not None
    assert np.abs(part @ found[there] - 1).max() < 1e-9
    assert not found[~there].any()


def test_the_order_of_predictors_and_of_past_statements_does_not_matter() -> None:
    past, outcomes, current = many(Random(4), missing=0.3)
    rng = np.random.default_rng(4)
    rows, columns = rng.permutation(len(past)), rng.permutation(len(outcomes))

    shuffled = combine(past[rows][:, columns], outcomes[columns], current[rows])

    assert shuffled.values == pytest.approx(combine(past, outcomes, current).values, abs=1e-9)


def test_the_same_bets_give_the_same_bytes() -> None:
    world = many(Random(5), missing=0.2)

    assert combine(*world).values.tobytes() == combine(*world).values.tobytes()


def test_the_rule_in_force_stays_among_the_adjusted_bets_and_its_weights_sum_to_one() -> None:
    rng = Random(6)
    for _ in range(500):
        past, outcomes, current = a_world(rng, step=1)
        found = combine(past, outcomes, current)
        adjusted = np.clip(current / 1000 + found.bias[:, None], 0, 1)
        for column in range(current.shape[1]):
            there = current[:, column] != NO_BET
            if there.any():
                assert found.weights[:, column].sum() == pytest.approx(1)
                assert (found.weights[:, column] >= 0).all()
                least, most = adjusted[there, column].min(), adjusted[there, column].max()
                assert least - 1e-12 <= found.values[column] <= most + 1e-12


def test_somebody_who_knew_better_weighs_more_and_a_newcomer_less() -> None:
    outcomes = np.array([0, 1000] * 20, np.int16)
    good, poor = [100, 900] * 20, [0, 0, 1000, 1000] * 10
    past = np.array([good, poor, [NO_BET] * 40], np.int16)

    weights = combine(past, outcomes, np.array([[500], [500], [500]], np.int16)).weights[:, 0]

    assert weights[0] > weights[2] > 0
    assert weights[0] > weights[1]


@pytest.mark.parametrize(("apart", "are_equal"), [(0, True), (1, True), (500, False)])
def test_two_who_differ_in_one_bet_of_two_thousand_weigh_the_same_unless_it_shows(apart: int, are_equal: bool) -> None:
    drawn = np.random.default_rng(8)
    row = drawn.integers(0, 501, 2000)
    other = row.copy()
    other[0] += apart
    outcomes = drawn.integers(0, 2, 2000) * 1000
    past = np.array([row, other], np.int16)

    weights = combine(past, outcomes.astype(np.int16), np.array([[800], [400]], np.int16), PLAIN).weights

    assert (weights[:, 0].tolist() == [0.5, 0.5]) is are_equal


def test_a_matrix_that_is_as_good_as_singular_gives_the_plain_mean() -> None:
    """Rows that are the same but for rounding: no weight of theirs may come from the last digits of a float."""
    rows = np.tile(np.random.default_rng(8).integers(0, 1001, 200), (40, 1)).astype(np.int16)
    outcomes = (np.arange(200) % 2 * 1000).astype(np.int16)
    found = combine(rows, outcomes, np.arange(0, 1000, 25).astype(np.int16)[:, None], PLAIN)

    assert found.weights[:, 0].tolist() == [1 / 40] * 40


def test_nobody_bets_and_nobody_is_there() -> None:
    nothing = combine(np.zeros((0, 3), np.int16), np.array([0, 0, 1000], np.int16), np.zeros((0, 2), np.int16))
    silent = combine(np.full((2, 0), NO_BET, np.int16), np.zeros(0, np.int16), np.full((2, 1), NO_BET, np.int16))

    assert np.isnan(nothing.values).tolist() == [True, True]
    assert np.isnan(silent.values).all()
    assert silent.weights.tolist() == [[0], [0]]
