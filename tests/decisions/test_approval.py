"""Approval, for and against, and the areas of a poll."""

from random import Random
from typing import Any

import numpy as np

from decisions.approval import areas_of_poll, count_approvals, divide
from decisions.mandates import Support, Voices
from decisions.winners import highest
from tests.support.folders import read_vectors

MORE: Any = {vector["id"]: vector for vector in read_vectors("decisions_more.json")}
FOR_AGAINST: Any = next(case for case in MORE["E13"]["cases"] if case["kind"] == "for-against")


def test_e5_areas_are_taken_by_what_is_left_of_yes_without_no() -> None:
    vector = MORE["E5"]
    votes = {area: (vote["yes"], vote["no"]) for area, vote in vector["votes"].items()}
    assert list(areas_of_poll(votes, vector["threshold"], ["housing"])) == vector["expect"]["areas"]


def test_areas_come_by_what_is_left_and_only_then_by_id() -> None:
    assert areas_of_poll({"art": (2, 0), "bees": (9, 1), "cats": (9, 1)}, 1, []) == ("bees", "cats", "art")


def test_without_an_area_that_is_taken_the_authors_areas_hold() -> None:
    assert areas_of_poll({"art": (2, 2), "roads": (0, 1)}, 0, ["housing"]) == ("housing",)
    assert areas_of_poll({}, 1, []) == ()


def test_e13_as_many_for_as_against_is_not_carried() -> None:
    sides = [1] * FOR_AGAINST["yes"] + [-1] * FOR_AGAINST["no"] + [0] * FOR_AGAINST["blank"]
    given = np.array(sides)
    voices = Voices(np.ones(len(sides), np.int64), np.zeros(len(sides), np.int64))
    division = divide(given == 1, given == -1, voices)
    assert (division.yes.total, division.no.total) == (FOR_AGAINST["yes"], FOR_AGAINST["no"])
    assert division.is_carried(quorum_met=True) is FOR_AGAINST["carried"]
    one_more = divide(given >= 0, given == -1, voices)
    assert one_more.is_carried(quorum_met=True)
    assert not one_more.is_carried(quorum_met=False)


def test_approvals_are_the_sum_of_what_the_ballots_carry() -> None:
    rng = Random(60)
    for _ in range(300):
        options, ballots = rng.randint(1, 4), rng.randint(0, 8)
        approvals = [[rng.random() < 0.5 for _ in range(ballots)] for _ in range(options)]
        direct = [rng.randint(1, 5) for _ in range(ballots)]
        delegated = [rng.choice([0, 0, 10**12]) for _ in range(ballots)]
        voices = Voices(np.array(direct, np.int64), np.array(delegated, np.int64))
        counted = count_approvals(np.array(approvals, np.bool_).reshape(options, ballots), voices)
        for row, support in zip(approvals, counted, strict=True):
            own = sum(voice for voice, yes in zip(direct, row, strict=True) if yes)
            assert support == Support(own, sum(voice for voice, yes in zip(delegated, row, strict=True) if yes))


def test_winners_are_all_with_most_if_anybody_gave_anything() -> None:
    assert highest([3, 5, 5], quorum_met=True) == (1, 2)
    assert highest([3, 5, 5], quorum_met=False) == ()
    assert highest([0, 0], quorum_met=True) == ()
    assert highest([], quorum_met=True) == ()
