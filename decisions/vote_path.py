"""Where one voter's vote goes in a poll, told choice by choice: which delegate is used, and why each other is not.

Rules of this file (decisions §1, rule FL; DC-07):

1. Whoever cast a ballot is followed by nobody's list: their own ballot counts, and their choices aren't looked at.
2. Of a list the choice that rule FL takes is *used*; one behind it is *not needed*; one before it that reaches a ballot
   is *longer*: that way takes more second choices. Any other reaches *nobody*, or leads back: a *loop*.
3. An entry that reaches nobody by itself (oneself, named before, off the roll, not declared) says which it is.
4. A member's list is told once, where it is first met, and at most `MOST_TOLD` lists are told.

Only those are needed whom the voter's list can lead to: nobody else changes where this vote goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from decisions.delegate_lists import table_of
from decisions.delegation import NOBODY, Paths, resolve

MOST_TOLD: Final = 40


class ChoiceEnd(StrEnum):
    """Why a choice is used or not. The first four are also what the voter's own vote came to."""

    CAST = "cast"
    USED = "used"
    NOBODY = "nobody"
    SILENT = "silent"
    OWN_BALLOT = "own-ballot"
    NOT_NEEDED = "not-needed"
    LONGER = "longer"
    LOOP = "loop"
    ONESELF = "oneself"
    REPEATED = "repeated"
    OFF_ROLL = "off-roll"
    NOT_DECLARED = "not-declared"


class Branch(msgspec.Struct, frozen=True):
    """A member in the tree: at which place of the list above (1 is the first, 0 the voter), and what comes of it.

    `voted`: they cast a ballot. `instead`: whose choice was taken in place of this one. `untold`: their list is told
    elsewhere in the tree, or the tree is long enough.
    """

    member: int
    place: int
    why: ChoiceEnd
    voted: bool = False
    instead: int | None = None
    untold: bool = False
    choices: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a voter's list can lead to: `roll` in rising order, their lists in this poll, and who cast a ballot."""

    roll: Sequence[int]
    lists: Mapping[int, Sequence[int]]
    delegates: frozenset[int]
    cast: frozenset[int]

    def paths(self) -> Paths:
        """Rule FL among them."""
        table, _ = table_of(self.lists, self.roll, self.delegates)
        return resolve(table, np.array([number in self.cast for number in self.roll], np.bool_))


def explain(voter: int, reached: Reached, paths: Paths) -> Branch:
    """The tree of a voter who is on the roll."""
    return _Telling(reached, paths).of_voter(voter)


def way_of(branch: Branch) -> tuple[int, ...]:
    """The members whom the vote goes through, the voter first; the last one cast the ballot, if anybody did."""
    way = [branch.member]
    while used := next((choice for choice in branch.choices if choice.why is ChoiceEnd.USED), None):
        branch = used
        way.append(branch.member)
    return tuple(way)


@dataclass(slots=True)
class _Telling:
    reached: Reached
    paths: Paths
    index_of: Mapping[int, int] = field(init=False)
    told: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.index_of = {number: index for index, number in enumerate(self.reached.roll)}

    def of_voter(self, voter: int) -> Branch:
        if voter in self.reached.cast:
            why = ChoiceEnd.CAST
        elif not self.reached.lists.get(voter):
            why = ChoiceEnd.SILENT
        else:
            why = ChoiceEnd.USED if self._reaches(voter) else ChoiceEnd.NOBODY
        return self._branch(voter, 0, why, None, (voter,))

    def _branch(self, member: int, place: int, why: ChoiceEnd, instead: int | None, above: tuple[int, ...]) -> Branch:
        voted = member in self.reached.cast
        row = self.reached.lists.get(member, ())
        follows = place == 0 or (why in (ChoiceEnd.USED, ChoiceEnd.NOBODY) and not voted)
        if not row or not follows:
            return Branch(member, place, why, voted, instead)
        if member in self.told or len(self.told) >= MOST_TOLD:
            return Branch(member, place, why, voted, instead, untold=True)
        self.told.add(member)
        return Branch(member, place, why, voted, instead, choices=self._choices(member, row, above))

    def _choices(self, member: int, row: Sequence[int], above: tuple[int, ...]) -> tuple[Branch, ...]:
        parent = self._parent(member)
        used = row.index(parent) if parent is not None else len(row)
        found = {}
        for rank in sorted(range(len(row)), key=lambda rank: rank != used):  # the used one is told before all others
            why = self._why(member, row, rank, used, above)
            instead = parent if why in (ChoiceEnd.NOT_NEEDED, ChoiceEnd.LONGER) else None
            found[rank] = self._branch(row[rank], rank + 1, why, instead, (*above, row[rank]))
        return tuple(found[rank] for rank in range(len(row)))

    def _why(self, member: int, row: Sequence[int], rank: int, used: int, above: tuple[int, ...]) -> ChoiceEnd:
        delegate = row[rank]
        dead = self._dead(member, row[:rank], delegate)
        if dead is not None:
            return dead
        if member in self.reached.cast:
            return ChoiceEnd.OWN_BALLOT
        if rank == used:
            return ChoiceEnd.USED
        if rank > used:
            return ChoiceEnd.NOT_NEEDED
        if delegate in above:
            return ChoiceEnd.LOOP
        return ChoiceEnd.LONGER if self._reaches(delegate) else ChoiceEnd.NOBODY

    def _dead(self, member: int, before: Sequence[int], delegate: int) -> ChoiceEnd | None:
        reasons = (
            (delegate == member, ChoiceEnd.ONESELF),
            (delegate in before, ChoiceEnd.REPEATED),
            (delegate not in self.index_of, ChoiceEnd.OFF_ROLL),
            (delegate not in self.reached.delegates, ChoiceEnd.NOT_DECLARED),
        )
        return next((why for holds, why in reasons if holds), None)

    def _reaches(self, member: int) -> bool:
        return bool(self.paths.reached[self.index_of[member]])

    def _parent(self, member: int) -> int | None:
        parent = int(self.paths.parent[self.index_of[member]])
        return None if parent == NOBODY else self.reached.roll[parent]
