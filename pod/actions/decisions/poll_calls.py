"""People here are called to what polls need of them, and told what their delegates did or didn't; each once a phase.

A call is made with the item or record from which it follows, and costs one row, however many members there are. Whom it
concerns is looked up afterwards, `MOST_AT_ONCE` people of this pod at a time, each time in a write of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import Stage
from models.content.belonging import list_accounts_of, list_local_numbers
from models.decisions.delegates import list_followers
from models.decisions.poll_calls import RENEWED, PollCall, list_open_calls, load_due_call, move_on
from models.decisions.polls import load_poll
from models.decisions.taken_part import list_ballots_by
from models.groups.groups_and_items import load_group
from models.people.own_calls import (
    NEEDS,
    RESIGNED,
    STRANDED,
    VOTED,
    OwnCall,
    delete_need,
    list_mailed,
    put_own_calls,
)
from pod.actions.chain.views import load_view
from pod.actions.decisions.opened_bets import statements_due
from pod.actions.decisions.poll_course import PollSoFar, follow_poll
from pod.actions.decisions.voters import load_voter
from pod.actions.reading.decisions.needs import AskedMember, Need, need_of
from pod.actions.reading.decisions.standing_lists import list_stranded
from pod.deps import Deps
from protocol.ids import RecordId

DAY_MS: Final = 86_400_000
MOST_AT_ONCE: Final = 100
_SETTLED: Final = 2**62  # what is final here is evaluated, whether or not the keepers have confirmed it
_CAPABILITY: Final = {Need.VOTE: "vote", Need.BET: "bet", Need.EVALUATE: "evaluate"}


async def calls_of(session: AsyncSession, so_far: PollSoFar, *, sealed: int, now: int) -> list[PollCall]:
    """What a poll calls people to after an item of the time `sealed`."""
    course, group, poll = so_far.course, so_far.poll.group_id, so_far.poll.id
    assert course is not None
    held, stage = course.now, course.stage_at(sealed)
    if stage is Stage.FINAL:
        begins: dict[int, int] = {}
        for due in await statements_due(session, so_far):
            begins[due.begins] = max(due.ends, begins.get(due.begins, 0))
        return [
            PollCall(group, poll, Need.EVALUATE, 0, begin, end, None, max(begin, now))
            for begin, end in begins.items()
            if end > now
        ]
    if stage not in {Stage.VOTING, Stage.BETS}:
        return []
    kind, end = (Need.VOTE if stage is Stage.VOTING else Need.BET), held.times.phase_end(sealed)
    if end is None or end <= now:
        return []
    calls = [PollCall(group, poll, kind, held.number, 0, end, max(now, end - DAY_MS), now)]
    if stage is Stage.VOTING and held.locked is not None:
        calls.append(PollCall(group, poll, STRANDED, held.number, 0, end, now, now))
    return calls


async def call_people(deps: Deps) -> bool:
    """Call the next people of the call whose turn it is; returns whether there was one."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        call = await load_due_call(session, now=now)
        if call is None:
            return False
        found = await _PAGES.get(call.kind, _needed)(session, deps, call, now)

    async def action(session: AsyncSession) -> None:
        if call.kind == RENEWED:
            await _renew(session, deps, call)
        else:
            await put_own_calls(session, await _unmoved(session, deps, call, found))
        await move_on(session, call, after=found.after, now=now)

    await deps.store.write(action)
    return True


class _Found(msgspec.Struct, frozen=True):
    """A page of people. `counters`: by account, what it had signed by then; `after`: where the next page begins."""

    calls: list[OwnCall]
    counters: dict[int, tuple[int, int]]
    after: int | None


async def _unmoved(session: AsyncSession, deps: Deps, call: PollCall, found: _Found) -> list[OwnCall]:
    """The calls, but those of people who signed something since they were looked at and aren't needed any more."""
    if not found.counters:
        return found.calls
    members = await list_local_numbers(session, call.group_id, call.after, MOST_AT_ONCE)
    moved = {
        account: number
        for number, account, counter in members
        if account in found.counters and found.counters[account] != (number, counter)
    }
    so_far = await _load(session, deps, call.group_id, call.about) if moved else None
    gone = {
        account
        for account, number in moved.items()
        if so_far is None or not await _still_needs(session, deps, so_far, AskedMember(account, number), call.kind)
    }
    return [one for one in found.calls if one.account_id not in gone]


async def _following(session: AsyncSession, deps: Deps, call: PollCall, now: int) -> _Found:
    """The next accounts here whose lists name a delegate, of those that want mails."""
    assert deps
    followers = await list_followers(session, call.group_id, call.number, now=now, after=call.after, most=MOST_AT_ONCE)
    accounts = (await list_accounts_of(session, call.group_id, followers)).values()
    mailed = await list_mailed(session, accounts)
    return _Found([_own(call, account) for account in sorted(mailed)], {}, _next(followers))


async def _stranded(session: AsyncSession, deps: Deps, call: PollCall, now: int) -> _Found:
    """The next accounts here that want mails, can vote, and whose list of delegates leads to nobody who has voted."""
    members = await list_local_numbers(session, call.group_id, call.after, MOST_AT_ONCE)
    mailed = await list_mailed(session, [account for _, account, _ in members])
    so_far = await _load(session, deps, call.group_id, call.about) if mailed else None
    found: list[OwnCall] = []
    if so_far is not None:
        state = (await load_view(session, deps, call.group_id)).state
        accounts = {number: account for number, account, _ in members if account in mailed}
        stranded = sorted(await list_stranded(session, state, so_far, accounts))
        bars = {one: (await load_voter(session, state, so_far, one, now=now)).bar for one in stranded}
        found = [_own(call, accounts[number]) for number, bar in bars.items() if bar is None]
    return _Found(found, {}, _next([number for number, _, _ in members]))


async def _needed(session: AsyncSession, deps: Deps, call: PollCall, now: int) -> _Found:
    """The next accounts here that a poll needs: those that may do it are asked one by one, unless they have voted."""
    members = await list_local_numbers(session, call.group_id, call.after, MOST_AT_ONCE)
    numbers = [number for number, _, _ in members]
    so_far = await _load(session, deps, call.group_id, call.about)
    if so_far is None or so_far.opening is None:
        return _Found([], {}, None)
    electors, least = so_far.opening.electors, so_far.opening.terms.least[_CAPABILITY[Need(call.kind)]]
    able = {number for number in numbers if electors.may(number, least)}
    if call.kind == Need.VOTE:
        ballots = await list_ballots_by(session, call.group_id, call.about, able)
        able -= {one.content.author for one in ballots if one.content.round == call.round and not one.content.withdraw}
    asked = [AskedMember(account, number) for number, account, _ in members if number in able]
    needed = [one for one in asked if await _still_needs(session, deps, so_far, one, call.kind)]
    mailed = await list_mailed(session, [one.account for one in needed]) if call.mail_at is not None else set()
    if call.mail_at is not None and call.mail_at <= now:
        mailed -= {one.account for one in needed if one.number == so_far.poll.author}  # who has just asked knows it
    counters = {account: (number, counter) for number, account, counter in members}
    calls = [_own(call, one.account, mailed=one.account in mailed) for one in needed]
    return _Found(calls, counters, _next(numbers))


async def _nobody(_: AsyncSession, __: Deps, ___: PollCall, ____: int) -> _Found:
    return _Found([], {}, None)


# By the kind of call, who finds its next people; any other kind is a need.
_PAGES: Final = {RENEWED: _nobody, VOTED: _following, RESIGNED: _following, STRANDED: _stranded}


def _next(numbers: Sequence[int]) -> int | None:
    return numbers[-1] if len(numbers) == MOST_AT_ONCE else None


def _own(call: PollCall, account: int, *, mailed: bool = True) -> OwnCall:
    number = 0 if call.kind in NEEDS else call.number
    at = call.mail_at if mailed else None
    return OwnCall(account, call.group_id, call.about, call.kind, call.round, number, call.until, at)


async def _load(session: AsyncSession, deps: Deps, group: RecordId, poll: RecordId) -> PollSoFar | None:
    stored, known = await load_poll(session, poll), await load_group(session, group)
    if stored is None or known is None:
        return None
    state = (await load_view(session, deps, group)).state
    return await follow_poll(session, state, stored, held=known.log_size, counting=False)


async def _still_needs(session: AsyncSession, deps: Deps, so_far: PollSoFar, asked: AskedMember, kind: str) -> bool:
    state = (await load_view(session, deps, so_far.poll.group_id)).state
    return await need_of(session, deps, state, asked, so_far, so_far.phase_at(deps.clock(), settled=_SETTLED)) == kind


async def _renew(session: AsyncSession, deps: Deps, renewed: PollCall) -> None:
    """Call a member of this pod who said something to what still needs them, and to nothing else."""
    group, number = renewed.group_id, renewed.number
    account = (await list_accounts_of(session, group, [number])).get(number)
    calls = await list_open_calls(session, group, now=deps.clock()) if account is not None else []
    for call in [one for one in calls if one.kind in NEEDS]:
        assert account is not None
        so_far, asked = await _load(session, deps, group, call.about), AskedMember(account, number)
        if so_far is not None and await _still_needs(session, deps, so_far, asked, call.kind):
            await put_own_calls(session, [_own(call, account, mailed=False)])
        else:
            await delete_need(session, account, group, call.about, call.kind)
