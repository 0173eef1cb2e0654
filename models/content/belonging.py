"""Which groups an account belongs to now: it was taken in, hasn't left, isn't black-listed and hasn't moved away.

This is `access.open_group`'s rule for members as SQL, for lists of many groups; a test holds both equal.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import MEMBERS
from models.engine.statements import Parameter
from models.engine.upserts import chunks
from models.groups.groups_and_items import GROUPS
from models.people.accounts import MEMBERSHIPS
from protocol.ids import RecordId


def belonging(account: int | Parameter) -> Select[Any]:
    """The ids of the groups to which the account belongs, personal ones too; none, if its value is None."""
    entry = (MEMBERS.c.group_id == MEMBERSHIPS.c.group_id) & (MEMBERS.c.number == MEMBERSHIPS.c.number)
    here = or_(MEMBERSHIPS.c.state == "moving", MEMBERS.c.signing == MEMBERSHIPS.c.signing)
    return (
        select(MEMBERSHIPS.c.group_id)
        .join(MEMBERS, entry)
        .where(MEMBERSHIPS.c.account_id == account, MEMBERS.c.left.is_(False), MEMBERS.c.weight >= 0, here)
    )


def may_meet(account: int | Parameter | None) -> ColumnElement[bool]:
    """The groups that an account (None: a stranger) may find: public ones, and those to which it belongs."""
    own = GROUPS.c.id.in_(belonging(account)) if account is not None else false()
    return or_(GROUPS.c.visibility == "public", own)


async def list_belonging(session: AsyncSession, account: int) -> set[RecordId]:
    """The ids that `belonging` selects."""
    return set(await session.scalars(belonging(account)))


async def list_met(session: AsyncSession, account: int | None, groups: Collection[RecordId]) -> set[RecordId]:
    """Those of the groups that the account may find."""
    return set(await session.scalars(select(GROUPS.c.id).where(GROUPS.c.id.in_(list(groups)), may_meet(account))))


async def list_open(session: AsyncSession, groups: Collection[RecordId]) -> set[RecordId]:
    """Those of the groups that this pod holds and everybody may read."""
    found: set[RecordId] = set()
    for some in chunks(groups):
        found.update(
            await session.scalars(select(GROUPS.c.id).where(GROUPS.c.id.in_(some), GROUPS.c.visibility != "private"))
        )
    return found


async def list_accounts_of(session: AsyncSession, group: RecordId, numbers: Collection[int]) -> dict[int, int]:
    """For each of these member numbers the local account, if there is one and it belongs to the group."""
    found: dict[int, int] = {}
    for some in chunks(numbers):
        entry = (MEMBERS.c.group_id == MEMBERSHIPS.c.group_id) & (MEMBERS.c.number == MEMBERSHIPS.c.number)
        wanted = (
            select(MEMBERSHIPS.c.number, MEMBERSHIPS.c.account_id)
            .join(MEMBERS, entry)
            .where(MEMBERSHIPS.c.group_id == group, MEMBERSHIPS.c.number.in_(some))
            .where(MEMBERS.c.left.is_(False), MEMBERS.c.weight >= 0)
        )
        found.update((number, account) for number, account in await session.execute(wanted))
    return found


async def list_local_numbers(
    session: AsyncSession, group: RecordId, after: int, most: int
) -> list[tuple[int, int, int]]:
    """(number, account, counter of what it signed) of the members above `after` who live here and belong to the group.

    By number, `most` of them.
    """
    entry = (MEMBERS.c.group_id == MEMBERSHIPS.c.group_id) & (MEMBERS.c.number == MEMBERSHIPS.c.number)
    wanted = (
        select(MEMBERSHIPS.c.number, MEMBERSHIPS.c.account_id, MEMBERSHIPS.c.counter)
        .join(MEMBERS, entry)
        .where(MEMBERSHIPS.c.group_id == group, MEMBERSHIPS.c.number > after)
        .where(MEMBERS.c.left.is_(False), MEMBERS.c.weight >= 0)
        .order_by(MEMBERSHIPS.c.number)
        .limit(most)
    )
    return [(number, account, counter) for number, account, counter in await session.execute(wanted)]


async def list_own(session: AsyncSession, account: int) -> set[RecordId]:
    """The groups to which an account belongs, or asked to belong."""
    asked = select(MEMBERSHIPS.c.group_id).where(MEMBERSHIPS.c.account_id == account, MEMBERSHIPS.c.state == "asked")
    return await list_belonging(session, account) | set(await session.scalars(asked))
