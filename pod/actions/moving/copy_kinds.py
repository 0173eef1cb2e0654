"""The lines of a copy that become rows of an account, each kind with the members that it has, parsed strictly.

A line is written only if the row that it becomes would be written out as the same line again: so its key is made anew
from its members, and nothing is mended. Members that this version doesn't know are told apart and handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from models.moving.former_actors import MOST_FORMER
from pod.rules.brought_lines import BroughtLineRule
from protocol.copies import CopyLine
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_INTEGER, MAX_URL_LENGTH

_DIGITS: Final = 16
_SHORT: Final = 200

Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=_SHORT)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_URL_LENGTH)]
ActorId = Annotated[str, msgspec.Meta(max_length=MAX_URL_LENGTH, pattern=r"^https?://[^\s]+$")]
Group = Annotated[str, msgspec.Meta(max_length=_SHORT)]


class _Kind(msgspec.Struct, frozen=True):
    """A kind of line. `key_of`: the key of a line with these members, after the kind's name."""

    @property
    def key_of(self) -> str:
        raise NotImplementedError


class _OfGroup(_Kind, frozen=True):
    """A kind with one line for each group."""

    group: Group

    @property
    def group_id(self) -> RecordId:
        return parse_id(self.group)

    @property
    def key_of(self) -> str:
        return f"/{self.group_id}"


class CopiedClaimWish(_OfGroup, frozen=True):
    """The account's identity is to be shown in this group once it has a number there."""


class CopiedFollowing(_OfGroup, frozen=True):
    """The account follows a group, or a person by their personal group."""

    lens: bool
    since_at: Number


class CopiedPlace(_OfGroup, frozen=True):
    """The account is, or wishes to be, a member."""

    signing: Word
    key_index: Number
    recovery_index: Number
    state: Word
    number: Number | None = None
    visibility: Word | None = None
    pods: list[Url] | None = None


class CopiedMute(_OfGroup, frozen=True):
    """The account mutes a member of a group."""

    member: Number
    created_at: Number

    @property
    def key_of(self) -> str:
        return f"/{self.group_id}/{self.member:0{_DIGITS}d}"


class CopiedSubscription(_OfGroup, frozen=True):
    """The account follows an area, a delegate or a poll."""

    about: Word
    what: Word

    @property
    def key_of(self) -> str:
        return f"/{self.group_id}/{self.about}/{self.what}"


class CopiedDraft(_OfGroup, frozen=True):
    """A poll that the account still writes."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    saved_at: Number
    said: str

    @property
    def key_of(self) -> str:
        return f"/{self.id}"


class CopiedFollower(_Kind, frozen=True):
    """An actor of another server that followed the account."""

    actor: Url
    inbox: Url
    at: Number

    @property
    def key_of(self) -> str:
        return f"/{self.actor}"


class CopiedReader(_Kind, frozen=True):
    """A pod that read the account's own group."""

    pod: Url
    at: Number

    @property
    def key_of(self) -> str:
        return f"/{self.pod}"


class CopiedSettings(_Kind, frozen=True):
    """What the account chose of its pod."""

    language: Annotated[str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z0-9-]*$")]
    digest: bool
    calls: bool
    frozen_at: Number | None = None
    digest_hour: Annotated[int, msgspec.Meta(ge=0, le=23)] | None = None

    @property
    def key_of(self) -> str:
        return ""


class CopiedActor(_Kind, frozen=True):
    """The account's actor at the pod from which it came. `former`: those that it was before, the latest first."""

    id: ActorId
    name: Word
    opened_at: Number
    inbox: Url
    outbox: Url
    followers: Url
    rsa: Annotated[str, msgspec.Meta(max_length=10_000)] | None = None
    ed25519: Word | None = None
    former: Annotated[list[ActorId], msgspec.Meta(max_length=MOST_FORMER)] = []

    @property
    def key_of(self) -> str:
        return ""


KINDS: Final[Mapping[str, Mapping[str, type[_Kind]]]] = {
    "choices": {
        "claim-wish": CopiedClaimWish,
        "draft": CopiedDraft,
        "mute": CopiedMute,
        "settings": CopiedSettings,
        "subscription": CopiedSubscription,
    },
    "follows": {"follower": CopiedFollower, "following": CopiedFollowing, "reader": CopiedReader},
    "memberships": {"membership": CopiedPlace},
    "actor": {"actor": CopiedActor},
}


class ReadLine(msgspec.Struct, frozen=True):
    """A line as it was understood. `said` is None for a kind of tomorrow; `more`: members of tomorrow."""

    said: _Kind | None
    more: Mapping[str, Any]


def read_line(name: str, line: CopyLine) -> ReadLine:
    """Understand a line of a class; raises MalformedError for one that no pod writes."""
    body: dict[str, Any] = msgspec.json.decode(line.text)
    kind = str(body["kind"])
    known = KINDS[name].get(kind)
    if known is None:
        # A key of a kind that is known is a cursor among its rows, so no other kind may have one.
        if any(line.key == one or line.key.startswith(f"{one}/") for one in KINDS[name]):
            raise BroughtLineRule.MISPLACED_LINE.error()
        return ReadLine(None, {})
    members = {member: value for member, value in body.items() if member not in ("key", "kind")}
    try:
        said = msgspec.convert(members, known)
        key = f"{kind}{said.key_of}"
    except (msgspec.ValidationError, RefusedError) as error:
        raise BroughtLineRule.NO_SUCH_ROW.error() from error
    if key != line.key:
        raise BroughtLineRule.MISPLACED_LINE.error()
    more = {member: value for member, value in members.items() if member not in known.__struct_fields__}
    return ReadLine(said, more)
