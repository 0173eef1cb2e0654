"""What the log says of each kind of record, and whom a record concerns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from models.people import notifications
from protocol.ids import RecordId
from protocol.records.content import (
    AreaVote,
    Ballot,
    Claim,
    Confirm,
    Delegate,
    Delegation,
    Erase,
    Evaluation,
    GuestRecord,
    LotShare,
    OfEach,
    Opening,
    ParagraphTarget,
    Patch,
    Poll,
    Post,
    PostTarget,
    Prediction,
    Profile,
    ProfileTarget,
    Proposal,
    ReactionTarget,
    Sealed,
    SubjectTarget,
    Target,
    Vote,
)

REPLY: Final = "reply"
EDIT: Final = "edit"
VOTED: Final = "vote"
REPOSTED: Final = notifications.REPOSTED
Shape = TypeVar("Shape")
OfPoll = Ballot | Proposal | AreaVote | Prediction | Sealed | LotShare | Opening | Evaluation


class LogLine(msgspec.Struct, frozen=True):
    """What the log says of a record: the thing (a record's id or a name), its post, the vote, and the reason.

    `declared`: whether somebody became a delegate, or resigned.
    """

    thing: str = ""
    post: str = ""
    value: int | None = None
    reason: str = ""
    declared: bool | None = None


class Concern(msgspec.Struct, frozen=True):
    """The author of `thing` may want to be notified."""

    kind: str
    thing: RecordId


class TellingKind(msgspec.Struct, Generic[Shape], frozen=True, kw_only=True):
    """How a kind is described: `line` gives its log line, `concerns` whom to notify; None where nobody is."""

    line: Callable[[RecordId, Shape], LogLine]
    concerns: Callable[[Shape], Concern | None] | None


def _of_poll(_: RecordId, said: OfPoll) -> LogLine:
    return LogLine(thing=said.poll)


def _nothing(_: RecordId, __: object) -> LogLine:
    return LogLine()


def _post_line(record: RecordId, post: Post) -> LogLine:
    reply = post.reply_to
    about = (reply.record or reply.subject) if reply else None
    return LogLine(thing=about or "", post=record)


def _answers(post: Post) -> Concern | None:
    """What a post answers; an imported one answered it elsewhere, long ago."""
    reply = None if post.imported else post.reply_to
    return Concern(REPLY, reply.record) if reply and reply.record else None


def _vote_line(_: RecordId, vote: Vote) -> LogLine:
    thing, post = _judged(vote.target)
    return LogLine(thing, post, vote.value, vote.reason)


def _judged(target: Target) -> tuple[str, str]:
    """(the thing that a vote is about, the post in which people can look at it)."""
    match target:
        case PostTarget(post=post) | ReactionTarget(post=post):
            return post, post
        case ParagraphTarget(paragraph=address):
            return address.record, address.record
        case ProfileTarget(profile=profile):
            return profile, ""
        case SubjectTarget(subject=subject):
            return subject, ""


def _judges_or_reposts(vote: Vote) -> Concern | None:
    match vote.target:
        case PostTarget(post=thing) if vote.reason:
            return Concern(VOTED, thing)
        case PostTarget(post=thing) if vote.from_ and vote.value > 0:
            return Concern(REPOSTED, thing)
        case ParagraphTarget(paragraph=address) if vote.reason:
            return Concern(VOTED, address.record)
        case _:
            return None


PROFILE: Final = TellingKind[Profile](line=_nothing, concerns=None)
POST: Final = TellingKind[Post](line=_post_line, concerns=_answers)
PATCH: Final = TellingKind[Patch](
    line=lambda _, patch: LogLine(patch.post, patch.post), concerns=lambda patch: Concern(EDIT, patch.post)
)
VOTE: Final = TellingKind[Vote](line=_vote_line, concerns=_judges_or_reposts)
ERASE: Final = TellingKind[Erase](line=_nothing, concerns=None)
CLAIM: Final = TellingKind[Claim](line=_nothing, concerns=None)
GUEST: Final = TellingKind[GuestRecord](line=_nothing, concerns=None)
POLL: Final = TellingKind[Poll](line=lambda record, _: LogLine(thing=record), concerns=None)
BALLOT: Final = TellingKind[Ballot](line=_of_poll, concerns=None)
DELEGATE: Final = TellingKind[Delegate](line=lambda _, said: LogLine(declared=said.declared), concerns=None)
DELEGATION: Final = TellingKind[Delegation](
    line=lambda _, delegation: LogLine(thing=delegation.poll or ""), concerns=None
)
SAID_IN_POLL: Final = TellingKind[OfPoll](line=_of_poll, concerns=None)
CONFIRM: Final = TellingKind[Confirm](line=_nothing, concerns=None)

TELLING: Final[OfEach[TellingKind[Any]]] = OfEach(
    Profile=PROFILE,
    Post=POST,
    Patch=PATCH,
    Vote=VOTE,
    Erase=ERASE,
    Claim=CLAIM,
    GuestRecord=GUEST,
    Poll=POLL,
    Ballot=BALLOT,
    Delegate=DELEGATE,
    Delegation=DELEGATION,
    Proposal=SAID_IN_POLL,
    AreaVote=SAID_IN_POLL,
    Prediction=SAID_IN_POLL,
    Sealed=SAID_IN_POLL,
    LotShare=SAID_IN_POLL,
    Opening=SAID_IN_POLL,
    Evaluation=SAID_IN_POLL,
    Confirm=CONFIRM,
)
