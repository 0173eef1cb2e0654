"""Keys of this pod's ActivityPub actors, each sealed for its actor, and who of the people here an actor is.

An actor is named by its path under the pod's URL: `actor`, `u/ada`, `groups/bagaaiera…`. The private halves open
only with the pod's keyring, which isn't in the database.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new
from models.people.accounts import ACCOUNTS, MEMBERSHIPS
from protocol.ids import RecordId


class ActorKeyRow(Base):
    """The two keys of a local actor: the private ones encrypted, the public ones as in its document."""

    __tablename__ = "actor_keys"

    path: Mapped[str] = mapped_column(primary_key=True)
    rsa_sealed: Mapped[bytes]
    rsa_public: Mapped[str]
    ed25519_sealed: Mapped[bytes]
    ed25519_public: Mapped[str]
    made_at: Mapped[int]


class StoredActorKeys(msgspec.Struct, frozen=True):
    """An actor's keys: `rsa_public` in PEM, `ed25519_public` in multibase (z6Mk…), the others encrypted."""

    path: str
    rsa_sealed: bytes
    rsa_public: str
    ed25519_sealed: bytes
    ed25519_public: str
    made_at: int


ACTOR_KEYS = table_of(ActorKeyRow)


async def load_actor_keys(session: AsyncSession, path: str) -> StoredActorKeys | None:
    """The keys of the actor at `path`; None if they were never needed."""
    columns = [ACTOR_KEYS.c[name] for name in StoredActorKeys.__struct_fields__]
    row = (await session.execute(select(*columns).where(ACTOR_KEYS.c.path == path))).one_or_none()
    return StoredActorKeys(*row) if row else None


async def insert_actor_keys(session: AsyncSession, keys: StoredActorKeys) -> None:
    """Store an actor's keys; if it has keys already, those stay."""
    await insert_new(session, ACTOR_KEYS, [msgspec.structs.asdict(keys)])


async def delete_borrowed_keys(session: AsyncSession, before: int) -> list[str]:
    """Delete the keys of actors of other servers that came before this time; returns the actors.

    Such an actor is named by its whole id, which begins with its server's address.
    """
    old = ACTOR_KEYS.c.path.like("http%://%"), ACTOR_KEYS.c.made_at <= before
    return list(await session.scalars(delete(ACTOR_KEYS).where(*old).returning(ACTOR_KEYS.c.path)))


async def load_owner_name(session: AsyncSession, personal_group: RecordId) -> str | None:
    """The name of the local account with this personal group."""
    wanted = (
        select(ACCOUNTS.c.name)
        .join(MEMBERSHIPS, MEMBERSHIPS.c.account_id == ACCOUNTS.c.id)
        .where(MEMBERSHIPS.c.group_id == personal_group, ACCOUNTS.c.personal_group == personal_group)
        .where(ACCOUNTS.c.disabled.is_(False))
    )
    return (await session.execute(wanted)).scalar_one_or_none()


async def count_people(session: AsyncSession) -> int:
    """How many local accounts aren't disabled."""
    return int(await session.scalar(select(func.count()).where(ACCOUNTS.c.disabled.is_(False))) or 0)
