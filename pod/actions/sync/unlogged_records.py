"""What another pod accepted and its log lacks: records by a cursor that is kept, operations as long as they wait.

1. A record is asked for once: this pod then stores it, or lets it wait for its author.
2. An operation is asked for as long as it waits there, unsealed and not void: a pod that refused it, or
   didn't get it, may take it now. So is one that waits for signatures, in each form with other proofs. The page of
   pending records says whether any waits, so asking costs nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.proposed_operations import load_proposed
from models.groups.pull_cursors import load_cursor, store_cursor
from models.groups.records import load_erased_authors, load_known
from models.groups.waiting_records import load_waiting_forms
from pod.actions.chain.door import Arrival, Taken, append_all
from pod.actions.chain.proposed_operations import MOST_PROPOSED
from pod.actions.sync.remote_lists import Source, WalkStep, head_in, records_in, walk
from pod.deps import Deps
from protocol.canonical import bytes_of_checked
from protocol.ids import RecordId
from protocol.records.envelope import Record, id_of


class Pending:
    """One pull of what waits at a pod; `head`: that pod's head when it answered, if the answer gives it."""

    def __init__(self, deps: Deps, source: Source) -> None:
        self._deps = deps
        self._source = source
        self._has_operations = False
        self.head: RecordId | None = None

    async def pull(self) -> bool:
        """Pull everything that waits; returns whether nothing is left."""
        async with self._deps.store.database.read() as session:
            cursor = await load_cursor(session, self._source.group, self._source.pod, "pending")
        ended = await walk(self._deps, self._source, "pending", cursor, self._take_records)
        if self._has_operations:
            ended &= await walk(self._deps, self._source, "operations", 0, self._take_operations)
        return ended

    async def _take_records(self, page: dict[str, Any], _: int) -> WalkStep:
        bodies, following = page.get("records"), page.get("next")
        fresh = await self._unheld(bodies if isinstance(bodies, list) else [])
        records = await records_in(fresh, self._source.group)
        self._has_operations |= page.get("operations") is True
        self.head = head_in(page) or self.head
        following = following if type(following) is int else None
        return WalkStep(following, useful=await self._append(records, following))

    async def _take_operations(self, page: dict[str, Any], _: int) -> WalkStep:
        bodies, following = page.get("operations"), page.get("next")
        proposed = page.get("proposed")
        fresh = await self._unknown(bodies if isinstance(bodies, list) else [])
        fresh += await self._unknown(proposed[:MOST_PROPOSED] if isinstance(proposed, list) else [])
        useful = await self._append(await records_in(fresh, self._source.group), None)
        return WalkStep(following if type(following) is int else None, useful=useful)

    async def _unheld(self, bodies: Sequence[object]) -> list[object]:
        """The bodies of records that this pod lacks or has without words; most others came by push, whole."""
        ids = {id_of(body): body for body in bodies if isinstance(body, dict)}
        async with self._deps.store.database.read() as session:
            held = await load_known(session, list(ids)) - (await load_erased_authors(session, list(ids))).keys()
        return [body for own_id, body in ids.items() if own_id not in held]

    async def _unknown(self, bodies: Sequence[object]) -> list[object]:
        """The bodies that this pod doesn't hold in this form, so that what waits isn't verified at every pull."""
        forms = {id_of(body): body for body in bodies if isinstance(body, dict)}
        async with self._deps.store.database.read() as session:
            known = await load_waiting_forms(session, list(forms))
            known |= {own: one.wire for own, one in (await load_proposed(session, list(forms))).items()}
        return [body for own, body in forms.items() if bytes_of_checked(body) != known.get(own)]

    async def _append(self, records: Sequence[Record], following: int | None) -> bool:
        deps, source, now = self._deps, self._source, self._deps.clock()

        async def action(session: AsyncSession) -> bool:
            outcomes = await append_all(session, deps, [Arrival(record, source.pod, now) for record in records])
            if following is not None:
                await store_cursor(session, source.group, source.pod, "pending", following)
            return any(isinstance(outcome, Taken) and outcome.new for outcome in outcomes)

        return await deps.store.write(action)
