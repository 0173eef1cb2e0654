"""What one person here is called to: polls that need them, and what their delegates did; and when a mail tells it.

A mail is claimed by moving its time forward, and settled once it is sent: a process that dies in between has it sent
once more by another one, with the same id. Between two mails lies an hour at least.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, Index, bindparam, case, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import chunks, insert_into
from models.people.decision_notices import MAIL_EVERY_MS
from models.people.mail_addresses import MAIL_ADDRESSES
from protocol.ids import RecordId

NEEDS: Final = ("vote", "bet", "evaluate")
VOTED: Final = "voted"
RESIGNED: Final = "resigned"
STRANDED: Final = "stranded"  # nobody to whom their list leads had voted when delegates were locked


class OwnCallRow(Base):
    """A call (`models/decisions/poll_calls.py`) of one account. `mail_at`: when a mail tells it; None: none will."""

    __tablename__ = "own_calls"
    __table_args__ = (Index(None, "until"), {"sqlite_with_rowid": False})

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    about: Mapped[RecordId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[int]
    mail_at: Mapped[int | None]


class CallMailRow(Base):
    """When an account is mailed what it is called to, and was last; `stopped`: it wants no such mails."""

    __tablename__ = "call_mails"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    stopped: Mapped[bool]
    due_at: Mapped[int | None] = mapped_column(index=True)
    mailed_at: Mapped[int]


class OwnCall(msgspec.Struct, frozen=True):
    """One account's call."""

    account_id: int
    group_id: RecordId
    about: RecordId
    kind: str
    round: int
    number: int
    until: int
    mail_at: int | None


OWN_CALLS: Final = table_of(OwnCallRow)
CALL_MAILS: Final = table_of(CallMailRow)
_COLUMNS: Final = [OWN_CALLS.c[name] for name in OwnCall.__struct_fields__]
_KEYS: Final = ("account_id", "group_id", "about", "kind", "round", "number")


async def put_own_calls(session: AsyncSession, calls: Sequence[OwnCall]) -> None:
    """Call people; who is called already only learns of another end. Those who want mails get one when it is time."""
    for call in calls:
        statement = insert_into(session, OWN_CALLS).values(msgspec.structs.asdict(call))
        new = statement.excluded
        told = case((OWN_CALLS.c.mail_at.is_(None), None), else_=new.mail_at)
        await session.execute(
            statement.on_conflict_do_update(index_elements=_KEYS, set_={"until": new.until, "mail_at": told})
        )
    times = {call.account_id: call.mail_at for call in calls if call.mail_at is not None}
    for account, at in times.items():
        await _mail_from(session, account, at)


async def _mail_from(session: AsyncSession, account: int, at: int) -> None:
    row = {"account_id": account, "stopped": False, "due_at": at, "mailed_at": 0}
    statement = insert_into(session, CALL_MAILS).values(row)
    after_hour = CALL_MAILS.c.mailed_at + MAIL_EVERY_MS
    wished = case((after_hour > at, after_hour), else_=at)
    sooner = case((CALL_MAILS.c.due_at < wished, CALL_MAILS.c.due_at), else_=wished)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id"], set_={"due_at": sooner}, where=CALL_MAILS.c.stopped.is_(False)
        )
    )


async def list_mailed(session: AsyncSession, accounts: Collection[int]) -> set[int]:
    """Those of the accounts that have a proved address and haven't stopped these mails."""
    found: set[int] = set()
    for some in chunks(accounts):
        wanted = (
            select(MAIL_ADDRESSES.c.account_id)
            .outerjoin(CALL_MAILS, CALL_MAILS.c.account_id == MAIL_ADDRESSES.c.account_id)
            .where(MAIL_ADDRESSES.c.account_id.in_(some), MAIL_ADDRESSES.c.verified_at.is_not(None))
            .where(func.coalesce(CALL_MAILS.c.stopped, False).is_(False))
        )
        found.update(await session.scalars(wanted))
    return found


async def count_needs(session: AsyncSession, account: int, *, now: int) -> int:
    """How many polls need the account now."""
    return int(await _COUNT.value(session, account=account, now=now))


_COUNT: Final = Prepared(
    lambda _: select(func.count()).where(
        OWN_CALLS.c.account_id == bindparam("account"),
        OWN_CALLS.c.until > bindparam("now"),
        OWN_CALLS.c.kind.in_(NEEDS),
    )
)


async def list_own_calls(session: AsyncSession, account: int, *, now: int) -> list[OwnCall]:
    """What an account is called to now."""
    return [OwnCall(*row) for row in await _OWN.run(session, account=account, now=now)]


_OWN: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(OWN_CALLS.c.account_id == bindparam("account"), OWN_CALLS.c.until > bindparam("now"))
        .order_by(OWN_CALLS.c.until, OWN_CALLS.c.about)
    )
)


async def delete_own_calls(session: AsyncSession, calls: Collection[OwnCall]) -> None:
    """Call somebody no more."""
    for some in chunks([tuple(getattr(call, name) for name in _KEYS) for call in calls]):
        await session.execute(delete(OWN_CALLS).where(tuple_(*(OWN_CALLS.c[name] for name in _KEYS)).in_(some)))


async def delete_need(session: AsyncSession, account: int, group: RecordId, poll: RecordId, kind: str) -> None:
    """A poll needs the account no more for this."""
    own: list[Any] = [OWN_CALLS.c.account_id == account, OWN_CALLS.c.group_id == group]
    await session.execute(delete(OWN_CALLS).where(*own, OWN_CALLS.c.about == poll, OWN_CALLS.c.kind == kind))


async def delete_votes(
    session: AsyncSession, group: RecordId, poll: RecordId, number: int, accounts: Collection[int]
) -> None:
    """A poll's round needs no vote of these accounts any more."""
    own = (
        OWN_CALLS.c.group_id == group,
        OWN_CALLS.c.about == poll,
        OWN_CALLS.c.kind == "vote",
        OWN_CALLS.c.round == number,
    )
    for some in chunks(accounts):
        await session.execute(delete(OWN_CALLS).where(OWN_CALLS.c.account_id.in_(some), *own))


async def first_call_mail_at(session: AsyncSession) -> int | None:
    """When the next mail is due; None if none is."""
    first: int | None = await _FIRST.value(session)
    return first


_FIRST: Final = Prepared(lambda _: select(func.min(CALL_MAILS.c.due_at)))


async def claim_call_mails(session: AsyncSession, *, now: int, until: int, most: int) -> list[int]:
    """Claim mails that are due, the longest overdue first, until `until`; returns whose they are."""
    due = select(CALL_MAILS.c.account_id).where(CALL_MAILS.c.due_at <= now).order_by(CALL_MAILS.c.due_at).limit(most)
    claimed = update(CALL_MAILS).where(CALL_MAILS.c.account_id.in_(due)).values(due_at=until)
    return list(await session.scalars(claimed.returning(CALL_MAILS.c.account_id)))


async def settle_call_mail(
    session: AsyncSession, account: int, told: Collection[OwnCall], *, sent: bool, now: int
) -> None:
    """Note that these calls were told, or need no telling; the next mail comes with the next call, an hour later."""
    await delete_own_calls(session, [one for one in told if one.kind not in NEEDS])
    for one in told:
        own = [OWN_CALLS.c[name] == getattr(one, name) for name in _KEYS]
        await session.execute(update(OWN_CALLS).where(*own).values(mail_at=None))
    left = await session.scalar(
        select(func.min(OWN_CALLS.c.mail_at)).where(OWN_CALLS.c.account_id == account, OWN_CALLS.c.until > now)
    )
    mine = CALL_MAILS.c.account_id == account
    if sent:
        await session.execute(update(CALL_MAILS).where(mine).values(mailed_at=now))
    hour_over = CALL_MAILS.c.mailed_at + MAIL_EVERY_MS
    due_at = None if left is None else case((hour_over > left, hour_over), else_=left)
    await session.execute(update(CALL_MAILS).where(mine).values(due_at=due_at))


async def wants_call_mails(session: AsyncSession, account: int) -> bool:
    """Whether the account hasn't stopped them."""
    stopped = await session.scalar(select(CALL_MAILS.c.stopped).where(CALL_MAILS.c.account_id == account))
    return not stopped


async def choose_call_mails(session: AsyncSession, account: int, *, wanted: bool) -> None:
    """Send these mails from now on, or none; what happened meanwhile is told by no mail."""
    row = {"account_id": account, "stopped": not wanted, "due_at": None, "mailed_at": 0}
    statement = insert_into(session, CALL_MAILS).values(row)
    changes = {"stopped": not wanted, "due_at": None}
    await session.execute(statement.on_conflict_do_update(index_elements=["account_id"], set_=changes))
    await session.execute(update(OWN_CALLS).where(OWN_CALLS.c.account_id == account).values(mail_at=None))


async def prune_own_calls(session: AsyncSession, *, now: int) -> None:
    """Forget what is over."""
    await session.execute(delete(OWN_CALLS).where(OWN_CALLS.c.until <= now))
