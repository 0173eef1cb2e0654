"""Proof of two-faced keys, kept as the signed records themselves, so that anybody can check it later."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.seats_and_acks import StoredFault, list_faults, save_fault
from pod.actions.chain.stored_chain import all_acks
from protocol.branches import Fault, Node, View
from protocol.ids import RecordId
from protocol.records.chain import Ack
from protocol.records.envelope import Record, reopen_record


async def load_faults(session: AsyncSession, group: RecordId) -> tuple[Fault, ...]:
    """The proven faults of a group, in the form of its view."""
    stored = await list_faults(session, group)
    return tuple(fault for pair in reversed(stored) for fault in _faults_of(pair))


def _faults_of(stored: StoredFault) -> list[Fault]:
    one, other = reopen_record(stored.first), reopen_record(stored.second)
    first, second = sorted((_item_of(one), _item_of(other)))
    keys = sorted({*msgspec.json.decode(stored.keys), *(frozenset(one.signers) & frozenset(other.signers))})
    return [Fault(stored.kind, key, _term_of(one), first, second) for key in keys]


def _item_of(record: Record) -> RecordId:
    return record.content.item if isinstance(record.content, Ack) else record.id


def _term_of(record: Record) -> int:
    return int(record.body["term"])


async def keep_faults(session: AsyncSession, before: View, after: View, *, now: int) -> None:
    """Store the evidence of the faults that `after` has and `before` hasn't."""
    # The step that proves a fault may also settle one of the two items, which drops the other.
    nodes = {**dict(before.nodes), **dict(after.nodes)}
    group = after.state.group
    for fault in after.faults:
        pair = None if fault in before.faults else await _evidence(session, nodes, group, fault)
        if pair is None:
            continue
        one, other = sorted(pair, key=lambda record: record.id)
        same = {known.key for known in after.faults if (known.first, known.second) == (fault.first, fault.second)}
        keys = msgspec.json.encode(sorted(same)).decode()
        await save_fault(session, StoredFault(one.id, other.id, group, fault.kind, one.wire, other.wire, now, keys))


async def _evidence(
    session: AsyncSession, nodes: Mapping[RecordId, Node], group: RecordId, fault: Fault
) -> tuple[Record, Record] | None:
    if fault.kind != "Ack":
        one, other = (nodes[item].record if item in nodes else None for item in (fault.first, fault.second))
        return (one, other) if one and other else None
    acks = await all_acks(session, group, 0, seat=fault.key)
    by_item = {ack.item_id: ack for ack in acks if ack.term == fault.term}
    if fault.first not in by_item or fault.second not in by_item:
        return None
    return reopen_record(by_item[fault.first].wire), reopen_record(by_item[fault.second].wire)
