"""What keepers said and what our own seats signed: a signature is remembered here before it is sent."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Index, Select, and_, bindparam, case, delete, false, func, or_, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys, Prepared
from models.engine.upserts import chunks, insert_new, upsert
from protocol.ids import RecordId
from protocol.keys import DidKey


class AckRow(Base):
    """A keeper's confirmation; `wire` is the signed record, to be sent on."""

    __tablename__ = "acks"
    __table_args__ = (Index(None, "group_id", "height"),)

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    seat: Mapped[DidKey] = mapped_column(primary_key=True)
    term: Mapped[int] = mapped_column(primary_key=True)
    height: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    keeper: Mapped[int]
    wire: Mapped[bytes]


class FaultRow(Base):
    """Two signed records that no honest key signs both: proof against `keys` (a JSON list)."""

    __tablename__ = "faults"

    first_id: Mapped[RecordId] = mapped_column(primary_key=True)
    second_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(index=True)
    kind: Mapped[str]
    first: Mapped[bytes]
    second: Mapped[bytes]
    at: Mapped[int]
    keys: Mapped[str] = mapped_column(server_default="[]")


class KeeperRow(Base):
    """What one of our seats signed last, so that it never breaks its promises. `lost`: it is beside what is settled."""

    __tablename__ = "keepers"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    seat: Mapped[DidKey] = mapped_column(primary_key=True)
    last_item: Mapped[RecordId | None]
    last_term: Mapped[int]
    last_height: Mapped[int]
    highest_term: Mapped[int]
    last_handover_at: Mapped[int]
    failed_tries: Mapped[int]
    retired: Mapped[bool]
    lost: Mapped[bool] = mapped_column(server_default="0")


class InvitationRow(Base):
    """An invitation made here; only its link has the seed of the one-time key `to`."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "group_id", "issued_at"),)

    id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    account_id: Mapped[int] = mapped_column(index=True)
    to: Mapped[DidKey] = mapped_column(index=True)
    wire: Mapped[bytes]
    expires_at: Mapped[int]
    issued_at: Mapped[int]


class WithheldRow(Base):
    """A record that waited while the log grew, and the steward who left it out."""

    __tablename__ = "withheld"
    __table_args__ = (Index(None, "group_id", "since_at"),)

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    steward: Mapped[DidKey]
    since_at: Mapped[int]


class DisputeRow(Base):
    """Conflicting anchors: another pod regards `theirs` as settled, this pod `ours`."""

    __tablename__ = "disputes"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    ours: Mapped[RecordId] = mapped_column(primary_key=True)
    theirs: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str]
    seen_at: Mapped[int]


class StoredAck(msgspec.Struct, frozen=True):
    """A confirmation, as it is stored."""

    group_id: RecordId
    seat: DidKey
    term: int
    height: int
    item_id: RecordId
    keeper: int
    wire: bytes


class StoredKeeper(msgspec.Struct, frozen=True):
    """What one of our seats signed last."""

    group_id: RecordId
    seat: DidKey
    last_item: RecordId | None = None
    last_term: int = -1
    last_height: int = -1
    highest_term: int = -1
    last_handover_at: int = 0
    failed_tries: int = 0
    retired: bool = False
    lost: bool = False


class StoredFault(msgspec.Struct, frozen=True):
    """A proven fault."""

    first_id: RecordId
    second_id: RecordId
    group_id: RecordId
    kind: str
    first: bytes
    second: bytes
    at: int
    keys: str = "[]"


class Withheld(msgspec.Struct, frozen=True):
    """A record that the steward leaves out."""

    record_id: RecordId
    group_id: RecordId
    steward: DidKey
    since_at: int


class Dispute(msgspec.Struct, frozen=True):
    """Conflicting anchors."""

    group_id: RecordId
    ours: RecordId
    theirs: RecordId
    pod: str
    seen_at: int


class StoredInvitation(msgspec.Struct, frozen=True):
    """An invitation made here."""

    id: RecordId
    group_id: RecordId
    account_id: int
    to: DidKey
    wire: bytes
    expires_at: int
    issued_at: int


ACKS = table_of(AckRow)
_ACK_COLUMNS = [ACKS.c[name] for name in StoredAck.__struct_fields__]
FAULTS = table_of(FaultRow)
KEEPERS = table_of(KeeperRow)
INVITATIONS = table_of(InvitationRow)
WITHHELD = table_of(WithheldRow)
DISPUTES = table_of(DisputeRow)


def _row(value: msgspec.Struct) -> Mapping[str, Any]:
    return msgspec.structs.asdict(value)


async def insert_acks(session: AsyncSession, acks: Sequence[StoredAck]) -> None:
    await insert_new(session, ACKS, [_row(ack) for ack in acks])


_ACK_COLUMNS = [ACKS.c[name] for name in StoredAck.__struct_fields__]


async def list_acks(
    session: AsyncSession,
    group: RecordId,
    from_height: int,
    limit: int,
    *,
    seat: DidKey | None = None,
    after: StoredAck | None = None,
) -> list[StoredAck]:
    """Acks of items at or above a height, the highest first."""
    wanted = (
        select(*_ACK_COLUMNS)
        .where(ACKS.c.group_id == group, ACKS.c.height >= from_height)
        .where(ACKS.c.seat == seat if seat else true())
    )
    if after:
        beyond = tuple_(ACKS.c.seat, ACKS.c.term, ACKS.c.item_id) > (after.seat, after.term, after.item_id)
        wanted = wanted.where(or_(ACKS.c.height < after.height, and_(ACKS.c.height == after.height, beyond)))
    wanted = wanted.order_by(ACKS.c.height.desc(), ACKS.c.seat, ACKS.c.term, ACKS.c.item_id).limit(limit)
    return [StoredAck(*row) for row in await session.execute(wanted)]


async def list_acks_below(
    session: AsyncSession, group: RecordId, seat: DidKey, below: tuple[int, int], limit: int
) -> list[StoredAck]:
    """A seat's acks below a (term, height), the highest first; one index lookup."""
    term, height = below
    wanted = (
        select(*_ACK_COLUMNS)
        .where(ACKS.c.group_id == group, ACKS.c.seat == seat)
        .where(tuple_(ACKS.c.term, ACKS.c.height) < (term, height))
        .order_by(ACKS.c.term.desc(), ACKS.c.height.desc(), ACKS.c.item_id)
        .limit(limit)
    )
    return [StoredAck(*row) for row in await session.execute(wanted)]


async def load_highest_confirmed(session: AsyncSession, group: RecordId, below: int | None = None) -> dict[int, int]:
    """For each keeper, the greatest height below `below` that it confirmed."""
    wanted = (
        select(ACKS.c.keeper, func.max(ACKS.c.height))
        .where(ACKS.c.group_id == group, ACKS.c.height < below if below is not None else true())
        .group_by(ACKS.c.keeper)
    )
    return {int(row[0]): int(row[1]) for row in await session.execute(wanted)}


async def list_acks_at(
    session: AsyncSession, group: RecordId, height: int, limit: int, seat: DidKey
) -> list[StoredAck]:
    """A seat's acks of items at one height."""
    wanted = select(*_ACK_COLUMNS).where(ACKS.c.group_id == group, ACKS.c.height == height, ACKS.c.seat == seat)
    rows = await session.execute(wanted.order_by(ACKS.c.term, ACKS.c.item_id).limit(limit))
    return [StoredAck(*row) for row in rows]


async def list_acks_of(
    session: AsyncSession,
    group: RecordId,
    items: Sequence[tuple[int, RecordId]],
    each: int,
    first: Collection[tuple[int, DidKey]],
) -> list[StoredAck]:
    """Acks of these items (height, id), at most `each` of one item; those of the seats in `first` come first.

    The limit is for each item, so that many acks of one item don't push out those of another.
    """
    found: list[StoredAck] = []
    for some in chunks(items):
        heights = [height for height, _ in some]
        seated = tuple_(ACKS.c.keeper, ACKS.c.seat).in_(sorted(first)) if first else false()
        order = case((seated, 0), else_=1), ACKS.c.seat, ACKS.c.term
        place = func.row_number().over(partition_by=ACKS.c.item_id, order_by=order)
        ranked = (
            select(*_ACK_COLUMNS, place.label("place"))
            .where(ACKS.c.group_id == group, ACKS.c.height.between(min(heights), max(heights)))
            .where(ACKS.c.item_id.in_([item for _, item in some]))
            .subquery()
        )
        wanted = (
            select(ranked).where(ranked.c.place <= each).order_by(ranked.c.height, ranked.c.item_id, ranked.c.place)
        )
        found += [StoredAck(*tuple(row)[:-1]) for row in await session.execute(wanted)]
    return found


async def save_fault(session: AsyncSession, fault: StoredFault) -> None:
    """Store a fault; the same pair may prove more keys than before."""
    await upsert(session, FAULTS, [_row(fault)])


async def list_faults(session: AsyncSession, group: RecordId, limit: int | None = None) -> list[StoredFault]:
    """Faults proven in this group, the latest first; `limit` None: all."""
    wanted = (
        select(*(FAULTS.c[name] for name in StoredFault.__struct_fields__))
        .where(FAULTS.c.group_id == group)
        .order_by(FAULTS.c.at.desc(), FAULTS.c.first_id, FAULTS.c.second_id)
        .limit(limit)
    )
    return [StoredFault(*row) for row in await session.execute(wanted)]


async def load_keeper(session: AsyncSession, group: RecordId, seat: DidKey, *, lock: bool = False) -> StoredKeeper:
    """What this seat signed last; for a seat that signed nothing, a memory below everything.

    Take the `lock` before signing, so that no second process signs with the same memory.
    """
    rows = await (_LOCKED_KEEPER if lock else _KEEPER).run(session, group=group, of_seat=seat)
    return StoredKeeper(*rows[0]) if rows else StoredKeeper(group, seat)


def _keeper() -> Select[Any]:
    of_seat = KEEPERS.c.group_id == bindparam("group"), KEEPERS.c.seat == bindparam("of_seat")
    return select(*(KEEPERS.c[name] for name in StoredKeeper.__struct_fields__)).where(*of_seat)


_KEEPER: Final = Prepared(lambda _: _keeper())
_LOCKED_KEEPER: Final = Prepared(lambda _: _keeper().with_for_update())


async def save_keeper(session: AsyncSession, keeper: StoredKeeper) -> None:
    await upsert(session, KEEPERS, [_row(keeper)])


async def retire_keepers(session: AsyncSession) -> None:
    """After a restore: none of our seats signs again until a handover names it anew."""
    await session.execute(update(KEEPERS).values(retired=True))


async def insert_invitation(session: AsyncSession, invitation: StoredInvitation) -> None:
    await insert_new(session, INVITATIONS, [_row(invitation)])


async def load_invitation_to(session: AsyncSession, to: DidKey) -> StoredInvitation | None:
    """The invitation whose link has the seed of this key."""
    wanted = select(*(INVITATIONS.c[name] for name in StoredInvitation.__struct_fields__)).where(INVITATIONS.c.to == to)
    row = (await session.execute(wanted.limit(1))).one_or_none()
    return StoredInvitation(*row) if row else None


async def list_invitations(session: AsyncSession, group: RecordId, limit: int) -> list[StoredInvitation]:
    """Invitations made here for this group, the latest first."""
    wanted = (
        select(*(INVITATIONS.c[name] for name in StoredInvitation.__struct_fields__))
        .where(INVITATIONS.c.group_id == group)
        .order_by(INVITATIONS.c.issued_at.desc(), INVITATIONS.c.id)
        .limit(limit)
    )
    return [StoredInvitation(*row) for row in await session.execute(wanted)]


async def insert_withheld(session: AsyncSession, withheld: Sequence[Withheld]) -> None:
    """Note records as withheld; a record that is noted already keeps its `since_at`."""
    await insert_new(session, WITHHELD, [_row(record) for record in withheld])


async def list_withheld(session: AsyncSession, group: RecordId, limit: int) -> list[Withheld]:
    """Withheld records of this group, the longest waiting first."""
    wanted = (
        select(*(WITHHELD.c[name] for name in Withheld.__struct_fields__))
        .where(WITHHELD.c.group_id == group)
        .order_by(WITHHELD.c.since_at, WITHHELD.c.record_id)
        .limit(limit)
    )
    return [Withheld(*row) for row in await session.execute(wanted)]


async def delete_withheld(session: AsyncSession, group: RecordId, records: Sequence[RecordId]) -> None:
    """Note no more that these records are withheld."""
    if await _ANY_WITHHELD.value(session, group=group) is not None:
        await _NOT_WITHHELD.run(session, records)


_ANY_WITHHELD: Final = Prepared(
    lambda _: select(WITHHELD.c.record_id).where(WITHHELD.c.group_id == bindparam("group")).limit(1)
)
_NOT_WITHHELD: Final = AllKeys(lambda keys: delete(WITHHELD).where(WITHHELD.c.record_id.in_(keys)))


async def insert_dispute(session: AsyncSession, dispute: Dispute) -> None:
    await insert_new(session, DISPUTES, [_row(dispute)])


async def delete_disputes(session: AsyncSession, group: RecordId, pod: str) -> None:
    """Delete the disputes with this pod."""
    await session.execute(delete(DISPUTES).where(DISPUTES.c.group_id == group, DISPUTES.c.pod == pod))


async def has_disputes(session: AsyncSession, group: RecordId, pod: str) -> bool:
    """Whether there are disputes with this pod."""
    wanted = select(DISPUTES.c.theirs).where(DISPUTES.c.group_id == group, DISPUTES.c.pod == pod).limit(1)
    return await session.scalar(wanted) is not None


async def list_disputes(session: AsyncSession, group: RecordId, limit: int) -> list[Dispute]:
    """Conflicting anchors of this group, the latest first."""
    wanted = (
        select(*(DISPUTES.c[name] for name in Dispute.__struct_fields__))
        .where(DISPUTES.c.group_id == group)
        .order_by(DISPUTES.c.seen_at.desc(), DISPUTES.c.theirs)
        .limit(limit)
    )
    return [Dispute(*row) for row in await session.execute(wanted)]
