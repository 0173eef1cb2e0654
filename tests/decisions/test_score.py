"""Score polls: the vectors, and the count person by person."""

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from decisions.mandates import Support, Voices, mandates
from decisions.score import NO_OPINION, tally_scores
from decisions.winners import highest
from protocol.records.content import Quorum
from tests.decisions.electorates import electorates
from tests.decisions.oracles import count
from tests.decisions.small_polls import SmallPoll
from tests.support.folders import read_vectors

MORE: Any = {vector["id"]: vector for vector in read_vectors("decisions_more.json")}
TALLIES: Any = [vector for vector in read_vectors("flowback_tallies.json")["tallies"] if vector["kind"] == "score"]


@pytest.mark.parametrize("vector", TALLIES, ids=[vector["id"] for vector in TALLIES])
def test_score_sums_of_the_vectors(vector: Any) -> None:
    lists = vector.get("delegations") or vector["delegations_by_area"][vector["area"]]
    poll, options = SmallPoll(vector["members"], lists, list(vector["ballots"])), list(vector["sum"])
    tally = tally_scores(poll.scores(vector["ballots"], options), poll.voices())
    assert [option.scored.total for option in tally] == list(vector["sum"].values())


@pytest.mark.parametrize("name", ["E1", "E1q"])
def test_dc_17_e1_sums_means_opinions_and_the_quorum(name: str) -> None:
    vector, percent = MORE["E1"], MORE[name]["quorum_percent"]
    expected = vector["expect"] | MORE[name]["expect"]
    poll = SmallPoll(vector["members"], vector["delegations"], [*vector["ballots"], *vector["blank"]])
    _, found = poll.paths_and_mandates()
    options = list(expected["sum"])
    tally = dict(zip(options, tally_scores(poll.scores(vector["ballots"], options), poll.voices()), strict=True))
    assert {option: tally[option].scored.total for option in options} == expected["sum"]
    assert {option: tally[option].scored.direct for option in options} == expected["direct"]
    assert {option: tally[option].scored.delegated for option in options} == expected["delegated"]
    assert {option: tally[option].opinions.total for option in options} == expected["opinions"]
    assert {option: str(tally[option].mean) for option in options} == expected["mean"]
    met = Quorum(percent=percent).is_met(found.counted.voices, found.roll.voices)
    assert met is expected["quorum_met"]
    won = highest([tally[option].scored.total for option in options], quorum_met=met)
    assert [options[index] for index in won] == expected["winners"]


@pytest.mark.parametrize("round_of", ["round_one", "round_two"])
def test_dc_18_e2_ties_of_both_rounds(round_of: str) -> None:
    vector = MORE["E2"]
    ballots, expected = vector[round_of]["ballots"], vector[round_of]["expect"]
    poll, options = SmallPoll(vector["members"], vector["delegations"], list(ballots)), list(expected["sum"])
    _, found = poll.paths_and_mandates()
    sums = [option.scored.total for option in tally_scores(poll.scores(ballots, options), poll.voices())]
    assert dict(zip(options, sums, strict=True)) == expected["sum"]
    assert found.counted.people == expected["counted"]
    met = Quorum(percent=vector["quorum_percent"]).is_met(found.counted.voices, found.roll.voices)
    assert [options[index] for index in highest(sums, quorum_met=met)] == expected["winners"]


def test_dc_07_a_delegates_followers_and_one_who_overrides() -> None:
    poll = SmallPoll(["d", "f1", "f2", "f3", "o"], {name: ["d"] for name in ("f1", "f2", "f3", "o")}, ["d", "o"])
    ballots = {"d": {"A": 80, "B": 20}, "o": {"A": 0, "B": 100}}
    tally = tally_scores(poll.scores(ballots, ["A", "B"]), poll.voices())
    assert [option.scored.total for option in tally] == [320, 180]


def test_tallies_agree_with_counting_person_by_person() -> None:
    for rng, world in electorates(600, seed=40):
        weighted, options = rng.random() < 0.5, rng.randint(1, 5)
        weights = world.weights if weighted else [1] * len(world.cast)
        ballots = {voter: a_ballot(rng, options) for voter, own in enumerate(world.cast) if own}
        found = mandates(
            world.paths, world.voted, np.array(world.listed), np.array(weights, np.int64) if weighted else None
        )
        casters = np.flatnonzero(world.voted).astype(np.int32)
        rows = [[ballots[voter].get(option, NO_OPINION) for voter in casters.tolist()] for option in range(options)]
        tally = tally_scores(np.array(rows, np.int8).reshape(options, len(casters)), found.voices.of(casters))
        votes = count.roots(world.lists, world.cast)
        for option in range(options):
            got = tally[option]
            sums, opinions = (got.scored.direct, got.scored.delegated), (got.opinions.direct, got.opinions.delegated)
            assert (sums, opinions, got.mean) == count.score_sums(votes, weights, ballots, option), (world, ballots)


def test_the_order_of_ballots_never_matters() -> None:
    rng = Random(41)
    for _ in range(200):
        options, ballots = rng.randint(1, 4), rng.randint(1, 8)
        scores = np.array([[rng.randint(-1, 100) for _ in range(ballots)] for _ in range(options)], np.int8)
        voices = Voices(
            np.array([rng.randint(1, 9) for _ in range(ballots)], np.int64),
            np.array([rng.choice([0, 7]) for _ in range(ballots)], np.int64),
        )
        order = np.array(rng.sample(range(ballots), ballots), np.int32)
        assert tally_scores(scores[:, order], voices.of(order)) == tally_scores(scores, voices)


def test_sums_of_a_large_roll_with_the_heaviest_weights_are_exact() -> None:
    heavy = np.full(1000, 10**9 * 90_000, np.int64)  # as ninety million members of the greatest weight
    tally = tally_scores(np.full((1, 1000), 100, np.int8), Voices(heavy, np.zeros_like(heavy)))
    assert tally[0].scored == Support(1000 * 100 * 10**9 * 90_000, 0)
    assert tally[0].mean == Fraction(100)


def a_ballot(rng: Random, options: int) -> dict[int, int]:
    """Some options scored, or none: a blank ballot."""
    return {option: rng.randint(0, 100) for option in range(options) if rng.random() < 0.6}
