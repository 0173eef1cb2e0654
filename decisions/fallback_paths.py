"""The last voters of rule FL, one by one: those behind very many fallback steps.

No real group has such lists; somebody who wants a count to take long may write them. Dijkstra's shortest paths take a
bounded time for every list.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Costs = NDArray[np.int64]


def finish(lists: Numbers, costs: Costs, waiting: Numbers) -> None:
    """Set the costs of all of `waiting` who reach a ballot. `costs` has NOBODY's, which is out of reach, at its end."""
    unit = len(costs)
    starts, followers, steps = _followers(lists, waiting, unit)
    line = _offers(lists, costs, waiting)
    known: list[int] = costs.tolist()
    while line:
        cost, voter = divmod(heappop(line), unit)
        if cost > known[voter]:
            continue  # a better offer came meanwhile
        for edge in range(starts[voter], starts[voter + 1]):
            follower, offer = followers[edge], cost + steps[edge]
            if offer < known[follower]:
                known[follower] = offer
                heappush(line, offer * unit + follower)
    costs[waiting] = np.array(known, np.int64)[waiting]


def _followers(lists: Numbers, waiting: Numbers, unit: int) -> tuple[list[int], list[int], list[int]]:
    """Who of `waiting` names whom of them: all followers in a row, the cost of each step, where each one's start."""
    among = np.zeros(unit, np.bool_)
    among[waiting] = True
    named, rows, steps = [], [], []
    for place in range(lists.shape[1]):
        delegates = lists[waiting, place]
        open_ones = among[delegates]
        named.append(delegates[open_ones])
        rows.append(waiting[open_ones])
        steps.append(np.full(int(open_ones.sum()), place * unit + 1, np.int64))
    delegates = np.concatenate(named)
    order = np.argsort(delegates, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(delegates, minlength=unit))))
    return starts.tolist(), np.concatenate(rows)[order].tolist(), np.concatenate(steps)[order].tolist()


def _offers(lists: Numbers, costs: Costs, waiting: Numbers) -> list[int]:
    """What those of `waiting` are offered by delegates who are settled, as a heap of cost * size + voter."""
    unit = len(costs)
    places = np.arange(lists.shape[1], dtype=np.int64) * unit + 1
    least = (costs[lists[waiting]] + places).min(axis=1)
    offered = least < costs[-1]
    costs[waiting[offered]] = least[offered]
    line: list[int] = (least[offered] * unit + waiting[offered]).tolist()
    heapify(line)
    return line
