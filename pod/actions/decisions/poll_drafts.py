"""Polls in writing are kept for their authors alone, bounded in number and size, until they are published."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.poll_events import OPEN_POLL
from models.decisions.poll_drafts import (
    StoredPollDraft,
    count_poll_drafts,
    delete_poll_draft,
    list_poll_drafts,
    load_poll_draft,
    save_poll_draft,
)
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.decisions.capabilities import may_ask
from pod.actions.decisions.polls import open_poll
from pod.actions.signer import Person
from pod.clock import random_token
from pod.deps import Deps
from pod.errors import UnknownGroupError
from pod.rules.groups import GroupRule
from pod.rules.questions import AskingRule
from protocol.ids import RecordId
from protocol.limits import MAX_RECORD_BYTES
from protocol.records.drafts import Draft

MOST_DRAFTS: Final = 20
MOST_BYTES: Final = MAX_RECORD_BYTES  # what is longer could never be published
_ID_LENGTH: Final = 16


class PollDraft(msgspec.Struct, frozen=True):
    """A poll in writing. `group_name`: empty where its author may read the group no more."""

    id: str
    group: RecordId
    group_name: str
    saved_at: int
    said: bytes


async def begin_draft(deps: Deps, account: Account, group: RecordId, said: bytes) -> str:
    """Keep a new draft and return its id; raises TooLargeError, or what keeps the account from asking this group."""
    draft = random_token()[:_ID_LENGTH]

    async def action(session: AsyncSession) -> None:
        await check_may_ask(session, deps, account, group)
        if await count_poll_drafts(session, account.id) >= MOST_DRAFTS:
            raise AskingRule.MANY_DRAFTS.error(most=MOST_DRAFTS)
        await _save(session, StoredPollDraft(draft, account.id, group, deps.clock(), said))

    await deps.store.write(action)
    return draft


async def keep_draft(deps: Deps, account: Account, group: RecordId, draft: str, said: bytes) -> None:
    """Keep what is new in a draft; raises NotFoundError or TooLargeError."""

    async def action(session: AsyncSession) -> None:
        await _load(session, account, group, draft)
        await _save(session, StoredPollDraft(draft, account.id, group, deps.clock(), said))

    await deps.store.write(action)


async def read_draft(deps: Deps, account: Account, group: RecordId, draft: str) -> bytes:
    """What a draft of this account for this group says; raises NotFoundError."""
    async with deps.store.database.read() as session:
        return (await _load(session, account, group, draft)).said


async def list_drafts(deps: Deps, account: Account) -> tuple[PollDraft, ...]:
    """The account's drafts, the latest first; there are never more than are listed."""
    async with deps.store.database.read() as session:
        found = await list_poll_drafts(session, account.id, MOST_DRAFTS)
        return tuple(
            [
                PollDraft(
                    one.id, one.group_id, await _name(session, deps, account, one.group_id), one.saved_at, one.said
                )
                for one in found
            ]
        )


async def drop_draft(deps: Deps, account: Account, draft: str) -> None:
    """Delete a draft; one that isn't there is deleted already."""

    async def action(session: AsyncSession) -> None:
        await delete_poll_draft(session, account.id, draft)

    await deps.store.write(action)


async def publish_draft(deps: Deps, signer: Person, group: RecordId, draft: str, said: Draft) -> RecordId:
    """Open the poll that a draft became, and delete the draft with it."""

    async def action(session: AsyncSession) -> RecordId:
        await _load(session, signer.account, group, draft)
        await check_may_ask(session, deps, signer.account, group)
        record = await open_poll(session, deps, signer, group, said)
        await delete_poll_draft(session, signer.account.id, draft)
        return record.id

    return await deps.store.write(action)


async def check_may_ask(session: AsyncSession, deps: Deps, account: Account, group: RecordId) -> None:
    """Refuse who may start no poll here; raises UnknownGroupError or MayNotWriteError."""
    readable = await open_group(session, deps, account, group)
    if readable.state.succeeded_by is not None:
        raise GroupRule.CLOSED.error()
    if readable.member is None or not may_ask(readable.state, readable.member.weight):
        raise AskingRule.MAY_NOT_ASK.error(weight=readable.state.permission(OPEN_POLL))


async def _load(session: AsyncSession, account: Account, group: RecordId, draft: str) -> StoredPollDraft:
    found = await load_poll_draft(session, account.id, draft)
    if found is None or found.group_id != group:
        raise AskingRule.NO_SUCH_DRAFT.error()
    return found


async def _save(session: AsyncSession, draft: StoredPollDraft) -> None:
    if len(draft.said) > MOST_BYTES:
        raise AskingRule.LONG_DRAFT.error(most=MOST_BYTES)
    await save_poll_draft(session, draft)


async def _name(session: AsyncSession, deps: Deps, account: Account, group: RecordId) -> str:
    try:
        return (await open_group(session, deps, account, group)).name
    except UnknownGroupError:
        return ""
