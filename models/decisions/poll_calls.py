"""What many people here are called to, each of them once: a poll asks for votes, or a delegate voted or resigned.

The row is made with what happened, in one commit; who is concerned is found later, a page of people at a time, so that
no seal or ballot costs more where a group has more members.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Index, bindparam, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_into
from protocol.ids import RecordId

RENEWED: Final = "renewed"


class PollCallRow(Base):
    """`about`: a poll, or a record; `number`: the member of that, or the time at which evaluations begin.

    `kind` says to what (`models/people/own_calls.py`), or RENEWED: one member is looked at again.

    `until` (ms): when it is over; `mail_at`: from when on people are mailed, None: never. `look_at`: when the next page
    of people is looked at, those after the number `after`; None: all have been.
    """

    __tablename__ = "poll_calls"
    __table_args__ = (Index(None, "look_at"), Index(None, "until"), {"sqlite_with_rowid": False})

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    about: Mapped[RecordId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[int]
    mail_at: Mapped[int | None]
    look_at: Mapped[int | None]
    after: Mapped[int]


class PollCall(msgspec.Struct, frozen=True):
    """A call as it is made, or as it is looked at."""

    group_id: RecordId
    about: RecordId
    kind: str
    round: int
    number: int
    until: int
    mail_at: int | None
    look_at: int | None
    after: int = 0


CALLS: Final = table_of(PollCallRow)
_COLUMNS: Final = [CALLS.c[name] for name in PollCall.__struct_fields__]
_KEYS: Final = ("group_id", "about", "kind", "round", "number")


async def put_poll_calls(session: AsyncSession, calls: Collection[PollCall]) -> None:
    """Make calls; one that is made already stays, unless its end has moved: then people are looked at once more."""
    for call in calls:
        statement = insert_into(session, CALLS).values(msgspec.structs.asdict(call))
        new = statement.excluded
        changes = {"until": new.until, "mail_at": new.mail_at, "look_at": new.look_at, "after": 0}
        await session.execute(
            statement.on_conflict_do_update(index_elements=_KEYS, set_=changes, where=CALLS.c.until != new.until)
        )


async def first_look_at(session: AsyncSession) -> int | None:
    """When people are looked for next; None if no call waits."""
    first: int | None = await _FIRST.value(session)
    return first


_FIRST: Final = Prepared(lambda _: select(func.min(CALLS.c.look_at)))


async def load_due_call(session: AsyncSession, *, now: int) -> PollCall | None:
    """The call that has waited longest for people to be looked at; None if none is due."""
    rows = await _DUE.run(session, now=now)
    return PollCall(*rows[0]) if rows else None


_DUE: Final = Prepared(
    lambda _: select(*_COLUMNS).where(CALLS.c.look_at <= bindparam("now")).order_by(CALLS.c.look_at).limit(1)
)


async def move_on(session: AsyncSession, call: PollCall, *, after: int | None, now: int) -> None:
    """Look at those after this number when it is this call's turn again, or at nobody any more.

    A call whose end has moved meanwhile begins anew.
    """
    own = [CALLS.c[name] == getattr(call, name) for name in (*_KEYS, "until", "after")]
    values = {"look_at": None} if after is None else {"after": after, "look_at": now}
    await session.execute(update(CALLS).where(*own).values(**values))


async def list_open_calls(session: AsyncSession, group: RecordId, *, now: int) -> list[PollCall]:
    """The group's calls that aren't over and whose people were looked at, or are being."""
    rows = await _OPEN.run(session, group=group, now=now)
    return [PollCall(*row) for row in rows]


_OPEN: Final = Prepared(
    lambda _: select(*_COLUMNS).where(
        CALLS.c.group_id == bindparam("group"),
        CALLS.c.until > bindparam("now"),
        case((CALLS.c.look_at.is_(None), 0), else_=CALLS.c.look_at) <= bindparam("now"),
    )
)


async def prune_calls(session: AsyncSession, *, now: int) -> None:
    """Forget what is over."""
    await session.execute(delete(CALLS).where(CALLS.c.until <= now))
