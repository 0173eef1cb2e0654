"""Projections of records: what pages ask for, in the shape in which they ask. All of it can be folded anew.

A target is known here by the sha256 of its token, so that its key has one width. Scores are sums without the group's
default, which a policy may change at any time. A post's text is assembled from its sheets, one for each record.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Index,
    LargeBinary,
    Select,
    Table,
    bindparam,
    exists,
    literal,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.content.places import LogPlace
from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys, Parameter, Prepared
from models.groups.records import RECORDS
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.content import PostTarget, Token
from protocol.votes import CastVote

_REPOSTED: Final = text("reposted IS NOT NULL")
_IMPORTED: Final = text("imported_key IS NOT NULL")
NEVER_NEW: Final = 0  # the seq of posts that were published elsewhere before: nobody is told of them as new
OUTVOTED: Final = text("sum_micro < 0")
_SUPPORTED: Final = text("reposted IS NOT NULL AND supporters > 0")


class MemberRow(Base):
    """A member at the group's head; the weight of a former member doesn't count."""

    __tablename__ = "members"
    __table_args__ = (Index(None, "home_pod", "group_id"), Index(None, "identity"), Index(None, "group_id", "weight"))

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[int]
    home_pod: Mapped[str]
    signing: Mapped[DidKey]
    left: Mapped[bool]
    joined_height: Mapped[int]
    identity: Mapped[RecordId | None]


class ProfileRow(Base):
    """A member's current profile. `avatar`: the attachment as JSON; an erased profile is empty.

    `indexable`: whether this pod's search may find the member.
    """

    __tablename__ = "profiles"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[int]
    counter: Mapped[int]
    record_id: Mapped[RecordId] = mapped_column(index=True)
    nickname: Mapped[str]
    text: Mapped[str]
    avatar: Mapped[bytes | None]
    at: Mapped[int]
    indexable: Mapped[bool] = mapped_column(server_default="1")


class PostRow(Base):
    """A post without its text, which is in sheets. `target`: the key of its score; `seq`: when it came here.

    `subject_key`: the search key of its public name (`models.content.word_pieces`). `imported`: where it was published
    before, as JSON; then `at` is when, and `seq` is NEVER_NEW, as that of an erased post is.
    """

    __tablename__ = "posts"
    __table_args__ = (
        Index(None, "group_id", "seq"),
        Index(None, "group_id", "place", "target"),
        Index(None, "reply_record", "group_id", "place", "target"),
        Index(None, "group_id", "subject"),
        Index(None, "subject", "group_id"),
        Index(None, "subject_key"),
        Index(None, "group_id", "author", "place", "target"),
        Index(None, "group_id", "imported_key", sqlite_where=_IMPORTED, postgresql_where=_IMPORTED),
    )

    id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    language: Mapped[str]
    reply_record: Mapped[RecordId | None]
    reply_index: Mapped[int | None]
    subject: Mapped[str | None]
    subject_key: Mapped[str | None]
    attachments: Mapped[bytes]
    at: Mapped[int]
    seq: Mapped[int]
    place: Mapped[int] = mapped_column(server_default="0")
    target: Mapped[bytes]
    erased: Mapped[bool]
    imported: Mapped[bytes | None]
    imported_key: Mapped[bytes | None]


class SheetRow(Base):
    """What one record, a post or a patch, adds to a post (protocol.content.Sheet, as JSON)."""

    __tablename__ = "sheets"
    __table_args__ = (Index(None, "post_id", "group_id", "place", "record_id"), Index(None, "group_id", "author"))

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    post_id: Mapped[RecordId]
    group_id: Mapped[RecordId]
    author: Mapped[int]
    place: Mapped[int] = mapped_column(server_default="0")
    sheet: Mapped[bytes]


class VoteRow(Base):
    """A member's vote on a target; only the one that counts.

    Of a repost, `reposted` says when the record came here (its seq), and `repost_place` its place in the log.
    """

    __tablename__ = "votes"
    __table_args__ = (
        Index(None, "group_id", "target", "member"),
        Index(None, "group_id", "target", "reposted", sqlite_where=_REPOSTED, postgresql_where=_REPOSTED),
        Index(None, "group_id", "target", "repost_place", sqlite_where=_REPOSTED, postgresql_where=_REPOSTED),
        Index(None, "record_id", sqlite_where=_REPOSTED, postgresql_where=_REPOSTED),
        {"sqlite_with_rowid": False},
    )

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    value: Mapped[int]
    key: Mapped[int]
    counter: Mapped[int]
    record_id: Mapped[RecordId]
    at: Mapped[int]
    reason: Mapped[str]
    reposted: Mapped[int | None]
    repost_place: Mapped[int | None]


class ScoreRow(Base):
    """The current votes on one target, counted.

    `sum_micro`: vote × weight without the default; 0 for a reaction. `up`, `down`: members with weight above 0.
    `supporters`: members with weight ≥ 0 and a vote above 0; the target appears in the group if there is one. `votes`:
    all registers, whatever their weight. `reposted`, `repost_place`: the lowest of its reposts, if there are any.
    """

    __tablename__ = "scores"
    __table_args__ = (
        Index(None, "target"),
        Index("ix_scores_group_id_outvoted", "group_id", "target", sqlite_where=OUTVOTED, postgresql_where=OUTVOTED),
        Index(None, "group_id", "reposted", sqlite_where=_SUPPORTED, postgresql_where=_SUPPORTED),
        Index(None, "group_id", "repost_place", "target", sqlite_where=_SUPPORTED, postgresql_where=_SUPPORTED),
        {"sqlite_with_rowid": False},
    )

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    target: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    token: Mapped[str]
    sum_micro: Mapped[int]
    up: Mapped[int]
    down: Mapped[int]
    supporters: Mapped[int]
    votes: Mapped[int]
    reposted: Mapped[int | None]
    repost_place: Mapped[int | None]


class EraseRow(Base):
    """An author's wish to erase a record; it may come before the record."""

    __tablename__ = "erasures"

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    author: Mapped[int] = mapped_column(primary_key=True)


class ClaimRow(Base):
    """In a personal group: its person is that member of another group."""

    __tablename__ = "claims"
    __table_args__ = (Index(None, "of_group", "member"),)

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    of_group: Mapped[RecordId]
    member: Mapped[int]


MEMBERS = table_of(MemberRow)
PROFILES = table_of(ProfileRow)
POSTS = table_of(PostRow)
SHEETS = table_of(SheetRow)
VOTES = table_of(VoteRow)
SCORES = table_of(ScoreRow)
ERASURES = table_of(EraseRow)
CLAIMS = table_of(ClaimRow)


class Tally(msgspec.Struct, frozen=True):
    """A target's counts in one group; see ScoreRow."""

    sum_micro: int = 0
    up: int = 0
    down: int = 0
    supporters: int = 0
    votes: int = 0


class PostCard(msgspec.Struct, frozen=True):
    """A post in a list. `tally` and `place`: in the group of the list."""

    id: RecordId
    group_id: RecordId
    author: int
    kind: str
    title: str
    language: str
    reply_record: RecordId | None
    reply_index: int | None
    subject: str | None
    attachments: bytes
    at: int
    place: int
    erased: bool
    imported: bytes | None
    tally: Tally


class StoredProfile(msgspec.Struct, frozen=True):
    """A member's current profile."""

    member: int
    record_id: RecordId
    nickname: str
    text: str
    avatar: bytes | None
    at: int
    indexable: bool = True


NO_VOTES: Final = Tally()
_TALLY_COLUMNS = [SCORES.c[name] for name in Tally.__struct_fields__]
_CARD_COLUMNS = [POSTS.c[name] for name in PostCard.__struct_fields__ if name != "tally"]


@lru_cache(maxsize=4096)  # needed several times for each vote
def target_key(token: Token) -> bytes:
    """The key of a target's rows."""
    return sha256(token.encode()).digest()


async def load_tallies(session: AsyncSession, group: RecordId, tokens: Collection[Token]) -> dict[Token, Tally]:
    """The counts of those of the targets that have votes."""
    rows = await _TALLIES.run(session, [target_key(token) for token in tokens], group=group)
    return {token: Tally(*counts) for token, *counts in rows}


_TALLIES: Final = AllKeys(
    lambda keys: select(SCORES.c.token, *_TALLY_COLUMNS).where(
        SCORES.c.group_id == bindparam("group"), SCORES.c.target.in_(keys)
    )
)


async def load_tally(session: AsyncSession, group: RecordId, token: Token) -> Tally:
    return (await load_tallies(session, group, [token])).get(token, NO_VOTES)


async def list_votes(
    session: AsyncSession, group: RecordId, token: Token, limit: int, *, after_member: int = 0, weighty: bool = False
) -> list[CastVote]:
    """Each member's latest vote on a target, by member; `weighty`: only members with weight above 0."""
    voter = (MEMBERS.c.group_id == VOTES.c.group_id) & (MEMBERS.c.number == VOTES.c.member)
    counts = exists().where(voter, MEMBERS.c.left.is_(False), MEMBERS.c.weight > 0) if weighty else true()
    wanted = (
        select(
            VOTES.c.member, VOTES.c.value, VOTES.c.key, VOTES.c.counter, VOTES.c.record_id, VOTES.c.at, VOTES.c.reason
        )
        .where(VOTES.c.group_id == group, VOTES.c.target == target_key(token), VOTES.c.member > after_member, counts)
        .order_by(VOTES.c.member)
        .limit(limit)
    )
    return [
        CastVote(member, token, value, key, counter, record, at, reason)
        for member, value, key, counter, record, at, reason in await session.execute(wanted)
    ]


async def load_sheets(session: AsyncSession, group: RecordId, post: RecordId, limit: int) -> list[Sheet]:
    """What the group's records add to a post, the post's own sheet included; input of `protocol.content.assemble`."""
    wanted = (
        select(SHEETS.c.sheet)
        .where(SHEETS.c.post_id == post, SHEETS.c.group_id == group)
        .order_by(SHEETS.c.record_id != post, SHEETS.c.place, SHEETS.c.record_id)
        .limit(limit)
    )
    return [msgspec.json.decode(sheet, type=Sheet) for sheet in await session.scalars(wanted)]


async def load_post(session: AsyncSession, group: RecordId, post: RecordId) -> PostCard | None:
    """A post with its counts in `group`, which may be another group than the post's."""
    rows = await _POST.run(session, group=group, post=post)
    return card_of(rows[0]) if rows else None


_POST: Final = Prepared(lambda _: select_cards(bindparam("group")).where(POSTS.c.id == bindparam("post")))


async def list_posts(
    session: AsyncSession, group: RecordId, limit: int, *, before: LogPlace | None = None
) -> list[PostCard]:
    """The group's own posts, the last in its log first."""
    wanted = select_cards(group).where(POSTS.c.group_id == group, is_before(POSTS, before))
    rows = await session.execute(wanted.order_by(POSTS.c.place.desc(), POSTS.c.target.desc()).limit(limit))
    return [card_of(row) for row in rows]


async def load_profiles(
    session: AsyncSession, members: Collection[tuple[RecordId, int]]
) -> dict[tuple[RecordId, int], StoredProfile]:
    """The current profiles of these members, where there is one."""
    rows = await _PROFILES.run(session, members)
    return {(group, row[0]): StoredProfile(*row) for group, *row in rows}


_PROFILES: Final = AllKeys(
    lambda keys: select(PROFILES.c.group_id, *(PROFILES.c[name] for name in StoredProfile.__struct_fields__)).where(
        tuple_(PROFILES.c.group_id, PROFILES.c.member).in_(keys)
    )
)


async def has_claim(session: AsyncSession, identity: RecordId, group: RecordId, member: int) -> bool:
    """Whether a *logged* record of the personal group `identity` claims to be this member."""
    wanted = (
        select(CLAIMS.c.record_id)
        .join(RECORDS, RECORDS.c.id == CLAIMS.c.record_id)
        .where(CLAIMS.c.group_id == identity, CLAIMS.c.of_group == group, CLAIMS.c.member == member)
        .where(RECORDS.c.log_index.is_not(None))
        .limit(1)
    )
    return await session.scalar(wanted) is not None


def post_target_key(post: RecordId) -> bytes:
    return target_key(PostTarget(post).token)


def is_before(table: Table, place: LogPlace | None, column: str = "place") -> ColumnElement[bool]:
    """SQL condition: rows of posts or scores before a place, lower in the log; all rows without a place."""
    return true() if place is None else tuple_(table.c[column], table.c.target) < _key_of(place)


def _key_of(place: LogPlace) -> ColumnElement[Any]:
    return tuple_(literal(place.number), literal(key_at(place)))


def key_at(place: LogPlace) -> bytes:
    """The key of the target at a place; a place without a post is before all that have its number."""
    return post_target_key(place.post) if place.post else b""


def select_cards(group: RecordId | Parameter) -> Select[Any]:
    return select(*_CARD_COLUMNS, *_TALLY_COLUMNS).outerjoin(
        SCORES, (SCORES.c.group_id == group) & (SCORES.c.target == POSTS.c.target)
    )


def card_of(row: Sequence[Any]) -> PostCard:
    split = len(_CARD_COLUMNS)
    tally = NO_VOTES if row[split] is None else Tally(*row[split:])
    fields = [*row[:split], tally]
    return PostCard(*fields)
