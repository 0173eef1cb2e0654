"""The shapes of the API's bodies, queries and short answers; the OpenAPI document shows them.

Bodies of records take other members too, which are signed over like all; everything else refuses what it doesn't know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from moderation.lens import MOST_GROUPS, Lens, Showing
from protocol.canonical import parse_json
from protocol.ids import RecordId
from protocol.limits import MAX_DEFAULT_SCORE, MAX_INVITATION_USES, MAX_WEIGHT
from protocol.records.content import Add, Attachment, Mark, Paragraph, ReplyTo, RepostOrigin, Target, parse_target
from protocol.records.content.shapes import Address, Emoji, Id, Name, Natural, Number, Url, VoteValue
from protocol.visibility import Combine

MAX_TARGET_BYTES = 4096
Limit = Annotated[int, Meta(ge=1, le=500)]
Weight = Annotated[int, Meta(ge=-MAX_WEIGHT, le=MAX_WEIGHT)]
GivenWeight = Annotated[int, Meta(ge=1, le=MAX_WEIGHT)]
Uses = Annotated[int, Meta(ge=1, le=MAX_INVITATION_USES)]
DefaultScore = Annotated[int, Meta(ge=-MAX_DEFAULT_SCORE, le=MAX_DEFAULT_SCORE)]
Secret = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
TargetText = Annotated[str, Meta(max_length=MAX_TARGET_BYTES, description="A vote's target as JSON text.")]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a list goes on, by number, and how much of it."""

    after: Natural = 0
    limit: Limit = 100


class GroupsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the list of groups goes on: behind this group."""

    after: Id | None = None
    limit: Limit = 100


class FromQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which height or index on."""

    start: Natural = field(default=0, name="from")
    limit: Limit = 100


class PartQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where in a long list the answer begins; how much is answered, the pod decides."""

    start: Natural = field(default=0, name="from")


class PullQuery(msgspec.Struct, frozen=True):
    """From which height, index or cursor on; how much is answered, the pod decides."""

    start: Natural = field(default=0, name="from")


class LogQuery(PullQuery, frozen=True):
    """From which index on; of the log of `item`, which may stand beside the branch that this pod follows."""

    item: Id | None = None


class LensQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lens: its groups (the group of the path when none is named), how they are joined, how much is let through."""

    lens: Annotated[list[Id], Meta(max_length=MOST_GROUPS)] = []
    combine: Combine = Combine.ANY
    showing: Showing = Showing.SHOWN

    def lens_in(self, *usual: RecordId) -> Lens:
        """The lens, of the `usual` groups if none is named."""
        return Lens(tuple(dict.fromkeys(self.lens)) or usual, self.combine, self.showing)


class PostQuery(LensQuery, frozen=True, forbid_unknown_fields=True):
    """The lens, and where in the text the answer begins."""

    start: Natural = field(default=0, name="from")


class PostsQuery(LensQuery, frozen=True, forbid_unknown_fields=True):
    """A page of posts in a lens."""

    before: str | None = None
    limit: Limit = 100


class TargetQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One target."""

    target: TargetText


class VotesQuery(TargetQuery, frozen=True, forbid_unknown_fields=True):
    """A page of votes on one target."""

    after: Natural = 0
    limit: Limit = 100


class TargetsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some targets."""

    target: Annotated[list[TargetText], Meta(min_length=1, max_length=100)]


class VerdictsQuery(LensQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some targets in a lens; no group named: the lens is off."""

    target: Annotated[list[TargetText], Meta(min_length=1, max_length=100)]


class ProofQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`leaf` and `size`, or `first` and `second`."""

    leaf: Natural | None = None
    size: Natural | None = None
    first: Natural | None = None
    second: Natural | None = None


class ReactionForm(msgspec.Struct, frozen=True):
    """An emoji under a post."""

    post: Id
    emoji: Emoji


class TargetForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a vote is about: exactly one of these."""

    post: Id | None = None
    paragraph: Address | None = None
    subject: Name | None = None
    profile: Id | None = None
    reaction: ReactionForm | None = None


class GroupWish(msgspec.Struct, frozen=True):
    """Members of the root, and the founder's `weight`; everything that a policy knows may stand here.

    `publish`: a public name; such a group is public. `identity`: the founder's personal group, to be known by it.
    """

    name: Name
    description: str = ""
    visibility: Literal["private", "unlisted", "public"] = "public"
    weight: GivenWeight = 1000
    others_weight: Weight = 0
    default_score: DefaultScore = 0
    publish: Name | None = None
    identity: Id | None = None


class PostWish(msgspec.Struct, frozen=True):
    """A post."""

    kind: Literal["article", "note"]
    paragraphs: list[Paragraph]
    title: str = ""
    language: str = ""
    reply_to: ReplyTo | None = None
    attachments: list[Attachment] = []


class PatchWish(msgspec.Struct, frozen=True):
    """A patch. An `after` or `replaced_by` without `record` means a paragraph of this patch."""

    post: Id
    adds: list[Add] = []
    marks: list[Mark] = []


class VoteWish(msgspec.Struct, frozen=True):
    """A vote, in thousandths; 0 withdraws."""

    target: TargetForm
    value: VoteValue
    reason: str = ""
    from_: RepostOrigin | None = field(default=None, name="from")


class RecordWish(msgspec.Struct, frozen=True):
    """Any record of a member: its type and its own members."""

    type: Annotated[str, Meta(min_length=1)]


class WeightOf(msgspec.Struct, frozen=True):
    """Who is given which weight."""

    member: Number
    weight: Weight


class SubjectOf(msgspec.Struct, frozen=True):
    """The public name."""

    subject: Name


class SuccessorOf(msgspec.Struct, frozen=True):
    """The group that goes on."""

    group: Id


class EventOf(msgspec.Struct, frozen=True):
    """The event's name, and what decisions read of it."""

    name: Name


class LeaveWish(msgspec.Struct, frozen=True, tag_field="do", tag="leave"):
    """Leave the group."""

    with_: dict[str, Any] = field(default_factory=dict, name="with")


class SetWeightWish(msgspec.Struct, frozen=True, tag_field="do", tag="set-weight"):
    """Give a member a weight."""

    with_: WeightOf = field(name="with")


class SetPolicyWish(msgspec.Struct, frozen=True, tag_field="do", tag="set-policy"):
    """Change members of the policy."""

    with_: dict[str, Any] = field(name="with")


class PublishWish(msgspec.Struct, frozen=True, tag_field="do", tag="publish"):
    """Make the group known under a public name."""

    with_: SubjectOf = field(name="with")


class SucceedWish(msgspec.Struct, frozen=True, tag_field="do", tag="succeed"):
    """Continue the group elsewhere."""

    with_: SuccessorOf = field(name="with")


class EventWish(msgspec.Struct, frozen=True, tag_field="do", tag="event"):
    """An ordered event."""

    with_: EventOf = field(name="with")


OperationWish = LeaveWish | SetWeightWish | SetPolicyWish | PublishWish | SucceedWish | EventWish


class InvitationWish(msgspec.Struct, frozen=True):
    """An invitation for the holder of the key `to`; `expires` in ms since 1970."""

    weight: GivenWeight
    to: str
    expires: Natural
    uses: Uses = 1


class JoinWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The group, a pod that holds it, the invitation and the seed of its key (hex); `identity`: the personal group.

    With an identity everybody is shown who the new member is, while a claim in the personal group says so, too.
    """

    group: Id
    pod: Url
    invitation: dict[str, Any] | None = None
    secret: Secret | None = None
    identity: Id | None = None


class HandoverWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keepers to be; None: the same."""

    keepers: list[Number] | None = None


class PullWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pod to pull from."""

    pod: Url


class Nothing(msgspec.Struct, frozen=True):
    """Done; there is nothing to tell."""


class Founded(msgspec.Struct, frozen=True):
    """The new group."""

    group: RecordId


class Written(msgspec.Struct, frozen=True):
    """The record that was signed and stored."""

    record: RecordId


class HandedOver(msgspec.Struct, frozen=True):
    """The handover, an item of the chain."""

    item: RecordId


class SignedHandover(msgspec.Struct, frozen=True):
    """The proofs on a handover, this pod's among them."""

    proof: Any


class Promised(msgspec.Struct, frozen=True):
    """The term below which this pod's seat neither confirms nor signs any more."""

    term: int


class Invited(msgspec.Struct, frozen=True):
    """What goes into the link, beside the seed of the one-time key, which only the asker knows."""

    group: RecordId
    pod: str
    invitation: dict[str, Any]


class MembershipLine(msgspec.Struct, frozen=True):
    """A membership; `number` comes once the join is settled. `recovery`: which key of the phrase recovers it.

    `state`: asked, member, moving, moved, or former: left or black-listed.
    """

    group: RecordId
    number: int | None
    state: str
    recovery: int


class Me(msgspec.Struct, frozen=True):
    """The account behind the token."""

    name: str
    personal_group: RecordId | None
    recovery_keys_left: int
    recovery_keys_few: bool
    memberships: tuple[MembershipLine, ...]


class PersonLine(msgspec.Struct, frozen=True):
    """Somebody at home here, and the personal group."""

    name: str
    group: RecordId


def read_target(text: str) -> Target:
    """A target from its JSON text; raises MalformedError."""
    return parse_target(parse_json(text.encode(), max_bytes=MAX_TARGET_BYTES, max_depth=3))
