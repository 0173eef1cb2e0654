"""The predictions of a group that people evaluate now, poll by poll, as each page shows them."""

from __future__ import annotations

import msgspec

from pod.actions.access import Reader, open_group
from pod.actions.reading.decisions.past_polls import load_past
from pod.actions.reading.decisions.phase_pages import PhaseSight, read_phase_page
from pod.deps import Deps
from protocol.ids import RecordId

MOST_POLLS = 10


class DueSight(msgspec.Struct, frozen=True):
    """The polls with predictions that are evaluated now, those due longest first; `more`: how many polls are left."""

    polls: tuple[PhaseSight, ...]
    more: int


async def list_due_evaluations(deps: Deps, reader: Reader, group: RecordId) -> DueSight:
    """What is evaluated now; raises UnknownGroupError."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        past = await load_past(session, deps, await open_group(session, deps, reader, group))
    polls = list(dict.fromkeys(one.poll_id for one in past.due.values() if one.begins <= now < one.ends))
    seen = [await read_phase_page(deps, reader, group, poll) for poll in polls[:MOST_POLLS]]
    return DueSight(tuple(seen), len(polls) - len(seen))
