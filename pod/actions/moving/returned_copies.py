"""What words brought here is completed by the copy that came as a file, once the recovery is settled.

The personal group lies here by then, out of the copy or from pods that had it. Groups that are still on their way are
waited for: their own records go in as soon as they are here.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.imported_files import FileCopy, load_file_copy, put_file_copy
from models.moving.kept_copies import load_copy
from models.people.accounts import Account, list_memberships, load_account_by_recovery, load_membership
from pod.actions.access import open_those
from pod.actions.chain.views import load_view
from pod.actions.moving.returned_records import ReturnedRecords, return_records
from pod.actions.moving.unfolded_copy import unfold_copy
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId

SOON_MS: Final = 5_000
LATER_MS: Final = 60_000


class ReturnedCopy(msgspec.Struct, frozen=True):
    """What a copy gave its account here. `failed`: how many of its choices, follows and drafts couldn't be written.

    `waits`: how many groups were on their way then.
    """

    records: ReturnedRecords
    failed: int = 0
    waits: int = 0


async def return_copy(deps: Deps, copy: FileCopy) -> None:
    """Give the account what its copy holds, if its recovery is settled; else look again soon."""
    async with deps.store.database.read() as session:
        account = await load_account_by_recovery(session, [copy.recovery])
        kept = await load_copy(session, copy.copy_id)
        if account is None or account.personal_group != copy.group_id or kept is None:
            await _put(deps, copy, None)
            return
        settled = await _is_settled(session, deps, account, copy)
        waits = sum(one.state == "moving" for one in await list_memberships(session, account.id))
    if not settled:
        await _put(deps, copy, deps.clock() + SOON_MS)
        return
    before = msgspec.json.decode(copy.outcome, type=ReturnedCopy) if copy.outcome else None
    if before is not None and before.waits == waits:
        # No group came since: nobody's records are verified again for that.
        await _put(deps, copy, deps.clock() + LATER_MS if waits else None)
        return
    failed = await unfold_copy(deps, account.id, kept.id)
    told = await return_records(deps, kept)
    if before is not None:  # what an earlier round gave back is here by now
        told.returned += before.records.returned
        told.known -= before.records.returned
    outcome = msgspec.json.encode(ReturnedCopy(told, len(failed), waits))
    await _put(deps, msgspec.structs.replace(copy, outcome=outcome), deps.clock() + LATER_MS if waits else None)


async def outcome_of(deps: Deps, account: Account) -> ReturnedCopy | None:
    """What the account's copy gave it; None if there is none, or the recovery isn't settled."""
    if account.personal_group is None:
        return None
    async with deps.store.database.read() as session:
        found = await load_file_copy(session, account.personal_group)
    if found is None or found.outcome is None:
        return None
    return msgspec.json.decode(found.outcome, type=ReturnedCopy)


async def groups_of_lost(deps: Deps, account: Account, outcome: ReturnedCopy) -> dict[str, str]:
    """The names of groups of lost records, by id, where the account's person may read the group."""
    groups = {RecordId(lost.group) for lost in outcome.records.named}
    async with deps.store.database.read() as session:
        opened = await open_those(session, deps, account, groups)
    return {str(group): found.name for group, found in opened.items()}


async def _is_settled(session: AsyncSession, deps: Deps, account: Account, copy: FileCopy) -> bool:
    membership = await load_membership(session, account.id, copy.group_id)
    if membership is None or membership.number is None:
        return False
    try:
        settled = (await load_view(session, deps, copy.group_id)).settled
    except RefusedError:
        return False
    return settled.members[membership.number].signing == membership.signing


async def _put(deps: Deps, copy: FileCopy, due_at: int | None) -> None:
    await deps.store.write(partial(put_file_copy, copy=msgspec.structs.replace(copy, due_at=due_at)))
