"""A recovery of a group with one keeper replaces what the lost pod had settled, wherever it forks off.

A view holds a chain from its anchor up, and a recovery may fork off below it: the pod that was lost settled items that
nobody else saw, or it is hostile and goes on sealing. So such a branch is judged from the root, with everything that
is known. Spec: protocol.md section 3, "Which branch".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from immutables import Map
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import drop_items, insert_items, load_item
from models.groups.seats_and_acks import StoredAck, insert_acks
from pod.actions.chain.door import retry_waiting
from pod.actions.chain.stored_chain import all_acks, all_items
from pod.actions.chain.views import keep_in_mind, load_view, note_move, stored_item
from pod.deps import Deps
from protocol.branches import Node, View, resolve
from protocol.branches.weighing import path_to
from protocol.chain import follow, found
from protocol.errors import BrokenItemError
from protocol.ids import RecordId
from protocol.records.chain import EPOCH, Ack, Handover, Seal, Seat
from protocol.records.envelope import Record, reopen_record
from protocol.state import GroupState


def height_of(record: Record) -> int:
    """The height of an item; 0 for other records."""
    return record.content.height if isinstance(record.content, Seal | Handover) else 0


def may_recover(view: View, records: Sequence[Record]) -> bool:
    """Whether items of a later epoch fork off below the anchor of a group with one keeper."""
    if len(view.settled.seats) != 1:
        return False
    known = {record.id for record in records}
    later = [
        record.content
        for record in records
        if isinstance(record.content, Seal | Handover) and record.content.term // EPOCH > view.settled.epoch
    ]
    if not later:
        return False
    lowest = min(later, key=lambda item: item.height)
    return lowest.parent not in view.nodes and lowest.parent not in known


def is_by_recovery_key(view: View, record: Record) -> bool:
    """Whether the recovery key of the anchor's only keeper signed a record."""
    (seat, *_) = view.settled.seats
    return view.settled.members[seat.member].recovery[-1] in record.signers


async def take_recovery(session: AsyncSession, deps: Deps, group: RecordId, records: Sequence[Record]) -> bool:
    """Follow a recovery among `records` if the anchor gives way to it; returns whether it did."""
    before = await load_view(session, deps, group)
    root = await load_item(session, group)
    assert root is not None
    base = found(reopen_record(root.wire)).state
    ours = [reopen_record(item.wire) for item in await all_items(session, group, 1)]
    acks = [reopen_record(ack.wire) for ack in await all_acks(session, group, 0)]
    every = [*ours, *acks, *(record for record in records if record.group == group)]
    after = replace(resolve(base, every, before.anchor), faults=before.faults)
    nodes = _nodes(base, every)
    if before.anchor in path_to(nodes, after.anchor):
        return False
    await _switch(session, deps, before, after, nodes, every)
    await retry_waiting(session, deps, before, now=deps.clock())
    return True


async def _switch(
    session: AsyncSession,
    deps: Deps,
    before: View,
    after: View,
    nodes: Map[RecordId, Node],
    every: Sequence[Record],
) -> None:
    branch = set(path_to(nodes, after.head))
    items = [node for item in branch if (node := nodes[item]).record is not None]
    await insert_items(
        session,
        [
            stored_item(node.record, node.state, node.void, _state_before(nodes, node))
            for node in items
            if node.record is not None
        ],
    )
    await insert_acks(session, [_stored_ack(record) for record in every if _is_ack_on(record, branch, nodes)])
    lost = [item for item in path_to(nodes, before.head) if item not in branch]
    await note_move(session, deps, replace(before, nodes=nodes), replace(after, nodes=nodes))
    await drop_items(session, lost, forget=False)
    await keep_in_mind(session, deps, replace(before, nodes=nodes), after)
    deps.store.views.move(session, after)


def _state_before(nodes: Map[RecordId, Node], node: Node) -> GroupState | None:
    parent = nodes.get(node.parent) if node.parent else None
    return parent.state if parent else None


def _nodes(base: GroupState, records: Iterable[Record]) -> Map[RecordId, Node]:
    """Every item that follows from the root, none pruned."""
    items = {record.id: record for record in records if isinstance(record.content, Seal | Handover)}
    nodes = {base.head: Node(None, base)}
    for record in sorted(items.values(), key=height_of):
        content = record.content
        assert isinstance(content, Seal | Handover)
        parent = nodes.get(content.parent)
        if parent is None:
            continue
        try:
            followed = follow(parent.state, record)
        except BrokenItemError:
            continue
        nodes[record.id] = Node(record, followed.state, followed.void)
    return Map(nodes)


def _is_ack_on(record: Record, branch: set[RecordId], nodes: Map[RecordId, Node]) -> bool:
    ack = record.content
    if not isinstance(ack, Ack) or ack.item not in branch:
        return False
    return Seat(ack.keeper, ack.key) in nodes[ack.item].state.seats


def _stored_ack(record: Record) -> StoredAck:
    ack = record.content
    assert isinstance(ack, Ack)
    return StoredAck(record.group, ack.key, ack.term, ack.height, ack.item, ack.keeper, record.wire)
