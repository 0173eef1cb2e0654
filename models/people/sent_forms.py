"""Forms that were sent: a form that is sent again gets its first answer again, and nothing is made twice.

A form is known by the hash of all that is in it, with the number that its page gave it. It is claimed before anything
is done, by the first process that gets it, and answered after; the answer is encrypted, because it may show a secret.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_into


class SentFormRow(Base):
    """A form that was sent; `answer` is None while it is in progress."""

    __tablename__ = "sent_forms"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[int] = mapped_column(index=True)
    answer: Mapped[bytes | None]


class SentForm(msgspec.Struct, frozen=True):
    """A form that was sent before."""

    answer: bytes | None


SENT_FORMS = table_of(SentFormRow)


async def claim_form(session: AsyncSession, *, sha256: bytes, account: int, now: int, expires_at: int) -> bool:
    """Whether the form comes for the first time; deletes forms that ended."""
    await session.execute(delete(SENT_FORMS).where(SENT_FORMS.c.expires_at <= now))
    row = {"sha256": sha256, "account_id": account, "expires_at": expires_at, "answer": None}
    claimed = insert_into(session, SENT_FORMS).values(row).on_conflict_do_nothing().returning(SENT_FORMS.c.account_id)
    return (await session.scalar(claimed)) is not None


async def load_sent_form(session: AsyncSession, sha256: bytes) -> SentForm | None:
    """The form, if it was sent before and not refused."""
    row = (await session.execute(select(SENT_FORMS.c.answer).where(SENT_FORMS.c.sha256 == sha256))).one_or_none()
    return SentForm(*row) if row else None


async def answer_form(session: AsyncSession, sha256: bytes, answer: bytes, *, expires_at: int) -> None:
    """Store the answer of a form that was done."""
    kept = update(SENT_FORMS).where(SENT_FORMS.c.sha256 == sha256)
    await session.execute(kept.values(answer=answer, expires_at=expires_at))


async def release_form(session: AsyncSession, sha256: bytes) -> None:
    """Delete a form that was refused, so that it can be sent again."""
    await session.execute(delete(SENT_FORMS).where(SENT_FORMS.c.sha256 == sha256))
