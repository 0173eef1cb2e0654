"""What goes of an account that is closed after it moved away: its private rows, and groups that nobody here is in.

The departure stays (models/moving/departures.py): it keeps the name, leads to the new place, and has every write in the
account's name refused for ever. Of the memberships that in the personal group stays, because it says whose actor speaks
for that group; of the recovery keys that of the personal group, so that the words still prove whose name it is.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table, delete, exists, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.columns import Base
from models.fediverse.actor_keys import ACTOR_KEYS
from models.fediverse.followers import FOLLOWERS
from models.groups.groups_and_items import GROUPS
from models.moving.departures import DEPARTURES, Departure
from models.moving.move_deliveries import MOVE_DELIVERIES
from models.moving.newcomers import NEWCOMERS, forget_told
from models.people.accounts import ACCOUNTS, MEMBERSHIPS, RECOVERY_KEYS, Account
from models.people.subscriptions import FOLLOWINGS
from models.pod.floor_groups import FLOOR_GROUPS
from models.pod.pod_invites import INVITES
from models.pod.sign_ups import SIGN_UPS
from protocol.ids import RecordId

# Of tables whose rows have an account's number as `account_id`, all rows go, but for these.
KEPT: Final = {
    *("departures", "memberships", "recovery_keys", "former_actors", "move_deliveries", "newcomers"),
}
# Of a group that goes: who is a member from here is another list, and what a seat promised is never forgotten.
_OF_ACCOUNTS: Final = {"memberships", "departing_groups", "newcomer_groups", "copies", "moves"}
_PROMISES: Final = {"keepers"}


def erased_tables() -> list[Table]:
    """The tables of which closing deletes all rows of the account; what points to others comes first."""
    tables: list[Table] = list(reversed(Base.metadata.sorted_tables))
    return [table for table in tables if "account_id" in table.c and table.name not in KEPT]


async def erase_private(session: AsyncSession, account: Account, *, seed_sealed: bytes) -> None:
    """Delete what is private to the account, and put another seed in the place of its own.

    Memberships in private groups stay until `list_private_left` has given them out.
    """
    for table in erased_tables():
        await session.execute(delete(table).where(table.c.account_id == account.id))
    for came in await session.scalars(select(NEWCOMERS.c.personal_group).where(NEWCOMERS.c.account_id == account.id)):
        await forget_told(session, came)
    await session.execute(delete(NEWCOMERS).where(NEWCOMERS.c.account_id == account.id))
    await session.execute(delete(SIGN_UPS).where(SIGN_UPS.c.name == account.name))
    await session.execute(update(INVITES).where(INVITES.c.inviter_id == account.id).values(note="", expires_at=0))
    keys = RECOVERY_KEYS.c.account_id == account.id, RECOVERY_KEYS.c.used_by.is_distinct_from(account.personal_group)
    await session.execute(delete(RECOVERY_KEYS).where(*keys))
    private = select(GROUPS.c.id).where(GROUPS.c.visibility == "private")
    other = MEMBERSHIPS.c.account_id == account.id, MEMBERSHIPS.c.group_id != account.personal_group
    await session.execute(delete(MEMBERSHIPS).where(*other, MEMBERSHIPS.c.group_id.not_in(private)))
    changed = {"seed_sealed": seed_sealed, "language": "", "admin": False, "frozen_at": None}
    await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account.id).values(changed))


async def drop_membership(session: AsyncSession, account: int, group: RecordId) -> None:
    """Forget that the account is in a group; nothing is told to the group."""
    of = MEMBERSHIPS.c.account_id == account, MEMBERSHIPS.c.group_id == group
    await session.execute(delete(MEMBERSHIPS).where(*of))


async def list_closing(session: AsyncSession, limit: int, *, keys_due: int) -> list[Departure]:
    """Closed accounts of which something has to go now: a private group, or what was closed by `keys_due` its keys.

    The first closed first; those whose followers' servers are being asked last.
    """
    wanted = select(*(DEPARTURES.c[name] for name in Departure.__struct_fields__))
    wanted = wanted.where(DEPARTURES.c.closed_at.is_not(None), DEPARTURES.c.keyless_at.is_(None))
    of = MEMBERSHIPS.c.account_id == DEPARTURES.c.account_id, MEMBERSHIPS.c.group_id != DEPARTURES.c.personal_group
    wanted = wanted.where(or_(DEPARTURES.c.closed_at <= keys_due, exists().where(*of)))
    order = func.coalesce(DEPARTURES.c.asked_at, 0), DEPARTURES.c.closed_at, DEPARTURES.c.account_id
    rows = await session.execute(wanted.order_by(*order).limit(limit))
    return [Departure(*row) for row in rows]


async def list_private_left(session: AsyncSession, departure: Departure, limit: int) -> list[RecordId]:
    """Private groups that a closed account was in and that weren't looked at yet."""
    of = MEMBERSHIPS.c.account_id == departure.account_id, MEMBERSHIPS.c.group_id != departure.personal_group
    wanted = select(MEMBERSHIPS.c.group_id).where(*of).order_by(MEMBERSHIPS.c.group_id).limit(limit)
    return list(await session.scalars(wanted))


async def leave_private(session: AsyncSession, departure: Departure, group: RecordId) -> bool:
    """Forget that a closed account was in a private group; True if nobody else here is in it or follows it."""
    of = MEMBERSHIPS.c.account_id == departure.account_id, MEMBERSHIPS.c.group_id == group
    await session.execute(delete(MEMBERSHIPS).where(*of))
    # Who moved away needs the group here until their account is closed: their new pod still fetches from it.
    of_closed = DEPARTURES.c.account_id == MEMBERSHIPS.c.account_id, DEPARTURES.c.closed_at.is_not(None)
    used = union_all(
        select(MEMBERSHIPS.c.group_id).where(MEMBERSHIPS.c.group_id == group, ~exists().where(*of_closed)),
        *(select(table.c.group_id).where(table.c.group_id == group) for table in (FOLLOWINGS, FLOOR_GROUPS)),
    )
    return not await session.scalar(select(exists(used)))


async def drop_group(session: AsyncSession, group: RecordId) -> None:
    """Delete all that this pod holds of a group, but for what its own seats promised there."""
    tables: list[Table] = list(Base.metadata.tables.values())
    for table in tables:
        if "group_id" in table.c and table.name not in _OF_ACCOUNTS | _PROMISES | {"activities"}:
            await session.execute(delete(table).where(table.c.group_id == group))
    await session.execute(delete(GROUPS).where(GROUPS.c.id == group))


async def drop_told(session: AsyncSession, account: int) -> None:
    """Forget how the account's Move was delivered, because a Delete takes its place."""
    await session.execute(delete(MOVE_DELIVERIES).where(MOVE_DELIVERIES.c.account_id == account))


async def drop_actor(session: AsyncSession, departure: Departure, path: str, *, now: int) -> None:
    """Delete the keys of a closed account's actor, and who followed it. Whom a Delete asked stays for its person."""
    account = departure.account_id
    await session.execute(delete(ACTOR_KEYS).where(ACTOR_KEYS.c.path == path))
    await session.execute(delete(FOLLOWERS).where(FOLLOWERS.c.path == path))
    if departure.receipt is None:
        await session.execute(delete(MOVE_DELIVERIES).where(MOVE_DELIVERIES.c.account_id == account))
    await session.execute(update(DEPARTURES).where(DEPARTURES.c.account_id == account).values(keyless_at=now))
