"""A target's score in a group is its default plus what members with weight give it: exact, and the same on every pod.

Rules of this file (protocol §4, score; §5, guests; §1.6, units):

1. score = default + sum of vote x weight over members whose *current* weight is above 0; thousandths x thousandths are
   micro units. Shown when above 0. Paragraphs have no default.
2. A guest's vote weighs others_weight; guests of one host together at most 100 x others_weight. The host's votes are
   summed first and the sum is cut, so that the order of arrival can't matter.
3. A score exists for every target, appearing in the group or not.

A weight change or a new vote changes a score by a difference (`change`), so stored sums need no recount.
"""

from collections.abc import Iterable, Mapping

import msgspec

from protocol.ids import RecordId
from protocol.limits import MAX_GUEST_VOTES_PER_HOST, MAX_VOTE
from protocol.votes import CastVote, GuestBallot, counts, current_ballots, current_votes

MAX_HOST_VALUE = MAX_GUEST_VOTES_PER_HOST * MAX_VOTE


class Scale(msgspec.Struct, frozen=True):
    """A group's weights at its head, by member, without those who left; in thousandths.

    `default_score` in micro units; 0 for paragraphs.
    """

    weights: Mapping[int, int]
    default_score: int = 0
    others_weight: int = 0

    def for_paragraphs(self) -> "Scale":
        """The same weights without the default."""
        return msgspec.structs.replace(self, default_score=0)


class Reply(msgspec.Struct, frozen=True):
    """A post that answers a subject; `log_index` is None while it isn't logged."""

    post: RecordId
    score: int
    log_index: int | None


def contribution(value: int, weight: int | None) -> int:
    """What one vote adds, in micro units."""
    return value * weight if weight is not None and counts(weight) else 0


def change(*, before: tuple[int, int | None], after: tuple[int, int | None]) -> int:
    """How much a stored score changes when a member's (vote, weight) changes."""
    return contribution(*after) - contribution(*before)


def host_value(ballots: Iterable[GuestBallot]) -> tuple[int, int]:
    """The sum of one host's current votes, and the sum within the host's limit; in thousandths."""
    total = sum(ballot.value for ballot in ballots)
    return total, max(-MAX_HOST_VALUE, min(MAX_HOST_VALUE, total))


def by_host(ballots: Iterable[GuestBallot]) -> dict[str, list[GuestBallot]]:
    """Current guest votes by host, hosts sorted by name."""
    hosts: dict[str, list[GuestBallot]] = {}
    for ballot in sorted(current_ballots(ballots).values(), key=lambda ballot: (ballot.host, ballot.actor)):
        hosts.setdefault(ballot.host, []).append(ballot)
    return hosts


def score(scale: Scale, votes: Iterable[CastVote], ballots: Iterable[GuestBallot] = ()) -> int:
    """The score of one target in micro units, from all votes on it in any order, also superseded ones."""
    members = sum(contribution(vote.value, scale.weights.get(vote.member)) for vote in current_votes(votes).values())
    guests = sum(contribution(host_value(of_host)[1], scale.others_weight) for of_host in by_host(ballots).values())
    return scale.default_score + members + guests


def is_shown(score_micro: int) -> bool:
    """The one rule for posts, profiles and subjects: shown if the score is above 0."""
    return score_micro > 0


def chosen_reply(replies: Iterable[Reply]) -> Reply | None:
    """A group's reply on a subject: the latest in the log with a positive score."""
    logged = [reply for reply in replies if reply.log_index is not None and is_shown(reply.score)]
    return max(logged, key=lambda reply: reply.log_index or 0, default=None)
