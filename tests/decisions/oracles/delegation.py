"""Rule FL in plain Python: shortest paths from those who voted, and, for a handful of voters, every path there is."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

Cost = tuple[int, int]
Lists = Sequence[Sequence[int]]


def resolve(lists: Lists, cast: Sequence[bool]) -> tuple[list[int], list[Cost | None]]:
    """Parent (-1 for nobody) and cost (None: lost) of every voter. In `lists` -1 is a place that reaches nobody."""
    followers: list[list[tuple[int, int]]] = [[] for _ in cast]
    for voter, row in enumerate(lists):
        for place, delegate in enumerate(row):
            if delegate >= 0 and not cast[voter]:
                followers[delegate].append((voter, place))
    costs: list[Cost | None] = [(0, 0) if own else None for own in cast]
    line = [((0, 0), voter) for voter, own in enumerate(cast) if own]
    heapify(line)
    while line:
        cost, voter = heappop(line)
        if cost != costs[voter]:
            continue
        for follower, place in followers[voter]:
            offer, known = (cost[0] + place, cost[1] + 1), costs[follower]
            if known is None or offer < known:
                costs[follower] = offer
                heappush(line, (offer, follower))
    return [_parent(costs, row, cost) for row, cost in zip(lists, costs, strict=True)], costs


def _parent(costs: Sequence[Cost | None], row: Sequence[int], cost: Cost | None) -> int:
    if cost is None or cost == (0, 0):
        return -1
    for place, delegate in enumerate(row):
        theirs = costs[delegate] if delegate >= 0 else None
        if theirs is not None and (theirs[0] + place, theirs[1] + 1) == cost:
            return delegate
    raise AssertionError("A cost that nobody gives.")


def least_of_all_paths(lists: Lists, cast: Sequence[bool], voter: int) -> Cost | None:
    """The least cost over every path from `voter` to somebody who voted that passes nobody twice."""
    return min(_paths(lists, cast, voter, frozenset()), default=None)


def _paths(lists: Lists, cast: Sequence[bool], voter: int, passed: frozenset[int]) -> Iterator[Cost]:
    if cast[voter]:
        yield (0, 0)
        return
    for place, delegate in enumerate(lists[voter]):
        if delegate >= 0 and delegate not in passed | {voter}:
            for fallbacks, hops in _paths(lists, cast, delegate, passed | {voter}):
                yield (fallbacks + place, hops + 1)
