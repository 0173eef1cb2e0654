"""Polls that somebody is still writing: each is its author's alone, and gone once it is published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Index, LargeBinary, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new, upsert
from protocol.ids import RecordId


class PollDraftRow(Base):
    """A poll that an account writes for a group. `said`: what was typed so far, as JSON."""

    __tablename__ = "poll_drafts"
    __table_args__ = (Index(None, "account_id", "saved_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    group_id: Mapped[RecordId]
    saved_at: Mapped[int]
    said: Mapped[bytes] = mapped_column(LargeBinary)


class StoredPollDraft(msgspec.Struct, frozen=True):
    """A poll in writing, as it is stored."""

    id: str
    account_id: int
    group_id: RecordId
    saved_at: int
    said: bytes


POLL_DRAFTS: Final = table_of(PollDraftRow)
_COLUMNS: Final = [POLL_DRAFTS.c[name] for name in StoredPollDraft.__struct_fields__]


async def save_poll_draft(session: AsyncSession, draft: StoredPollDraft) -> None:
    """Store a draft, or what is new in it."""
    await upsert(session, POLL_DRAFTS, [msgspec.structs.asdict(draft)])


async def put_poll_draft(session: AsyncSession, draft: StoredPollDraft) -> None:
    """Store a draft that came from elsewhere; one of this number that is here stays, whoever's it is."""
    await insert_new(session, POLL_DRAFTS, [msgspec.structs.asdict(draft)])


async def load_poll_draft(session: AsyncSession, account: int, draft: str) -> StoredPollDraft | None:
    """One of the account's drafts; another account's is none."""
    rows = await _DRAFT.run(session, account=account, id=draft)
    return StoredPollDraft(*rows[0]) if rows else None


_DRAFT: Final = Prepared(
    lambda _: select(*_COLUMNS).where(
        POLL_DRAFTS.c.id == bindparam("id"), POLL_DRAFTS.c.account_id == bindparam("account")
    )
)


async def list_poll_drafts(session: AsyncSession, account: int, limit: int) -> Sequence[StoredPollDraft]:
    """The account's drafts, the latest first."""
    return [StoredPollDraft(*row) for row in await _LATEST.run(session, account=account, most=limit)]


_LATEST: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(POLL_DRAFTS.c.account_id == bindparam("account"))
        .order_by(POLL_DRAFTS.c.saved_at.desc(), POLL_DRAFTS.c.id)
        .limit(bindparam("most"))
    )
)


async def count_poll_drafts(session: AsyncSession, account: int) -> int:
    """How many drafts the account has."""
    mine = select(func.count()).select_from(POLL_DRAFTS).where(POLL_DRAFTS.c.account_id == account)
    return int(await session.scalar(mine) or 0)


async def delete_poll_draft(session: AsyncSession, account: int, draft: str) -> None:
    """Delete one of the account's drafts."""
    await session.execute(delete(POLL_DRAFTS).where(POLL_DRAFTS.c.id == draft, POLL_DRAFTS.c.account_id == account))
