"""The voters of rule FL who need fallback steps: shortest paths, from those who are settled to those who follow them.

Whoever arrives at one cost offers a cost to their followers, the least first. Where many arrive at once arrays do it,
where few do a plain loop: a crowd is quick, and so is a list that somebody wrote to make a count take long, of which
the votes follow one another in single file over a million fallback steps. Both settle each voter once, and look at
each place of a list once.

Bounds: 2^28 voters with lists of eight places, so that a follower and a place fit into 31 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Costs = NDArray[np.int64]

FEW: Final = 48  # so many cost a plain loop as much as a dozen calls of NumPy
PLACE_BITS: Final = 3
PLACE: Final = (1 << PLACE_BITS) - 1


def finish(lists: Numbers, costs: Costs, waiting: Numbers) -> None:
    """Set the costs of all of `waiting` who reach a ballot. `costs` has NOBODY's, which is out of reach, at its end."""
    columns = [lists[waiting, place] for place in range(lists.shape[1])]
    starts, edges = _followers(columns, waiting, len(costs))
    steps = [place * len(costs) + 1 for place in range(lists.shape[1])]
    arrivals = _Arrivals(costs, starts, edges, steps, [], {}, {})
    arrivals.begin(columns, waiting)
    while (crowd := arrivals.walk()) is not None:
        arrivals.spread(crowd)


def _followers(columns: list[Numbers], waiting: Numbers, unit: int) -> tuple[Numbers, Numbers]:
    """Who of `waiting` names whom of them: where each one's followers start, and all followers with their place."""
    among = np.zeros(unit, np.bool_)
    among[waiting] = True
    keys = []
    for place, named in enumerate(columns):
        kept = among[named]
        keys.append((named[kept].astype(np.int64) << 32) | (waiting[kept] << PLACE_BITS) | place)
    sorted_keys = np.sort(np.concatenate(keys))
    starts = np.zeros(unit + 1, np.int32)
    np.cumsum(np.bincount(sorted_keys >> 32, minlength=unit), out=starts[1:])
    return starts, sorted_keys.astype(np.int32)  # the lower half of each key


@dataclass(slots=True)
class _Arrivals:
    """Who arrives at which cost: `few` as lists, `many` as arrays, and in `line`, a heap, the costs of both.

    `costs` holds the best offer so far; an entry whose cost it no longer is was overtaken, and is passed over.
    """

    costs: Costs
    starts: Numbers
    edges: Numbers
    steps: list[int]
    line: list[int]
    few: dict[int, list[int]]
    many: dict[int, list[Numbers]]

    def begin(self, columns: list[Numbers], waiting: Numbers) -> None:
        """Take what the settled delegates of `waiting` offer them, by rising cost."""
        least = np.full(len(waiting), self.costs[-1])
        for named, step in zip(columns, self.steps, strict=True):
            np.minimum(least, self.costs[named] + step, out=least)
        offered = np.flatnonzero(least < self.costs[-1])
        order = offered[np.argsort(least[offered])]
        by_cost, voters = least[order], waiting[order]
        self.costs[voters] = by_cost
        changes = np.flatnonzero(np.diff(by_cost, prepend=-1))
        names: list[int] = voters.tolist()
        self.line = by_cost[changes].tolist()
        for cost, (start, end) in zip(self.line, pairwise([*changes.tolist(), len(voters)]), strict=True):
            if end - start >= FEW:
                self.many[cost] = [voters[start:end]]
            else:
                self.few[cost] = names[start:end]

    def walk(self) -> int | None:
        """Settle voter by voter as long as few arrive at once; returns the cost of a crowd, or None at the end."""
        known, starts, edges = self.costs.data, self.starts.data, self.edges.data
        line, few, many, steps = self.line, self.few, self.many, self.steps
        while line:
            cost = heappop(line)
            voters = few.get(cost, ())
            if cost in many or len(voters) >= FEW:
                return cost
            for voter in voters:
                if known[voter] == cost:
                    for edge in edges[starts[voter] : starts[voter + 1]]:
                        follower, offer = edge >> PLACE_BITS, cost + steps[edge & PLACE]
                        if offer < known[follower]:
                            known[follower] = offer
                            if offer in few:
                                few[offer].append(follower)
                            else:
                                few[offer] = [follower]
                                heappush(line, offer)
            few.pop(cost, None)
        return None

    def spread(self, cost: int) -> None:
        """Settle all who arrive at `cost` at once."""
        voters = np.concatenate([*self.many.pop(cost, []), np.array(self.few.pop(cost, []), np.int32)])
        voters = voters[self.costs[voters] == cost]
        starts, counts = self.starts[voters], self.starts[voters + 1] - self.starts[voters]
        skipped = np.repeat(starts - (np.cumsum(counts) - counts), counts)
        edges = self.edges[np.arange(len(skipped)) + skipped]
        followers, places = edges >> PLACE_BITS, edges & PLACE
        for place, step in enumerate(self.steps):
            offered = followers[places == place]  # nobody twice: a place names one delegate
            self._offer(cost + step, offered[self.costs[offered] > cost + step])

    def _offer(self, cost: int, followers: Numbers) -> None:
        if not len(followers):
            return
        self.costs[followers] = cost
        if cost not in self.few and cost not in self.many:
            heappush(self.line, cost)
        if len(followers) >= FEW:
            self.many.setdefault(cost, []).append(followers)
        else:
            self.few.setdefault(cost, []).extend(followers.tolist())
