"""Receipts: a steward promises to log a delivered record; the delivering pod keeps the promise while the record waits.

The steward's answer to a delivery carries it, once the record is on disk. When the promised time is over and the log
still lacks the record, the group's pods are told (`pod.actions.sync.withheld_records`), and no honest keeper
confirms an item of a later time that leaves it out (`pod.actions.chain.seat_memory`). Spec: protocol.md section 3.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import PENDING, load_record
from models.groups.waiting_records import insert_receipts
from pod.actions.chain.views import find_view, load_view
from pod.actions.signer import PodItself, signed
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.canonical import JsonObject, bytes_of_checked, parse_json
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_RECEIPT_MS, MAX_RECORD_BYTES, MAX_RECORD_DEPTH
from protocol.records.chain import Receipt
from protocol.records.drafts import receipt_members
from protocol.records.envelope import Record, open_record


async def promise(deps: Deps, group: RecordId, record: RecordId, *, now: int) -> JsonObject | None:
    """A receipt by this pod for a stored record that waits; None if this pod isn't the steward."""
    view = await find_view(deps, group)
    if view.state.steward.key != deps.identity.keyring.pod_key.did:
        return None
    by = max(now, view.state.at) + MAX_RECEIPT_MS
    receipt = Receipt(record=record, steward=view.state.steward.key, term=view.state.term, by=by)
    return signed(PodItself(), receipt_members(group, receipt), deps.identity.keyring.pod_key, now=now)


async def take_receipt(session: AsyncSession, deps: Deps, record: Record) -> bool:
    """Keep a receipt for a record that waits here; returns whether it was kept. Raises NotStewardError."""
    receipt = record.content
    assert isinstance(receipt, Receipt)
    view = await load_view(session, deps, record.group)
    if not _was_steward(view, receipt):
        raise ChainRule.FOREIGN_RECEIPT.error()
    stored = await load_record(session, receipt.record)
    # Only for waiting records, so that nobody can fill our store with receipts for records that don't exist.
    if stored is None or stored.group_id != record.group or stored.state != PENDING:
        return False
    told = {"record_id": receipt.record, "steward": receipt.steward, "term": receipt.term}
    await insert_receipts(session, [{**told, "group_id": record.group, "by_at": receipt.by, "wire": record.wire}])
    return True


def _was_steward(view: View, receipt: Receipt) -> bool:
    states = (node.state for node in view.nodes.values())
    return any((state.term, state.steward.key) == (receipt.term, receipt.steward) for state in states)


def receipt_in(answer: bytes) -> Record | None:
    """The receipt in the answer to a delivery; None if there is none, as other software may answer anything."""
    if not answer.startswith(b'{"receipt":'):
        return None
    try:
        document = parse_json(answer, max_bytes=2 * MAX_RECORD_BYTES, max_depth=MAX_RECORD_DEPTH)
        record = open_record(document["receipt"] if isinstance(document, dict) else None)
    except RefusedError:
        return None
    return record if isinstance(record.content, Receipt) else None


def answer_with(receipt: JsonObject) -> bytes:
    """The body of an answer that carries a receipt."""
    return b'{"receipt":%b}' % bytes_of_checked(receipt)
