"""Members as pages ask for them: listed by number with nickname and votes, each in one query."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import CLAIMS, MEMBERS, VOTES
from models.engine.statements import Prepared
from models.engine.upserts import chunks
from models.fediverse.deliveries import HOSTS
from models.groups.groups_and_items import ITEMS
from models.groups.records import RECORDS
from protocol.ids import RecordId


class Seated(msgspec.Struct, frozen=True):
    """A member in a list; `joined_at` is the time of the item that holds their join."""

    number: int
    weight: int
    home_pod: str
    left: bool
    joined_height: int
    identity: RecordId | None
    joined_at: int


async def list_heaviest(
    session: AsyncSession, group: RecordId, limit: int, weights: Mapping[int, int]
) -> list[tuple[int, int]]:
    """(number, weight) of members with weight above 0, the heaviest first; `weights`: how many have each weight."""
    last, found = 0, 0
    for last in sorted(weights, reverse=True):
        if found + weights[last] >= limit:
            break
        found += weights[last]
    # Of the last weight, which thousands may have, the lowest numbers are found in the index.
    heavier = await _HEAVIER.run(session, group=group, weight=last, most=limit)
    others = await _OF_WEIGHT.run(session, group=group, weight=last, most=limit - len(heavier))
    return [(number, weight) for number, weight in (*heavier, *others)]


_WEIGHED: Final = select(MEMBERS.c.number, MEMBERS.c.weight).where(
    MEMBERS.c.group_id == bindparam("group"), MEMBERS.c.left.is_(False)
)
_HEAVIER: Final = Prepared(
    lambda _: (
        _WEIGHED.where(MEMBERS.c.weight > bindparam("weight"))
        .order_by(MEMBERS.c.weight.desc(), MEMBERS.c.number)
        .limit(bindparam("most", type_=Integer))
    )
)
_OF_WEIGHT: Final = Prepared(
    lambda _: (
        _WEIGHED.where(MEMBERS.c.weight == bindparam("weight"))
        .order_by(MEMBERS.c.number)
        .limit(bindparam("most", type_=Integer))
    )
)


async def names_home(session: AsyncSession, group: RecordId, pod: str) -> bool:
    """Whether a member, also a former one, is at home on this pod."""
    wanted = select(MEMBERS.c.number).where(MEMBERS.c.home_pod == pod, MEMBERS.c.group_id == group)
    return await session.scalar(wanted.limit(1)) is not None


async def list_seated(
    session: AsyncSession, group: RecordId, limit: int, *, after: int = 0, number: int | None = None
) -> list[Seated]:
    """Members by number, also former ones; with `number`, only that one."""
    item = (ITEMS.c.group_id == group) & ITEMS.c.on_chain.is_(True) & (ITEMS.c.height == MEMBERS.c.joined_height)
    columns = [MEMBERS.c[name] for name in Seated.__struct_fields__[:6]]
    at = func.coalesce(ITEMS.c.at, 0)
    wanted = (
        select(*columns, at)
        .outerjoin(ITEMS, item)
        .where(MEMBERS.c.group_id == group)
        .where(MEMBERS.c.number == number if number is not None else MEMBERS.c.number > after)
        .order_by(MEMBERS.c.number)
        .limit(limit)
    )
    return [Seated(*tuple(row)) for row in await session.execute(wanted)]


async def count_votes(
    session: AsyncSession, group: RecordId, members: Collection[int], since_at: int
) -> dict[int, int]:
    """For each member, how many of their current votes are newer than `since_at`."""
    counted: dict[int, int] = {}
    for some in chunks(members):
        wanted = (
            select(VOTES.c.member, func.count())
            .where(VOTES.c.group_id == group, VOTES.c.member.in_(some), VOTES.c.at >= since_at)
            .group_by(VOTES.c.member)
        )
        counted.update((member, int(votes)) for member, votes in await session.execute(wanted))
    return counted


async def load_host_health(session: AsyncSession, hosts: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """(failed attempts since the last success, time of that success) by host, for hosts with deliveries."""
    wanted = select(HOSTS.c.host, HOSTS.c.attempts, HOSTS.c.last_succeeded_at).where(HOSTS.c.host.in_(list(hosts)))
    return {host: (attempts, at) for host, attempts, at in await session.execute(wanted)}


async def list_claims(session: AsyncSession, identity: RecordId, limit: int) -> list[tuple[RecordId, int]]:
    """(group, member) that a personal group claims to be in *logged* records."""
    wanted = (
        select(CLAIMS.c.of_group, CLAIMS.c.member)
        .join(RECORDS, RECORDS.c.id == CLAIMS.c.record_id)
        .where(CLAIMS.c.group_id == identity, RECORDS.c.log_index.is_not(None))
        .order_by(RECORDS.c.log_index)
        .limit(limit)
    )
    return [(group, member) for group, member in await session.execute(wanted)]
