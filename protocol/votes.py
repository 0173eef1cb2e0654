"""Of all votes of a member on a target exactly one counts, and it is the same one on every pod.

Rules of this file (protocol §4, `Vote`; §5, guests):

1. A vote is a register per (group, member, target): the highest (key, counter, id) counts; 0 withdraws.
2. Votes of members whose *current* weight is above 0 count; somebody who isn't in the weights is no member.
3. A target appears in a group if a member with weight >= 0 gives it a current vote above 0 there. Posting is voting:
   the pod writes a vote beside each post; a post alone is no vote (ADR 0013).
4. A guest's vote is a register per (actor, target), ordered by the steward's log; it counts once it is logged.
5. Reactions are votes in form only: they give no score.

All values of one call belong to one group.
"""

from collections.abc import Iterable, Mapping

import msgspec

from protocol.ids import RecordId
from protocol.records.content import ReactionTarget, Target, Token, Vote

VoteRank = tuple[int, int, RecordId]
Register = tuple[int, Token]


class CastVote(msgspec.Struct, frozen=True):
    """A member's vote; `value` in thousandths, `at` in milliseconds (the member's claim).

    `of_group`: the group of the target, if the vote names another group than its own.
    """

    member: int
    target: Token
    value: int
    key: int
    counter: int
    id: RecordId
    at: int = 0
    reason: str = ""
    of_group: RecordId | None = None


class GuestBallot(msgspec.Struct, frozen=True):
    """A guest's vote with its place in the group's log."""

    actor: str
    host: str
    target: Token
    value: int
    log_index: int
    at: int = 0


def cast_vote(record: RecordId, vote: Vote) -> CastVote:
    """The vote of a vote record."""
    token, of_group = vote.target.token, vote.from_.group if vote.from_ else None
    return CastVote(vote.author, token, vote.value, vote.key, vote.counter, record, vote.at, vote.reason, of_group)


def rank(vote: CastVote) -> VoteRank:
    """The order of a member's votes on a target; the newest is the greatest. Never by the clock."""
    return (vote.key, vote.counter, vote.id)


def register_of(vote: CastVote) -> Register:
    """The key of a vote's register: of all votes with this key one counts."""
    return (vote.member, vote.target)


def current_votes(
    votes: Iterable[CastVote], known: Mapping[Register, CastVote] | None = None
) -> dict[Register, CastVote]:
    """The registers after `votes` were added to `known`; any order and any repetition gives the same."""
    registers = dict(known or {})
    for vote in votes:
        register = register_of(vote)
        if register not in registers or rank(registers[register]) < rank(vote):
            registers[register] = vote
    return registers


def current_ballots(ballots: Iterable[GuestBallot]) -> dict[tuple[str, Token], GuestBallot]:
    """The registers of guests' votes."""
    registers: dict[tuple[str, Token], GuestBallot] = {}
    for ballot in ballots:
        register = (ballot.actor, ballot.target)
        if register not in registers or registers[register].log_index < ballot.log_index:
            registers[register] = ballot
    return registers


def counts(weight: int | None) -> bool:
    """Whether votes of a member with this present weight count in scores; None: not a member."""
    return weight is not None and weight > 0


def gives_score(target: Target) -> bool:
    """Whether votes on this target give a score."""
    return not isinstance(target, ReactionTarget)


def appears(votes: Iterable[CastVote], weights: Mapping[int, int]) -> bool:
    """Whether the target of these *current* votes appears in the group with these present weights."""
    return any(vote.value > 0 and weights.get(vote.member, -1) >= 0 for vote in votes)
