"""Pull: a group's chain, log and pending records from another pod, through the same door as everything else.

Pull alone heals partitions and carries third pods' records past a dead origin. A lying peer can cause transfer, never
loss: entries take their places in the log only when their root is the one that an item commits to (`log_pulling`).
"""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.groups.groups_and_items import load_group
from models.groups.pull_cursors import load_cursor, store_cursor
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.chain.branch_logs import items_beside, take_side_entries
from pod.actions.chain.door import Arrival, Outcome, Taken, append_all
from pod.actions.chain.lone_recovery import height_of, may_recover, take_recovery
from pod.actions.chain.views import load_view, take_root
from pod.actions.sync.disputes import forget_disputes, note_dispute, stands_apart
from pod.actions.sync.pull_log import pull_log
from pod.actions.sync.remote_lists import Pass, Source, load_page, records_in, source_of
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.ids import RecordId
from protocol.records.envelope import Record

MOST_PAGES = 1000


async def fetch_group(deps: Deps, pod: str, group: RecordId, shown: Pass | None = None) -> None:
    """Learn of a group from a pod that holds it, chain and log included.

    With a pass (`shown`) its key asks. What an invitation doesn't open comes once this pod is home to a member.
    """
    source = await source_of(deps, pod, group, shown)
    page = await load_page(deps, source, "chain", 0)
    roots = [record for record in records_in(page.get("items"), source.group) if record.id == group]
    if not roots:
        raise ChainRule.NO_ROOT_FIRST.error()
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        await take_root(session, deps, roots[0], local=False, now=now)

    await deps.store.write(action)
    await _pull_chain(deps, source)
    try:
        await _pull_records(deps, source)
    except RemoteError as error:
        if source.invitation is None or error.status != HTTPStatus.NOT_FOUND:
            raise


async def pull_if_readable(deps: Deps, account: Account, pod: str, group: RecordId) -> None:
    """Pull a group that may be new here for somebody at home here who may read it, if it is known."""
    async with deps.store.database.read() as session:
        known = await load_group(session, group)
        if known:
            await open_group(session, deps, account, group)
    await (pull if known else fetch_group)(deps, pod, group)


async def pull(deps: Deps, pod: str, group: RecordId, shown: Pass | None = None) -> None:
    """Pull everything that `pod` has and we lack; raises RemoteError when it can't be asked."""
    source = await source_of(deps, pod, group, shown)
    await _pull_chain(deps, source)
    await _pull_records(deps, source)


async def _pull_records(deps: Deps, source: Source) -> None:
    whole = await pull_log(deps, source)
    await _pull_pending(deps, source)
    if not whole:
        # An erasure that waits there may be what a shape in the log wanted.
        await pull_log(deps, source)


async def _pull_chain(deps: Deps, source: Source) -> None:
    for _ in range(MOST_PAGES):
        view = await _view(deps, source.group)
        # From the anchor, not the head: a rival branch may begin there.
        start = max(view.settled.height, 1)
        page = await load_page(deps, source, "chain", start)
        records = records_in(page.get("items"), source.group) + records_in(page.get("acks"), source.group)
        if may_recover(view, records) and await _pull_recovery(deps, source):
            return
        await _compare_anchors(deps, source, view, records)
        outcomes = await _append(deps, records, source.pod)
        if not any(isinstance(outcome, Taken) and outcome.new for outcome in outcomes):
            return


async def _compare_anchors(deps: Deps, source: Source, view: View, records: list[Record]) -> None:
    """Show it if the pod settled another history than ours; only such a pod is asked for its whole chain."""
    if stands_apart(view, records):
        await note_dispute(deps, source.pod, source.group, await _whole_chain(deps, source))
    elif any(record.id == view.anchor for record in records):
        await forget_disputes(deps, source.pod, source.group)


async def _pull_recovery(deps: Deps, source: Source) -> bool:
    """Follow a pod whose recovery forked off below what is settled here; whether it holds now."""
    records = await _whole_chain(deps, source)

    async def action(session: AsyncSession) -> bool:
        return await take_recovery(session, deps, source.group, records)

    return await deps.store.write(action)


async def _whole_chain(deps: Deps, source: Source) -> list[Record]:
    """All items and acks that the pod shows."""
    records: list[Record] = []
    start = 1
    for _ in range(MOST_PAGES):
        page = await load_page(deps, source, "chain", start)
        items = records_in(page.get("items"), source.group)
        records += items + records_in(page.get("acks"), source.group)
        highest = max((height_of(item) for item in items), default=start)
        if highest <= start:
            break
        start = highest
    return records


async def pull_branch(deps: Deps, pod: str, group: RecordId, item: RecordId) -> bool:
    """Ask `pod` for the log of an item beside the chosen branch; whether it fits the roots of the items up there."""
    source = await source_of(deps, pod, group)
    view = await _view(deps, group)
    beside = items_beside(view, item)
    if not beside:
        return False
    start = view.nodes[view.nodes[beside[0]].parent or view.anchor].state.log.size
    size = view.nodes[item].state.log.size
    gathered: list[RecordId] = []
    for _ in range(MOST_PAGES):
        if start + len(gathered) >= size:
            break
        page = await load_page(deps, source, "log", start + len(gathered), item=item)
        records = records_in(page.get("entries"), group)[: size - start - len(gathered)]
        if not records:
            return False
        await _append(deps, records, pod)
        gathered += [record.id for record in records]

    async def action(session: AsyncSession) -> bool:
        held, stored = await load_view(session, deps, group), await load_group(session, group)
        return stored is not None and await take_side_entries(session, held, stored, item, gathered)

    return await deps.store.write(action)


async def _pull_pending(deps: Deps, source: Source) -> None:
    for _ in range(MOST_PAGES):
        async with deps.store.database.read() as session:
            cursor = await load_cursor(session, source.group, source.pod, "pending")
        page = await load_page(deps, source, "pending", cursor)
        records, following = records_in(page.get("records"), source.group), page.get("next")
        await _append(deps, records, source.pod)
        if type(following) is not int or following <= cursor:
            return

        async def remember(session: AsyncSession, position: int = following) -> None:
            await store_cursor(session, source.group, source.pod, "pending", position)

        await deps.store.write(remember)


async def _view(deps: Deps, group: RecordId) -> View:
    async with deps.store.database.read() as session:
        return await load_view(session, deps, group)


async def _append(deps: Deps, records: list[Record], pod: str) -> list[Outcome]:
    now = deps.clock()

    async def action(session: AsyncSession) -> list[Outcome]:
        return await append_all(session, deps, [Arrival(record, pod, now) for record in records])

    return await deps.store.write(action) if records else []
