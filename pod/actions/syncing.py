"""Pull: a group's chain, log and pending records from another pod, through the same door as everything else.

Pull alone heals partitions and carries third pods' records past a dead origin. A lying peer can cause transfer, never
loss: entries take their places in the log only when their root is the one that an item commits to.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from federation.content_types import PLAIN_JSON
from federation.errors import RemoteError
from models.chain import load_group
from models.outgoing import load_cursor, store_cursor
from pod.actions.append import Arrival, Outcome, Taken, append_all
from pod.actions.chains import load_view, open_group
from pod.actions.pulled_logs import place_pulled
from pod.actions.recovery_branches import height_of, may_recover, take_recovery
from pod.actions.side_logs import items_beside, take_side_entries
from pod.deps import Deps
from protocol.branches import View
from protocol.canonical import parse_json
from protocol.errors import MalformedError, RefusedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState

MOST_PAGES = 1000
MOST_MEMBERS = 100_000  # of a page of records, which has more than an ordinary document


async def fetch_group(deps: Deps, pod: str, group: RecordId) -> None:
    """Learn of a group from a pod that holds it, chain and log included."""
    page = await _page(deps, pod, group, "chain", "from", 0)
    roots = [record for record in _opened(page.get("items")) if record.id == group]
    if not roots:
        raise MalformedError("The pod's answer doesn't begin with the group's root.")
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        await open_group(session, deps, roots[0], local=False, now=now)

    await deps.write(action)
    await pull(deps, pod, group)


async def pull_or_fetch(deps: Deps, pod: str, group: RecordId) -> None:
    """Pull a group that may be new here."""
    async with deps.database.read() as session:
        known = await load_group(session, group)
    await (pull if known else fetch_group)(deps, pod, group)


async def pull(deps: Deps, pod: str, group: RecordId) -> None:
    """Pull everything that `pod` has and we lack; raises RemoteError when it can't be asked."""
    await _pull_chain(deps, pod, group)
    await _pull_log(deps, pod, group)
    await _pull_pending(deps, pod, group)


async def _pull_chain(deps: Deps, pod: str, group: RecordId) -> None:
    for _ in range(MOST_PAGES):
        view = await _view(deps, group)
        # From the anchor, not the head: a rival branch may begin there.
        start = max(view.settled.height, 1)
        page = await _page(deps, pod, group, "chain", "from", start)
        records = _opened(page.get("items")) + _opened(page.get("acks"))
        if may_recover(view, records) and await _pull_recovery(deps, pod, group):
            return
        outcomes = await _append(deps, records, pod)
        if not any(isinstance(outcome, Taken) and outcome.new for outcome in outcomes):
            return


async def _pull_recovery(deps: Deps, pod: str, group: RecordId) -> bool:
    """Pull the whole chain of `pod`, whose recovery forked off below what is settled here; whether it holds now."""
    records: list[Record] = []
    start = 1
    for _ in range(MOST_PAGES):
        page = await _page(deps, pod, group, "chain", "from", start)
        items = _opened(page.get("items"))
        records += items + _opened(page.get("acks"))
        highest = max((height_of(item) for item in items), default=start)
        if highest <= start:
            break
        start = highest

    async def action(session: AsyncSession) -> bool:
        return await take_recovery(session, deps, group, records)

    return await deps.write(action)


async def _pull_log(deps: Deps, pod: str, group: RecordId) -> None:
    # An item may commit to more entries than one page brings: they gather until a root fits.
    gathered: list[Record] = []
    for _ in range(MOST_PAGES):
        have, state = await _log_gap(deps, group)
        start = have + len(gathered)
        if start >= state.log.size:
            return
        page = await _page(deps, pod, group, "log", "from", start)
        records = _opened(page.get("entries"))[: state.log.size - start]
        if not records:
            return
        await _append(deps, records, pod)
        gathered += records
        if await place_pulled(deps, group, gathered, pod):
            gathered = []


async def pull_branch(deps: Deps, pod: str, group: RecordId, item: RecordId) -> bool:
    """Ask `pod` for the log of an item beside the chosen branch; whether it fits the roots of the items up there."""
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
        page = await _page(deps, pod, group, "log", "from", start + len(gathered), item=item)
        records = _opened(page.get("entries"))[: size - start - len(gathered)]
        if not records or any(record.group != group for record in records):
            return False
        await _append(deps, records, pod)
        gathered += [record.id for record in records]

    async def action(session: AsyncSession) -> bool:
        held, stored = await load_view(session, deps, group), await load_group(session, group)
        return stored is not None and await take_side_entries(session, held, stored, item, gathered)

    return await deps.write(action)


async def _pull_pending(deps: Deps, pod: str, group: RecordId) -> None:
    for _ in range(MOST_PAGES):
        async with deps.database.read() as session:
            cursor = await load_cursor(session, group, pod, "pending")
        page = await _page(deps, pod, group, "pending", "from", cursor)
        records, following = _opened(page.get("records")), page.get("next")
        await _append(deps, records, pod)
        if type(following) is not int or following <= cursor:
            return

        async def remember(session: AsyncSession, position: int = following) -> None:
            await store_cursor(session, group, pod, "pending", position)

        await deps.write(remember)


async def _view(deps: Deps, group: RecordId) -> View:
    async with deps.database.read() as session:
        return await load_view(session, deps, group)


async def _log_gap(deps: Deps, group: RecordId) -> tuple[int, GroupState]:
    async with deps.database.read() as session:
        view = await load_view(session, deps, group)
        stored = await load_group(session, group)
    return (stored.log_size if stored else 0), view.state


async def _append(deps: Deps, records: list[Record], pod: str) -> list[Outcome]:
    now = deps.clock()

    async def action(session: AsyncSession) -> list[Outcome]:
        return await append_all(session, deps, [Arrival(record, pod, now) for record in records])

    return await deps.write(action) if records else []


async def _page(
    deps: Deps, pod: str, group: RecordId, name: str, cursor: str, position: int, *, item: RecordId | None = None
) -> dict[str, Any]:
    url = f"{pod}/groups/{parse_id(group)}/{name}?{cursor}={position}" + (f"&item={item}" if item else "")
    download = await deps.http.get_bytes(url, types=frozenset({PLAIN_JSON}), max_bytes=MAX_DOCUMENT_BYTES)
    answer = parse_json(
        download.body, max_bytes=MAX_DOCUMENT_BYTES, max_depth=MAX_DOCUMENT_DEPTH, max_members=MOST_MEMBERS
    )
    if not isinstance(answer, dict):
        raise RemoteError("The pod's answer isn't an object.", retry=False)
    return answer


def _opened(entries: object) -> list[Record]:
    """Those of the entries that are records; a peer's rubbish is passed over, what it lacks others have."""
    records = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            records.append(open_record(entry))
        except RefusedError:
            continue
    return records
