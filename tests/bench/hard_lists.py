"""Lists of delegates written to make a count take long, and a search for worse ones.

`python -m tests.bench.hard_lists [seed] [seconds]` searches with 100,000 voters and prints what it found; the worst are
kept in WORST, and `decisions` measures them with a million.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import numpy as np

from decisions.delegation import NOBODY, Flags, Numbers, resolve

PLACES: Final = 5
SEARCHED: Final = 100_000
KEPT: Final = 8


@dataclass(frozen=True)
class Place:
    """Whom voters name at one place of their lists: voters stand in a row, at the end of which somebody votes.

    `ahead`: the voter so many steps further along (or, below 0, back). `within`: anybody at most so far off instead,
    for a `share` of the voters. `named`: the share of voters who name anybody here.
    """

    ahead: int = 1
    within: int = 0
    share: float = 0.0
    named: float = 1.0


@dataclass(frozen=True)
class Lists:
    """A list of places, and how many besides the last one in the row vote."""

    places: tuple[Place, ...]
    voting: int = 0


# Found by `search`, and the first by hand: the next four of the row, the nearest last, before them the one behind.
WORST: Final = (
    Lists((Place(-1), Place(4), Place(3), Place(2), Place(1))),
    Lists((Place(1, 50, 0.5), Place(50_000, named=0.9), Place(4), Place(1, 1000, 0.5), Place(1000))),
    Lists((Place(-7), Place(50_000, named=0.9), Place(named=0.0), Place(1, 1000, 0.5), Place(20, 5, 1.0))),
    Lists((Place(-5, named=0.9), Place(-2), Place(7), Place(50_000, 2, 0.5), Place(5))),
    Lists((Place(1000), Place(-20, 2, 1.0), Place(2), Place(named=0.0), Place(5))),
    Lists((Place(7), Place(-100), Place(named=0.0), Place(-4), Place(-50_000))),
)


def lists_of(kind: Lists, count: int, seed: int = 3) -> tuple[Numbers, Flags]:
    """The lists of `count` voters, whose numbers say nothing about where they stand in the row, and who voted."""
    rng = np.random.default_rng(seed)
    number, at = rng.permutation(count).astype(np.int32), np.arange(count)
    lists = np.full((count, len(kind.places)), NOBODY, np.int32)
    for rank, place in enumerate(kind.places):
        off = rng.integers(-place.within, place.within + 1, count) if place.within else np.zeros(count, np.int64)
        to = at + np.where(rng.random(count) < place.share, off, place.ahead)
        named = (to >= 0) & (to < count) & (to != at) & (rng.random(count) < place.named)
        lists[number[at[named]], rank] = number[to[named]]
        for earlier in range(rank):
            lists[lists[:, rank] == lists[:, earlier], rank] = NOBODY
    cast = np.zeros(count, np.bool_)
    cast[number[[count - 1, *rng.integers(0, count, kind.voting)]]] = True
    return lists, cast


def seconds_of(kind: Lists, count: int) -> float:
    """CPU seconds to resolve the lists."""
    lists, cast = lists_of(kind, count)
    start = time.process_time()
    resolve(lists, cast)
    return time.process_time() - start


def search(seed: int, seconds: float) -> list[tuple[float, Lists]]:
    """The slowest kinds found in so much time, by changing the slowest so far."""
    rng, end = Random(seed), time.monotonic() + seconds
    found = [(seconds_of(kind, SEARCHED), kind) for kind in (_any_kind(rng) for _ in range(2 * KEPT))]
    while time.monotonic() < end:
        found = sorted(found, key=lambda one: -one[0])[:KEPT]
        kind = _changed(rng, rng.choice(found)[1]) if rng.random() < 0.85 else _any_kind(rng)
        found.append((min(seconds_of(kind, SEARCHED) for _ in range(2)), kind))
    return sorted(found, key=lambda one: -one[0])[:KEPT]


def _any_kind(rng: Random) -> Lists:
    return Lists(tuple(_any_place(rng) for _ in range(PLACES)), rng.choice([0, 0, 0, 1, 10, 1000, SEARCHED // 3]))


def _any_place(rng: Random) -> Place:
    ahead = rng.choice([1, 1, -1]) * rng.choice([1, 2, 3, 4, 5, 7, 20, 100, 1000, SEARCHED // 2])
    within, share = rng.choice([2, 5, 50, 1000, SEARCHED]), rng.choice([0.0, 0.0, 0.0, 0.5, 1.0])
    return Place(ahead, within, share, rng.choice([1.0, 1.0, 0.9, 0.5, 0.1, 0.0]))


def _changed(rng: Random, kind: Lists) -> Lists:
    places = list(kind.places)
    if rng.random() < 0.3:
        one, other = rng.sample(range(PLACES), 2)
        places[one], places[other] = places[other], places[one]
    else:
        places[rng.randrange(PLACES)] = _any_place(rng)
    voting = _any_kind(rng).voting if rng.random() < 0.15 else kind.voting
    return replace(kind, places=tuple(places), voting=voting)


if __name__ == "__main__":
    seed, seconds = (*sys.argv[1:], *("1", "120")[len(sys.argv) - 1 :])
    for cpu_seconds, slow in search(int(seed), float(seconds)):
        print(f"{cpu_seconds:.3f} s {slow}")
