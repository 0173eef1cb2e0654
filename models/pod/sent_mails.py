"""The last mails that the pod tried to send, each with what the mail server said; their texts aren't kept."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Boolean, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of

MOST_MAILS: Final = 20


class MailSentRow(Base):
    """A mail that the pod tried to send."""

    __tablename__ = "mails_sent"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[int]
    to: Mapped[str]
    subject: Mapped[str]
    answer: Mapped[str]
    ok: Mapped[bool] = mapped_column(Boolean)


class MailSent(msgspec.Struct, frozen=True):
    """One try; `answer`: the mail server's reply; `ok`: it took the mail."""

    at: int
    to: str
    subject: str
    answer: str
    ok: bool


MAILS_SENT = table_of(MailSentRow)


async def note_mail(session: AsyncSession, mail: MailSent) -> None:
    """Store this try, and keep only the latest twenty."""
    await session.execute(MAILS_SENT.insert().values(msgspec.to_builtins(mail)))
    newest = select(MAILS_SENT.c.id).order_by(MAILS_SENT.c.id.desc()).limit(MOST_MAILS)
    await session.execute(delete(MAILS_SENT).where(MAILS_SENT.c.id.not_in(newest)))


async def list_mails(session: AsyncSession, limit: int = MOST_MAILS) -> list[MailSent]:
    """The tries, the latest first."""
    columns = (getattr(MAILS_SENT.c, name) for name in MailSent.__struct_fields__)
    rows = await session.execute(select(*columns).order_by(MAILS_SENT.c.id.desc()).limit(limit))
    return [MailSent(*row) for row in rows]
