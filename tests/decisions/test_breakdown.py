"""What stands behind a result's sums adds up to them, names those through whom most came, and stays small."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest

from decisions.breakdown import MOST_CARRIERS, bands_of_places, bands_of_scores, break_down
from decisions.mandates import Support, Voices
from decisions.ranking import places_of
from decisions.rolls import Roll
from decisions.score import NO_OPINION, tally_scores

WEIGHT = 10**9


def roll_of(size: int) -> Roll:
    return Roll(np.arange(1, size + 1, dtype=np.int64), np.ones(size, np.int64))


def voices_of(chance: random.Random, ballots: int, weight: int) -> Voices:
    direct = [chance.randint(1, weight) for _ in range(ballots)]
    delegated = [chance.choice((0, 0, chance.randint(1, weight))) for _ in range(ballots)]
    return Voices(np.array(direct, np.int64), np.array(delegated, np.int64))


@pytest.mark.parametrize("seed", range(20))
def test_dc_17_voices_lie_in_the_band_of_their_score_and_sum_to_all_who_had_an_opinion(seed: int) -> None:
    chance = random.Random(seed)
    ballots, options = chance.randint(0, 40), chance.randint(1, 5)
    given = [[chance.choice((NO_OPINION, 0, 9, 10, 90, 100, chance.randint(0, 100))) for _ in range(ballots)]]
    given += [[chance.randint(-1, 100) for _ in range(ballots)] for _ in range(options - 1)]
    scores = np.array(given, np.int8).reshape(options, ballots)
    voices = voices_of(chance, ballots, WEIGHT)

    found = break_down(roll_of(ballots), voices, bands_of_scores(scores), voices).bands

    for row, bands, tally in zip(given, found, tally_scores(scores, voices), strict=True):
        sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for score, own, theirs in zip(row, voices.direct.tolist(), voices.delegated.tolist(), strict=True):
            if score != NO_OPINION:
                sums[9 if score == 100 else score // 10][0] += own
                sums[9 if score == 100 else score // 10][1] += theirs
        assert bands == tuple(Support(*sums[band]) for band in range(10))
        assert sum(one.total for one in bands) == tally.opinions.total


def test_places_after_the_ninth_are_one_band_and_who_is_not_named_is_in_none() -> None:
    options = 12
    places = places_of([list(range(options)), [11], []], options)
    voices = Voices(np.array([1, 10, 100], np.int64), np.array([0, 5, 0], np.int64))

    found = break_down(roll_of(3), voices, bands_of_places(places), voices).bands

    assert [band.total for band in found[0]] == [1, *[0] * 9]
    assert [band.total for band in found[8]] == [*[0] * 8, 1, 0]
    assert [band.total for band in found[9]] == [*[0] * 9, 1]
    assert found[11] == (Support(10, 5), *[Support(0, 0)] * 8, Support(1, 0))


def test_dc_17_those_through_whom_most_came_are_named_and_the_others_summed() -> None:
    carried = [0, 3, 7, 7, *range(10, 10 + MOST_CARRIERS)]
    voices = Voices(np.ones(len(carried), np.int64), np.array(carried, np.int64))

    found = break_down(roll_of(len(carried)), voices, None, voices)

    assert found.bands == ()
    assert [one.voices for one in found.carriers] == sorted(carried, reverse=True)[:MOST_CARRIERS]
    assert found.carriers[0].member == len(carried), "members are numbered from 1"
    assert (found.others, found.others_voices) == (3, 17)


def test_of_those_who_carry_as_much_the_lower_numbers_come_first() -> None:
    even = Voices(np.ones(30, np.int64), np.full(30, 2, np.int64))
    found = break_down(roll_of(30), even, None, even)
    assert [one.member for one in found.carriers] == list(range(1, MOST_CARRIERS + 1))
