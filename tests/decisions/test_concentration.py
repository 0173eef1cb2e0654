"""Concentration: shares and the fewest roots that decide."""

from fractions import Fraction
from random import Random

import numpy as np

from decisions.concentration import Concentration, concentration
from tests.decisions.oracles.count import fewest_that_decide


def measured(*carried: int) -> Concentration:
    return concentration(np.array(carried, np.int64))


def test_dc_27_half_of_the_voices_is_not_yet_a_majority() -> None:
    assert measured(5, 0, 5) == Concentration(2, Fraction(1, 2), Fraction(1), 2)
    assert measured(5, 0, 4).majority == 1
    assert measured(*[1] * 100) == Concentration(100, Fraction(1, 100), Fraction(1, 10), 51)


def test_nobody_decides_where_nobody_is_counted() -> None:
    assert measured(0, 0) == measured() == Concentration(0, Fraction(), Fraction(), 0)


def test_the_fewest_roots_decide() -> None:
    rng = Random(30)
    for _ in range(2000):
        carried = [rng.choice([0, 1, 1, 2, 3, 50, 10**15]) for _ in range(rng.randint(1, 30))]
        held = sorted((voices for voices in carried if voices), reverse=True)
        found, total = measured(*carried), sum(held) or 1
        assert found.majority == fewest_that_decide(held), carried
        assert found.largest == Fraction(max(carried), total)
        assert found.top_ten == Fraction(sum(held[:10]), total)
