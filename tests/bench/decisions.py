"""What a count costs: paths, mandates, sums and rankings of a million voters, and the plain reference on fewer.

Each figure is CPU time on one core, the best of five. The plain reference runs in the same run on a smaller roll of the
same kind, and the arrays on that roll beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np

from decisions.concentration import concentration
from decisions.delegation import NOBODY, Flags, Numbers, Paths, faults, resolve
from decisions.mandates import Voices, mandates
from decisions.ranking import places_of, tally_rankings
from decisions.score import NO_OPINION, tally_scores
from tests.bench import bets
from tests.bench.hard_lists import WORST, lists_of
from tests.decisions.oracles import count as plain_count
from tests.decisions.oracles.delegation import resolve as plain_resolve

MILLION: Final = 1_000_000
SMALL: Final = 20_000  # voters of the plain reference
BALLOTS: Final = 2_000  # ballots of the plain reference
VOTING: Final = 0.3
OPTIONS, RANKED = 10, 12

Figure = tuple[str, float, str]
Electorate = tuple[Numbers, Flags]


def measure() -> Iterator[Figure]:
    """Milliseconds of everything that a result needs, beside its aim."""
    for places, aim in ((3, 250), (5, 500)):
        yield from _paths(places, aim)
    yield from _worst()
    lists, cast = KINDS["anybody"](MILLION, 3)
    paths = resolve(lists, cast)
    yield from _after_paths(lists, cast, paths)
    yield from _scores()
    yield from _rankings()
    yield from bets.measure()


def _anybody(voters: int, places: int) -> Electorate:
    rng = np.random.default_rng(1)
    return rng.integers(0, voters, (voters, places), dtype=np.int32), rng.random(voters) < VOTING


def _half_dead(voters: int, places: int) -> Electorate:
    lists, cast = _anybody(voters, places)
    return np.where(np.random.default_rng(2).random(lists.shape) < 0.5, lists, np.int32(NOBODY)), cast


def _few_delegates(voters: int, places: int) -> Electorate:
    rng = np.random.default_rng(3)
    return rng.integers(0, max(voters // 100, 1), (voters, places), dtype=np.int32), rng.random(voters) < VOTING


def _mostly_known(voters: int, places: int) -> Electorate:
    rng = np.random.default_rng(4)
    return (voters * rng.random((voters, places)) ** 4).astype(np.int32), rng.random(voters) < VOTING


KINDS: Final[dict[str, Callable[[int, int], Electorate]]] = {
    "anybody": _anybody,
    "anybody, half of it dead": _half_dead,
    "one in a hundred": _few_delegates,
    "mostly well-known people": _mostly_known,
}


def _paths(places: int, aim: int) -> Iterator[Figure]:
    for name, kind in KINDS.items():
        lists, cast = kind(MILLION, places)
        yield f"{places} ranks, {name} (aim {aim})", _ms(partial(resolve, lists, cast)), "ms"
    lists, cast = _half_dead(SMALL, places)
    rows, voted = lists.tolist(), cast.tolist()
    yield f"{places} ranks, half dead, {SMALL} voters, plain reference", _ms(lambda: plain_resolve(rows, voted)), "ms"
    yield f"{places} ranks, half dead, {SMALL} voters, arrays", _ms(lambda: resolve(lists, cast)), "ms"


def _worst() -> Iterator[Figure]:
    for number, kind in enumerate(WORST, start=1):
        lists, cast = lists_of(kind, MILLION)
        yield (
            f"worst lists found, no. {number} (aim 2000)",
            _ms(partial(resolve, lists, cast)),
            "ms",
        )
    lists, cast = lists_of(WORST[0], SMALL)
    rows, voted = lists.tolist(), cast.tolist()
    yield f"worst lists, {SMALL} voters, plain reference", _ms(lambda: plain_resolve(rows, voted)), "ms"
    yield f"worst lists, {SMALL} voters, arrays", _ms(lambda: resolve(lists, cast)), "ms"


def _after_paths(lists: Numbers, cast: Flags, paths: Paths) -> Iterator[Figure]:
    listed = (lists != NOBODY).any(axis=1)
    weights = np.random.default_rng(5).integers(1, 10**9, len(cast))
    carried = mandates(paths, cast, listed).voices.carried
    yield "paths checked (faults)", _ms(lambda: faults(lists, cast, paths)), "ms"
    yield "mandates of people", _ms(lambda: mandates(paths, cast, listed)), "ms"
    yield "mandates of member weights", _ms(lambda: mandates(paths, cast, listed, weights)), "ms"
    yield "concentration", _ms(lambda: concentration(carried)), "ms"


def _voices(ballots: int) -> Voices:
    """Everybody votes, and a tenth carries others, too: more than any count has to sum."""
    rng = np.random.default_rng(6)
    behind = np.where(rng.random(ballots) < 0.1, rng.integers(1, 1000, ballots), 0)
    return Voices(np.ones(ballots, np.int64), behind)


def _scores() -> Iterator[Figure]:
    rng = np.random.default_rng(7)
    scores, voices = rng.integers(NO_OPINION, 101, (OPTIONS, MILLION), dtype=np.int8), _voices(MILLION)
    yield f"score tally, {OPTIONS} options (aim 100)", _ms(lambda: tally_scores(scores, voices)), "ms"
    few, theirs = scores[:, :BALLOTS], _voices(BALLOTS)
    given: list[list[int]] = few.T.tolist()
    ballots = {
        voter: {option: score for option, score in enumerate(row) if score != NO_OPINION}
        for voter, row in enumerate(given)
    }
    votes, weights = {voter: voter for voter in ballots}, theirs.carried.tolist()
    every = range(OPTIONS)
    plainly = _ms(lambda: [plain_count.score_sums(votes, weights, ballots, option) for option in every])
    yield f"score tally, {BALLOTS} ballots, plain reference", plainly, "ms"
    yield f"score tally, {BALLOTS} ballots, arrays", _ms(lambda: tally_scores(few, theirs)), "ms"


def _rankings() -> Iterator[Figure]:
    rng = np.random.default_rng(8)
    places, voices = np.argsort(rng.random((RANKED, MILLION)), axis=0).astype(np.int16), _voices(MILLION)
    yield f"Schulze, {RANKED} options (aim 600)", _ms(lambda: tally_rankings(places, voices)), "ms"
    rows: list[list[int]] = np.argsort(places[:, :BALLOTS], axis=0).T.tolist()
    ballots, theirs = dict(enumerate(rows)), _voices(BALLOTS)
    votes, weights = {voter: voter for voter in ballots}, theirs.carried.tolist()
    plainly = _ms(lambda: plain_count.preferences(votes, weights, ballots, RANKED), rounds=1)
    yield f"preferences of {BALLOTS} ballots, plain reference", plainly, "ms"
    few = places_of(rows, RANKED)
    yield f"Schulze, {BALLOTS} ballots, arrays", _ms(lambda: tally_rankings(few, theirs)), "ms"


def _ms(what: Callable[[], Any], rounds: int = 5) -> float:
    """The least CPU time of a few runs."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        what()
        times.append(time.process_time() - start)
    return 1000 * min(times)
