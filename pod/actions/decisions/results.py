"""What a group decided is counted when its end is settled, and kept: its page costs the same however many voted."""

from __future__ import annotations

from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import Result
from models.decisions.deadlines import COUNTED, list_unscheduled
from models.decisions.polls import load_poll
from models.decisions.results import load_result, put_result
from models.groups.groups_and_items import load_group
from pod.actions.chain.views import load_view
from pod.actions.decisions.counted import Course, Phase, count_poll, load_course
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.state import GroupState

SETTLED = frozenset({Phase.PROVISIONAL, Phase.FINAL})


async def keep_results(deps: Deps, group: RecordId) -> None:
    """Count the group's polls whose end is settled and whose result isn't kept yet, each read and written apart."""
    for poll in await _ended(deps, group):
        async with deps.store.database.read() as session:
            state = (await load_view(session, deps, group)).state
            course = await _course(session, deps, state, poll)
            if course is None or course.closed is None or course.phase not in SETTLED:
                continue
            result = (await count_poll(session, state, course)).result
        keep = partial(put_result, poll=poll, item=course.closed.id, result=msgspec.json.encode(result))
        await deps.store.write(keep)


async def result_of(session: AsyncSession, state: GroupState, course: Course) -> Result | None:
    """The result of a poll whose end is in the log here: the one that is kept, else counted now."""
    if course.closed is None or course.phase not in {Phase.COUNTED, *SETTLED}:
        return None
    kept = await load_result(session, course.poll.id, course.closed.id)
    if kept is not None:
        return msgspec.json.decode(kept, type=Result)
    return (await count_poll(session, state, course)).result


async def _ended(deps: Deps, group: RecordId) -> list[RecordId]:
    async with deps.store.database.read() as session:
        return [poll.poll_id for poll in await list_unscheduled(session, group) if poll.scheduled == COUNTED - 1]


async def _course(session: AsyncSession, deps: Deps, state: GroupState, poll: RecordId) -> Course | None:
    stored, group = await load_poll(session, poll), await load_group(session, state.group)
    if stored is None or group is None:
        return None
    return await load_course(session, state, stored, settled=group.anchor_height, held=group.log_size, now=deps.clock())
