"""Mandates: who carries whom, who is counted, silent, stranded."""

from typing import Any

import numpy as np
import pytest

from decisions.delegation import NOBODY, resolve
from decisions.mandates import Headcount, Mandates, mandates
from tests.decisions.electorates import Electorate, electorates
from tests.decisions.oracles import count
from tests.decisions.small_polls import SmallPoll
from tests.support.folders import read_vectors

DELEGATION: Any = read_vectors("delegation_fl.json")
MORE: Any = {vector["id"]: vector for vector in read_vectors("decisions_more.json")}
TALLIES: Any = read_vectors("flowback_tallies.json")["tallies"]


def mandates_of(world: Electorate, *, weighted: bool = False) -> Mandates:
    weights = np.array(world.weights, np.int64) if weighted else None
    return mandates(world.paths, world.voted, np.array(world.listed), weights)


@pytest.mark.parametrize("vector", DELEGATION, ids=[vector["id"] for vector in DELEGATION])
def test_dc_07_ballots_carry_what_the_vectors_say(vector: Any) -> None:
    places = max(map(len, vector["delegates"]))
    lists = np.array([[*row, *[NOBODY] * (places - len(row))] for row in vector["delegates"]], np.int32)
    cast = np.array([vote is not None for vote in vector["votes"]])
    found = mandates(resolve(lists, cast), cast, (lists != NOBODY).any(axis=1))
    assert found.people.tolist() == vector["weight"]
    assert [None if root == NOBODY else root for root in found.root.tolist()] == vector["root"]
    assert found.silent.people + found.stranded.people == vector["lost"]
    of_vote = np.array([vote or 0 for vote in vector["votes"]])
    for name, vote in (("yes", 1), ("no", -1)):
        assert found.voices.behind(of_vote == vote).total == vector[name]
    assert found.voices.behind(cast & (of_vote == 0)).total == vector["blank"]


@pytest.mark.parametrize("vector", TALLIES, ids=[vector["id"] for vector in TALLIES])
def test_a_mandate_counts_distinct_people_and_not_the_delegate(vector: Any) -> None:
    lists = vector.get("delegations") or vector["delegations_by_area"][vector["area"]]
    poll = SmallPoll(vector["members"], lists, list(vector["ballots"]))
    _, found = poll.paths_and_mandates()
    assert found.counted.people == vector["counted"]
    assert found.silent.people + found.stranded.people == vector.get("lost", 0)
    delegated = found.voices.delegated.tolist()
    for name, people in vector.get("mandate", {}).items():
        assert delegated[vector["members"].index(name)] == people


def test_e1_a_circle_is_stranded_and_a_blank_ballot_counts() -> None:
    vector, expected = MORE["E1"], MORE["E1"]["expect"]
    poll = SmallPoll(vector["members"], vector["delegations"], [*vector["ballots"], *vector["blank"]])
    _, found = poll.paths_and_mandates()
    assert poll.carried() == expected["weight"]
    assert poll.parents() == expected["parent"]
    assert poll.costs() == expected["cost"]
    assert found.counted == Headcount(expected["counted"], expected["counted"])
    assert found.silent.people == len(expected["silent"])
    assert found.stranded.people == len(expected["stranded"])


def test_everybody_of_the_roll_is_counted_once_or_silent_or_stranded() -> None:
    for _, world in electorates(400, seed=20):
        for weighted in (False, True):
            found = mandates_of(world, weighted=weighted)
            votes, weights = count.roots(world.lists, world.cast), world.weights if weighted else [1] * len(world.cast)
            assert {voter: root for voter, root in enumerate(found.root.tolist()) if root != NOBODY} == votes, world
            for ballot in range(len(world.cast)):
                behind = [voter for voter, root in votes.items() if root == ballot]
                assert found.people[ballot] == len(behind)
                assert found.voices.carried[ballot] == sum(weights[voter] for voter in behind)
                assert found.voices.direct[ballot] == (weights[ballot] if world.cast[ballot] else 0)
            parts = [found.counted, found.silent, found.stranded]
            assert sum(part.people for part in parts) == found.roll.people == len(world.cast)
            assert sum(part.voices for part in parts) == found.roll.voices == sum(weights)


def test_a_list_of_which_every_entry_is_dead_is_still_a_list() -> None:
    poll = SmallPoll(["a", "b", "c"], {"a": ["gone"], "b": []}, ["c"])
    _, found = poll.paths_and_mandates()
    assert (found.silent.people, found.stranded.people) == (1, 1)


def test_long_chains_reach_their_root() -> None:
    for length in (1, 2, 3, 4, 5, 63, 64, 65, 1000):
        lists = np.append(np.arange(1, length, dtype=np.int32), np.int32(NOBODY))[:, None]
        cast = np.arange(length) == length - 1
        found = mandates(resolve(lists, cast), cast, ~cast)
        assert (found.root == length - 1).all()
        assert found.people[-1] == length
