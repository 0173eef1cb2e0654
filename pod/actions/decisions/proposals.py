"""Members propose what a poll's voters may choose, withdraw it, say which areas a poll is in, and predict."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import Stage
from decisions.predictions import is_sound
from models.decisions.said import count_said, list_said_by
from pod.actions.decisions.held_polls import HeldPoll, hold_poll
from pod.actions.posts.records import write_record
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Prediction
from protocol.records.drafts import Draft
from protocol.records.envelope import Record

MOST_OF_A_KIND: Final = 20  # by one member in one poll
_EVER: Final = 2**62


async def propose(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write a proposal that becomes an option unless it comes late; raises what would keep it from that."""
    poll = await _held(session, deps, signer, group, said)
    poll.check_stage(Stage.PROPOSALS)
    poll.check_may("propose")
    await _check_number(session, poll, "Proposal")
    return await write_record(session, deps, signer, group, said)


async def withdraw_proposal(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Say that one no longer stands behind one's proposal; it stays an option."""
    poll = await _held(session, deps, signer, group, said)
    proposals = await list_said_by(session, poll.stored.id, group, "Proposal", [poll.number], below=_EVER)
    own = {one.record_id for one in proposals}
    if said.members.get("withdraws") not in own:
        raise DecisionRule.NOT_OWN_PROPOSAL.error()
    await _check_number(session, poll, "Proposal", most=2 * MOST_OF_A_KIND)
    return await write_record(session, deps, signer, group, said)


async def vote_on_areas(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Say which areas the poll belongs to."""
    poll = await _held(session, deps, signer, group, said)
    poll.check_stage(Stage.PROPOSALS)
    poll.check_may("vote")
    return await write_record(session, deps, signer, group, said)


async def predict(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write a prediction on which people will bet unless it comes late; raises what would keep it from that."""
    poll = await _held(session, deps, signer, group, said)
    poll.check_stage(Stage.PREDICTIONS)
    poll.check_may("predict")
    await _check_number(session, poll, "Prediction")
    record = await write_record(session, deps, signer, group, said)
    prediction = record.content
    assert isinstance(prediction, Prediction)
    if not is_sound(prediction.condition, poll.held.options):
        raise DecisionRule.UNSOUND.error()
    if prediction.due_at <= poll.held.times.voting_end:
        raise DecisionRule.DUE_TOO_EARLY.error()
    return record


async def _held(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> HeldPoll:
    return await hold_poll(session, deps, signer.account, group, RecordId(said.members["poll"]))


async def _check_number(session: AsyncSession, poll: HeldPoll, kind: str, most: int = MOST_OF_A_KIND) -> None:
    if await count_said(session, poll.stored.id, poll.stored.group_id, kind, poll.number) >= most:
        raise DecisionRule.TOO_MANY.error(most=most)
