"""The personal group out of a copy, where no pod serves it any more: by the same door as from a pod that does.

Chain and log in a copy are signed and proven, so the door judges them as it judges what another pod sends. What this
pod has of the group already stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.moving.kept_copies import KeptCopy
from pod.actions.chain.door import Arrival, append_all
from pod.actions.chain.views import take_root
from pod.actions.moving.folded_personal import opened_line
from pod.actions.moving.taken_copies import kept_page
from pod.actions.sync.pull_log import Gathered, take_entries
from pod.budgets.steps import let_others
from pod.deps import Deps
from protocol.copies import PERSONAL
from protocol.records.chain import GroupRoot
from protocol.records.envelope import CHAIN_TYPES, Record
from protocol.records.erased import ErasedRecord

Opened = Record | ErasedRecord


async def restore_personal(deps: Deps, copy: KeptCopy) -> None:
    """Have this pod hold the personal group as far as the copy tells of it; doing it again changes nothing."""
    async for page in opened_pages(deps, copy.id, PERSONAL):
        chain = [record for record in page if isinstance(record, Record) and record.type in CHAIN_TYPES]
        if chain:
            await deps.store.write(partial(_take_chain, deps=deps, copy=copy, records=chain))
    async with deps.store.database.read() as session:
        stored = await load_group(session, copy.group_id)
    if stored is None:
        return
    gathered, passed = Gathered(stored.log_size), 0
    async for page in opened_pages(deps, copy.id, PERSONAL):
        entries = [record for record in page if isinstance(record, ErasedRecord) or record.type not in CHAIN_TYPES]
        new = entries[max(0, gathered.start - passed) :] if passed < stored.log_size else entries
        passed += len(entries)
        if new:
            await take_entries(deps, copy.pod, copy.group_id, new, gathered)


async def opened_pages(deps: Deps, copy: int, name: str) -> AsyncIterator[list[Opened]]:
    """The records of a class of a copy, page by page, each with its signature checked."""
    cursor: str | None = ""
    while cursor is not None:
        async with deps.store.database.read() as session:
            page = await kept_page(session, copy, name, cursor)
        opened: list[Opened] = []
        for line in page.lines:
            await let_others()
            opened.append(opened_line(line))
        yield opened
        cursor = page.next


async def _take_chain(session: AsyncSession, deps: Deps, copy: KeptCopy, records: Sequence[Record]) -> None:
    now = deps.clock()
    roots = [record for record in records if isinstance(record.content, GroupRoot) and record.id == copy.group_id]
    for root in roots:
        await take_root(session, deps, root, local=False, now=now)
    others = [Arrival(record, copy.pod, now) for record in records if record not in roots]
    await append_all(session, deps, others)
