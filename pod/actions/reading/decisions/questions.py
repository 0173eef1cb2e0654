"""What a poll asks, to be asked again or named as a goal, and who would vote now: read by who may read its group."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.rolls import BY_WEIGHT, electors, terms
from models.decisions.openings import PollOpening
from models.decisions.polls import StoredPoll, list_polls, load_poll
from models.decisions.polls_about import list_polls_about
from pod.actions.access import Reader, open_group
from pod.actions.decisions.roll import load_roll
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Poll, PostTarget
from protocol.state import GroupState

MOST_EARLIER: Final = 20
_ANY_PLACE: Final = 2**62


class RollSight(msgspec.Struct, frozen=True):
    """Who would vote if a poll were opened now: how many people, and the votes that they have together."""

    people: int
    votes: int
    by_weight: bool


class EarlierPoll(msgspec.Struct, frozen=True):
    """A poll of the group by its question."""

    id: RecordId
    title: str


async def read_question(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> Poll:
    """What a poll of the group says; raises UnknownGroupError, or NotFoundError also where this pod withholds it."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        stored = await load_poll(session, poll)
        if stored is None or stored.group_id != group or not await _told(session, deps, [stored]):
            raise DecisionRule.NO_SUCH_POLL.error()
        return stored.content


async def list_earlier(deps: Deps, reader: Reader, group: RecordId) -> tuple[EarlierPoll, ...]:
    """The group's latest polls that this pod tells of."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        found = await list_polls(session, group, below=_ANY_PLACE, most=MOST_EARLIER)
        return tuple(EarlierPoll(one.id, one.content.title) for one in await _told(session, deps, found))


async def load_polls_about(
    session: AsyncSession, deps: Deps, group: RecordId, about: RecordId
) -> tuple[EarlierPoll, ...]:
    """The latest polls of a group that came from a post, for who reads that group."""
    found = await list_polls_about(session, group, about, most=MOST_EARLIER)
    told = await _told(session, deps, found) if found else []
    return tuple(EarlierPoll(one.id, one.content.title) for one in told)


async def describe_roll(deps: Deps, reader: Reader, group: RecordId) -> RollSight:
    """The roll as it would be now; counted once for each item of the chain."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, reader, group)).state
    return await deps.store.remember(("roll", group, state.head), partial(_count_roll, deps, state))


async def _count_roll(deps: Deps, state: GroupState) -> RollSight:
    now = PollOpening(state.group, state.head, state.height, state.at, state.log.size, 0, terms(state), electors(state))
    async with deps.store.database.read() as session:
        roll = await load_roll(session, now, state.group)
    return RollSight(len(roll.numbers), roll.size, (state.policy.voting or {}).get("votes") == BY_WEIGHT)


async def _told(session: AsyncSession, deps: Deps, polls: Sequence[StoredPoll]) -> list[StoredPoll]:
    tokens = {poll.id: PostTarget(poll.id).token for poll in polls}
    hidden = await list_unhosted(session, deps, tokens.values())
    return [poll for poll in polls if tokens[poll.id] not in hidden]
