"""What other groups said, in their chains, is wrong with a poll: those that the reader may read, by their own names."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.poll_events import AUDIT
from models.decisions.events import list_events
from pod.actions.access import Reader, open_those
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.ids import RecordId

MOST_AUDITS: Final = 20


class VisibleAudit(msgspec.Struct, frozen=True):
    """A member's word for a group that a poll was wrong, sealed at `at` (ms) in an item of that group's chain."""

    group: RecordId
    group_name: str
    author: int
    nickname: str
    reason: str
    at: int
    item: RecordId
    height: int


async def load_audits(
    session: AsyncSession, deps: Deps, reader: Reader, group: RecordId, poll: RecordId
) -> tuple[VisibleAudit, ...]:
    """The audits of a poll of this group, the latest first. The caller has opened the group, and shows the poll."""
    sealed = [(one, one.event) for one in await list_events(session, poll)]
    found = [(one, said) for one, said in sealed if said.name == AUDIT and said.group == group]
    opened = await open_those(session, deps, reader, sorted({one.group_id for one, _ in found}))
    latest = sorted((pair for pair in found if pair[0].group_id in opened), key=lambda pair: -pair[0].at)[:MOST_AUDITS]
    names: dict[tuple[RecordId, int], str] = {}
    for one in {pair[0].group_id for pair in latest}:
        authors = {said.author for item, said in latest if item.group_id == one}
        for number, name in (await load_nicknames(session, deps, one, authors)).items():
            names[one, number] = name
    return tuple(
        VisibleAudit(
            group=one.group_id,
            group_name=opened[one.group_id].name,
            author=said.author,
            nickname=names.get((one.group_id, said.author), ""),
            reason=said.reason,
            at=one.at,
            item=one.item,
            height=one.height,
        )
        for one, said in latest
    )
