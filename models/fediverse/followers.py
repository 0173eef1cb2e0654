"""Who on other servers follows an actor of this pod, and which posts its followers were told of.

The followed one is named by its path (models/fediverse/actor_keys.py). `since_seq` is how far this pod's
records went when the follow came: what is older is never announced to anybody because of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Index, Select, and_, bindparam, delete, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.content.places import LogPlace, where_now
from models.content.posts_and_votes import NEVER_NEW, POSTS, SCORES, SHEETS, is_before
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new, upsert
from models.groups.records import RECORDS
from protocol.ids import RecordId


class FollowerRow(Base):
    """An actor of another server that follows one of ours; `inbox`: its shared inbox if it has one."""

    __tablename__ = "followers"
    __table_args__ = (Index(None, "actor"),)

    path: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    inbox: Mapped[str]
    follow: Mapped[str]
    since_seq: Mapped[int]
    at: Mapped[int]


class AnnouncedRow(Base):
    """A post of which a group's followers were told."""

    __tablename__ = "announced"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    post_id: Mapped[RecordId] = mapped_column(primary_key=True)
    at: Mapped[int]


class Follower(msgspec.Struct, frozen=True):
    """A follower; `follow` is the id of its Follow."""

    path: str
    actor: str
    inbox: str
    follow: str
    since_seq: int
    at: int


class Shows(msgspec.Struct, frozen=True):
    """The scores that decide whether a group's posts are shown: its default, and those of the pod's floor groups."""

    group: RecordId
    default_score: int
    floor: Mapping[RecordId, int] = {}


FOLLOWERS = table_of(FollowerRow)
ANNOUNCED = table_of(AnnouncedRow)


async def put_follower(session: AsyncSession, follower: Follower, *, most: int) -> bool:
    """Store a follower, or its new inbox; False if it is new and there are `most` already."""
    known = select(FOLLOWERS.c.since_seq).where(FOLLOWERS.c.path == follower.path, FOLLOWERS.c.actor == follower.actor)
    since = await session.scalar(known)
    if since is None and await count_followers(session, follower.path) >= most:
        return False
    row = msgspec.structs.asdict(follower)
    await upsert(session, FOLLOWERS, [row if since is None else {**row, "since_seq": since}])
    return True


async def delete_follower(session: AsyncSession, actor: str, *, path: str | None = None, follow: str = "") -> None:
    """Delete the follower `actor` of the actor at `path`, or the one whose Follow has the id `follow`."""
    named = FOLLOWERS.c.path == path if path is not None else FOLLOWERS.c.follow == follow
    await session.execute(delete(FOLLOWERS).where(FOLLOWERS.c.actor == actor, named))


async def delete_followers(session: AsyncSession, actor: str) -> None:
    """Delete all that `actor`, which no longer exists, follows here."""
    await session.execute(delete(FOLLOWERS).where(FOLLOWERS.c.actor == actor))


async def count_followers(session: AsyncSession, path: str) -> int:
    return int(await session.scalar(select(func.count()).where(FOLLOWERS.c.path == path)) or 0)


async def list_follower_inboxes(session: AsyncSession, path: str, limit: int) -> list[str]:
    """The followers' inboxes, each once."""
    wanted = select(FOLLOWERS.c.inbox).where(FOLLOWERS.c.path == path).distinct().order_by(FOLLOWERS.c.inbox)
    return list(await session.scalars(wanted.limit(limit)))


async def load_followed_since(session: AsyncSession, path: str) -> int | None:
    """The last record number when the first of the present followers came; None if nobody follows."""
    since: int | None = await _SINCE.value(session, path=path)
    return since


_SINCE: Final = Prepared(lambda _: select(func.min(FOLLOWERS.c.since_seq)).where(FOLLOWERS.c.path == bindparam("path")))


async def load_last_seq(session: AsyncSession) -> int:
    """The number of this pod's last record."""
    return int(await session.scalar(select(func.max(RECORDS.c.seq))) or 0)


async def list_shown(
    session: AsyncSession, shows: Shows, limit: int, *, before: LogPlace | None = None
) -> list[tuple[int, RecordId]]:
    """(place, id) of the group's own posts that are shown, the last in its log first."""
    wanted = _shown(shows).where(is_before(POSTS, await where_now(session, shows.group, before)))
    rows = await session.execute(wanted.order_by(POSTS.c.place.desc(), POSTS.c.target.desc()).limit(limit))
    return [(row.place, row.id) for row in rows]


async def count_shown(session: AsyncSession, shows: Shows) -> int:
    """How many of its own posts the group shows."""
    return int(await session.scalar(select(func.count()).select_from(_shown(shows).subquery())) or 0)


async def list_untold(session: AsyncSession, shows: Shows, since_seq: int, limit: int) -> list[RecordId]:
    """Shown posts after `since_seq` of which no follower was told, the oldest first.

    Only the latest posts are considered, so that the cost doesn't grow with the age of a follow.
    """
    latest = (
        select(POSTS.c.id)
        .where(POSTS.c.group_id == shows.group, POSTS.c.seq > since_seq)
        .order_by(POSTS.c.seq.desc())
        .limit(limit)
    )
    told = exists().where(ANNOUNCED.c.group_id == shows.group, ANNOUNCED.c.post_id == POSTS.c.id)
    wanted = _shown(shows).where(POSTS.c.id.in_(latest.scalar_subquery()), ~told)
    return [row.id for row in await session.execute(wanted.order_by(POSTS.c.seq))]


async def insert_announced(session: AsyncSession, group: RecordId, posts: Sequence[RecordId], *, now: int) -> None:
    """Note that the followers were told of these posts."""
    await insert_new(session, ANNOUNCED, [{"group_id": group, "post_id": post, "at": now} for post in posts])


async def load_changed_at(session: AsyncSession, group: RecordId, post: RecordId) -> int | None:
    """The time of a post's last patch, as its author claims; None if it has none."""
    wanted = (
        select(func.max(RECORDS.c.at))
        .join(SHEETS, SHEETS.c.record_id == RECORDS.c.id)
        .where(SHEETS.c.post_id == post, SHEETS.c.group_id == group, SHEETS.c.record_id != post)
    )
    changed = await session.scalar(wanted)
    return None if changed is None else int(changed)


def _shown(shows: Shows) -> Select[tuple[int, RecordId]]:
    score = shows.default_score + func.coalesce(SCORES.c.sum_micro, 0)
    return (
        select(POSTS.c.place, POSTS.c.id)
        .outerjoin(SCORES, (SCORES.c.group_id == POSTS.c.group_id) & (SCORES.c.target == POSTS.c.target))
        .where(POSTS.c.group_id == shows.group, POSTS.c.seq > NEVER_NEW)
        .where(POSTS.c.erased.is_(False), score > 0, hosted(shows.floor))
    )


def hosted(floor: Mapping[RecordId, int]) -> ColumnElement[bool]:
    """`moderation.shown.is_hosted` for posts as SQL: each floor group's score, default included, is above 0."""
    floored = SCORES.alias("floored")
    sums = {
        group: select(func.coalesce(func.max(floored.c.sum_micro), 0))
        .where(floored.c.group_id == group, floored.c.target == POSTS.c.target)
        .scalar_subquery()
        for group in floor
    }
    return and_(true(), *(default + sums[group] > 0 for group, default in floor.items()))
