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
from models.moving.kept_copies import KeptCopy, load_copy
from models.people.accounts import Account, list_memberships, load_account_by_recovery, load_membership
from pod.actions.chain.views import load_view
from pod.actions.fediverse.readers import MOST_COPIED, take_copied_readers
from pod.actions.moving.returned_records import ReturnedRecords, return_records
from pod.actions.moving.taken_copies import kept_page
from pod.actions.moving.unfolded_copy import unfold_copy
from pod.deps import Deps
from protocol.errors import RefusedError

SOON_MS: Final = 5_000
LATER_MS: Final = 60_000
_READERS: Final = "reader/"  # what their lines' keys begin with


class ReturnedCopy(msgspec.Struct, frozen=True):
    """What a copy gave its account here. `failed`: how many of its choices, follows and drafts couldn't be written."""

    records: ReturnedRecords
    failed: int = 0


async def return_copy(deps: Deps, copy: FileCopy) -> None:
    """Give the account what its copy holds, if its recovery is settled; else look again soon."""
    async with deps.store.database.read() as session:
        account = await load_account_by_recovery(session, [copy.recovery])
        kept = await load_copy(session, copy.copy_id)
        if account is None or account.personal_group != copy.group_id or kept is None:
            await _put(deps, copy, None)
            return
        settled = await _is_settled(session, deps, account, copy)
        waits = any(one.state == "moving" for one in await list_memberships(session, account.id))
    if not settled:
        await _put(deps, copy, deps.clock() + SOON_MS)
        return
    if copy.outcome is None:
        await _tell_readers(deps, kept)
    failed = await unfold_copy(deps, account.id, kept.id)
    outcome = msgspec.json.encode(ReturnedCopy(await return_records(deps, kept), len(failed)))
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


async def _tell_readers(deps: Deps, copy: KeptCopy) -> None:
    """Have pods that read the personal group learn where it is now: the pod that told them of it is gone."""
    pods: list[str] = []
    cursor: str | None = _READERS
    while cursor is not None:
        async with deps.store.database.read() as session:
            page = await kept_page(session, copy.id, "follows", cursor)
        pods += [line.key.removeprefix(_READERS) for line in page.lines if line.key.startswith(_READERS)]
        cursor = page.next if len(pods) < MOST_COPIED else None
    now = deps.clock()
    await deps.store.write(partial(take_copied_readers, deps=deps, group=copy.group_id, pods=pods, now=now))


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
