"""Members say whether a prediction came true: those who may, who had nothing to gain from it, while it is evaluated."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.opened_bets import DueStatement, load_opened_bets
from models.decisions.said import count_said
from pod.actions.decisions.held_polls import HeldPoll, hold_poll, instant
from pod.actions.decisions.opened_bets import stated_in, statements_due
from pod.actions.posts.records import write_record
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.drafts import Draft
from protocol.records.envelope import Record

MOST_EVALUATIONS: Final = 500  # by one member in one poll, with all revisions


async def evaluate(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write whether a statement came true; raises what would keep it from counting."""
    poll = await hold_poll(session, deps, signer.account, group, RecordId(said.members["poll"]))
    statement = RecordId(said.members["prediction"])
    poll.check_may("evaluate")
    due = await _due(session, poll, statement)
    if not due.begins <= poll.now < due.ends:
        raise DecisionRule.NOT_NOW.error(begins=instant(due.begins), ends=instant(due.ends))
    if poll.number in await load_bettors(session, group, poll.stored.id, statement):
        raise DecisionRule.BET_ON_IT.error()
    if await count_said(session, poll.stored.id, group, "Evaluation", poll.number) >= MOST_EVALUATIONS:
        raise DecisionRule.TOO_MANY.error(most=MOST_EVALUATIONS)
    return await write_record(session, deps, signer, group, said)


async def load_bettors(session: AsyncSession, group: RecordId, poll: RecordId, statement: RecordId) -> set[int]:
    """Who bet on a statement, in whichever round."""
    opened = await load_opened_bets(session, group, poll)
    return {member for one in opened for member in one.bets.get(statement, ())}


async def _due(session: AsyncSession, poll: HeldPoll, statement: RecordId) -> DueStatement:
    """When a statement is evaluated; raises if it isn't one, or never will be, or before that is known."""
    first = poll.course.rounds[0]
    stated = await stated_in(session, poll.stored, poll.facts, first)
    if statement not in {one.id for one in stated}:
        raise DecisionRule.NO_SUCH_STATEMENT.error()
    if poll.course.final is None:
        raise DecisionRule.NOT_FINAL_YET.error()
    found = [one for one in await statements_due(session, poll.so_far) if one.statement_id == statement]
    if not found:
        raise DecisionRule.NOT_CHOSEN.error()
    return found[0]
