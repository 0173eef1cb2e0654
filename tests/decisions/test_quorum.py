"""Quorum: by share, by number, by weight."""

from typing import Any

import pytest

from protocol.records.content import Quorum
from tests.support.folders import read_vectors

OF_PEOPLE: Any = read_vectors("flowback_tallies.json")["quorum"]
E13: Any = next(vector for vector in read_vectors("decisions_more.json") if vector["id"] == "E13")
OF_WEIGHTS: Any = [case for case in E13["cases"] if case["kind"] == "quorum"]


@pytest.mark.parametrize("case", OF_PEOPLE)
def test_the_quorum_of_the_vectors(case: Any) -> None:
    assert Quorum(percent=case["percent"]).is_met(case["counted"], case["members"]) is case["passes"]


@pytest.mark.parametrize("case", OF_WEIGHTS)
def test_e13_a_quorum_of_weights(case: Any) -> None:
    assert Quorum(percent=case["percent"]).is_met(case["weights_counted"], case["weights_total"]) is case["met"]


@pytest.mark.parametrize(
    ("quorum", "counted", "met"),
    [
        (Quorum(number=3), 3, True),
        (Quorum(number=3), 2, False),
        (Quorum(number=0), 0, False),
        (Quorum(number=3, percent=10), 1, True),
        (Quorum(number=3, percent=90), 3, True),
        (Quorum(number=4, percent=90), 3, False),
        (Quorum(), 1, True),
        (Quorum(), 0, False),
    ],
)
def test_a_number_is_as_good_as_a_share(quorum: Quorum, counted: int, *, met: bool) -> None:
    assert quorum.is_met(counted, 10) is met
