"""Whom each voter's vote follows: rule FL, fallback-last, the same on every pod, and checked by anybody in one pass.

Rules of this file (decisions §1, delegation):

1. Who cast a ballot has cost (0, 0). Anybody else has the least of cost(d) + (place of d in their list, 1) over the
   delegates d of their ranked list; places count from 0, and costs are compared as (fallback steps, hops). Their vote
   goes to the delegate who gives the least; of several such delegates to the one named first. Who reaches nobody has no
   cost: their vote is lost.
2. A list keeps its places: a delegate who doesn't count (the voter, somebody off the roll, not declared, named twice)
   stays in it as NOBODY.

Hops grow by one along every step, so no circle can occur, and the costs prove themselves: `faults` compares each
voter's cost with those of their delegates alone. A cost that is too high or too low somewhere is wrong at some voter.

Most votes need no fallback step and few hops: they are settled hop by hop, all voters at once. Long chains of first
choices are shortened by doubling, for 0 fallback steps, then 1, and so on, as long as that settles many. The others are
left to `fallback_paths`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from decisions.fallback_paths import finish

Numbers = NDArray[np.int32]
Costs = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOBODY: Final = -1
UNREACHED: Final = np.iinfo(np.int64).max // 4
FEWEST: Final = 32  # a hop that settles less than one in so many isn't worth looking at everybody
PAYS: Final = 200  # looks at somebody that cost as much as settling one voter one by one


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Of each voter, by their index on the roll: the delegate whom the vote goes to, and the cost of reaching a ballot.

    `parent` is NOBODY for who cast a ballot and for who reaches none; `fallbacks` and `hops` are -1 for the latter.
    """

    parent: Numbers
    fallbacks: Numbers
    hops: Numbers

    @property
    def reached(self) -> Flags:
        """Who cast a ballot, or reaches somebody who did."""
        flags: Flags = self.hops >= 0
        return flags


def resolve(lists: Numbers, cast: Flags) -> Paths:
    """Every voter's path. `lists`: a row a voter, a column a place, indices of voters or NOBODY; `cast`: who voted."""
    count = len(cast)
    unit = np.int64(count + 1)  # one fallback step, which outweighs any number of hops
    costs = np.full(count + 1, UNREACHED, np.int64)  # the last one is NOBODY's
    costs[:count][cast] = 0
    waiting = np.flatnonzero(~cast & (lists != NOBODY).any(axis=1)).astype(np.int32)
    waiting = _first_choices(lists[:, 0], costs, waiting)
    worth = True
    while worth:
        waiting, worth = _chains(lists, costs, waiting, unit)
    if len(waiting):
        finish(lists, costs, waiting)
    return _paths(lists, costs, cast, unit)


def faults(lists: Numbers, cast: Flags, paths: Paths) -> Numbers:
    """The voters whose cost or parent isn't what their delegates' costs make it; none if and only if `paths` is right.

    Claimed costs may be any numbers. No claim beyond the longest possible path is believed, so that nothing overflows.
    """
    count, places = lists.shape
    unit = np.int64(count + 1)
    fallbacks, hops = paths.fallbacks.astype(np.int64), paths.hops.astype(np.int64)
    possible = (fallbacks >= 0) & (fallbacks <= places * count) & (hops >= 0) & (hops <= count)
    costs = np.append(np.where(possible, fallbacks * unit + hops, UNREACHED), UNREACHED)
    right = _offers(lists, costs, np.arange(count, dtype=np.int32), unit)
    right[cast] = 0
    lost = (right == UNREACHED) & (fallbacks == -1) & (hops == -1)
    parent = _parents(lists, costs, cast, unit)
    wrong = (parent != paths.parent) | ~(lost | (possible & (right == costs[:count])))
    return np.flatnonzero(wrong).astype(np.int32)


def _first_choices(first: Numbers, costs: Costs, waiting: Numbers) -> Numbers:
    """Settle most who reach a ballot by first choices alone, hop by hop while many arrive; returns who still waits."""
    settled = costs == 0
    named, hop = first[waiting], 0
    while len(waiting):
        arrived = settled[named]
        hop += 1
        now = waiting[arrived]
        costs[now] = hop
        settled[now] = True
        waiting, named = waiting[~arrived], named[~arrived]
        if FEWEST * len(now) < len(waiting):
            break
    return waiting


def _offers(lists: Numbers, costs: Costs, waiting: Numbers, unit: np.int64) -> Costs:
    """The least cost that each of `waiting` is offered by their delegates so far."""
    least = np.full(len(waiting), UNREACHED, np.int64)
    for place in range(lists.shape[1]):
        np.minimum(least, costs[lists[waiting, place]] + place * unit + 1, out=least)
    least[least > UNREACHED] = UNREACHED
    return least


def _chains(lists: Numbers, costs: Costs, waiting: Numbers, unit: np.int64) -> tuple[Numbers, bool]:
    """Settle who reaches a ballot with the fewest fallback steps that anybody still needs.

    Such a vote follows first choices to somebody who is offered that. The least over a chain of (hops along it + what
    is offered there) is found by doubling. Once doubling changes nothing it never will: a better offer further along
    would have changed it for somebody nearer to that offer. Returns who still waits, and whether it is worth doing this
    again for them.
    """
    offers = _offers(lists, costs, waiting, unit)
    if not len(waiting) or offers.min() == UNREACHED:
        return waiting[:0], False
    offers = np.where(offers // unit == offers.min() // unit, offers, UNREACHED)
    place_of = np.full(len(costs), len(waiting), np.int32)
    place_of[waiting] = np.arange(len(waiting), dtype=np.int32)
    follows = np.append(place_of[lists[waiting, 0]], np.int32(len(waiting)))
    before, least, rounds = None, np.append(offers, UNREACHED), 0
    while before is None or not np.array_equal(before, least):
        before, least = least, np.minimum(least, least[follows] + (1 << rounds))
        follows, rounds = follows[follows], rounds + 1
    settled = least[:-1] < UNREACHED
    costs[waiting[settled]] = least[:-1][settled]
    looks = (rounds + lists.shape[1]) * len(waiting)
    return waiting[~settled], PAYS * int(np.count_nonzero(settled)) >= looks


def _parents(lists: Numbers, costs: Costs, cast: Flags, unit: np.int64) -> Numbers:
    """The first delegate of each voter who gives that voter's cost."""
    count = len(cast)
    parent = np.full(count, NOBODY, np.int32)
    open_ones = np.flatnonzero(~cast & (costs[:count] < UNREACHED)).astype(np.int32)
    for place in range(lists.shape[1]):
        delegates = lists[open_ones, place]
        fits = costs[delegates] + (place * unit + 1) == costs[open_ones]
        parent[open_ones[fits]] = delegates[fits]
        open_ones = open_ones[~fits]
    return parent


def _paths(lists: Numbers, costs: Costs, cast: Flags, unit: np.int64) -> Paths:
    own = costs[: len(cast)]
    fallbacks = np.zeros(len(cast), np.int32)
    behind = np.flatnonzero(own >= unit)  # few: dividing is slow
    fallbacks[behind] = own[behind] // unit
    hops = (own - fallbacks * unit).astype(np.int32)
    lost = own >= UNREACHED
    fallbacks[lost] = hops[lost] = -1
    return Paths(_parents(lists, costs, cast, unit), fallbacks, hops)
