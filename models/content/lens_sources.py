"""What a lens can be made of: one's own groups, groups that voted on a target, public groups; each with its sums."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import belonging, may_meet
from models.content.posts_and_votes import POSTS, SCORES, SHEETS, VOTES, target_key
from models.engine.statements import AllKeys, Prepared, listed
from models.engine.upserts import chunks
from models.groups.groups_and_items import GROUPS
from protocol.ids import RecordId
from protocol.records.content import Token


class Voted(msgspec.Struct, frozen=True):
    """The votes of a group's members on a target, without the group's default."""

    group: RecordId
    name: str
    sum_micro: int
    votes: int
    supporters: int


async def load_group_names(session: AsyncSession, groups: Collection[RecordId]) -> dict[RecordId, str]:
    """The names of the groups that are here, by id."""
    return dict(await _NAMES.run(session, groups))


_NAMES: Final = AllKeys(lambda keys: select(GROUPS.c.id, GROUPS.c.name).where(GROUPS.c.id.in_(keys)))


async def list_joined(session: AsyncSession, account: int, limit: int) -> list[tuple[RecordId, str]]:
    """The groups, by name, to which the account belongs."""
    return [(group, name) for group, name in await _JOINED.run(session, account=account, most=limit)]


_JOINED: Final = Prepared(
    lambda _: (
        select(GROUPS.c.id, GROUPS.c.name)
        .where(GROUPS.c.id.in_(belonging(bindparam("account"))), GROUPS.c.kind == "group")
        .order_by(GROUPS.c.name, GROUPS.c.id)
        .limit(bindparam("most", type_=Integer))
    )
)


async def list_voted(session: AsyncSession, token: Token, limit: int, *, account: int | None = None) -> list[Voted]:
    """The groups that voted on a target, those with most votes first: public ones, and the account's own."""
    rows = await _VOTED.run(session, target=target_key(token), account=account, most=limit)
    return [Voted(*row) for row in rows]


_VOTED: Final = Prepared(
    lambda _: (
        select(SCORES.c.group_id, GROUPS.c.name, SCORES.c.sum_micro, SCORES.c.votes, SCORES.c.supporters)
        .join(GROUPS, GROUPS.c.id == SCORES.c.group_id)
        .where(SCORES.c.target == bindparam("target"), GROUPS.c.kind == "group", may_meet(bindparam("account")))
        .order_by(SCORES.c.votes.desc(), GROUPS.c.name, SCORES.c.group_id)
        .limit(bindparam("most", type_=Integer))
    )
)


async def load_sums(
    session: AsyncSession, groups: Collection[RecordId], tokens: Collection[Token]
) -> dict[tuple[RecordId, Token], int]:
    """The sums of votes (micro units, without defaults) on targets in several groups; only where there are votes."""
    rows = await _SUMS.run(session, [target_key(token) for token in tokens], groups=list(groups))
    return {(group, token): total for group, token, total in rows}


_SUMS: Final = AllKeys(
    lambda keys: select(SCORES.c.group_id, SCORES.c.token, SCORES.c.sum_micro).where(
        SCORES.c.target.in_(keys), SCORES.c.group_id.in_(listed("groups"))
    )
)


async def load_member_votes(
    session: AsyncSession, group: RecordId, member: int, tokens: Collection[Token]
) -> dict[Token, int]:
    """A member's current votes on these targets, in thousandths; 0 for a withdrawn vote."""
    keys = {target_key(token): token for token in tokens}
    rows = await _MEMBER_VOTES.run(session, keys, group=group, member=member)
    return {keys[target]: value for target, value in rows}


_MEMBER_VOTES: Final = AllKeys(
    lambda keys: select(VOTES.c.target, VOTES.c.value).where(
        VOTES.c.group_id == bindparam("group"), VOTES.c.member == bindparam("member"), VOTES.c.target.in_(keys)
    )
)


class Hidden(msgspec.Struct, frozen=True):
    """A target that a member voted against, and when."""

    token: Token
    at: int


class GroupWhereabouts(msgspec.Struct, frozen=True):
    """The post of a record, which is that post or a patch of it, and its group."""

    group: RecordId
    post: RecordId
    author: int
    title: str
    erased: bool


async def list_hidden(session: AsyncSession, group: RecordId, member: int, limit: int) -> list[Hidden]:
    """The targets that a member votes against in a group, the latest first. A personal group has its person's hides."""
    wanted = (
        select(SCORES.c.token, VOTES.c.at)
        .join(SCORES, (SCORES.c.group_id == VOTES.c.group_id) & (SCORES.c.target == VOTES.c.target))
        .where(VOTES.c.group_id == group, VOTES.c.member == member, VOTES.c.value < 0)
        .order_by(VOTES.c.at.desc(), VOTES.c.target)
        .limit(limit)
    )
    return [Hidden(*row) for row in await session.execute(wanted)]


async def load_whereabouts(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, GroupWhereabouts]:
    """The posts of those records that are posts here, or patches of such posts."""
    found: dict[RecordId, GroupWhereabouts] = {}
    for some in chunks(records):
        wanted = (
            select(SHEETS.c.record_id, POSTS.c.group_id, POSTS.c.id, POSTS.c.author, POSTS.c.title, POSTS.c.erased)
            .join(POSTS, POSTS.c.id == SHEETS.c.post_id)
            .where(SHEETS.c.record_id.in_(some))
        )
        found.update((record, GroupWhereabouts(*rest)) for record, *rest in await session.execute(wanted))
    return found
