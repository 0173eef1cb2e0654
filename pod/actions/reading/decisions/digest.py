"""What a daily mail tells somebody of their groups' polls within a time: by decision, the newest first, each with why.

Told are polls that need the reader, results of polls on whose roll they are, and what happened in polls that they
follow, or whose area or delegate they follow. Who has acted isn't told that one may, unless they follow the poll.
A mail passes servers and lies in mailboxes, so nothing of a private group stands in it but that something happened, nor
what the pod's floor withholds.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_belonging
from models.decisions.scheduled_polls import list_scheduled
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, open_those
from pod.actions.decisions.poll_course import PollSoFar, follow_poll
from pod.actions.decisions.voters import OFF_ROLL, load_voter
from pod.actions.reading.decisions.board import end_of
from pod.actions.reading.decisions.calendar import MOST_GROUPS, MOST_POLLS
from pod.actions.reading.decisions.followed import GroupFollows, area_names, list_followed_votes, load_followed
from pod.actions.reading.decisions.needs import AskedMember, Need, has_voted, need_of
from pod.actions.reading.decisions.polls import visible_polls
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.ids import RecordId

OPENED = "opened"
COUNTED = "counted"
VOTED = "delegate"


class WhyTold(StrEnum):
    """Why somebody is told of a poll."""

    ROLL = "roll"
    POLL = "poll"
    AREA = "area"
    DELEGATE = "delegate"


class Happening(msgspec.Struct, frozen=True, order=True):
    """A time (ms) at which something happened: a phase began, OPENED, COUNTED, or VOTED by the delegate `number`."""

    at: int
    what: str
    number: int = 0


class DigestPoll(msgspec.Struct, frozen=True):
    """A poll in which something happened at `at` (ms). `need`: what it asks of the reader, until `until`.

    `title`, `group_name` and `because` (the name of the area or delegate that is followed) are empty where a mail may
    not name them; `number` is the delegate's.
    """

    group: RecordId
    poll: RecordId
    group_name: str
    title: str
    what: str
    at: int
    until: int
    need: Need | None
    why: WhyTold
    because: str = ""
    number: int = 0


async def list_happenings(deps: Deps, account: Account, *, since: int, through: int, now: int) -> list[DigestPoll]:
    """What the account is told of the time after `since` up to `through`; what needs it `now` comes first."""
    found: list[DigestPoll] = []
    async with deps.store.database.read() as session:
        groups = sorted(await list_belonging(session, account.id))[:MOST_GROUPS]
        opened = await open_those(session, deps, account, groups)
        followed = await load_followed(session, account.id)
        for stored in await list_scheduled(session, opened, since=since, most=MOST_POLLS):
            group = opened[stored.group_id]
            held = await load_group(session, group.id)
            assert held is not None
            so_far = await follow_poll(session, group.state, stored, held=held.log_size, counting=False)
            votes = await list_followed_votes(session, group.id, stored.id, followed[group.id].delegates)
            times = [*_happened(so_far), *(Happening(at, VOTED, number) for at, number in votes)]
            happened = [one for one in times if since < one.at <= through]
            if happened:
                told = await _told(session, deps, account, group, so_far, followed[group.id], max(happened), now)
                found += [told] if told is not None else []
    return sorted(found, key=lambda one: (one.need is None, -one.at))


async def _told(  # noqa: PLR0917  (whom, what, and of which time)
    session: AsyncSession,
    deps: Deps,
    account: Account,
    group: ReadableGroup,
    so_far: PollSoFar,
    followed: GroupFollows,
    latest: Happening,
    now: int,
) -> DigestPoll | None:
    if so_far.course is None or group.number is None:
        return None
    (visible,) = await visible_polls(session, deps, [so_far])
    need = await need_of(session, deps, group.state, AskedMember(account.id, group.number), so_far, visible.phase)
    why = await _why(session, group, so_far, followed, latest, need, now=now)
    if why is None:
        return None
    may_name = group.state.visibility != "private"
    return DigestPoll(
        group=group.id,
        poll=visible.id,
        group_name=group.name if may_name else "",
        title=visible.title if may_name else "",
        what=latest.what,
        at=latest.at,
        until=end_of(visible) or so_far.course.now.times.voting_end,
        need=need,
        why=why[0],
        because=await _name(session, deps, group, *why) if may_name else "",
        number=latest.number,
    )


async def _why(
    session: AsyncSession,
    group: ReadableGroup,
    so_far: PollSoFar,
    followed: GroupFollows,
    latest: Happening,
    need: Need | None,
    *,
    now: int,
) -> tuple[WhyTold, str] | None:
    """Why the reader is told of the latest that happened, and by which area or delegate; None: they aren't."""
    assert so_far.course is not None
    assert group.number is not None
    if so_far.poll.id in followed.polls:
        return (WhyTold.POLL, "") if need is None else (WhyTold.ROLL, "")
    if latest.what != COUNTED and await _has_acted(session, so_far, group.number, latest):
        return None
    if need is not None:
        return WhyTold.ROLL, ""
    if latest.what == VOTED:
        return WhyTold.DELEGATE, str(latest.number)
    areas = [area for area in so_far.course.now.areas if area in followed.areas]
    if areas:
        return WhyTold.AREA, areas[0]
    if latest.what != COUNTED:
        return None
    voter = await load_voter(session, group.state, so_far, group.number, now=now)
    return None if voter.bar in OFF_ROLL else (WhyTold.ROLL, "")


async def _has_acted(session: AsyncSession, so_far: PollSoFar, number: int, latest: Happening) -> bool:
    return await has_voted(session, so_far, number) or (latest.what == OPENED and so_far.poll.author == number)


async def _name(session: AsyncSession, deps: Deps, group: ReadableGroup, why: WhyTold, what: str) -> str:
    if why is WhyTold.AREA:
        return area_names(group).get(what, "")
    if why is WhyTold.DELEGATE:
        return (await load_nicknames(session, deps, group.id, [int(what)])).get(int(what), "")
    return ""


def _happened(so_far: PollSoFar) -> list[Happening]:
    """Everything that began or ended in a poll, with its time."""
    if so_far.course is None:
        return []
    rounds = so_far.course.rounds
    found = [Happening(rounds[0].times.opened_at, OPENED)]
    for held in rounds:
        for phase, start, _ in held.times.spans:
            if phase not in {"contest", "final"} and start > rounds[0].times.opened_at:
                found.append(Happening(start, phase))
        if held.voting is not None and held.winners is not None:
            found.append(Happening(held.voting.at, COUNTED))
    return found
