"""Whether a ballot fits its poll; one that doesn't is as if absent. Which of a voter's counts, `delegate_lock` says.

Rules of this file (decisions §1, "Ballots"):

1. A ballot is of the poll's kind: scores, a ranking, approvals or a choice; in every kind it may be blank, or withdraw
   what the voter said before.
2. It names options of this poll only, a ranking each once, approvals each once.
"""

from __future__ import annotations

from collections.abc import Collection

from protocol.records.content import Ballot, Poll


def fits(poll: Poll, options: Collection[str], ballot: Ballot) -> bool:
    """Rules 1 and 2; `options`: the ids of all that may be chosen."""
    if ballot.blank or ballot.withdraw:
        return True
    match poll.kind:
        case "for-against":
            return ballot.choice is not None
        case "score":
            return ballot.scores is not None and all(map(options.__contains__, ballot.scores))
        case "ranking":
            named = ballot.ranking
        case "approval" | "date":
            named = ballot.approvals
    return named is not None and len(set(named)) == len(named) and all(map(options.__contains__, named))
