"""A group's board, and what needs one person: polls that aren't final, and what each asks of the reader now.

Of final polls those are looked at whose predictions the reader may evaluate now, however many others there are; of
those that aren't final as many as are named here, and the answer says if there are more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_belonging
from models.decisions.active_polls import list_active
from models.decisions.deadlines_between import list_ending
from models.decisions.polls import load_poll
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from models.people.own_calls import list_own_calls
from pod.actions.access import ReadableGroup, Reader, open_group, open_those
from pod.actions.decisions.poll_course import Phase, follow_poll
from pod.actions.reading.decisions.followed import GroupFollows, list_followed_votes, load_followed
from pod.actions.reading.decisions.needs import AskedMember, Need, need_of
from pod.actions.reading.decisions.polls import VisiblePoll, listed_polls, visible_polls
from pod.deps import Deps
from protocol.ids import RecordId

MOST_ACTIVE: Final = 60
MOST_GROUPS: Final = 500


class BoardPoll(msgspec.Struct, frozen=True):
    """A poll on a board. `until`: when what is needed, or else the present phase, ends (ms)."""

    poll: VisiblePoll
    group: RecordId
    group_name: str
    need: Need | None
    until: int | None


class Board(msgspec.Struct, frozen=True):
    """Polls that aren't final, the latest first; `more`: there are others."""

    polls: tuple[BoardPoll, ...]
    more: bool


class OwnBoard(msgspec.Struct, frozen=True):
    """Polls of all of somebody's groups: those that need them, and others that they follow."""

    needs: tuple[BoardPoll, ...]
    followed: tuple[BoardPoll, ...]
    more: bool


async def read_board(deps: Deps, reader: Reader, group: RecordId) -> Board:
    """A group's polls that aren't final; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        return await _board(session, deps, reader, {group: opened})


async def read_own_board(deps: Deps, account: Account) -> OwnBoard:
    """What needs the account, and what it follows, in all its groups, the nearest end first."""
    async with deps.store.database.read() as session:
        groups = sorted(await list_belonging(session, account.id))[:MOST_GROUPS]
        board = await _board(session, deps, account, await open_those(session, deps, account, groups))
        followed = await load_followed(session, account.id)
        rest = [
            one for one in board.polls if one.need is None and await _is_followed(session, one, followed[one.group])
        ]
    return OwnBoard(by_end([one for one in board.polls if one.need is not None]), by_end(rest), board.more)


async def _is_followed(session: AsyncSession, one: BoardPoll, followed: GroupFollows) -> bool:
    """Whether the poll, an area of it, or a delegate who has voted in it is followed."""
    if one.poll.id in followed.polls or followed.areas.intersection(one.poll.areas):
        return True
    return bool(await list_followed_votes(session, one.group, one.poll.id, followed.delegates))


def by_end(polls: list[BoardPoll]) -> tuple[BoardPoll, ...]:
    """Polls by the end of what is needed, the nearest first."""
    return tuple(sorted(polls, key=lambda one: (one.until or 0, one.poll.id)))


async def _board(session: AsyncSession, deps: Deps, reader: Reader, opened: Mapping[RecordId, ReadableGroup]) -> Board:
    found = await list_active(session, list(opened), most=MOST_ACTIVE + 1)
    active = {one.id: one for one in found[:MOST_ACTIVE]}
    ends = await _list_due(session, opened, reader.id, now=deps.clock()) if reader is not None else {}
    due = [one for poll in ends if poll not in active and (one := await load_poll(session, poll)) is not None]
    followed = []
    for stored in (*active.values(), *due):
        group = await load_group(session, stored.group_id)
        assert group is not None
        state = opened[stored.group_id].state
        followed.append(await follow_poll(session, state, stored, held=group.log_size, counting=False))
    polls = []
    for so_far, poll in zip(followed, await listed_polls(session, deps, followed), strict=True):
        readable = opened[so_far.poll.group_id]
        asked = asked_of(reader, readable)
        need = await need_of(session, deps, readable.state, asked, so_far, poll.phase) if asked else None
        if need is not None or poll.id in active:
            until = ends.get(poll.id) if need is Need.EVALUATE else end_of(poll)
            polls.append(BoardPoll(poll, readable.id, readable.name, need, until))
    return Board(tuple(polls), len(found) > MOST_ACTIVE)


async def _list_due(
    session: AsyncSession, groups: Collection[RecordId], account: int, *, now: int
) -> dict[RecordId, int]:
    """The polls of these groups of which the account may evaluate predictions now, with the end of that."""
    calls = await list_own_calls(session, account, now=now)
    found = {one.about: one.until for one in calls if one.kind == Need.EVALUATE and one.group_id in groups}
    return dict(list(found.items())[:MOST_ACTIVE])


def asked_of(reader: Reader, readable: ReadableGroup) -> AskedMember | None:
    """The reader as somebody whom the group's polls may need; None for who is no member."""
    return AskedMember(reader.id, readable.number) if reader is not None and readable.number is not None else None


def end_of(poll: VisiblePoll) -> int | None:
    """When the phase that a poll is in ends; None where no time says so."""
    ends: dict[str, int] = {phase: end for phase, _, end in poll.times.spans} if poll.times else {}
    return ends.get("contest" if poll.phase is Phase.PROVISIONAL else poll.phase)


class PhaseEnd(msgspec.Struct, frozen=True):
    """A phase of a poll that ends at a time (ms)."""

    poll: VisiblePoll
    phase: str
    at: int


async def list_ends(deps: Deps, reader: Reader, group: RecordId, *, since: int, until: int) -> tuple[PhaseEnd, ...]:
    """What ends in a group's polls in a stretch of time, in order; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        stored = await load_group(session, group)
        assert stored is not None
        found = await list_ending(session, group, since=since, until=until, most=MOST_ACTIVE)
        state, held = readable.state, stored.log_size
        followed = [await follow_poll(session, state, one, held=held, counting=False) for one in found]
        polls = await visible_polls(session, deps, followed)
    ends = [
        PhaseEnd(poll, phase, end)
        for poll in polls
        if poll.times is not None
        for phase, _, end in poll.times.spans
        if since <= end < until
    ]
    return tuple(sorted(ends, key=lambda one: (one.at, one.poll.id)))
