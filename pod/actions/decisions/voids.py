"""A member whose account was stolen says with the 24 words that what it said in a poll wasn't their word."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account
from pod.actions.chain.door import append
from pod.actions.decisions.held_polls import hold_poll
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.signer import PhraseHolder, signed
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.chains import ChainRule
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.records.content import Header
from protocol.records.drafts import by_recovery_key, draft_wish
from protocol.records.envelope import Record, open_record
from protocol.records.operation import VOID, Event
from protocol.state import Member


async def void_votes(deps: Deps, account: Account, group: RecordId, poll: RecordId, keys: RecoveryKeys) -> Record:
    """Void what the account's member said in a poll whose contest window isn't over; the count is repeated without it.

    Raises PhraseError for words that aren't the member's, and what makes the poll one that can't be contested.
    """
    await deps.store.limits.take("words of an account", str(account.id), now=deps.clock())

    async def action(session: AsyncSession) -> Record:
        return await _void(session, deps, account, group, poll, keys)

    return await deps.store.write(action)


async def _void(
    session: AsyncSession, deps: Deps, account: Account, group: RecordId, poll: RecordId, keys: RecoveryKeys
) -> Record:
    held = await hold_poll(session, deps, account, group, poll)
    if keys.member_in(held.state) != held.number:
        raise AccountRule.NOT_THIS_ACCOUNTS_PHRASE.error()
    if held.course.final is not None or held.course.contested is not None:
        raise DecisionRule.NOT_CONTESTED_NOW.error()
    member = held.state.members[held.number]
    signer = keys.signer(member.recovery[-1])
    if signer is None:
        raise ChainRule.PHRASE_REPLACED.error()
    record = open_record(_wish(deps, group, member, poll, signer))
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)
    return record


def _wish(deps: Deps, group: RecordId, member: Member, poll: RecordId, signer: PrivateKey) -> dict[str, Any]:
    index, last = len(member.recovery) - 1, member.recovery_counter
    counter = last[1] + 1 if last[0] == index else 1
    header: Header = {"author": member.number, "key": index, "counter": counter, "at": deps.clock()}
    body = by_recovery_key(draft_wish(Event(VOID, {"poll": poll})), group, header)
    return signed(PhraseHolder(), body, signer, now=deps.clock())
