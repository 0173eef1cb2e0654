"""Small random electorates, each from a number: who lists whom, who votes, and what everybody weighs."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from decisions.delegation import NOBODY, Flags, Numbers, Paths, resolve


@dataclass(frozen=True)
class Electorate:
    """Voters by index: their lists with dead places as NOBODY, whether they voted, their weights."""

    lists: list[list[int]]
    cast: list[bool]
    weights: list[int]

    @property
    def rows(self) -> Numbers:
        return np.array(self.lists, np.int32)

    @property
    def voted(self) -> Flags:
        return np.array(self.cast, np.bool_)

    @property
    def listed(self) -> list[bool]:
        """Who has a list: here those with an entry that isn't dead."""
        return [any(delegate != NOBODY for delegate in row) for row in self.lists]

    @property
    def paths(self) -> Paths:
        return resolve(self.rows, self.voted)


def an_electorate(rng: Random, most: int = 12) -> Electorate:
    count, places = rng.randint(1, most), rng.randint(1, 5)
    named, voting = rng.random(), rng.random()
    lists = []
    for voter in range(count):
        row: list[int] = []
        for _ in range(places):
            delegate = rng.randrange(count) if rng.random() < named else NOBODY
            row.append(NOBODY if delegate == voter or delegate in row else delegate)
        lists.append(row)
    cast = [rng.random() < voting for _ in range(count)]
    return Electorate(lists, cast, [rng.choice([1, 500, 1000, 10**9]) for _ in range(count)])


def electorates(count: int, seed: int = 0, most: int = 12) -> Iterator[tuple[Random, Electorate]]:
    """`count` of them, each with the chance that made it; a failure says which by printing `number`."""
    for number in range(count):
        rng = Random(seed * 1_000_000 + number)
        yield rng, an_electorate(rng, most)
