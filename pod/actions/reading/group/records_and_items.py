"""Chain items, log entries and single records as the API shows them, each with its signed wire form."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from models.groups.groups_and_items import StoredItem, list_chain, load_item
from models.groups.proposed_operations import load_proposed
from models.groups.records import StoredRecord, list_log, load_record
from models.groups.waiting_records import OperationFate, load_fate, load_receipt
from pod.actions.access import Reader, open_group
from pod.actions.chain.void_operations import parse_void
from pod.actions.reading.group.heir import untold
from pod.actions.reading.post.withheld import NOTHING, list_withheld_words
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.errors import Fact
from protocol.ids import RecordId


class VoidLine(msgspec.Struct, frozen=True):
    """An operation in an item that the rules refuse: its place in the item, the rule, the facts, and a sentence."""

    position: int
    reason: str
    rule: str
    facts: Mapping[str, Fact]


class ItemLine(msgspec.Struct, frozen=True):
    """A link of the chain that holds here; `record` is its signed form, `void` its operations without effect.

    `record` is null if the item names the group's continuation and the reader may not know of that.
    """

    item: RecordId
    type: str
    height: int
    term: int
    at: int
    log_size: int
    settled: bool
    void: tuple[VoidLine, ...]
    record: msgspec.Raw


class ItemPage(msgspec.Struct, frozen=True):
    """Items by height; `next` is the `from` of the next page."""

    items: tuple[ItemLine, ...]
    next: int | None = None


class EntryLine(msgspec.Struct, frozen=True):
    """A record with its place in the group's log; `record` is null where this pod withholds its words."""

    index: int
    id: RecordId
    type: str
    author: int | None
    record: msgspec.Raw


class EntryPage(msgspec.Struct, frozen=True):
    """Log entries in the steward's order; `next` is the `from` of the next page."""

    entries: tuple[EntryLine, ...]
    next: int | None = None


class RecordSight(msgspec.Struct, frozen=True):
    """One record: its signed form, whether it is logged, and the steward's newest receipt for it, if any.

    `record` is null where this pod withholds its words. An operation is `proposed` while it lacks signatures, then
    `waiting`, `sealed` or `settled` in `item`, or `void`, with the rule that refuses it.
    """

    id: RecordId
    type: str
    state: str
    record: msgspec.Raw
    log_index: int | None = None
    receipt: msgspec.Raw | None = None
    item: RecordId | None = None
    void: VoidLine | None = None


async def list_items(deps: Deps, reader: Reader, group: RecordId, *, start: int, limit: int) -> ItemPage:
    """The items on the way to the head, from height `start` on."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        settled = opened.view.settled.height
        items = await list_chain(session, group, start, limit + 1)
        hidden = await untold(session, deps, opened, [item.wire for item in items])
    shown = tuple(_item(item, settled, withheld=item.wire in hidden) for item in items[:limit])
    return ItemPage(shown, items[limit].height if len(items) > limit else None)


async def list_entries(deps: Deps, reader: Reader, group: RecordId, *, start: int, limit: int) -> EntryPage:
    """The group's log from index `start` on."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        entries = await list_log(session, group, start, limit + 1)
        withheld = await list_withheld_words(session, deps, entries[:limit])
    shown = tuple(
        EntryLine(
            entry.log_index or 0,
            entry.id,
            entry.type,
            entry.author,
            NOTHING if entry.id in withheld else msgspec.Raw(entry.wire),
        )
        for entry in entries[:limit]
    )
    return EntryPage(shown, entries[limit].log_index if len(entries) > limit else None)


async def describe_record(deps: Deps, reader: Reader, group: RecordId, record: RecordId) -> RecordSight:
    """A record of the group: content, operation or item; raises NotFoundError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        settled = opened.view.settled.height
        stored = await load_record(session, record)
        receipt = await load_receipt(session, record)
        item = await load_item(session, record)
        fate = await load_fate(session, record)
        proposed = (await load_proposed(session, [record])).get(record)
        sealed = await load_item(session, fate.sealed_in) if fate and fate.sealed_in else None
        withheld = await list_withheld_words(session, deps, [stored] if stored else [])
        wires = [one.wire for one in (item, fate, proposed) if one is not None]
        hidden = await untold(session, deps, opened, wires)
    if stored is not None and stored.group_id == group:
        return _content(stored, receipt, withheld=stored.id in withheld)
    if item is not None and item.group_id == group:
        return RecordSight(record, item.type, "chain" if item.on_chain else "branch", _raw(item.wire, hidden))
    if fate is not None and fate.group_id == group:
        seen = _operation(record, fate, settled=sealed is not None and sealed.height <= settled)
        return msgspec.structs.replace(seen, record=_raw(fate.wire, hidden))
    if proposed is not None and proposed.group_id == group:
        return RecordSight(record, "Operation", "proposed", _raw(proposed.wire, hidden))
    raise PostRule.NO_RECORD_IN_GROUP.error()


def _raw(wire: bytes, hidden: Collection[bytes]) -> msgspec.Raw:
    return NOTHING if wire in hidden else msgspec.Raw(wire)


def _operation(record: RecordId, fate: OperationFate, *, settled: bool) -> RecordSight:
    state = "void" if fate.void else "waiting"
    if fate.sealed_in:
        state = "settled" if settled else "sealed"
    void = None
    if fate.void:
        refused = parse_void(fate.void)[0]
        void = VoidLine(0, refused.detail, refused.rule.key, refused.facts)
    return RecordSight(record, "Operation", state, msgspec.Raw(fate.wire), item=fate.sealed_in, void=void)


def _content(stored: StoredRecord, receipt: bytes | None, *, withheld: bool) -> RecordSight:
    return RecordSight(
        stored.id,
        stored.type,
        stored.state,
        NOTHING if withheld else msgspec.Raw(stored.wire),
        stored.log_index,
        msgspec.Raw(receipt) if receipt else None,
    )


def _item(item: StoredItem, settled: int, *, withheld: bool) -> ItemLine:
    return ItemLine(
        item.id,
        item.type,
        item.height,
        item.term,
        item.at,
        item.log_size,
        item.height <= settled,
        tuple(
            VoidLine(place, refused.detail, refused.rule.key, refused.facts)
            for place, refused in parse_void(item.void).items()
        ),
        NOTHING if withheld else msgspec.Raw(item.wire),
    )
