"""Who offers to be a delegate, and whom the members' present lists name: what pages ask, without reading all lists.

Both tables follow from the newest delegation or declaration of each author and scope; `refollow` makes them anew for
those of which a batch brought one. No count reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Index, Select, bindparam, case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from decisions.delegate_lists import LAPSES_AFTER_MS
from models.content.posts_and_votes import MEMBERS, PROFILES
from models.decisions.delegations import DECLARED, load_newest
from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys, Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId
from protocol.records.content import Delegate, Delegation

Register = tuple[RecordId, int, str]


class OfferRow(Base):
    """A declared delegate, once with the area "" and once for each area that the declaration names.

    `everywhere`: it names none.
    """

    __tablename__ = "delegate_offers"
    __table_args__ = (Index(None, "group_id", "author"), {"sqlite_with_rowid": False})

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    author: Mapped[int] = mapped_column(primary_key=True)
    everywhere: Mapped[bool]


class NamedDelegateRow(Base):
    """A place of a member's present list. `until` (ms): when the list lapses, by its author's clock."""

    __tablename__ = "followed_delegates"
    __table_args__ = (
        Index(None, "group_id", "delegate", "scope", "author", "rank", "until"),
        {"sqlite_with_rowid": False},
    )

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    author: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    delegate: Mapped[int]
    until: Mapped[int]
    named: Mapped[bool]


OFFERS: Final = table_of(OfferRow)
FOLLOWED: Final = table_of(NamedDelegateRow)


class Followers(msgspec.Struct, frozen=True):
    """How many members name a delegate in their present lists of a scope: in first place, and at all."""

    delegate: int
    scope: str
    first: int
    any: int


async def refollow(session: AsyncSession, registers: Collection[Register]) -> None:
    """Make the rows of these authors and scopes from what is stored of them now."""
    offers: list[dict[str, Any]] = []
    follows: list[dict[str, Any]] = []
    for group, author, scope in registers:
        await _clear(session, group, author, scope)
        newest = await load_newest(session, group, author, scope)
        if isinstance(newest, Delegate):
            offers += _offers(group, newest)
        elif newest is not None:
            follows += _follows(group, newest)
    await insert_new(session, OFFERS, offers)
    await insert_new(session, FOLLOWED, follows)


async def _clear(session: AsyncSession, group: RecordId, author: int, scope: str) -> None:
    if scope == DECLARED:
        await session.execute(delete(OFFERS).where(OFFERS.c.group_id == group, OFFERS.c.author == author))
    else:
        own = FOLLOWED.c.group_id == group, FOLLOWED.c.author == author, FOLLOWED.c.scope == scope
        await session.execute(delete(FOLLOWED).where(*own))


def _offers(group: RecordId, said: Delegate) -> list[dict[str, Any]]:
    areas = ("", *dict.fromkeys(said.areas)) if said.declared else ()
    own = {"group_id": group, "author": said.author, "everywhere": not said.areas}
    return [{**own, "area": area} for area in areas]


def _follows(group: RecordId, said: Delegation) -> list[dict[str, Any]]:
    lapses = said.at + LAPSES_AFTER_MS
    until = lapses if said.expires is None else min(said.expires, lapses)
    own = {"group_id": group, "author": said.author, "scope": said.scope, "until": until, "named": said.named}
    places = enumerate(dict.fromkeys(said.delegates))
    return [{**own, "rank": rank, "delegate": delegate} for rank, delegate in places if delegate != said.author]


async def list_offers(session: AsyncSession, group: RecordId, area: str, *, after: int, most: int) -> list[int]:
    """The numbers of declared delegates above `after`; with an area, of those who offer it for that."""
    rows = await _OFFERS.run(session, group=group, area=area, after=after, most=most)
    return [row[0] for row in rows]


_OFFERS: Final = Prepared(
    lambda _: (
        select(OFFERS.c.author)
        .where(
            OFFERS.c.group_id == bindparam("group"),
            OFFERS.c.author > bindparam("after"),
            or_(OFFERS.c.area == bindparam("area"), (OFFERS.c.area == "") & OFFERS.c.everywhere),
        )
        .distinct()
        .order_by(OFFERS.c.author)
        .limit(bindparam("most"))
    )
)


async def list_declared(session: AsyncSession, group: RecordId, numbers: Collection[int]) -> set[int]:
    """Those of the members who are declared as delegates now."""
    return {row[0] for row in await _DECLARED.run(session, numbers, group=group)}


_DECLARED: Final = AllKeys(
    lambda keys: select(OFFERS.c.author).where(
        OFFERS.c.group_id == bindparam("group"), OFFERS.c.area == "", OFFERS.c.author.in_(keys)
    )
)


async def list_named_members(session: AsyncSession, group: RecordId, nickname: str, *, most: int) -> list[int]:
    """Members with this nickname, whatever the case of its letters, the lowest numbers first."""
    wanted = (
        select(PROFILES.c.member)
        .where(PROFILES.c.group_id == group, func.lower(PROFILES.c.nickname) == nickname.lower())
        .order_by(PROFILES.c.member)
        .limit(most)
    )
    return list(await session.scalars(wanted))


async def count_followers(
    session: AsyncSession, group: RecordId, delegates: Collection[int], *, now: int
) -> list[Followers]:
    """By delegate and scope, how many members with weight name them in a list that holds; of polls none."""
    return [Followers(*row) for row in await _FOLLOWERS.run(session, delegates, group=group, now=now)]


_MEMBER_COUNTS: Final = (MEMBERS.c.group_id == FOLLOWED.c.group_id) & (MEMBERS.c.number == FOLLOWED.c.author)
_FOLLOWERS: Final = AllKeys(
    lambda keys: (
        select(
            FOLLOWED.c.delegate,
            FOLLOWED.c.scope,
            func.sum(case((FOLLOWED.c.rank == 0, 1), else_=0)),
            func.count(),
        )
        .join(MEMBERS, _MEMBER_COUNTS)
        .where(
            FOLLOWED.c.group_id == bindparam("group"),
            FOLLOWED.c.delegate.in_(keys),
            FOLLOWED.c.until > bindparam("now"),
            FOLLOWED.c.scope.not_like("poll %"),
            MEMBERS.c.weight > 0,
            MEMBERS.c.left.is_(False),
        )
        .group_by(FOLLOWED.c.delegate, FOLLOWED.c.scope)
    )
)


async def list_consenting(
    session: AsyncSession, group: RecordId, delegate: int, *, now: int, after: int, most: int
) -> list[int]:
    """The members above `after` who name the delegate in a list that holds, and let that be shown."""
    rows = await _CONSENTING.run(session, group=group, delegate=delegate, now=now, after=after, most=most)
    return [row[0] for row in rows]


def _following(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    """The members above `after` who name the delegate in a list that holds."""
    return (
        select(FOLLOWED.c.author)
        .where(
            FOLLOWED.c.group_id == bindparam("group"),
            FOLLOWED.c.delegate == bindparam("delegate"),
            FOLLOWED.c.until > bindparam("now"),
            FOLLOWED.c.author > bindparam("after"),
            *conditions,
        )
        .distinct()
        .order_by(FOLLOWED.c.author)
        .limit(bindparam("most"))
    )


_CONSENTING: Final = Prepared(lambda _: _following(FOLLOWED.c.named))


async def list_followed(session: AsyncSession, group: RecordId, delegates: Collection[int], *, now: int) -> set[int]:
    """Those of the delegates whom somebody names in a list that holds."""
    return {row[0] for row in await _NAMED.run(session, delegates, group=group, now=now)}


_NAMED: Final = AllKeys(
    lambda keys: (
        select(FOLLOWED.c.delegate)
        .where(
            FOLLOWED.c.group_id == bindparam("group"),
            FOLLOWED.c.delegate.in_(keys),
            FOLLOWED.c.until > bindparam("now"),
        )
        .distinct()
    )
)


async def list_followers(
    session: AsyncSession, group: RecordId, delegate: int, *, now: int, after: int, most: int
) -> list[int]:
    """The members above `after` who name the delegate in a list that holds, whether they let that be shown or not."""
    rows = await _FOLLOWING.run(session, group=group, delegate=delegate, now=now, after=after, most=most)
    return [row[0] for row in rows]


_FOLLOWING: Final = Prepared(lambda _: _following())


async def list_present(
    session: AsyncSession, group: RecordId, scope: str, authors: Collection[int], *, now: int
) -> Mapping[int, tuple[int, ...]]:
    """By author, whom their present list of this scope names, in its order; of lists that hold."""
    rows = await _PRESENT.run(session, authors, group=group, scope=scope, now=now)
    lists: dict[int, list[int]] = {}
    for author, _, named in sorted(rows):
        lists.setdefault(author, []).append(named)
    return {author: tuple(row) for author, row in lists.items()}


_PRESENT: Final = AllKeys(
    lambda keys: select(FOLLOWED.c.author, FOLLOWED.c.rank, FOLLOWED.c.delegate).where(
        FOLLOWED.c.group_id == bindparam("group"),
        FOLLOWED.c.scope == bindparam("scope"),
        FOLLOWED.c.until > bindparam("now"),
        FOLLOWED.c.author.in_(keys),
    )
)
