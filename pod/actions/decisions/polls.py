"""People ask their group something, and answer: a poll is written and opened, a ballot is cast."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballots import fits
from decisions.phases import plan_of, poll_times
from decisions.rolls import OPEN_POLL
from models.decisions.polls import load_opening, load_poll
from pod.actions.access import open_group
from pod.actions.decisions.roll import is_on_roll
from pod.actions.posts.records import write_record
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Ballot
from protocol.records.drafts import Draft, draft_wish
from protocol.records.envelope import Record
from protocol.records.operation import Event


async def open_poll(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write a poll, and the operation that opens it; it is open once the steward has sealed that."""
    record = await write_record(session, deps, signer, group, said)
    await write_record(session, deps, signer, group, draft_wish(Event(OPEN_POLL, {"poll": record.id})))
    return record


async def cast_ballot(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write a ballot that will count unless it comes late; raises what would keep it from counting."""
    now = deps.clock()
    readable = await open_group(session, deps, signer.account, group)
    record = await write_record(session, deps, signer, group, said)
    ballot = record.content
    assert isinstance(ballot, Ballot)
    stored, opening = await load_poll(session, ballot.poll), await load_opening(session, ballot.poll, group)
    if stored is None or stored.group_id != group:
        raise DecisionRule.NO_SUCH_POLL.error()
    if opening is None:
        raise DecisionRule.NOT_OPEN_YET.error()
    poll = stored.content
    times = poll_times(plan_of(poll.lengths, opening.at))
    if not times.voting_start <= now < times.voting_end:
        raise DecisionRule.NOT_NOW.error(begins=_instant(times.voting_start), ends=_instant(times.voting_end))
    if not fits(poll, poll.option_ids, ballot):
        raise DecisionRule.DOES_NOT_FIT.error()
    if readable.number is None or not await is_on_roll(session, opening, group, readable.number):
        raise DecisionRule.NOT_ON_ROLL.error()
    return record


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
