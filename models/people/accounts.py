"""People at home here: their sealed seeds, recovery public keys, tokens and memberships.

No secret can be read from here: seeds are sealed under a key outside the database, tokens are kept as hashes,
and of the recovery seed only public keys remain.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, Index, LargeBinary, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import chunks, insert_counted, insert_new, upsert
from protocol.ids import RecordId
from protocol.keys import DidKey


class AccountRow(Base):
    """A person's account on this pod. `frozen_at`: since when nothing that decides is signed for it; see `Account`.

    `changes`: how often a row was written that a copy of the account holds; triggers of the tables count (ADR 0081).
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(unique=True)
    seed_sealed: Mapped[bytes]
    personal_group: Mapped[RecordId | None]
    created_at: Mapped[int]
    disabled: Mapped[bool] = mapped_column(server_default="0")
    language: Mapped[str] = mapped_column(server_default="")
    admin: Mapped[bool] = mapped_column(server_default="0")
    frozen_at: Mapped[int | None]
    changes: Mapped[int] = mapped_column(server_default="0")


class RecoveryKeyRow(Base):
    """A recovery public key, derived at sign-up; `used_by`: the group whose root or join has it."""

    __tablename__ = "recovery_keys"
    __table_args__ = (Index(None, "did"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    did: Mapped[DidKey]
    used_by: Mapped[RecordId | None]


class TokenRow(Base):
    """An API token, known by its hash. `made_by`: the token that asked for it; it ends with that one.

    `decides`: it may have signed what decides, after a proof; `proved_at`: when its holder last proved who they are.
    """

    __tablename__ = "tokens"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[int]
    last_used_at: Mapped[int | None]
    revoked_at: Mapped[int | None]
    made_by: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    decides: Mapped[bool] = mapped_column(server_default="0")
    proved_at: Mapped[int] = mapped_column(server_default="0")


class MembershipRow(Base):
    """An account's membership in a group; `number` is unknown until the join is settled.

    `context`: from what the pairwise keys were derived: the group's id, or for a founder the root's nonce.
    """

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "group_id", "number"), Index(None, "group_id", "signing"))

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    number: Mapped[int | None]
    signing: Mapped[DidKey]
    context: Mapped[str]
    key_index: Mapped[int]
    recovery_index: Mapped[int]
    counter: Mapped[int]
    state: Mapped[str]


class Account(msgspec.Struct, frozen=True):
    """A local person; only the pod's keyring can decrypt `seed_sealed`. `language` is empty until chosen.

    `frozen_at`: since the person said that somebody else decided in their name; None: nothing is frozen.
    """

    id: int
    name: str
    seed_sealed: bytes
    personal_group: RecordId | None
    created_at: int
    disabled: bool = False
    language: str = ""
    admin: bool = False
    frozen_at: int | None = None


class Membership(msgspec.Struct, frozen=True):
    """An account's membership. `key_index` counts signing keys, `counter` is the last one used."""

    account_id: int
    group_id: RecordId
    number: int | None
    signing: DidKey
    context: str
    key_index: int
    recovery_index: int
    counter: int
    state: str


class Token(msgspec.Struct, frozen=True):
    """An API token as its owner sees it."""

    name: str
    created_at: int
    last_used_at: int | None
    revoked_at: int | None
    decides: bool = False


class HeldToken(msgspec.Struct, frozen=True):
    """A valid token that somebody sent, and whose it is."""

    sha256: bytes
    decides: bool
    proved_at: int
    account: Account


ACCOUNTS = table_of(AccountRow)
RECOVERY_KEYS = table_of(RecoveryKeyRow)
TOKENS = table_of(TokenRow)
MEMBERSHIPS = table_of(MembershipRow)
_ACCOUNT_COLUMNS = [ACCOUNTS.c[name] for name in Account.__struct_fields__]
_MEMBERSHIP_COLUMNS = [MEMBERSHIPS.c[name] for name in Membership.__struct_fields__]


async def insert_account(session: AsyncSession, *, name: str, seed_sealed: bytes, now: int) -> int:
    """Open an account; raises IntegrityError if the name is taken."""
    return await insert_counted(session, ACCOUNTS, {"name": name, "seed_sealed": seed_sealed, "created_at": now})


async def set_personal_group(session: AsyncSession, account: int, group: RecordId) -> None:
    await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(personal_group=group))


async def set_disabled(session: AsyncSession, account: int, *, disabled: bool) -> None:
    await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(disabled=disabled))


async def set_language(session: AsyncSession, account: int, language: str) -> None:
    await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(language=language))


async def set_frozen(session: AsyncSession, account: int, *, at: int | None) -> None:
    await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(frozen_at=at))


async def set_admin(session: AsyncSession, account: int, *, admin: bool) -> None:
    await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(admin=admin))


async def load_account(session: AsyncSession, account: int) -> Account | None:
    row = (await session.execute(select(*_ACCOUNT_COLUMNS).where(ACCOUNTS.c.id == account))).one_or_none()
    return Account(*row) if row else None


def folded_name(name: str) -> str:
    """A name in the form in which all are stored: ASCII capitals become small letters."""
    return name.lower() if name.isascii() else name


async def load_account_named(session: AsyncSession, name: str) -> Account | None:
    """The account of this name; capitals don't matter, because stored names have only small letters."""
    row = (await session.execute(select(*_ACCOUNT_COLUMNS).where(ACCOUNTS.c.name == folded_name(name)))).one_or_none()
    return Account(*row) if row else None


async def load_token(session: AsyncSession, sha256: bytes) -> HeldToken | None:
    """A token with its account, unless the token is revoked or the account disabled."""
    row = (
        await session.execute(
            select(TOKENS.c.decides, TOKENS.c.proved_at, *_ACCOUNT_COLUMNS)
            .join(ACCOUNTS, TOKENS.c.account_id == ACCOUNTS.c.id)
            .where(TOKENS.c.sha256 == sha256, TOKENS.c.revoked_at.is_(None), ACCOUNTS.c.disabled.is_(False))
        )
    ).one_or_none()
    return HeldToken(sha256, row[0], row[1], Account(*row[2:])) if row else None


async def list_accounts(session: AsyncSession, limit: int, *, after: str = "") -> list[Account]:
    """Accounts by name."""
    wanted = select(*_ACCOUNT_COLUMNS).where(ACCOUNTS.c.name > after).order_by(ACCOUNTS.c.name).limit(limit)
    return [Account(*row) for row in await session.execute(wanted)]


async def load_first_sign_up(session: AsyncSession) -> int | None:
    """When the first account was opened; None if there is none."""
    first: int | None = await session.scalar(select(func.min(ACCOUNTS.c.created_at)))
    return first


async def insert_recovery_keys(session: AsyncSession, account: int, first_index: int, dids: Sequence[DidKey]) -> None:
    rows = [{"account_id": account, "index": first_index + place, "did": did} for place, did in enumerate(dids)]
    await insert_new(session, RECOVERY_KEYS, rows)


async def take_recovery_key(session: AsyncSession, account: int, group: RecordId | None) -> tuple[int, DidKey] | None:
    """The next unused recovery key (index, did), marked as used by `group`; None if none is left.

    A founder's group gets its id only from the key. So the founder takes the key with None, and calls
    `set_recovery_group` afterwards.
    """
    wanted = (
        select(RECOVERY_KEYS.c.index, RECOVERY_KEYS.c.did)
        .where(RECOVERY_KEYS.c.account_id == account, RECOVERY_KEYS.c.used_by.is_(None))
        .order_by(RECOVERY_KEYS.c.index)
        .limit(1)
        .with_for_update()
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        return None
    index, did = row
    if group is not None:
        await set_recovery_group(session, account, index, group)
    return index, did


async def set_recovery_group(session: AsyncSession, account: int, index: int, group: RecordId) -> None:
    await session.execute(
        update(RECOVERY_KEYS)
        .where(RECOVERY_KEYS.c.account_id == account, RECOVERY_KEYS.c.index == index)
        .values(used_by=group)
    )


async def load_account_by_recovery(session: AsyncSession, dids: Collection[DidKey]) -> Account | None:
    """The local account that has one of these recovery keys."""
    wanted = (
        select(*_ACCOUNT_COLUMNS)
        .join(RECOVERY_KEYS, RECOVERY_KEYS.c.account_id == ACCOUNTS.c.id)
        .where(RECOVERY_KEYS.c.did.in_(dids))
        .order_by(ACCOUNTS.c.id)
        .limit(1)
    )
    row = (await session.execute(wanted)).one_or_none()
    return Account(*row) if row else None


async def load_next_recovery_index(session: AsyncSession, account: int) -> int:
    """The number after the highest stored recovery key."""
    highest = await session.scalar(select(func.max(RECOVERY_KEYS.c.index)).where(RECOVERY_KEYS.c.account_id == account))
    return 0 if highest is None else int(highest) + 1


async def count_recovery_keys(session: AsyncSession, account: int) -> int:
    """How many recovery keys are unused."""
    wanted = select(func.count()).where(RECOVERY_KEYS.c.account_id == account, RECOVERY_KEYS.c.used_by.is_(None))
    return int(await session.scalar(wanted) or 0)


async def insert_token(
    session: AsyncSession,
    *,
    sha256: bytes,
    account: int,
    name: str,
    now: int,
    made_by: bytes | None = None,
    decides: bool = False,
    proved_at: int = 0,
) -> None:
    row = {"sha256": sha256, "account_id": account, "name": name, "created_at": now, "made_by": made_by}
    await insert_new(session, TOKENS, [{**row, "decides": decides, "proved_at": proved_at}])


async def set_token_proved(session: AsyncSession, sha256: bytes, *, now: int) -> None:
    await session.execute(update(TOKENS).where(TOKENS.c.sha256 == sha256).values(proved_at=now))


async def list_tokens(session: AsyncSession, account: int, limit: int) -> list[Token]:
    """An account's tokens, the latest first."""
    wanted = (
        select(*(TOKENS.c[name] for name in Token.__struct_fields__))
        .where(TOKENS.c.account_id == account)
        .order_by(TOKENS.c.created_at.desc(), TOKENS.c.sha256)
        .limit(limit)
    )
    return [Token(*row) for row in await session.execute(wanted)]


async def revoke_token(session: AsyncSession, account: int, name: str, now: int) -> None:
    """Revoke the account's tokens of this name, all tokens that those made, and so on."""
    own, valid = TOKENS.c.account_id == account, TOKENS.c.revoked_at.is_(None)
    ending = select(TOKENS.c.sha256).where(own, TOKENS.c.name == name, valid).cte("ending", recursive=True)
    ending = ending.union(select(TOKENS.c.sha256).join(ending, TOKENS.c.made_by == ending.c.sha256))
    await session.execute(
        update(TOKENS).where(own, valid, TOKENS.c.sha256.in_(select(ending.c.sha256))).values(revoked_at=now)
    )


async def revoke_all_tokens(session: AsyncSession, account: int, now: int) -> None:
    valid = TOKENS.c.account_id == account, TOKENS.c.revoked_at.is_(None)
    await session.execute(update(TOKENS).where(*valid).values(revoked_at=now))


async def save_membership(session: AsyncSession, membership: Membership) -> None:
    await upsert(session, MEMBERSHIPS, [msgspec.structs.asdict(membership)])


async def set_membership(session: AsyncSession, account: int, group: RecordId, **values: object) -> None:
    """Set columns by name: number, signing, key_index, counter, state."""
    changes: Mapping[str, Any] = values
    await session.execute(
        update(MEMBERSHIPS).where(MEMBERSHIPS.c.account_id == account, MEMBERSHIPS.c.group_id == group).values(changes)
    )


async def take_counter(session: AsyncSession, account: int, group: RecordId) -> int:
    """The next counter of this membership's signing key; never the same one twice."""
    counter = await session.scalar(
        update(MEMBERSHIPS)
        .where(MEMBERSHIPS.c.account_id == account, MEMBERSHIPS.c.group_id == group)
        .values(counter=MEMBERSHIPS.c.counter + 1)
        .returning(MEMBERSHIPS.c.counter)
    )
    if counter is None:
        raise LookupError("This account isn't a member of the group.")
    return int(counter)


async def load_membership(session: AsyncSession, account: int, group: RecordId) -> Membership | None:
    rows = await _MEMBERSHIP.run(session, account=account, group=group)
    return Membership(*rows[0]) if rows else None


_MEMBERSHIP: Final = Prepared(
    lambda _: select(*_MEMBERSHIP_COLUMNS).where(
        MEMBERSHIPS.c.account_id == bindparam("account"), MEMBERSHIPS.c.group_id == bindparam("group")
    )
)


async def load_numbered(session: AsyncSession, group: RecordId, number: int) -> Membership | None:
    """The membership of a local account that is this member of the group."""
    wanted = select(*_MEMBERSHIP_COLUMNS).where(MEMBERSHIPS.c.group_id == group, MEMBERSHIPS.c.number == number)
    row = (await session.execute(wanted)).one_or_none()
    return Membership(*row) if row else None


async def load_memberships(
    session: AsyncSession, account: int, groups: Collection[RecordId]
) -> dict[RecordId, Membership]:
    """The account's memberships in these groups, where it has one."""
    found: dict[RecordId, Membership] = {}
    for some in chunks(groups):
        wanted = select(*_MEMBERSHIP_COLUMNS).where(MEMBERSHIPS.c.account_id == account)
        rows = await session.execute(wanted.where(MEMBERSHIPS.c.group_id.in_(some)))
        found |= {place.group_id: place for place in (Membership(*row) for row in rows)}
    return found


async def list_memberships(session: AsyncSession, account: int) -> list[Membership]:
    """All memberships of an account, by group."""
    wanted = select(*_MEMBERSHIP_COLUMNS).where(MEMBERSHIPS.c.account_id == account).order_by(MEMBERSHIPS.c.group_id)
    return [Membership(*row) for row in await session.execute(wanted)]


async def list_local(session: AsyncSession, group: RecordId, after_account: int, limit: int) -> list[Membership]:
    """Memberships of local accounts in a group, by account."""
    wanted = (
        select(*_MEMBERSHIP_COLUMNS)
        .where(MEMBERSHIPS.c.group_id == group, MEMBERSHIPS.c.account_id > after_account)
        .order_by(MEMBERSHIPS.c.account_id)
        .limit(limit)
    )
    return [Membership(*row) for row in await session.execute(wanted)]


async def list_signing(session: AsyncSession, group: RecordId, keys: Collection[DidKey]) -> list[Membership]:
    """Memberships in a group whose present signing key is one of these."""
    found: list[Membership] = []
    for some in chunks(keys):
        wanted = select(*_MEMBERSHIP_COLUMNS).where(MEMBERSHIPS.c.group_id == group, MEMBERSHIPS.c.signing.in_(some))
        found += [Membership(*row) for row in await session.execute(wanted)]
    return found
