"""People ask their group something, and answer: a poll is written and opened, a ballot is cast."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballots import fits
from decisions.rolls import OPEN_POLL
from models.decisions.polls import load_poll
from pod.actions.access import open_group
from pod.actions.decisions.counted import load_course
from pod.actions.decisions.voters import load_voter, refusal_of
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
    stored = await load_poll(session, ballot.poll)
    if stored is None or stored.group_id != group:
        raise DecisionRule.NO_SUCH_POLL.error()
    course = await load_course(session, readable.state, stored, settled=0, held=0, now=now)
    if course.times is None:
        raise DecisionRule.NOT_OPEN_YET.error()
    if not course.times.voting_start <= now < course.times.voting_end:
        begins, ends = _instant(course.times.voting_start), _instant(course.times.voting_end)
        raise DecisionRule.NOT_NOW.error(begins=begins, ends=ends)
    if not fits(stored.content, stored.content.option_ids, ballot):
        raise DecisionRule.DOES_NOT_FIT.error()
    if readable.number is None:
        raise DecisionRule.NOT_ON_ROLL.error()
    refusal = refusal_of(await load_voter(session, readable.state, course, readable.number, now=now))
    if refusal is not None:
        raise refusal
    return record


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
