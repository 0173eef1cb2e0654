"""People ask their group something, and answer: a poll is written and opened, a ballot is cast."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballots import fits
from decisions.course import Stage
from decisions.poll_events import AUDIT, FAST_FORWARD, OPEN_POLL
from pod.actions.decisions.held_polls import hold_poll
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
    poll = await hold_poll(session, deps, signer.account, group, RecordId(said.members["poll"]))
    said = Draft(said.type, {**said.members, "round": poll.held.number} if poll.held.number > 1 else said.members)
    record = await write_record(session, deps, signer, group, said)
    ballot = record.content
    assert isinstance(ballot, Ballot)
    poll.check_stage(Stage.VOTING)
    if not fits(poll.poll, poll.held.options, ballot):
        raise DecisionRule.DOES_NOT_FIT.error()
    await poll.check_voter(session)
    return record


async def forward_poll(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, poll_id: RecordId) -> Record:
    """Have the phase that is held now end as soon as the steward seals the wish; voting is never shortened."""
    poll = await hold_poll(session, deps, signer.account, group, poll_id)
    target = poll.held.times.phase_end(poll.now)
    if target is None or target > poll.held.times.voting_start:
        raise DecisionRule.NOT_FORWARD.error()
    return await write_record(
        session, deps, signer, group, draft_wish(Event(FAST_FORWARD, {"poll": poll_id, "target": target}))
    )


async def audit_poll(
    session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Mapping[str, str]
) -> Record:
    """Say in a group's name that a poll of another one was wrong; `said`: that `group`, its `poll`, the `reason`."""
    return await write_record(session, deps, signer, group, draft_wish(Event(AUDIT, dict(said))))
