"""What content records hold: frozen values whose types carry the ranges of protocol §1.6 and §4."""

from typing import Annotated, Final, Literal, NewType

import msgspec
from msgspec import Meta

from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.limits import MAX_INTEGER, MAX_NAME_LENGTH, MAX_URL_LENGTH, MAX_VOTE

MAX_EMOJI_LENGTH: Final = 64  # a family with skin tones takes twelve; custom ones are written :like_this:

Id = Annotated[RecordId, Meta(pattern=r"\Abagaaiera[a-z2-7]{51}[aq]\Z")]
Number = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Natural = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL_LENGTH)]
Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
MediaType = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}\Z")]
VoteValue = Annotated[int, Meta(ge=-MAX_VOTE, le=MAX_VOTE)]
Emoji = Annotated[str, Meta(min_length=1, max_length=MAX_EMOJI_LENGTH)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Style = Literal[
    "text",
    "heading-1",
    "heading-2",
    "heading-3",
    "heading-4",
    "heading-5",
    "heading-6",
    "quote",
    "code",
    "list-item",
    "image",
]
Token = NewType("Token", str)


class Address(msgspec.Struct, frozen=True, order=True):
    """A paragraph's permanent address: the record that added it, and its index there."""

    record: Id
    index: Natural


class PatchAddress(msgspec.Struct, frozen=True, omit_defaults=True):
    """An address as a patch writes it; without `record` it means the patch's own paragraph."""

    index: Natural
    record: Id | None = None

    def within(self, patch: RecordId) -> Address:
        """The full address, for the patch that has this id."""
        return Address(self.record or patch, self.index)


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph's style and text."""

    style: Style
    text: str


class Attachment(msgspec.Struct, frozen=True):
    """A file that the group's pods hold, named by its hash."""

    sha256: Digest
    media_type: MediaType
    bytes: Natural
    name: str
    alt: str


class ReplyTo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a post answers: a record, one paragraph of it, or a public subject."""

    record: Id | None = None
    index: Natural | None = None
    subject: Name | None = None


class Add(msgspec.Struct, frozen=True, omit_defaults=True):
    """A new paragraph, and the one after which it hangs; None means the start of the post."""

    style: Style
    text: str
    after: PatchAddress | None = None


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member's present wish for a paragraph: deleted, replaced, or (neither) no mark any more."""

    paragraph: PatchAddress
    deleted: bool = False
    replaced_by: PatchAddress | None = None


class _Target(msgspec.Struct, frozen=True):
    @property
    def members(self) -> JsonObject:
        """The target as a vote writes it."""
        raise NotImplementedError

    @property
    def token(self) -> Token:
        """The target as a key in tables: its members as JSON, in one spelling."""
        return Token(msgspec.json.encode(self.members, order="sorted").decode())


class PostTarget(_Target, frozen=True):
    """A whole post."""

    post: RecordId

    @property
    def members(self) -> JsonObject:
        return {"post": self.post}


class ParagraphTarget(_Target, frozen=True):
    """One paragraph."""

    paragraph: Address

    @property
    def members(self) -> JsonObject:
        return {"paragraph": msgspec.to_builtins(self.paragraph)}


class SubjectTarget(_Target, frozen=True):
    """A public name, in NFC."""

    subject: str

    @property
    def members(self) -> JsonObject:
        return {"subject": self.subject}


class ProfileTarget(_Target, frozen=True):
    """A profile by its record's id, so that other groups can judge it, too (ADR 0010)."""

    profile: RecordId

    @property
    def members(self) -> JsonObject:
        return {"profile": self.profile}


class ReactionTarget(_Target, frozen=True):
    """An emoji under a post; gives no score."""

    post: RecordId
    emoji: str

    @property
    def members(self) -> JsonObject:
        return {"reaction": {"emoji": self.emoji, "post": self.post}}


Target = PostTarget | ParagraphTarget | SubjectTarget | ProfileTarget | ReactionTarget


class RepostOrigin(msgspec.Struct, frozen=True):
    """Where a reposted record comes from."""

    group: Id
    pod: Url


class Authored(msgspec.Struct, frozen=True, kw_only=True):
    """What every record of a member says of itself; `at` (milliseconds) is the author's claim."""

    author: Number
    key: Natural
    counter: Number
    at: Natural


class Profile(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """The name that a member wants; several members may have the same, only numbers are unique.

    `indexable`: whether a search may find the member.
    """

    nickname: str
    text: str = ""
    avatar: Attachment | None = None
    indexable: bool = True


class Imported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a post was published before, as the one who brought it here says; its old server signed nothing.

    `url`: its address there, or what the file called it. `published`: ms since 1970. `from_`: the actor there, if that
    actor named the author here. `author`: the name of whoever wrote it, in a group's past. `warning`: what stood
    before it, so that readers could choose.
    """

    url: Url
    published: Natural
    from_: Annotated[str, Meta(max_length=MAX_URL_LENGTH)] = msgspec.field(default="", name="from")
    author: Annotated[str, Meta(max_length=MAX_NAME_LENGTH)] = ""
    warning: Annotated[str, Meta(max_length=MAX_NAME_LENGTH)] = ""


class Post(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """An article or a note; `imported` if it was published elsewhere before (ADR 0068)."""

    kind: Literal["article", "note"]
    paragraphs: tuple[Paragraph, ...]
    title: str = ""
    language: str = ""
    reply_to: ReplyTo | None = None
    attachments: tuple[Attachment, ...] = ()
    imported: Imported | None = None


class Patch(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """Paragraphs added to a post, and marks on paragraphs that it has."""

    post: Id
    adds: tuple[Add, ...] = ()
    marks: tuple[Mark, ...] = ()


class Vote(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """A member's vote on a target, in thousandths. `reason` is free text that no rule reads (ADR 0010)."""

    target: Target
    value: int
    from_: RepostOrigin | None = None
    reason: str = ""


class Erase(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """The author asks pods to delete texts and files of these records."""

    records: tuple[Id, ...]


class ClaimedMembership(msgspec.Struct, frozen=True):
    """A membership, as named outside its group."""

    group: Id
    member: Number


class Claim(Authored, frozen=True, kw_only=True, omit_defaults=True):
    """In a personal group: its person is that member of another group. The record's own `group` is the personal one."""

    claims: ClaimedMembership


class GuestPost(msgspec.Struct, frozen=True, omit_defaults=True):
    """A post by a guest, who has no keys here; it has a post's members."""

    kind: Literal["article", "note"]
    paragraphs: tuple[Paragraph, ...]
    title: str = ""
    language: str = ""
    reply_to: ReplyTo | None = None
    attachments: tuple[Attachment, ...] = ()


class GuestVote(msgspec.Struct, frozen=True):
    """A vote by a guest, in thousandths."""

    target: Target
    value: int


class GuestRecord(msgspec.Struct, frozen=True):
    """An activity of a person on another server, wrapped and signed by the steward."""

    host: str
    actor: str
    activity: str
    did: GuestPost | GuestVote


class Unknown(msgspec.Struct, frozen=True):
    """A record of a type that this version doesn't know. `authored` is None if it names no author."""

    type: str
    authored: Authored | None = None
