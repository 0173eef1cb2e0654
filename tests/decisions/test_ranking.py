"""Ranking polls: the vectors, and every path tried."""

from random import Random
from typing import Any

import numpy as np

from decisions.mandates import Voices, mandates
from decisions.ranking import places_of, preferences, tally_rankings
from tests.decisions.electorates import electorates
from tests.decisions.oracles import count
from tests.decisions.small_polls import SmallPoll
from tests.support.folders import read_vectors

E3: Any = next(vector for vector in read_vectors("decisions_more.json") if vector["id"] == "E3")
T6: Any = next(vector for vector in read_vectors("flowback_tallies.json")["tallies"] if vector["id"] == "T6")


def equal_voices(ballots: int) -> Voices:
    return Voices(np.ones(ballots, np.int64), np.zeros(ballots, np.int64))


def test_e3_a_circle_of_three_ties_by_schulze() -> None:
    expected, options = E3["expect"], E3["options"]
    poll = SmallPoll(E3["members"], E3["delegations"], list(E3["ballots"]))
    tally = tally_rankings(poll.places(E3["ballots"], options), poll.voices())
    assert poll.carried() == expected["weight"]
    assert poll.costs()["h"] == expected["cost_h"]
    assert tally.preferences == tuple(tuple(expected["d"][a][b] for b in options) for a in options)
    assert tally.paths == tuple(tuple(expected["p"][a][b] for b in options) for a in options)
    assert [options[index] for index in tally.winners(quorum_met=True)] == expected["winners"]
    assert dict(zip(options, tally.borda, strict=True)) == expected["borda"]
    assert tally.winners(quorum_met=False) == ()


def test_t6_borda_gives_the_top_as_many_points_as_there_are_options() -> None:
    poll, options = SmallPoll(T6["members"], T6["delegations"], list(T6["ballots"])), T6["options"]
    tally = tally_rankings(poll.places(T6["ballots"], options), poll.voices())
    assert dict(zip(options, tally.borda, strict=True)) == T6["borda"]


def test_rankings_agree_with_counting_person_by_person_and_trying_every_path() -> None:
    for rng, world in electorates(600, seed=50):
        weighted, options = rng.random() < 0.5, rng.randint(1, 5)
        weights = world.weights if weighted else [1] * len(world.cast)
        ballots = {voter: a_ranking(rng, options) for voter, own in enumerate(world.cast) if own}
        found = mandates(
            world.paths, world.voted, np.array(world.listed), np.array(weights, np.int64) if weighted else None
        )
        casters = np.flatnonzero(world.voted).astype(np.int32)
        places = places_of([ballots[voter] for voter in casters.tolist()], options)
        tally = tally_rankings(places, found.voices.of(casters))
        votes, every = count.roots(world.lists, world.cast), range(options)
        preferred = count.preferences(votes, weights, ballots, options)
        assert tally.preferences == tuple(map(tuple, preferred)), (world, ballots)
        assert tally.paths == tuple(tuple(count.strongest(preferred, a, b) for b in every) for a in every)
        points = [[options - row.index(a) if a in row else 0 for a in every] for row in ballots.values()]
        carried = [sum(weights[voter] for voter, root in votes.items() if root == ballot) for ballot in ballots]
        borda = tuple(sum(row[a] * held for row, held in zip(points, carried, strict=True)) for a in every)
        assert tally.borda == borda
        named = any(ballots.values())
        assert tally.winners(quorum_met=True) == (count.schulze_winners(preferred) if named else ())


def test_nobody_wins_where_every_ballot_is_blank() -> None:
    tally = tally_rankings(places_of([[], []], 3), equal_voices(2))
    assert tally.winners(quorum_met=True) == ()
    assert tally_rankings(places_of([], 3), equal_voices(0)).winners(quorum_met=True) == ()


def test_a_single_option_wins_by_being_named() -> None:
    assert tally_rankings(places_of([[0], []], 1), equal_voices(2)).winners(quorum_met=True) == (0,)


def test_somebody_who_beats_all_others_wins_alone() -> None:
    rng = Random(51)
    for _ in range(300):
        options, ballots = rng.randint(2, 6), rng.randint(1, 9)
        rankings = [a_ranking(rng, options) for _ in range(ballots)]
        tally = tally_rankings(places_of(rankings, options), equal_voices(ballots))
        d = tally.preferences
        beats_all = [a for a in range(options) if all(d[a][b] > d[b][a] for b in range(options) if b != a)]
        if beats_all:
            assert tally.winners(quorum_met=True) == tuple(beats_all)


def test_voices_are_counted_by_every_digit_and_across_words() -> None:
    rng = np.random.default_rng(52)
    for ballots in (1, 7, 8, 9, 63, 64, 65, 1000):
        places = rng.integers(0, 3, (3, ballots)).astype(np.int16)
        carried = rng.integers(0, 2**50, ballots)
        for a in range(3):
            for b in range(3):
                assert preferences(places, carried)[a, b] == sum(carried[places[a] < places[b]].tolist())


def a_ranking(rng: Random, options: int) -> list[int]:
    return rng.sample(range(options), rng.randint(0, options))
