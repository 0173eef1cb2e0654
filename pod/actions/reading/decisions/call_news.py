"""What a mail at once tells somebody: polls that need them, and what their delegates did that concerns them still.

It is looked up when the mail is made: who has voted meanwhile isn't asked to, nor told what a delegate did in their
place. Nothing of a private group stands in it but that something happened, nor what the pod's floor withholds.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.delegates import list_followers
from models.decisions.polls import load_poll
from models.people.accounts import Account
from models.people.own_calls import NEEDS, RESIGNED, STRANDED, OwnCall
from pod.actions.access import ReadableGroup, open_those
from pod.actions.decisions.poll_course import Phase, PollSoFar
from pod.actions.reading.decisions.needs import AskedMember, Need, has_voted, list_that_holds, need_of
from pod.actions.reading.decisions.polls import so_far_of, visible_polls
from pod.actions.reading.decisions.standing_lists import list_stranded
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.ids import RecordId


class CallNews(msgspec.Struct, frozen=True):
    """A call as a mail tells it. `poll` is None where a delegate resigned; names that it may not say are empty."""

    kind: str
    group: RecordId
    poll: RecordId | None
    group_name: str
    title: str
    until: int
    delegate: int = 0
    nickname: str = ""


async def list_call_news(deps: Deps, account: Account, calls: Sequence[OwnCall]) -> list[CallNews]:
    """Those of the calls that still concern the account, what needs it first, then by their ends."""
    found: list[CallNews] = []
    async with deps.store.database.read() as session:
        opened = await open_those(session, deps, account, sorted({one.group_id for one in calls}))
        for call in calls:
            group = opened.get(call.group_id)
            if group is not None and group.number is not None:
                news = await _told(session, deps, group, AskedMember(account.id, group.number), call)
                found += [news] if news is not None else []
    return sorted(found, key=lambda one: (one.kind not in NEEDS, one.until))


async def _told(
    session: AsyncSession, deps: Deps, group: ReadableGroup, asked: AskedMember, call: OwnCall
) -> CallNews | None:
    may_name = group.state.visibility != "private"
    named = await load_nicknames(session, deps, group.id, [call.number]) if call.number and may_name else {}
    news = CallNews(
        kind=call.kind,
        group=group.id,
        poll=None,
        group_name=group.name if may_name else "",
        title="",
        until=call.until,
        delegate=call.number if may_name else 0,
        nickname=named.get(call.number, ""),
    )
    if call.kind == RESIGNED:
        after = asked.number - 1
        names = await list_followers(session, group.id, call.number, now=deps.clock(), after=after, most=1)
        return news if names == [asked.number] else None
    stored = await load_poll(session, call.about)
    if stored is None or stored.group_id != group.id:
        return None
    so_far = await so_far_of(session, group, call.about)
    (poll,) = await visible_polls(session, deps, [so_far])
    if not await _concerns(session, deps, group, asked, call, so_far, poll.phase):
        return None
    return msgspec.structs.replace(news, poll=poll.id, title=poll.title if may_name else "")


async def _concerns(  # noqa: PLR0917  (whom, what, and where it stands)
    session: AsyncSession,
    deps: Deps,
    group: ReadableGroup,
    asked: AskedMember,
    call: OwnCall,
    so_far: PollSoFar,
    phase: Phase,
) -> bool:
    assert so_far.course is not None
    if so_far.course.now.number != max(1, call.round):
        return False
    if call.kind in NEEDS:
        return await need_of(session, deps, group.state, asked, so_far, phase) == Need(call.kind)
    if phase is not Phase.VOTING or await has_voted(session, so_far, asked.number):
        return False
    if call.kind == STRANDED:
        return bool(await list_stranded(session, group.state, so_far, [asked.number]))
    return call.number in await list_that_holds(session, so_far, asked.number)
