"""Polls that the newest item may carry further: results are kept, and the steward gets the next deadlines."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.dates import date_of
from models.decisions.deadlines import NEVER, NextLook, list_due, put_looks
from models.decisions.hidden_values import list_polls_to_open
from models.decisions.poll_calls import put_poll_calls
from models.decisions.polls import load_poll
from models.decisions.results import put_results
from models.decisions.said import list_said
from models.groups.groups_and_items import load_group
from pod.actions.chain.views import load_view
from pod.actions.decisions.hidden_values import open_values
from pod.actions.decisions.lots import give_shares
from pod.actions.decisions.opened_bets import ToldBets, put_told, tell_bets
from pod.actions.decisions.poll_calls import calls_of
from pod.actions.decisions.poll_course import PollSoFar, follow_poll
from pod.actions.notifications import note_proposals
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Proposal

TOLD_FOR_MS: Final = 86_400_000


async def carry_on_polls(deps: Deps, group: RecordId) -> None:
    """Follow the group's polls that are due, each read by itself, and do for each what this pod has to do in it."""
    async with deps.store.database.read() as session:
        at = (await load_view(session, deps, group)).state.at
        due = [*await list_due(session, group, at), *await list_polls_to_open(session, group, at)]
    for poll in dict.fromkeys(due):
        found = await _follow(deps, group, poll)
        if found is not None:
            so_far, told = found
            await deps.store.write(partial(_do, deps=deps, so_far=so_far, told=told, sealed=at))


async def _follow(deps: Deps, group: RecordId, poll: RecordId) -> tuple[PollSoFar, ToldBets] | None:
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
        stored, known = await load_poll(session, poll), await load_group(session, group)
        if stored is None or known is None:
            return None
        so_far = await follow_poll(session, state, stored, held=known.log_size)
        told = await tell_bets(session, so_far, held=known.log_size)
    return (so_far, told) if so_far.course is not None else None


def _next_at(so_far: PollSoFar, told: ToldBets, *, sealed: int) -> int:
    """From when on another item may carry the poll further; one that lacks some of the log is looked at each time."""
    course = so_far.course
    assert course is not None
    if course.lacks or told.lacks:
        return sealed
    return NEVER if course.final is not None else min(course.pending, default=sealed)


async def _do(session: AsyncSession, deps: Deps, so_far: PollSoFar, told: ToldBets, sealed: int) -> None:
    """Keep what was counted and bet, give shares, open what people here sealed, and say when to look again."""
    assert so_far.course is not None
    await put_results(session, so_far.fresh)
    await put_told(session, told)
    await give_shares(session, deps, so_far)
    await open_values(session, deps, so_far)
    deadlines = (*so_far.course.pending, *_end_of_date(so_far))
    look = NextLook(so_far.poll.id, deadlines, _next_at(so_far, told, sealed=sealed))
    await put_looks(session, so_far.poll.group_id, [look])
    await _tell_proposers(session, so_far, now=deps.clock())
    await put_poll_calls(session, await calls_of(session, so_far, sealed=sealed, now=deps.clock()))


async def _tell_proposers(session: AsyncSession, so_far: PollSoFar, *, now: int) -> None:
    """Tell members here, once, whether what they proposed can be chosen; not of proposals that ended long ago."""
    assert so_far.course is not None
    first, poll = so_far.course.rounds[0], so_far.poll
    if first.proposals is None or first.times.proposals_end < now - TOLD_FOR_MS:
        return
    said = await list_said(session, poll.id, poll.group_id, ("Proposal",), below=2**62)
    made = [one for one in said if isinstance(one.content, Proposal) and one.content.withdraws is None]
    proposals = [(one.record_id, one.author, str(one.record_id) in first.options) for one in made]
    await note_proposals(session, poll.group_id, proposals, now=now)


def _end_of_date(so_far: PollSoFar) -> tuple[int, ...]:
    """When the date that a poll chose ends: until then calendars show it."""
    course = so_far.course
    if course is None or course.final is None or not course.chosen:
        return ()
    date = date_of(so_far.poll.content, course.chosen[0])
    return (date.end,) if date is not None else ()
