"""What happened in the polls of somebody's groups within a time, as a mail may tell it: by decision, the newest first.

A mail passes servers and lies in mailboxes, so nothing of a private group stands in it but that something happened, nor
what the pod's floor withholds. Who has voted isn't told that one may vote, nor who asked that it is asked.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_belonging
from models.decisions.scheduled_polls import list_scheduled
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, open_those
from pod.actions.decisions.poll_course import PollSoFar, follow_poll
from pod.actions.decisions.voters import load_voter
from pod.actions.reading.decisions.calendar import MOST_GROUPS, MOST_POLLS
from pod.actions.reading.decisions.polls import load_own_ballot, visible_polls
from pod.deps import Deps
from protocol.ids import RecordId

VOTING: Final = "voting"


class DigestPoll(msgspec.Struct, frozen=True):
    """A poll in which something happened at `at` (ms). `needs`: the reader can vote, until `until`, and hasn't.

    `what`: a phase that began, "opened" or "counted". `title` and `group_name` are empty where a mail may not name
    them.
    """

    group: RecordId
    poll: RecordId
    group_name: str
    title: str
    what: str
    at: int
    until: int
    needs: bool


async def list_happenings(deps: Deps, account: Account, *, since: int, through: int, now: int) -> list[DigestPoll]:
    """What the account is told of the time after `since` up to `through`; what needs it `now` comes first."""
    found: list[DigestPoll] = []
    async with deps.store.database.read() as session:
        groups = sorted(await list_belonging(session, account.id))[:MOST_GROUPS]
        opened = await open_those(session, deps, account, groups)
        for stored in await list_scheduled(session, opened, since=since, most=MOST_POLLS):
            group = opened[stored.group_id]
            held = await load_group(session, group.id)
            assert held is not None
            so_far = await follow_poll(session, group.state, stored, held=held.log_size, counting=False)
            happened = [one for one in _happened(so_far) if since < one[0] <= through]
            told = await _told(session, deps, group, so_far, max(happened), now=now) if happened else None
            found += [told] if told is not None else []
    return sorted(found, key=lambda one: (not one.needs, -one.at))


async def _told(
    session: AsyncSession, deps: Deps, group: ReadableGroup, so_far: PollSoFar, latest: tuple[int, str], *, now: int
) -> DigestPoll | None:
    if so_far.course is None or group.number is None:
        return None
    held, needs, (at, what) = so_far.course.now, False, latest
    if what != "counted":
        own = await load_own_ballot(session, so_far, group.number)
        voted = own is not None and not own.says.withdraw
        if voted or (what == "opened" and so_far.poll.author == group.number):
            return None
        voting = held.times.phase_at(now) == VOTING
        needs = voting and (await load_voter(session, group.state, so_far, group.number, now=now)).bar is None
    (visible,) = await visible_polls(session, deps, [so_far])
    may_name = group.state.visibility != "private"
    return DigestPoll(
        group=group.id,
        poll=visible.id,
        group_name=group.name if may_name else "",
        title=visible.title if may_name else "",
        what=what,
        at=at,
        until=held.times.voting_end,
        needs=needs,
    )


def _happened(so_far: PollSoFar) -> list[tuple[int, str]]:
    """Everything that began or ended in a poll, with its time."""
    if so_far.course is None:
        return []
    rounds = so_far.course.rounds
    found: list[tuple[int, str]] = [(rounds[0].times.opened_at, "opened")]
    for held in rounds:
        for phase, start, _ in held.times.spans:
            if phase not in {"contest", "final"} and start > rounds[0].times.opened_at:
                found.append((start, phase))
        if held.voting is not None and held.winners is not None:
            found.append((held.voting.at, "counted"))
    return found
