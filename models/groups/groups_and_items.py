"""Groups, and the items of their chains; the head moves by compare-and-swap."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import Index, bindparam, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys, Prepared
from models.engine.upserts import chunks, insert_new
from protocol.ids import RecordId


class GroupRow(Base):
    """A group that this pod holds. `snapshot`: the state after `snapshot_item`, without its members.

    `revision`: counts the changes of what a view is made of: items, acks, the anchor. `published`: its public name.
    """

    __tablename__ = "groups"
    __table_args__ = (Index(None, "visibility", "name", "id"), Index(None, "kind", "name", "id"))

    id: Mapped[RecordId] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    visibility: Mapped[str]
    local: Mapped[bool]
    head_id: Mapped[RecordId]
    head_height: Mapped[int]
    anchor_id: Mapped[RecordId]
    anchor_height: Mapped[int]
    log_size: Mapped[int] = mapped_column(server_default="0")
    log_peaks: Mapped[bytes]
    snapshot: Mapped[bytes]
    snapshot_item: Mapped[RecordId]
    added_at: Mapped[int]
    revision: Mapped[int] = mapped_column(server_default="0")
    published: Mapped[str | None] = mapped_column(index=True)


class ItemRow(Base):
    """A root, seal or handover. `on_chain`: it is on the way to the head. `dropped`: its branch lost for good.

    `void`: (position, reason) of each operation in it that the rules refuse, as JSON. `was`: for each set-weight, by
    position, the weight that it replaced; kept so that nobody has to fold the chain for it.
    """

    __tablename__ = "items"
    __table_args__ = (
        Index(None, "group_id", "on_chain", "height"),
        Index(None, "group_id", "on_chain", "log_size"),
        Index(None, "group_id", "on_chain", "at"),
        Index(None, "group_id", "height", "id"),
    )

    id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    parent_id: Mapped[RecordId | None] = mapped_column(index=True)
    height: Mapped[int]
    term: Mapped[int]
    type: Mapped[str]
    at: Mapped[int]
    log_size: Mapped[int]
    wire: Mapped[bytes]
    on_chain: Mapped[bool] = mapped_column(server_default="0")
    dropped: Mapped[bool] = mapped_column(server_default="0")
    void: Mapped[str] = mapped_column(server_default="[]")
    was: Mapped[str] = mapped_column(server_default="{}")


class StoredGroup(msgspec.Struct, frozen=True):
    """A group as it is stored. `log_peaks`: the frontier of the accepted log at `log_size`."""

    id: RecordId
    kind: str
    name: str
    visibility: str
    local: bool
    head_id: RecordId
    head_height: int
    anchor_id: RecordId
    anchor_height: int
    log_size: int
    log_peaks: bytes
    snapshot: bytes
    snapshot_item: RecordId
    added_at: int
    published: str | None = None


class StoredItem(msgspec.Struct, frozen=True):
    """An item as it is stored."""

    id: RecordId
    group_id: RecordId
    parent_id: RecordId | None
    height: int
    term: int
    type: str
    at: int
    log_size: int
    wire: bytes
    on_chain: bool = False
    dropped: bool = False
    void: str = "[]"
    was: str = "{}"


GROUPS = table_of(GroupRow)
ITEMS = table_of(ItemRow)
_GROUP_COLUMNS = [GROUPS.c[name] for name in StoredGroup.__struct_fields__]
_THIS = GROUPS.c.id == bindparam("group")
_ITEM_COLUMNS = [ITEMS.c[name] for name in StoredItem.__struct_fields__]


async def insert_group(session: AsyncSession, group: StoredGroup) -> None:
    """Store a group; a group that is stored already stays as it is."""
    await insert_new(session, GROUPS, [msgspec.structs.asdict(group)])


async def load_group(session: AsyncSession, group: RecordId, *, lock: bool = False) -> StoredGroup | None:
    """The group; with `lock`, no other process can change it, or fold its records, until the commit."""
    rows = await (_LOCKED_GROUP if lock else _GROUP).run(session, group=group)
    return StoredGroup(*rows[0]) if rows else None


_GROUP: Final = Prepared(lambda _: select(*_GROUP_COLUMNS).where(_THIS))
_LOCKED_GROUP: Final = Prepared(lambda _: select(*_GROUP_COLUMNS).where(_THIS).with_for_update())


async def load_visibility(session: AsyncSession, group: RecordId) -> str | None:
    """Whether the group is "private", "unlisted" or "public"; None if it isn't here."""
    visibility: str | None = await session.scalar(select(GROUPS.c.visibility).where(GROUPS.c.id == group))
    return visibility


async def list_group_ids(session: AsyncSession) -> list[RecordId]:
    """The ids of all groups here."""
    return list(await session.scalars(select(GROUPS.c.id).order_by(GROUPS.c.name, GROUPS.c.id)))


async def count_groups(session: AsyncSession) -> int:
    """How many groups are here, without personal ones."""
    return int(await session.scalar(select(func.count()).where(GROUPS.c.kind != "person")) or 0)


async def list_groups(
    session: AsyncSession,
    limit: int,
    *,
    after: tuple[str, RecordId] | None = None,
    kind: str | None = None,
    visibility: str | None = None,
    local: bool | None = None,
) -> list[StoredGroup]:
    """Groups by (name, id)."""
    table = GROUPS.c
    wanted = select(*_GROUP_COLUMNS).where(
        table.kind == kind if kind else true(),
        table.visibility == visibility if visibility else true(),
        table.local.is_(local) if local is not None else true(),
    )
    if after:
        name, id_ = after
        wanted = wanted.where((table.name > name) | ((table.name == name) & (table.id > id_)))
    return [StoredGroup(*row) for row in await session.execute(wanted.order_by(table.name, table.id).limit(limit))]


async def move_head(session: AsyncSession, group: RecordId, *, expected: RecordId, head: StoredItem) -> bool:
    """Make `head` the head if it is still `expected`; False if another process moved it before.

    It doesn't change which items are on the chain; `set_on_chain` does.
    """
    moved = await _MOVED.value(session, group=group, expected=expected, new_head=head.id, new_height=head.height)
    return moved is not None


_MOVED: Final = Prepared(
    lambda _: (
        update(GROUPS)
        .where(_THIS, GROUPS.c.head_id == bindparam("expected"))
        .values(head_id=bindparam("new_head"), head_height=bindparam("new_height"))
        .returning(GROUPS.c.id)
    )
)


async def load_snapshot_item(session: AsyncSession, group: RecordId) -> RecordId | None:
    """The item after which the group's snapshot is."""
    item: RecordId | None = await _SNAPSHOT_ITEM.value(session, group=group)
    return item


_SNAPSHOT_ITEM: Final = Prepared(lambda _: select(GROUPS.c.snapshot_item).where(_THIS))


async def load_revision(session: AsyncSession, group: RecordId) -> int | None:
    """How often the group's view changed; None if the group isn't here."""
    revision: int | None = await _REVISION.value(session, group=group)
    return revision


_REVISION: Final = Prepared(lambda _: select(GROUPS.c.revision).where(_THIS))


async def count_revisions(session: AsyncSession, groups: Collection[RecordId]) -> None:
    """Count a change of these groups' views."""
    await _COUNTED.run(session, groups)


_COUNTED: Final = AllKeys(
    lambda keys: update(GROUPS).where(GROUPS.c.id.in_(keys)).values(revision=GROUPS.c.revision + 1)
)


async def set_group(session: AsyncSession, group: RecordId, **values: object) -> None:
    """Set columns by name: anchor_id, anchor_height, name, visibility, published, log_size, log_peaks, snapshot."""
    new = {f"new_{name}": value for name, value in values.items()}
    await _changed(tuple(values)).run(session, group=group, **new)


@cache
def _changed(names: tuple[str, ...]) -> Prepared:
    return Prepared(lambda _: update(GROUPS).where(_THIS).values({name: bindparam(f"new_{name}") for name in names}))


async def insert_items(session: AsyncSession, items: Sequence[StoredItem]) -> None:
    """Store items that aren't here yet."""
    await insert_new(session, ITEMS, [msgspec.structs.asdict(item) for item in items])


async def insert_item(session: AsyncSession, item: StoredItem) -> None:
    """Store an item that isn't here yet."""
    await insert_items(session, [item])


async def replace_item(session: AsyncSession, item: StoredItem) -> None:
    """Replace a stored item by another form of it, with more proofs."""
    await session.execute(update(ITEMS).where(ITEMS.c.id == item.id).values(wire=item.wire))


async def load_item(session: AsyncSession, item: RecordId) -> StoredItem | None:
    row = (await session.execute(select(*_ITEM_COLUMNS).where(ITEMS.c.id == item))).one_or_none()
    return StoredItem(*row) if row else None


async def list_chain(session: AsyncSession, group: RecordId, from_height: int, limit: int) -> list[StoredItem]:
    """The items on the way to the head, from a height on."""
    wanted = (
        select(*_ITEM_COLUMNS)
        .where(ITEMS.c.group_id == group, ITEMS.c.on_chain.is_(True), ITEMS.c.height >= from_height)
        .order_by(ITEMS.c.height)
        .limit(limit)
    )
    return [StoredItem(*row) for row in await session.execute(wanted)]


async def list_items(
    session: AsyncSession,
    group: RecordId,
    from_height: int,
    limit: int,
    *,
    after: tuple[int, RecordId] | None = None,
) -> list[StoredItem]:
    """All items that weren't dropped, also of rival branches, by (height, id)."""
    wanted = select(*_ITEM_COLUMNS).where(
        ITEMS.c.group_id == group, ITEMS.c.height >= from_height, ITEMS.c.dropped.is_(False)
    )
    if after:
        height, id_ = after
        wanted = wanted.where((ITEMS.c.height > height) | ((ITEMS.c.height == height) & (ITEMS.c.id > id_)))
    return [StoredItem(*row) for row in await session.execute(wanted.order_by(ITEMS.c.height, ITEMS.c.id).limit(limit))]


async def list_tree_heads(
    session: AsyncSession, group: RecordId, smallest: int, largest: int, limit: int
) -> list[bytes]:
    """The wires of items on the way to the head whose log size lies in this range, the smallest logs first."""
    wanted = (
        select(ITEMS.c.wire)
        .where(ITEMS.c.group_id == group, ITEMS.c.on_chain.is_(True), ITEMS.c.log_size.between(smallest, largest))
        .order_by(ITEMS.c.log_size, ITEMS.c.height)
        .limit(limit)
    )
    return list(await session.scalars(wanted))


async def is_on_chain(session: AsyncSession, item: RecordId) -> bool:
    """Whether an item is on the way to its group's head."""
    return await session.scalar(select(ITEMS.c.id).where(ITEMS.c.id == item, ITEMS.c.on_chain.is_(True))) is not None


async def set_on_chain(session: AsyncSession, added: Collection[RecordId], removed: Collection[RecordId]) -> None:
    """Note a move of the head: items that came onto its chain, and items that left it."""
    await _OFF_CHAIN.run(session, removed)
    await _ON_CHAIN.run(session, added)


_ON_CHAIN: Final = AllKeys(lambda keys: update(ITEMS).where(ITEMS.c.id.in_(keys)).values(on_chain=True))
_OFF_CHAIN: Final = AllKeys(lambda keys: update(ITEMS).where(ITEMS.c.id.in_(keys)).values(on_chain=False))


async def drop_items(session: AsyncSession, items: Collection[RecordId], *, forget: bool) -> None:
    """Drop items that lost for good; with `forget`, delete them; else keep them as evidence."""
    for some in chunks(items):
        if forget:
            await session.execute(delete(ITEMS).where(ITEMS.c.id.in_(some)))
        else:
            await session.execute(update(ITEMS).where(ITEMS.c.id.in_(some)).values(dropped=True))


class StoredGroupLine(msgspec.Struct, frozen=True):
    """A short form of a group for lists, without its state."""

    id: RecordId
    name: str
    kind: str
    visibility: str
    head_height: int
    anchor_height: int


_LINE_COLUMNS = [GROUPS.c[name] for name in StoredGroupLine.__struct_fields__]


async def list_public(
    session: AsyncSession, limit: int, *, after: tuple[str, RecordId] | None = None
) -> list[StoredGroupLine]:
    """Public groups by (name, id)."""
    wanted = select(*_LINE_COLUMNS).where(GROUPS.c.visibility == "public", GROUPS.c.kind == "group")
    if after:
        name, id_ = after
        wanted = wanted.where((GROUPS.c.name > name) | ((GROUPS.c.name == name) & (GROUPS.c.id > id_)))
    rows = await session.execute(wanted.order_by(GROUPS.c.name, GROUPS.c.id).limit(limit))
    return [StoredGroupLine(*tuple(row)) for row in rows]


async def load_lines(session: AsyncSession, groups: Collection[RecordId]) -> dict[RecordId, StoredGroupLine]:
    """The short forms of those of the groups that are here."""
    found: dict[RecordId, StoredGroupLine] = {}
    for some in chunks(groups):
        rows = await session.execute(select(*_LINE_COLUMNS).where(GROUPS.c.id.in_(some)))
        found.update((row.id, StoredGroupLine(*tuple(row))) for row in rows)
    return found


async def load_held(session: AsyncSession, group: RecordId) -> tuple[RecordId, int] | None:
    """(head, number of log entries here) of a group, without its state; None if the group isn't here."""
    wanted = select(GROUPS.c.head_id, GROUPS.c.log_size).where(GROUPS.c.id == group)
    row = (await session.execute(wanted)).one_or_none()
    return (row.head_id, row.log_size) if row else None


async def list_beside(
    session: AsyncSession, group: RecordId, from_height: int, to_height: int, limit: int
) -> list[StoredItem]:
    """Items of rival branches between two heights, also dropped ones, by (height, id)."""
    wanted = select(*_ITEM_COLUMNS).where(
        ITEMS.c.group_id == group, ITEMS.c.on_chain.is_(False), ITEMS.c.height.between(from_height, to_height)
    )
    return [StoredItem(*row) for row in await session.execute(wanted.order_by(ITEMS.c.height, ITEMS.c.id).limit(limit))]
