"""Which ballot of each voter counts: the newest of those that fit the poll and stand in the prefix of the log.

Rules of this file (decisions §1, "Ballots"):

1. A ballot is of the poll's kind: scores, a ranking, approvals or a choice; in every kind it may be blank, or withdraw
   what the voter said before.
2. It names options of this poll only, a ranking each once, approvals each once. What doesn't fit is as if absent.
3. Of those that fit, the one with the highest (key, counter, id) counts. If that withdraws, the voter has no ballot.
4. In time is what the log holds below the size to which the deadline's item commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from protocol.ids import RecordId
from protocol.records.content import Ballot, Poll


class CastBallot(msgspec.Struct, frozen=True):
    """A ballot with its record's id and place in the log."""

    record: RecordId
    index: int
    ballot: Ballot


def fits(poll: Poll, options: Collection[str], ballot: Ballot) -> bool:
    """Rules 1 and 2; `options`: the ids of all that may be chosen."""
    if ballot.blank or ballot.withdraw:
        return True
    match poll.kind:
        case "for-against":
            return ballot.choice is not None
        case "score":
            return ballot.scores is not None and all(option in options for option in ballot.scores)
        case "ranking":
            named = ballot.ranking
        case "approval" | "date":
            named = ballot.approvals
    return named is not None and len(set(named)) == len(named) and all(option in options for option in named)


def standing_ballots(
    poll: Poll, options: Collection[str], cast: Iterable[CastBallot], *, end: int
) -> dict[int, CastBallot]:
    """Rules 3 and 4: by author, the ballot that counts."""
    newest: dict[int, CastBallot] = {}
    for one in cast:
        if one.index >= end or not fits(poll, options, one.ballot):
            continue
        before = newest.get(one.ballot.author)
        if before is None or _rank(before) < _rank(one):
            newest[one.ballot.author] = one
    return {author: one for author, one in newest.items() if not one.ballot.withdraw}


def _rank(one: CastBallot) -> tuple[int, int, RecordId]:
    return (one.ballot.key, one.ballot.counter, one.record)
