"""Whose ballot each voter's vote may follow in one poll: the list that holds there, with a place for each entry.

Rules of this file (decisions §1, delegation):

1. Of a voter's delegations that of the poll holds; else that of the nearest level of the area tree: the poll's areas in
   their order, then their parents in that order, and so on; else that of the group. A list that is empty holds, too:
   the vote then follows nobody.
2. A delegation is lapsed, and holds nowhere, if it expires at or before the planned end of voting, or was sealed 365
   days or more before it.
3. An entry that is the voter, isn't on the roll, isn't declared as delegate, or stands in the list already keeps its
   place and reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from decisions.delegation import NOBODY, Numbers
from protocol.ids import RecordId
from protocol.limits import MAX_DELEGATES
from protocol.records.content import GROUP_SCOPE, Delegation, scope_of_area, scope_of_poll
from protocol.records.parts import GroupPolicy

LAPSES_AFTER_MS: Final = 365 * 24 * 3_600_000


def scopes_of(poll: RecordId, areas: Sequence[str], parents: Mapping[str, str]) -> tuple[str, ...]:
    """Rule 1: the scopes in which a delegation holds for this poll, the nearest first; `parents` of areas."""
    level, ordered = list(areas), dict[str, None]()
    while level:
        ordered |= dict.fromkeys(level)
        level = [parents[area] for area in level if area in parents and parents[area] not in ordered]
    return (scope_of_poll(poll), *map(scope_of_area, ordered), GROUP_SCOPE)


def area_parents(policy: GroupPolicy) -> dict[str, str]:
    """Of each subject area of a group the one above it."""
    return {area["area"]: area["parent"] for area in policy.areas or () if area.get("parent") is not None}


def holding(
    delegations: Mapping[int, Mapping[str, Delegation]], scopes: Sequence[str], *, end: int
) -> dict[int, Delegation]:
    """By voter, the delegation that holds. `end`: the planned end of voting (ms), by which one may have expired."""
    held = {}
    for voter, by_scope in delegations.items():
        valid = (by_scope[scope] for scope in scopes if scope in by_scope and not _expired(by_scope[scope], end))
        if (first := next(valid, None)) is not None:
            held[voter] = first
    return held


def _expired(delegation: Delegation, end: int) -> bool:
    return delegation.expires is not None and delegation.expires <= end


def lists_of(held: Mapping[int, Delegation], index_of: Mapping[int, int], delegates: frozenset[int]) -> Numbers:
    """Rule 3: a row a voter of the roll, a column a place: an index on the roll, or NOBODY."""
    lists = np.full((len(index_of), MAX_DELEGATES), NOBODY, np.int32)
    for voter, delegation in held.items():
        if voter in index_of:
            for place, number in enumerate(delegation.delegates):
                named_before = number in delegation.delegates[:place]
                if number != voter and number in delegates and not named_before:
                    lists[index_of[voter], place] = index_of.get(number, NOBODY)
    return lists
