"""Who gets a daily mail about decisions, at which hour, and up to when the last one told; everybody does by default.

A mail is claimed by moving its time a little forward, and settled once it is sent: if the process dies in between,
another one sends it, with the same id. After an outage one mail tells of the whole time.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import BigInteger, ForeignKey, Integer, cast, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_into, upsert
from models.people.mail_addresses import MAIL_ADDRESSES

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
USUAL_HOUR: Final = 6
LAG_MS: Final = 10 * MINUTE_MS


class DigestRow(Base):
    """`hour`: in UTC. `due_at`: when the next mail is due; None: none is wanted. `since_at`: what the last one told."""

    __tablename__ = "digests"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    hour: Mapped[int]
    since_at: Mapped[int]
    due_at: Mapped[int | None] = mapped_column(index=True)


class Digest(msgspec.Struct, frozen=True):
    """When somebody gets the mail, and from when on it tells."""

    account_id: int
    hour: int
    since_at: int
    due_at: int | None


DIGESTS: Final = table_of(DigestRow)
_COLUMNS = [DIGESTS.c[name] for name in Digest.__struct_fields__]


def next_digest_at(account: int, hour: int, *, now: int) -> int:
    """The next time of a mail at this hour: not all are sent in the same minute."""
    at = now // DAY_MS * DAY_MS + hour * HOUR_MS + account % 60 * MINUTE_MS
    return at if at > now else at + DAY_MS


async def add_digests(session: AsyncSession, *, now: int) -> None:
    """Have the mail sent to all with a proved address who didn't choose yet."""
    new = (
        select(
            MAIL_ADDRESSES.c.account_id,
            literal(USUAL_HOUR, Integer),
            literal(now, BigInteger),
            cast(now + DAY_MS - (now - USUAL_HOUR * HOUR_MS) % DAY_MS, BigInteger)
            + MAIL_ADDRESSES.c.account_id % 60 * MINUTE_MS,
        )
        .outerjoin(DIGESTS, DIGESTS.c.account_id == MAIL_ADDRESSES.c.account_id)
        .where(DIGESTS.c.account_id.is_(None), MAIL_ADDRESSES.c.verified_at.is_not(None))
    )
    statement = insert_into(session, DIGESTS).from_select(["account_id", "hour", "since_at", "due_at"], new)
    await session.execute(statement)


async def lacks_digests(session: AsyncSession) -> bool:
    """Whether somebody has a proved address and no row yet."""
    lacking = (
        select(MAIL_ADDRESSES.c.account_id)
        .outerjoin(DIGESTS, DIGESTS.c.account_id == MAIL_ADDRESSES.c.account_id)
        .where(DIGESTS.c.account_id.is_(None), MAIL_ADDRESSES.c.verified_at.is_not(None))
        .limit(1)
    )
    return (await session.scalar(lacking)) is not None


async def load_digest(session: AsyncSession, account: int) -> Digest | None:
    """What the account chose, or the usual; None as long as it has no proved address."""
    row = (await session.execute(select(*_COLUMNS).where(DIGESTS.c.account_id == account))).one_or_none()
    return Digest(*row) if row else None


async def save_digest(session: AsyncSession, digest: Digest) -> None:
    await upsert(session, DIGESTS, [msgspec.structs.asdict(digest)])


async def first_digest_at(session: AsyncSession) -> int | None:
    """When the next mail is due; None if nobody wants one."""
    first: int | None = await session.scalar(select(func.min(DIGESTS.c.due_at)))
    return first


def told_through(digest: Digest, *, now: int) -> int:
    """Up to when a mail tells: what is younger may not be here whole yet, and waits for the next one."""
    return max(digest.since_at, now - LAG_MS)


async def claim_digests(session: AsyncSession, *, now: int, until: int, most: int) -> list[Digest]:
    """Claim mails that are due, the longest overdue first, until `until`: nobody else sends them before."""
    due = select(*_COLUMNS).where(DIGESTS.c.due_at <= now).order_by(DIGESTS.c.due_at, DIGESTS.c.account_id).limit(most)
    claimed = [Digest(*row) for row in await session.execute(due)]
    for one in claimed:
        own = DIGESTS.c.account_id == one.account_id
        await session.execute(update(DIGESTS).where(own).values(due_at=until))
    return [msgspec.structs.replace(one, due_at=until) for one in claimed]


async def settle_digest(session: AsyncSession, claimed: Digest, *, now: int) -> None:
    """Note that a claimed mail was sent, or had nothing to tell, unless its owner chose anew meanwhile."""
    own = DIGESTS.c.account_id == claimed.account_id, DIGESTS.c.due_at == claimed.due_at
    after = next_digest_at(claimed.account_id, claimed.hour, now=now)
    await session.execute(update(DIGESTS).where(*own).values(since_at=told_through(claimed, now=now), due_at=after))
