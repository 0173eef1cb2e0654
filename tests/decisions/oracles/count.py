"""Counting person by person: each voter of the roll is walked to a ballot, which then counts as if cast once more."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, permutations

from tests.decisions.oracles.delegation import Lists, resolve

Votes = Mapping[int, int]  # voter -> root


def roots(lists: Lists, cast: Sequence[bool]) -> dict[int, int]:
    """The root of each counted voter, by walking from delegate to delegate."""
    parents, costs = resolve(lists, cast)
    found = {}
    for voter, cost in enumerate(costs):
        if cost is not None:
            end = voter
            while parents[end] >= 0:
                end = parents[end]
            found[voter] = end
    return found


def copies(votes: Votes, weights: Sequence[int], *, direct: bool) -> Iterator[tuple[int, int]]:
    """(root, weight) of every counted voter: those who cast themselves, or the others."""
    for voter, root in votes.items():
        if (voter == root) is direct:
            yield root, weights[voter]


def score_sums(votes: Votes, weights: Sequence[int], ballots: Mapping[int, Mapping[int, int]], option: int) -> object:
    """((direct, delegated) sum, (direct, delegated) opinions, mean) of one option."""
    sums, opinions = [], []
    for direct in (True, False):
        given = [
            (ballots[root][option], w) for root, w in copies(votes, weights, direct=direct) if option in ballots[root]
        ]
        sums.append(sum(score * weight for score, weight in given))
        opinions.append(sum(weight for _, weight in given))
    return tuple(sums), tuple(opinions), Fraction(sum(sums), sum(opinions)) if sum(opinions) else None


def prefers(ranking: Sequence[int], a: int, b: int) -> bool:
    """Whether a ballot puts `a` before `b`."""
    return a in ranking and (b not in ranking or ranking.index(a) < ranking.index(b))


def preferences(
    votes: Votes, weights: Sequence[int], ballots: Mapping[int, Sequence[int]], options: int
) -> list[list[int]]:
    """d[a][b], each voter in turn."""
    every = range(options)
    return [
        [sum(weights[voter] for voter, root in votes.items() if prefers(ballots[root], a, b)) for b in every]
        for a in every
    ]


def strongest(preferred: Sequence[Sequence[int]], a: int, b: int) -> int:
    """The strength of the strongest of all paths from a to b, each tried."""
    others = [option for option in range(len(preferred)) if option not in (a, b)]
    most = 0
    for length in range(len(others) + 1):
        for between in permutations(others, length):
            stops = (a, *between, b)
            steps = [(preferred[x][y], preferred[y][x]) for x, y in pairwise(stops)]
            if a != b and all(with_it > against for with_it, against in steps):
                most = max(most, min(with_it for with_it, _ in steps))
    return most


def schulze_winners(preferred: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Who isn't beaten along paths."""
    every = range(len(preferred))
    return tuple(a for a in every if all(strongest(preferred, a, b) >= strongest(preferred, b, a) for b in every))


def fewest_that_decide(held: Sequence[int]) -> int:
    """How many of the largest are needed for more than half."""
    total, sum_so_far = sum(held), 0
    for count, voices in enumerate(sorted(held, reverse=True), start=1):
        sum_so_far += voices
        if 2 * sum_so_far > total:
            return count
    return 0
