"""Rule FL: the vectors, the plain reference, and what must hold of every electorate."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from decisions import fallback_paths
from decisions.delegation import NOBODY, Paths, faults, resolve
from tests.decisions.electorates import Electorate, electorates
from tests.decisions.oracles.delegation import Cost, least_of_all_paths
from tests.decisions.oracles.delegation import resolve as plainly
from tests.support.folders import read_vectors

VECTORS: Any = read_vectors("delegation_fl.json")


def costs_of(paths: Paths) -> list[Cost | None]:
    pairs = zip(paths.fallbacks.tolist(), paths.hops.tolist(), strict=True)
    return [None if hops < 0 else (fallbacks, hops) for fallbacks, hops in pairs]


def rooted(paths: Paths, voter: int) -> int:
    """The end of a voter's path, followed step by step."""
    while paths.parent[voter] != NOBODY:
        voter = int(paths.parent[voter])
    return voter


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_dc_07_a_vote_follows_the_vectors(vector: Any) -> None:
    places = max(map(len, vector["delegates"]))
    lists = [[*row, *[NOBODY] * (places - len(row))] for row in vector["delegates"]]
    cast = [vote is not None for vote in vector["votes"]]
    paths = resolve(np.array(lists, np.int32), np.array(cast))
    assert costs_of(paths) == [tuple(cost) if cost else None for cost in vector["cost"]]
    assert [None if parent == NOBODY else parent for parent in paths.parent.tolist()] == vector["parent"]
    assert [rooted(paths, voter) if paths.reached[voter] else None for voter in range(len(cast))] == vector["root"]


@pytest.mark.parametrize("few", [0, 1, 2, 48])
def test_arrays_and_plain_python_give_the_same_paths(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback_paths, "FEW", few)
    for _, world in electorates(1500, seed=few):
        paths = world.paths
        assert (paths.parent.tolist(), costs_of(paths)) == plainly(world.lists, world.cast), world


def test_chains_circles_and_crowds_of_thousands_get_the_plain_paths_too() -> None:
    rng = np.random.default_rng(11)
    for number in range(24):
        count, places = int(rng.integers(500, 3000)), int(rng.integers(1, 6))
        row = rng.permutation(count).astype(np.int32)  # in which order the voters stand in a row
        lists = np.full((count, places), NOBODY, np.int32)
        for place in range(places):
            ahead = int(rng.integers(-30, 31)) + (rng.integers(-900, 900, count) if number % 2 else 0)
            named = rng.random(count) < rng.choice([0.4, 0.9, 1.0])
            lists[row, place] = np.where(named, row[(np.arange(count) + ahead) % count], NOBODY)
        lists[lists == np.arange(count)[:, None]] = NOBODY
        cast = rng.random(count) < rng.choice([0.3, 0.002])
        paths = resolve(lists, cast)
        assert (paths.parent.tolist(), costs_of(paths)) == plainly(lists.tolist(), cast.tolist()), number
        assert len(faults(lists, cast, paths)) == 0


def test_the_plain_reference_finds_the_least_of_all_paths() -> None:
    for _, world in electorates(300, most=6):
        costs = [least_of_all_paths(world.lists, world.cast, voter) for voter in range(len(world.cast))]
        assert plainly(world.lists, world.cast)[1] == costs, world


def test_every_vote_reaches_one_ballot_at_most() -> None:
    for _, world in electorates(300, seed=5):
        paths = world.paths
        for voter in range(len(world.cast)):
            assert world.cast[rooted(paths, voter)] == bool(paths.reached[voter]), world


def test_a_ballot_of_ones_own_beats_ones_delegate_and_withdrawing_it_syncs_back() -> None:
    for rng, world in electorates(300, seed=6):
        voter = rng.randrange(len(world.cast))
        own = world.voted
        own[voter] = True
        overriding = resolve(world.rows, own)
        assert overriding.parent[voter] == NOBODY
        assert overriding.hops[voter] == 0
        own[voter] = world.cast[voter]
        assert same(resolve(world.rows, own), world.paths), world


def test_a_stranded_voter_more_changes_nothing() -> None:
    for rng, world in electorates(300, seed=7):
        paths = world.paths
        lost = [voter for voter in range(len(world.cast)) if not paths.reached[voter]]
        row = [rng.choice([NOBODY, *lost]) for _ in world.lists[0]]
        more = Electorate([*world.lists, row], [*world.cast, False], world.weights)
        after = more.paths
        assert same(Paths(after.parent[:-1], after.fallbacks[:-1], after.hops[:-1]), paths), more
        assert not after.reached[-1]


def test_the_order_of_voters_never_matters() -> None:
    for rng, world in electorates(300, seed=8):
        count = len(world.cast)
        order = rng.sample(range(count), count)
        place = {voter: index for index, voter in enumerate(order)} | {NOBODY: NOBODY}
        moved = Electorate(
            [[place[delegate] for delegate in world.lists[voter]] for voter in order],
            [world.cast[voter] for voter in order],
            world.weights,
        )
        before, after = world.paths, moved.paths
        assert [place[int(before.parent[voter])] for voter in order] == after.parent.tolist(), world
        assert [costs_of(before)[voter] for voter in order] == costs_of(after), world


def test_right_paths_have_no_faults() -> None:
    for _, world in electorates(500, seed=9):
        assert faults(world.rows, world.voted, world.paths).tolist() == [], world


def test_every_changed_cost_and_parent_is_found() -> None:
    for rng, world in electorates(1500, seed=10):
        changed = tampered(rng, world.paths)
        assert len(faults(world.rows, world.voted, changed)) > 0, (world, changed)


def test_costs_that_agree_with_each_other_but_lead_nowhere_are_found() -> None:
    circle = np.array([[1], [2], [0]], np.int32)
    nobody = np.zeros(3, np.bool_)
    for hops in ([1, 3, 2], [2**31 - 1, 2**31 - 2, 2**31 - 3], [0, 0, 0]):
        claimed = Paths(circle[:, 0], np.zeros(3, np.int32), np.array(hops, np.int32))
        assert len(faults(circle, nobody, claimed)) > 0


def test_hops_that_pass_for_a_fallback_step_are_found() -> None:
    lists, cast = np.array([[NOBODY, 1], [NOBODY, NOBODY]], np.int32), np.array([False, True])
    right = resolve(lists, cast)
    assert costs_of(right) == [(1, 1), (0, 0)]
    claimed = replace(right, fallbacks=np.zeros(2, np.int32), hops=np.array([4, 0], np.int32))
    assert faults(lists, cast, claimed).tolist() == [0]


def tampered(rng: Random, paths: Paths) -> Paths:
    """The paths with one to three numbers changed, of any of the three columns."""
    columns = {name: getattr(paths, name).copy() for name in ("parent", "fallbacks", "hops")}
    for _ in range(rng.randint(1, 3)):
        column = columns[rng.choice(list(columns))]
        column[rng.randrange(len(column))] = rng.choice([-1, 0, 1, 2, 3, len(column), 2**31 - 1, -(2**31)])
    changed = replace(paths, **columns)
    return tampered(rng, paths) if same(changed, paths) else changed


def same(one: Paths, other: Paths) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("parent", "fallbacks", "hops"))
