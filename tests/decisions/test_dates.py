"""Dates: the most voices, then the earliest start, the earlier end, the lower id."""

from itertools import permutations
from typing import Any

from decisions.dates import DateOption, chosen_date
from tests.support.folders import read_vectors

E13: Any = next(vector for vector in read_vectors("decisions_more.json") if vector["id"] == "E13")
DATE: Any = next(case for case in E13["cases"] if case["kind"] == "date")


def test_e13_a_tie_of_dates_goes_to_the_earliest_in_whatever_order_they_are_listed() -> None:
    for slots in permutations(DATE["slots"]):
        options = [DateOption(slot["id"], slot["start"], slot["end"]) for slot in slots]
        chosen = chosen_date(options, [slot["ticks"] for slot in slots], quorum_met=True)
        assert chosen is not None
        assert options[chosen].id == DATE["winner"]


def test_a_date_that_starts_first_wins_though_it_ends_last() -> None:
    assert chosen_date([DateOption("a", 2, 3), DateOption("b", 1, 9)], [4, 4], quorum_met=True) == 1


def test_the_same_times_go_to_the_lower_id() -> None:
    assert chosen_date([DateOption("b", 1, 2), DateOption("a", 1, 2)], [4, 4], quorum_met=True) == 1


def test_no_date_is_chosen_without_ticks_or_without_quorum() -> None:
    options = [DateOption("a", 1, 2)]
    assert chosen_date(options, [0], quorum_met=True) is None
    assert chosen_date(options, [3], quorum_met=False) is None
    assert chosen_date([], [], quorum_met=True) is None
