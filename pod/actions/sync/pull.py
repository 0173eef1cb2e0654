"""Pull: a group's chain, log and pending records from another pod, through the same door as everything else.

Pull alone heals partitions and carries third pods' records past a dead origin. A lying peer can cause transfer, never
loss: entries take their places in the log only when their root is the one that an item commits to (`log_pulling`).
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.groups.groups_and_items import load_group, load_item
from models.groups.pull_cursors import load_cursor, store_cursor
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.chain.door import Arrival, Outcome, Taken, append_all
from pod.actions.chain.lone_recovery import height_of, may_recover, take_recovery
from pod.actions.chain.views import load_view, take_root
from pod.actions.sync.disputes import forget_disputes, note_dispute, stands_apart
from pod.actions.sync.pull_log import is_log_whole, pull_log
from pod.actions.sync.push import sources_of
from pod.actions.sync.remote_lists import Pass, Source, WalkStep, head_in, load_page, records_in, source_of, walk
from pod.actions.sync.unlogged_records import Pending
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.chain import follow, found
from protocol.errors import BrokenItemError, UnknownParentError
from protocol.ids import RecordId
from protocol.records.chain import Handover, Seal
from protocol.records.envelope import Record, reopen_record
from protocol.state import GroupState

MOST_PAGES = 1000


async def fetch_group(deps: Deps, pod: str, group: RecordId, shown: Pass | None = None) -> None:
    """Fetch a group from a pod that holds it: its whole chain and its log, whose end may come with a later pull.

    Of a group that is here already only what is new is fetched.
    With a pass (`shown`), the pass's key signs the requests. A pass that is an invitation may not open the log; that
    comes once this pod is home to a member.
    """
    source = await source_of(deps, pod, group, shown)
    async with deps.store.database.read() as session:
        known = await load_group(session, group)
    if known is None:
        await _fetch_root(deps, source)
    async with deps.memory.locks.pull_lane(pod, group):
        while not await _pull_chain(deps, source):
            pass  # every round takes some pages with valid items, so it ends where the chain ends
        try:
            if not await _pull_records(deps, source):
                deps.signals.behind(group, pod)
        except RemoteError as error:
            if source.invitation is None or error.status != HTTPStatus.NOT_FOUND:
                raise


async def _fetch_root(deps: Deps, source: Source) -> None:
    page = await load_page(deps, source, "chain", 0)
    roots = [record for record in await records_in(page.get("items"), source.group) if record.id == source.group]
    if not roots:
        raise ChainRule.NO_ROOT_FIRST.error()
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        await take_root(session, deps, roots[0], local=False, now=now)

    await deps.store.write(action)


async def pull_if_readable(deps: Deps, account: Account, pod: str, group: RecordId) -> None:
    """Pull a group for a local account that may read it; a group that isn't here yet is fetched."""
    async with deps.store.database.read() as session:
        known = await load_group(session, group)
        if known:
            await open_group(session, deps, account, group)
    await (pull if known else fetch_group)(deps, pod, group)


async def pull(deps: Deps, pod: str, group: RecordId, shown: Pass | None = None) -> bool:
    """Pull what `pod` has and we lack; False if there is more, which the next pull gets. Raises RemoteError."""
    source = await source_of(deps, pod, group, shown)
    async with deps.memory.locks.pull_lane(pod, group):
        return await _pull_chain(deps, source) and await _pull_records(deps, source)


async def pull_of_its_own(deps: Deps, pod: str, group: RecordId) -> bool:
    """As `pull`, when no person asked for it: takes only a recovery from a pod outside the group."""
    if pod in sources_of((await _view(deps, group)).state):
        return await pull(deps, pod, group)
    source = await source_of(deps, pod, group)
    view = await _view(deps, group)
    page = await load_page(deps, source, "chain", max(view.settled.height, 1))
    if may_recover(view, await records_in(page.get("items"), group)) and await _pull_recovery(deps, source):
        return await pull(deps, pod, group)
    return True


async def _pull_records(deps: Deps, source: Source) -> bool:
    if not await pull_log(deps, source):
        return False
    pending = Pending(deps, source)
    if not await pending.pull():
        return False
    if pending.head and not await _is_known(deps, source.group, pending.head):
        # The pod's head moved since it sent its chain, so records that were pending then may be in its log now.
        await _pull_chain(deps, source)
    # A pending erasure may be the one that an erased record in the log waits for.
    return await is_log_whole(deps, source.group) or await pull_log(deps, source)


async def _is_known(deps: Deps, group: RecordId, item: RecordId) -> bool:
    if item in (await _view(deps, group)).nodes:
        return True
    async with deps.store.database.read() as session:
        return await load_item(session, item) is not None


async def _pull_chain(deps: Deps, source: Source) -> bool:
    """Pull the chain from where the last walk ended; from the anchor, if items hang on lower ones."""
    lowest = max((await _view(deps, source.group)).settled.height, 1)
    async with deps.store.database.read() as session:
        start = max(lowest, await load_cursor(session, source.group, source.pod, "chain"))
    chain = ChainWalk(deps, source)
    ended = await chain.go(start)
    if ended and start > lowest and not chain.joined:
        return await chain.go(lowest)
    return ended


class ChainWalk:
    """A walk along another pod's chain. `joined`: all items up to that pod's head hang on items known here."""

    def __init__(self, deps: Deps, source: Source) -> None:
        self._deps = deps
        self._source = source
        self.joined = True

    async def go(self, start: int) -> bool:
        """Walk from height `start`; returns whether the end was reached."""
        self.joined = True
        return await walk(self._deps, self._source, "chain", start, self._take)

    async def _take(self, page: dict[str, Any], start: int) -> WalkStep:
        deps, source = self._deps, self._source
        view = await _view(deps, source.group)
        items = await records_in(page.get("items"), source.group)
        records = items + await records_in(page.get("acks"), source.group)
        if may_recover(view, records) and await _pull_recovery(deps, source):
            return WalkStep(None, useful=True)
        if start <= max(view.settled.height, 1):
            await _compare_anchors(deps, source, view, records)
        following = _height_after(page, items, start)
        outcomes = await self._append(records, following)
        self.joined &= not any(isinstance(outcome, UnknownParentError) for outcome in outcomes)
        if following is None and (head := head_in(page)) is not None:
            self.joined &= await _is_known(deps, source.group, head)
        taken = [one for one, outcome in zip(records, outcomes, strict=True) if isinstance(outcome, Taken)]
        return WalkStep(following, useful=any(height_of(one) >= start for one in taken))

    async def _append(self, records: list[Record], following: int | None) -> list[Outcome]:
        deps, source, now = self._deps, self._source, self._deps.clock()

        async def action(session: AsyncSession) -> list[Outcome]:
            outcomes = await append_all(session, deps, [Arrival(record, source.pod, now) for record in records])
            taken = [
                height_of(record)
                for record, outcome in zip(records, outcomes, strict=True)
                if isinstance(outcome, Taken)
            ]
            reached = max(taken, default=0) if following is None else following
            if reached and not any(isinstance(outcome, UnknownParentError) for outcome in outcomes):
                await store_cursor(session, source.group, source.pod, "chain", reached)
            return outcomes

        return await deps.store.write(action)


def _height_after(page: dict[str, Any], items: list[Record], start: int) -> int | None:
    """The next page's first height, None at the end. A page has an item for each height, so a pod can't skip any."""
    following = page.get("next")
    if type(following) is not int or not start < following <= start + len(items):
        return None
    return following


async def _compare_anchors(deps: Deps, source: Source, view: View, records: list[Record]) -> None:
    """Store or delete a dispute with the pod. Only a pod that settled another history is asked for its whole chain."""
    if stands_apart(view, records):
        await note_dispute(deps, source.pod, source.group, await _whole_chain(deps, source))
    elif any(record.id == view.anchor for record in records):
        await forget_disputes(deps, source.pod, source.group)


async def _pull_recovery(deps: Deps, source: Source) -> bool:
    """Follow a pod whose recovery forks off below our anchor; returns whether its branch holds now."""
    records = await _whole_chain(deps, source)

    async def action(session: AsyncSession) -> bool:
        return await take_recovery(session, deps, source.group, records)

    return await deps.store.write(action)


async def _whole_chain(deps: Deps, source: Source) -> list[Record]:
    """All items that the pod shows and that follow one another by the rules, with their acks."""
    records: list[Record] = []
    async with deps.store.database.read() as session:
        root = await load_item(session, source.group)
    assert root is not None
    states = {source.group: found(reopen_record(root.wire)).state}

    async def take(page: dict[str, Any], start: int) -> WalkStep:
        items = await records_in(page.get("items"), source.group)
        following = [item for item in items if _follows(states, item)]
        acks = [one for one in await records_in(page.get("acks"), source.group) if one.body.get("item") in states]
        records.extend(following + acks)
        return WalkStep(_height_after(page, items, start), useful=bool(following))

    await walk(deps, source, "chain", 1, take, most=MOST_PAGES)
    return records


def _follows(states: dict[RecordId, GroupState], record: Record) -> bool:
    """Whether an item follows one in `states` by the rules; if so, adds the state after it."""
    item = record.content
    if not isinstance(item, Seal | Handover) or item.parent not in states:
        return False
    with suppress(BrokenItemError):
        states[record.id] = follow(states[item.parent], record).state
    return record.id in states


async def _view(deps: Deps, group: RecordId) -> View:
    async with deps.store.database.read() as session:
        return await load_view(session, deps, group)
