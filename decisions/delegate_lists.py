"""Whose list a voter's vote follows in a poll, and the lists of a whole roll as one table (decisions §1, delegation).

Rules of this file:

1. Of a voter's lists the one of the nearest scope holds: the poll; else the poll's areas in their order; then their
   parents in that order, and so on up the tree; else the group.
2. A list has lapsed if it expires at the planned end of voting or before, or was sealed 365 days before it or more.
   Then it is as if absent, and the next scope is asked. An empty list that hasn't lapsed holds: no delegation here.
3. An entry that is the voter, off the roll, not a delegate, or named twice keeps its place and reaches nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from decisions.delegation import NOBODY, Flags, Numbers
from protocol.ids import RecordId
from protocol.records.content import GROUP_SCOPE, scope_of_area, scope_of_poll
from protocol.records.parts import GroupPolicy

LAPSES_AFTER_MS: Final = 365 * 24 * 60 * 60 * 1000


class DelegateList(msgspec.Struct, frozen=True):
    """A ranked list of member numbers; times in milliseconds. `expires` is None where the list names no end."""

    delegates: tuple[int, ...]
    sealed_at: int
    expires: int | None = None

    def has_lapsed(self, deadline: int) -> bool:
        """Whether it no longer holds in a poll whose voting is planned to end at `deadline`."""
        expired = self.expires is not None and self.expires <= deadline
        return expired or self.sealed_at <= deadline - LAPSES_AFTER_MS


def scopes_of(poll: RecordId, areas: Sequence[str], parents: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes of a poll, nearest first. `parents` of the group's areas; those at the top have none."""
    passed: dict[str, None] = {}
    level = list(areas)
    while level:
        level = [area for area in dict.fromkeys(level) if area not in passed]  # a bad policy might have circles
        passed |= dict.fromkeys(level)
        level = [parents[area] for area in level if area in parents]
    return (scope_of_poll(poll), *map(scope_of_area, passed), GROUP_SCOPE)


def area_parents(policy: GroupPolicy) -> dict[str, str]:
    """Of each subject area of a group the one above it; those at the top have none."""
    return {area["area"]: area["parent"] for area in policy.areas or () if area.get("parent") is not None}


def nearest_list(lists: Mapping[str, DelegateList], scopes: Sequence[str], deadline: int) -> tuple[int, ...]:
    """The member numbers of the list that holds, dead entries included; empty if there is none or it is empty."""
    for scope in scopes:
        found = lists.get(scope)
        if found is not None and not found.has_lapsed(deadline):
            return found.delegates
    return ()


def table_of(
    lists: Mapping[int, Sequence[int]], roll: Sequence[int], delegates: Collection[int]
) -> tuple[Numbers, Flags]:
    """The lists of a roll (member numbers, rising) as rows of indices, and who has one; see `delegation.resolve`."""
    place = {number: index for index, number in enumerate(roll)}
    able = {number: place[number] for number in delegates if number in place}
    held = {place[number]: (number, row) for number, row in lists.items() if number in place and row}
    table = np.full((len(roll), max((len(row) for _, row in held.values()), default=1)), NOBODY, np.int32)
    listed = np.zeros(len(roll), np.bool_)
    for index, (number, row) in held.items():
        listed[index] = True
        passed = {number}
        for rank, delegate in enumerate(row):
            if delegate not in passed:
                table[index, rank] = able.get(delegate, NOBODY)
            passed.add(delegate)
    return table, listed
