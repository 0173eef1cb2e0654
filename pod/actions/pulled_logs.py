"""Log entries that another pod shows get their places here, if an item commits to exactly them.

1. Entries are placed up to the last item of the chosen branch whose root they give; nothing beyond one that lies.
2. Each record is logged once, and each is held: an entry that can't be taken ends what is placed.
3. An entry is judged by the state before the first item that covers it, not by the head's: its author may have left
   since. Below the settled item the keepers' quorum has judged it already, and that state isn't known here any more.

Spec: protocol.md section 3, "The group log".
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.chain import load_group
from models.records import list_placed, load_known
from pod.actions.append import Arrival, take_logged
from pod.actions.chains import load_view
from pod.actions.placing import place_entries
from pod.deps import Deps
from protocol.authorship import authored_of, check_author
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.log import Frontier, frontier_of, leaf_hash
from protocol.records.envelope import Record
from protocol.state import GroupState


async def place_pulled(deps: Deps, group: RecordId, records: Sequence[Record], pod: str) -> bool:
    """Place records that `pod` shows as the next entries of the group's log; whether any found its place."""
    now = deps.clock()

    async def action(session: AsyncSession) -> bool:
        view = await load_view(session, deps, group)
        stored = await load_group(session, group, lock=True)
        roots = _roots(view)
        # Entries gather over many pages: nothing is looked up before an item can be reached.
        if stored is None or not any(0 < size - stored.log_size <= len(records) for size in roots):
            return False
        fresh = await _until_repeated(session, group, records)
        held = await load_known(session, [record.id for record in fresh])
        sound = _until_refused(view, stored.log_size, fresh, held)
        frontier = _fitting(roots, frontier_of(stored.log_size, stored.log_peaks), sound)
        if frontier is None:
            return False
        placed = sound[: frontier.size - stored.log_size]
        await take_logged(session, deps, [Arrival(one, pod, now) for one in placed if one.id not in held])
        await place_entries(session, stored, [record.id for record in placed], frontier)
        deps.wake(group)
        return True

    return await deps.write(action)


async def _until_repeated(session: AsyncSession, group: RecordId, records: Sequence[Record]) -> list[Record]:
    """The records before the first that has a place already, comes twice, or is another group's."""
    seen = set(await list_placed(session, [record.id for record in records]))
    fresh: list[Record] = []
    for record in records:
        if record.id in seen or record.group != group:
            break
        seen.add(record.id)
        fresh.append(record)
    return fresh


def _until_refused(view: View, start: int, records: list[Record], held: set[RecordId]) -> list[Record]:
    """The records before the first that isn't held and that the rules refuse at its place."""
    for place, record in enumerate(records, start):
        if record.id in held or place < view.settled.log.size:
            continue
        before = _state_before(view, place)
        try:
            authored_of(record)
            if before is not None:
                check_author(before, record)
        except RefusedError:
            return records[: place - start]
    return records


def _state_before(view: View, place: int) -> GroupState | None:
    """The state before the first item of the chosen branch whose log has this place."""
    for height in range(view.settled.height + 1, view.state.height + 1):
        if view.nodes[view.branch[height]].state.log.size > place:
            return view.nodes[view.branch[height - 1]].state
    return None


def _roots(view: View) -> dict[int, set[str]]:
    """The roots that items of the chosen branch commit to, by size."""
    roots: dict[int, set[str]] = {}
    for item in view.branch.values():
        log = view.nodes[item].state.log
        roots.setdefault(log.size, set()).add(log.root)
    return roots


def _fitting(roots: dict[int, set[str]], frontier: Frontier, records: list[Record]) -> Frontier | None:
    """The frontier at the last item whose root these entries give; None if they give none."""
    fitting = None
    for record in records:
        frontier = frontier.append(leaf_hash(record.id))
        wanted = roots.get(frontier.size)
        if wanted is None:
            continue
        if wanted != {frontier.root().hex()}:
            break
        fitting = frontier
    return fitting
