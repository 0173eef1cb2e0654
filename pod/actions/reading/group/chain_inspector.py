"""The chain as its inspector shows it: each item with its proofs checked again, what it changed, who confirmed it.

Costs what a page shows: an item's proofs are checked from its bytes, its void operations and replaced weights stand
beside it since it was taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredItem, list_beside, list_chain
from models.groups.seats_and_acks import load_highest_confirmed
from pod.actions.access import Reader, open_group
from pod.actions.chain.void_operations import parse_void
from pod.actions.reading.group.heir import untold
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.branches import View
from protocol.errors import Refused, RefusedError
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import BadOperation, GroupRoot, Handover, Seal
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.operation import Operation, SetWeight
from protocol.state import GroupState

MOST_BESIDE: Final = 40


class OperationSight(msgspec.Struct, frozen=True):
    """An operation in an item. `void`: why it has no effect; `was`: the weight that it replaced."""

    operation: Operation | None
    void: Refused | None
    was: int | None = None


class ItemSight(msgspec.Struct, frozen=True):
    """An item. `fault`: what is wrong with its bytes, then `record` is None. `rival`: it isn't on our branch."""

    item: RecordId
    height: int
    term: int
    type: str
    at: int
    log_size: int
    settled: bool
    fault: str
    record: Record | None
    operations: tuple[OperationSight, ...]
    confirmed: tuple[int, ...]
    rival: bool = False


class ChainSight(msgspec.Struct, frozen=True):
    """A page of the chain, the newest first; `next` is the `before` of the page that follows."""

    items: tuple[ItemSight, ...]
    state: GroupState
    pods: Mapping[DidKey, str]
    nicknames: Mapping[int, str]
    faulty: bool
    next: int | None = None


async def inspect_chain(deps: Deps, reader: Reader, group: RecordId, *, before: int | None, limit: int) -> ChainSight:
    """Items from below height `before` down; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        view = (await open_group(session, deps, reader, group)).view
        top = view.state.height if before is None else min(before - 1, view.state.height)
        low = max(top - limit + 1, 0)
        stored = await list_chain(session, group, low, top - low + 1)
        beside = await list_beside(session, group, low, top, MOST_BESIDE)
        seats = await _confirmed(session, view)
        sights = [_sight(item, view, seats) for item in sorted([*stored, *beside], key=_place)]
        nicknames = await load_nicknames(session, deps, group, _numbers(sights))
    return ChainSight(
        tuple(sights), view.state, _pods(view.state, sights), nicknames, bool(view.faults), low if low > 0 else None
    )


def _place(item: StoredItem) -> tuple[int, bool, RecordId]:
    return (-item.height, not item.on_chain, item.id)


async def load_wire(deps: Deps, reader: Reader, group: RecordId, height: int) -> bytes:
    """The signed form of the item at this height of our branch; raises NotFoundError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        found = await list_chain(session, group, height, 1)
        hidden = await untold(session, deps, opened, [item.wire for item in found])
    if not found or found[0].height != height:
        raise GroupRule.NO_ITEM_AT_HEIGHT.error()
    if hidden:
        raise GroupRule.TOLD_TO_THE_INVITED.error()
    return found[0].wire


async def _confirmed(session: AsyncSession, view: View) -> Mapping[int, int]:
    """For each keeper, the highest item on this branch that it confirmed."""
    highest = await load_highest_confirmed(session, view.state.group, below=view.settled.height)
    above = (ack for item, given in view.acks.items() if view.holds(item) for ack in given)
    for ack in above:
        highest[ack.keeper] = max(ack.height, highest.get(ack.keeper, 0))
    return highest


def _sight(stored: StoredItem, view: View, seats: Mapping[int, int]) -> ItemSight:
    record, fault = open_stored(stored)
    return ItemSight(
        stored.id,
        stored.height,
        stored.term,
        stored.type,
        stored.at,
        stored.log_size,
        stored.on_chain and stored.height <= view.settled.height,
        fault,
        record,
        _operations(record, stored) if record else (),
        tuple(sorted(keeper for keeper, height in seats.items() if stored.on_chain and height >= stored.height)),
        rival=not stored.on_chain,
    )


def open_stored(stored: StoredItem) -> tuple[Record | None, str]:
    """The item, opened from its bytes with every proof checked; or the fault that was found."""
    fault = _fault(stored.id, stored.wire)
    return (None, fault) if fault else (reopen_record(stored.wire), "")


@lru_cache(maxsize=1024)
def _fault(identifier: RecordId, wire: bytes) -> str:
    """Why these bytes aren't the item of this id; empty if they are. Depends on the bytes alone."""
    try:
        record = open_record(msgspec.json.decode(wire))
    except (RefusedError, msgspec.DecodeError) as error:
        return str(error)
    return "" if record.id == identifier else f"It is stored with the bytes of {record.id}."


def _operations(record: Record, stored: StoredItem) -> tuple[OperationSight, ...]:
    void = parse_void(stored.void)
    was = msgspec.json.decode(stored.was, type=dict[int, int])
    content = record.content
    assert isinstance(content, GroupRoot | Seal | Handover)
    return tuple(
        OperationSight(
            None if isinstance(operation, BadOperation) else operation, void.get(position), was.get(position)
        )
        for position, operation in enumerate(content.operations)
    )


def _numbers(sights: Sequence[ItemSight]) -> set[int]:
    numbers = {keeper for sight in sights for keeper in sight.confirmed}
    for sight in sights:
        for entry in sight.operations:
            if entry.operation is not None:
                numbers.add(entry.operation.author)
                if isinstance(entry.operation.wish, SetWeight):
                    numbers.add(entry.operation.wish.member)
    return numbers


def _pods(state: GroupState, sights: Sequence[ItemSight]) -> dict[DidKey, str]:
    """The pod that each key belongs to, as far as the present state and the shown items tell."""
    pods = {state.steward.key: state.steward.pod}
    for seat in state.seats:
        home = state.members[seat.member].home
        pods[home.key] = home.pod
    for sight in sights:
        match sight.record.content if sight.record else None:
            case Handover(steward=steward):
                pods[steward.key] = steward.pod
            case GroupRoot(steward=steward):
                pods[steward.key] = steward.pod
            case _:
                pass
    return pods
