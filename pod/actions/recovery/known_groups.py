"""The groups that know a key of somebody's 24 words: those that this pod holds, and those that it fetches for them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.groups.groups_and_items import list_groups, load_group
from pod.actions.chain.views import load_view
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.sync.pull import fetch_group, pull
from pod.actions.sync.quarantine import Quarantine
from pod.actions.sync.remote_lists import Pass
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import RECOVERY_KEYS
from protocol.state import GroupState, Member

FoundMembership = tuple[GroupState, Member]
PAGE = 500


class RecoveryWhereabouts(msgspec.Struct, frozen=True):
    """A group of the kit, and a pod that holds it; `recovery`: a private group's recovery key, by number."""

    group: RecordId
    pod: str
    recovery: int | None = None


async def fetch_concerned(
    deps: Deps, groups: Sequence[RecoveryWhereabouts], keys: RecoveryKeys
) -> dict[RecordId, bool]:
    """Fetch those groups that know a key of the phrase; returns the others.

    Each with whether its whole chain was read, and knows none.
    """
    quarantine = Quarantine(deps)
    waiting = list(groups)
    while True:
        left = [whereabouts for whereabouts in waiting if not await _fetched(deps, quarantine, whereabouts, keys)]
        async with deps.store.database.read() as session:
            looked_at = len(keys.numbers)
            await find_memberships(session, deps, keys)
        # A group may use a key of a later batch; only the groups that were fetched now show that the batch exists.
        if not left or len(left) == len(waiting) or len(keys.numbers) == looked_at:
            reached = {whereabouts.group for whereabouts in groups if whereabouts not in left}
            return {one.group: one.group in quarantine.unconcerned for one in left if one.group not in reached}
        waiting = left


async def _fetched(deps: Deps, quarantine: Quarantine, whereabouts: RecoveryWhereabouts, keys: RecoveryKeys) -> bool:
    shown = Pass(keys.key(whereabouts.recovery)) if whereabouts.recovery is not None else None
    async with deps.store.database.read() as session:
        known = await load_group(session, whereabouts.group) is not None
    if not known and not await quarantine.look(
        whereabouts.pod, whereabouts.group, shown, lambda state: keys.member_in(state) is not None
    ):
        return False
    try:
        await (pull if known else fetch_group)(deps, whereabouts.pod, whereabouts.group, shown)
    except (RemoteError, RefusedError):
        return False
    return True


async def find_memberships(session: AsyncSession, deps: Deps, keys: RecoveryKeys) -> list[FoundMembership]:
    """The groups that know a key of the phrase, with the person's entry in each."""
    states = [(await load_view(session, deps, group)).state for group in await _every_group(session)]
    while True:
        found = [(state, state.members[n]) for state in states if (n := keys.member_in(state)) is not None]
        highest = max((number for state, _ in found for number, _ in keys.used_in(state)), default=0)
        if highest < len(keys.numbers) - RECOVERY_KEYS:
            return found
        keys.look_further()


async def _every_group(session: AsyncSession) -> list[RecordId]:
    groups: list[RecordId] = []
    after = None
    while page := await list_groups(session, PAGE, after=after):
        groups += [group.id for group in page]
        after = (page[-1].name, page[-1].id)
    return groups
