"""Bets stay hidden until their phase ends: the log holds a commitment, the pod keeps the value and opens it itself."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.bets import read_bets
from decisions.course import PollFacts, PollRound, Stage
from decisions.sealed import commitment, salt_of
from models.decisions.hidden_values import HiddenValue, load_own_hidden, put_hidden
from models.decisions.polls import StoredPoll
from pod.actions.chain.door import append
from pod.actions.decisions.held_polls import hold_poll
from pod.actions.decisions.hidden_values import opens_at, sealed_up, value_of
from pod.actions.decisions.opened_bets import stated_in
from pod.actions.posts.records import signed_when_numbered
from pod.actions.signer import Person
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import BETS_KIND, UNSIGNED, Header, Prediction, Sealed
from protocol.records.drafts import Draft, draft
from protocol.records.envelope import Record

Bets = Mapping[RecordId, int]


async def place_bets(
    session: AsyncSession, deps: Deps, signer: Person, group: RecordId, poll_id: RecordId, bets: Bets
) -> Record:
    """Seal a member's bets (thousandths by statement) in place of earlier ones; raises what would void them."""
    poll = await hold_poll(session, deps, signer.account, group, poll_id)
    poll.check_stage(Stage.BETS)
    poll.check_may("bet")
    statements = await load_statements(session, poll.stored, poll.facts, poll.course.rounds[0])
    if read_bets(dict(bets), statements) is None:
        raise DecisionRule.BETS_DO_NOT_FIT.error()
    salts: list[tuple[str, int]] = []

    def sealed(header: Header, seed: bytes) -> Draft:
        salt = salt_of(seed, poll_id, header["counter"])
        salts.append((salt, header["counter"]))
        hidden = commitment(author=header["author"], kind=BETS_KIND, poll=poll_id, salt=salt, value=dict(bets))
        return draft(Sealed(poll=poll_id, kind=BETS_KIND, commitment=hidden, round=poll.held.number, **UNSIGNED))

    record = await signed_when_numbered(session, deps, signer, signer.account, group, sealed)
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)
    ((salt, number),) = salts
    box = sealed_up(deps, record.id, dict(bets))
    until, own = opens_at(poll.held, BETS_KIND), signer.account.id
    hidden = HiddenValue(record.id, own, group, poll_id, BETS_KIND, poll.held.number, number, salt, box, None, until)
    await put_hidden(session, hidden)
    return record


async def load_statements(
    session: AsyncSession, poll: StoredPoll, facts: PollFacts, first: PollRound
) -> dict[RecordId, int]:
    """The statements of a poll, with their times of evaluation (ms); `first`: its first round."""
    assert first.predictions is not None or not first.plan.predictions
    found = await stated_in(session, poll, facts, first)
    return {one.id: one.content.due_at for one in found if isinstance(one.content, Prediction)}


async def own_bets(
    session: AsyncSession, deps: Deps, account: int, poll: RecordId, round_number: int
) -> dict[RecordId, int] | None:
    """What an account bet last in a round of a poll; None if it didn't."""
    hidden = await load_own_hidden(session, account, poll, BETS_KIND, round_number)
    return None if hidden is None else value_of(deps, hidden)
