"""Whether people wrote their 24 words down: which three are asked for, and a keyed slow hash of those.

What it reveals: the database alone nothing, for the key of the hash lies outside it. Who has the database and the key
file could try the 2^33 triples, each at the price of a scrypt; even then 21 words (about 223 of 256 bits, the checksum
aside) stay unknown. Once the person has shown the three words the hash is dropped.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import ForeignKey, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new, upsert


class PhraseCheckRow(Base):
    """`numbers`: those of three words, from 1 to 24, with commas; empty if only all words can prove it.

    `kit_at`: when the account's recovery kit was made last.
    """

    __tablename__ = "words_checks"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    numbers: Mapped[str]
    salt: Mapped[bytes]
    hashed: Mapped[bytes]
    checked_at: Mapped[int | None]
    kit_at: Mapped[int | None]


class PhraseCheck(msgspec.Struct, frozen=True):
    """The words that are asked for, and when they were typed."""

    account_id: int
    numbers: str
    salt: bytes
    hashed: bytes
    checked_at: int | None


PHRASE_CHECKS = table_of(PhraseCheckRow)


async def save_phrase_check(session: AsyncSession, check: PhraseCheck) -> None:
    await upsert(session, PHRASE_CHECKS, [msgspec.structs.asdict(check)])


async def load_phrase_check(session: AsyncSession, account: int) -> PhraseCheck | None:
    columns = [PHRASE_CHECKS.c[name] for name in PhraseCheck.__struct_fields__]
    row = (await session.execute(select(*columns).where(PHRASE_CHECKS.c.account_id == account))).one_or_none()
    return PhraseCheck(*row) if row else None


async def set_phrase_checked(session: AsyncSession, account: int, *, now: int) -> None:
    """Note that the words were typed, and delete what could check them."""
    row = {"account_id": account, "numbers": "", "salt": b"", "hashed": b"", "checked_at": now}
    await upsert(session, PHRASE_CHECKS, [row])


async def load_kit_made_at(session: AsyncSession, account: int) -> int | None:
    """When the account's recovery kit was made last."""
    made_at: int | None = await session.scalar(
        select(PHRASE_CHECKS.c.kit_at).where(PHRASE_CHECKS.c.account_id == account)
    )
    return made_at


async def set_kit_made(session: AsyncSession, account: int, *, now: int) -> None:
    """Note that the kit was made; what checks the words stays as it is."""
    row = {"account_id": account, "numbers": "", "salt": b"", "hashed": b"", "checked_at": None, "kit_at": now}
    await insert_new(session, PHRASE_CHECKS, [row])
    await session.execute(update(PHRASE_CHECKS).where(PHRASE_CHECKS.c.account_id == account).values(kit_at=now))
