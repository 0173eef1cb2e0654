"""The activity that comes nearest to each kind of record; other software sees this, a pod trusts only the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from protocol.canonical import JsonObject
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
    Target,
    Vote,
)

Shape = TypeVar("Shape")


class Spoken(msgspec.Struct, frozen=True):
    """A record's id, the actor who sends it, and that actor's server (`pod`)."""

    record: RecordId
    actor: str
    pod: str

    def url(self, record: RecordId) -> str:
        """The URL of a record."""
        return f"{self.pod}/records/{record}"


class SpokenKind(msgspec.Struct, Generic[Shape], frozen=True):
    """How a kind is sent: `verb` gives type and object of its activity."""

    verb: Callable[[Spoken, Shape], JsonObject]


def added(spoken: Spoken) -> JsonObject:
    """The Add for a kind that has no verb of its own: the record is added to its author's collection."""
    return {"type": "Add", "object": spoken.url(spoken.record), "target": spoken.actor}


def _vote(spoken: Spoken, vote: Vote) -> JsonObject:
    judged = _judged(spoken, vote.target)
    if judged is None:
        return added(spoken)
    if vote.value:
        return {"type": "Like" if vote.value > 0 else "Dislike", **judged}
    return {"type": "Undo", "object": {"type": "Like", "actor": spoken.actor, **judged}}


def _judged(spoken: Spoken, target: Target) -> JsonObject | None:
    """What a vote is about, as a Like names it; None if the thing has no address for other software."""
    match target:
        case PostTarget(post=post):
            return {"object": spoken.url(post)}
        case ParagraphTarget(paragraph=address):
            # With the fragment a reader doesn't take it for a vote on the whole post.
            return {"object": f"{spoken.url(address.record)}#paragraph-{address.index}"}
        case ReactionTarget(post=post, emoji=emoji):
            return {"object": spoken.url(post), "content": emoji}
        case ProfileTarget(profile=profile):
            return {"object": spoken.url(profile)}
        case _:
            return None


PROFILE: Final = SpokenKind[Profile](lambda spoken, _: {"type": "Update", "object": spoken.url(spoken.record)})
POST: Final = SpokenKind[Post](lambda spoken, _: {"type": "Create", "object": spoken.url(spoken.record)})
PATCH: Final = SpokenKind[Patch](lambda spoken, patch: {"type": "Update", "object": spoken.url(patch.post)})
VOTE: Final = SpokenKind[Vote](_vote)
ERASE: Final = SpokenKind[Erase](lambda spoken, _: added(spoken))
CLAIM: Final = SpokenKind[Claim](lambda spoken, _: added(spoken))
GUEST: Final = SpokenKind[GuestRecord](lambda spoken, _: added(spoken))
POLL: Final = SpokenKind[Poll](lambda spoken, _: {"type": "Create", "object": spoken.url(spoken.record)})
BALLOT: Final = SpokenKind[Ballot](lambda spoken, _: added(spoken))
DELEGATE: Final = SpokenKind[Delegate](lambda spoken, _: added(spoken))
DELEGATION: Final = SpokenKind[Delegation](lambda spoken, _: added(spoken))
ADDED: Final = SpokenKind[AreaVote | Prediction | Proposal | Sealed | LotShare | Opening | Evaluation | Confirm](
    lambda spoken, _: added(spoken)
)

SPOKEN: Final[OfEach[SpokenKind[Any]]] = OfEach(
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
    Proposal=ADDED,
    AreaVote=ADDED,
    Prediction=ADDED,
    Sealed=ADDED,
    LotShare=ADDED,
    Opening=ADDED,
    Evaluation=ADDED,
    Confirm=ADDED,
)
