"""Pods that hold different histories of a group for settled are shown: ours and theirs, and which pod it is.

An anchor only moves forward, so neither pod can give way to the other; people decide whom they believe. What another
pod says counts here only as far as its signed items and acks prove it, judged from the root. Spec: protocol.md
section 3, "Which branch".
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_item
from models.groups.seats_and_acks import Dispute, delete_disputes, has_disputes, insert_dispute
from pod.actions.chain.lone_recovery import height_of
from pod.actions.chain.views import load_view
from pod.deps import Deps
from protocol.branches import View, resolve
from protocol.chain import found
from protocol.ids import RecordId
from protocol.records.chain import Handover, Seal
from protocol.records.envelope import Record, reopen_record


def stands_apart(view: View, records: Sequence[Record]) -> bool:
    """Whether a page of another pod's chain has items at our anchor's height, but not our anchor."""
    items = [record for record in records if isinstance(record.content, Seal | Handover)]
    at_anchor = {item.id for item in items if height_of(item) == view.settled.height}
    return bool(at_anchor) and view.anchor not in at_anchor


async def note_dispute(deps: Deps, pod: str, group: RecordId, records: Sequence[Record]) -> None:
    """Store a dispute if the chain of `pod` (all its items and acks) settled another history than ours."""

    async def action(session: AsyncSession) -> None:
        view = await load_view(session, deps, group)
        root = await load_item(session, group)
        assert root is not None
        theirs = resolve(found(reopen_record(root.wire)).state, [one for one in records if one.group == group])
        known = await load_item(session, theirs.anchor)
        # One anchor lies below the other on the same branch: one of the pods is only behind.
        if (known is not None and known.on_chain) or view.anchor in _way_to(theirs.anchor, records):
            return
        await insert_dispute(session, Dispute(group, view.anchor, theirs.anchor, pod, deps.clock()))

    await deps.store.write(action)


def _way_to(item: RecordId, records: Sequence[Record]) -> set[RecordId]:
    parents = {one.id: one.content.parent for one in records if isinstance(one.content, Seal | Handover)}
    way = {item}
    while item in parents:
        item = parents[item]
        way.add(item)
    return way


async def forget_disputes(deps: Deps, pod: str, group: RecordId) -> None:
    """Delete the disputes with this pod, which has our anchor now."""
    async with deps.store.database.read() as session:
        disputed = await has_disputes(session, group, pod)
    if disputed:
        await deps.store.write(lambda session: delete_disputes(session, group, pod))
