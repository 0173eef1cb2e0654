"""Polls of the vectors, written with names: members, delegations and ballots, taken through the whole count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from decisions.delegate_lists import table_of
from decisions.delegation import NOBODY, Numbers, Paths, resolve
from decisions.mandates import Mandates, Voices, mandates
from decisions.ranking import Places, places_of
from decisions.score import NO_OPINION, Scores


@dataclass(frozen=True)
class SmallPoll:
    """Who is on the roll, who lists whom, who cast a ballot; names in the order of the roll."""

    members: Sequence[str]
    lists: Mapping[str, Sequence[str]]
    casters: Sequence[str]
    delegates: Iterable[str] | None = None

    @property
    def number(self) -> dict[str, int]:
        """Everybody's number; somebody off the roll gets one, too."""
        named = [name for row in self.lists.values() for name in row]
        return {name: index for index, name in enumerate(dict.fromkeys([*self.members, *named]))}

    @property
    def voted(self) -> Numbers:
        """Who cast a ballot, as indices."""
        return np.array(sorted(self.number[name] for name in self.casters), np.int32)

    def paths_and_mandates(self) -> tuple[Paths, Mandates]:
        number = self.number
        lists = {number[name]: [number[delegate] for delegate in row] for name, row in self.lists.items()}
        able = self.delegates if self.delegates is not None else number
        roll = range(len(self.members))
        table, listed = table_of(lists, roll, [number[name] for name in able])
        cast = np.zeros(len(self.members), np.bool_)
        cast[self.voted] = True
        paths = resolve(table, cast)
        return paths, mandates(paths, cast, listed)

    def voices(self) -> Voices:
        """Of the ballots, in the order of their casters' numbers."""
        return self.paths_and_mandates()[1].voices.of(self.voted)

    def scores(self, ballots: Mapping[str, Mapping[str, int]], options: Sequence[str]) -> Scores:
        """Rows of options, columns of ballots; who isn't in `ballots` cast a blank one."""
        given = [ballots.get(self.members[index], {}) for index in self.voted]
        return np.array([[ballot.get(option, NO_OPINION) for ballot in given] for option in options], np.int8)

    def places(self, ballots: Mapping[str, Sequence[str]], options: Sequence[str]) -> Places:
        given = [ballots[self.members[index]] for index in self.voted]
        return places_of([[options.index(option) for option in ballot] for ballot in given], len(options))

    def carried(self) -> dict[str, int]:
        """How many people each ballot carries."""
        people = self.paths_and_mandates()[1].people
        return {name: int(people[index]) for index, name in enumerate(self.members) if people[index]}

    def parents(self) -> dict[str, str]:
        parent = self.paths_and_mandates()[0].parent.tolist()
        return {name: self.members[parent[at]] for at, name in enumerate(self.members) if parent[at] != NOBODY}

    def costs(self) -> dict[str, list[int]]:
        paths = self.paths_and_mandates()[0]
        pairs = np.stack([paths.fallbacks, paths.hops], axis=1).tolist()
        return {name: pairs[at] for at, name in enumerate(self.members) if paths.reached[at]}
