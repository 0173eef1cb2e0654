"""A person's archive becomes a copy of their account here, which nothing but the words brings to life.

The same file twice gives one copy. Of two files of one person the one with the longer chain counts, and of two with
the same chain the later one, whichever came first. What was cut short goes on with the same file.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group, load_item
from models.moving.imported_files import FileCopy, load_file_copy, put_file_copy
from models.moving.kept_copies import insert_copy, load_copy
from models.moving.kept_names import is_name_kept
from models.people.accounts import load_account_named
from pod.actions.chain.views import load_view
from pod.actions.moving.archive_source import ArchiveSource
from pod.actions.moving.copied_chain import chain_rank
from pod.actions.moving.taken_copies import bring_up, verify_copy
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.archives import ArchiveRule
from protocol.copies import CopyManifest
from protocol.ids import RecordId
from protocol.state import GroupState

KEPT_MS: Final = 30 * 86_400_000
AHEAD_MS: Final = 86_400_000  # how far another pod's clock may go wrong
OWNER: Final = 1  # the number of a personal group's person in it


async def import_archive(deps: Deps, source: ArchiveSource, *, name: str = "", quota: int) -> FileCopy:
    """Take a copy in, until it is the same as the file; `name`: wished here, `quota`: its most bytes.

    Raises MalformedError if this pod knows another past of the person's group, BusyError if a later copy is here,
    NameTakenError if the name is somebody else's.
    """
    manifest, state = source.told, source.state
    await _check_past(deps, state)
    found = await deps.store.write(partial(_begun, deps=deps, manifest=manifest, state=state, name=name, quota=quota))
    await bring_up(deps, found.copy_id, source)
    if await verify_copy(deps, found.copy_id, manifest):
        raise ArchiveRule.COPY_NOT_WHOLE.error()
    return found


async def _begun(
    session: AsyncSession, deps: Deps, manifest: CopyManifest, state: GroupState, name: str, quota: int
) -> FileCopy:
    found, now = await load_file_copy(session, manifest.group), deps.clock()
    if manifest.at > now + AHEAD_MS:  # no later file could take its place, and no second home
        raise ArchiveRule.NOT_YET.error(at=manifest.at)
    if found is not None and found.place > (chain_rank(state), manifest.at):
        raise ArchiveRule.OLDER.error(at=found.at)
    kept = await load_copy(session, found.copy_id) if found is not None else None
    copy_id = kept.id if kept else await insert_copy(session, manifest.group, manifest.pod, quota=quota, now=now)
    recovery = state.members[OWNER].recovery[-1]
    due_at = found.due_at if found is not None else None
    wished = name or (found.name if found is not None else "")
    if name:
        await _check_name(session, name, manifest.group, now=now)
    copy = FileCopy(
        manifest.group, copy_id, recovery, wished, manifest.at, due_at, now + KEPT_MS, rank=chain_rank(state)
    )
    await put_file_copy(session, copy)
    return copy


async def _check_name(session: AsyncSession, name: str, person: RecordId, *, now: int) -> None:
    account = await load_account_named(session, name)
    taken = account is not None and account.personal_group != person
    if taken or await is_name_kept(session, name, person, now=now):
        raise AccountRule.NAME_TAKEN.error(name=name)


async def _check_past(deps: Deps, state: GroupState) -> None:
    """Refuse a chain that isn't the one which is settled here, if the group is known."""
    async with deps.store.database.read() as session:
        if await load_group(session, state.group) is None:
            return
        settled = (await load_view(session, deps, state.group)).settled
        item = await load_item(session, state.head)
    if settled.height >= state.height and (item is None or item.group_id != state.group or not item.on_chain):
        raise ArchiveRule.OTHER_HISTORY.error()
