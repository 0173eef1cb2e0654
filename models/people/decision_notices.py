"""What was decided in people's names and isn't mailed to them yet: a count an account, the first at once, then hourly.

The row is made with the decision, in one commit, so a kill loses no mail. A process that sends one claims it by moving
its time forward; if it dies, the time comes again.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ForeignKey, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_into

MAIL_EVERY_MS: Final = 3_600_000


class DecisionNoticeRow(Base):
    """`untold`: decisions that no mail told, the first of them at `since_at`; `due_at`: when a mail tells them.

    `turn` grows each time the account's person says that it wasn't them: a link in a mail of an earlier turn is over.
    """

    __tablename__ = "decision_notices"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    untold: Mapped[int]
    since_at: Mapped[int]
    due_at: Mapped[int | None] = mapped_column(index=True)
    mailed_at: Mapped[int]
    turn: Mapped[int] = mapped_column(server_default="0")


class DecisionNotice(msgspec.Struct, frozen=True):
    """What one mail tells to an account."""

    account_id: int
    untold: int
    since_at: int
    turn: int


NOTICES: Final = table_of(DecisionNoticeRow)
_COLUMNS = [NOTICES.c[name] for name in DecisionNotice.__struct_fields__]


async def count_decision(session: AsyncSession, account: int, *, now: int) -> None:
    """Count a decision in this account's name; it is mailed at once, or an hour after the last such mail."""
    row = {"account_id": account, "untold": 1, "since_at": now, "due_at": now, "mailed_at": 0}
    statement = insert_into(session, NOTICES).values(row)
    hour_over = NOTICES.c.mailed_at + MAIL_EVERY_MS
    later = func.coalesce(NOTICES.c.due_at, case((hour_over > now, hour_over), else_=now))
    changes = {
        "untold": NOTICES.c.untold + 1,
        "since_at": case((NOTICES.c.untold == 0, now), else_=NOTICES.c.since_at),
        "due_at": later,
    }
    await session.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=changes))


async def first_notice_at(session: AsyncSession) -> int | None:
    """When the next mail is due; None if none is."""
    first: int | None = await _FIRST.value(session)
    return first


_FIRST: Final = Prepared(lambda _: select(func.min(NOTICES.c.due_at)))


async def claim_notices(session: AsyncSession, *, now: int, until: int, most: int) -> list[DecisionNotice]:
    """Claim mails that are due, the longest overdue first, until `until`."""
    due = select(NOTICES.c.account_id).where(NOTICES.c.due_at <= now).order_by(NOTICES.c.due_at).limit(most)
    claimed = update(NOTICES).where(NOTICES.c.account_id.in_(due)).values(due_at=until).returning(*_COLUMNS)
    return [DecisionNotice(*row) for row in await session.execute(claimed)]


async def settle_notice(session: AsyncSession, told: DecisionNotice, *, now: int) -> None:
    """Note that a mail told these decisions; what came meanwhile is told an hour later."""
    left = NOTICES.c.untold - told.untold
    await session.execute(
        update(NOTICES)
        .where(NOTICES.c.account_id == told.account_id)
        .values(
            untold=left,
            since_at=now,
            mailed_at=now,
            due_at=case((left > 0, now + MAIL_EVERY_MS), else_=None),
        )
    )


async def load_turn(session: AsyncSession, account: int) -> int:
    """How often the account's person said that it wasn't them."""
    turn: int | None = await _TURN.value(session, account=account)
    return turn or 0


_TURN: Final = Prepared(lambda _: select(NOTICES.c.turn).where(NOTICES.c.account_id == bindparam("account")))


async def end_turn(session: AsyncSession, account: int) -> None:
    """Make every link in mails that were sent before worthless."""
    await session.execute(update(NOTICES).where(NOTICES.c.account_id == account).values(turn=NOTICES.c.turn + 1))
