"""The settled state of each group as it is kept: a view starts there, so a pod folds only what isn't settled yet.

Members and used invitations are rows of their own, written as they change; the rest is one small value. So neither what
settles an item nor what reads a group's row costs more in a larger group. A process whose view is outdated starts from
the settled state that it knows (ADR 0056).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredGroup, is_on_chain, load_snapshot_item
from models.groups.settled_members import delete_settled, load_settled, put_settled
from pod.actions.chain.changed_members import touched
from pod.budgets.heavy import computed
from protocol.branches import View
from protocol.state import GroupState, dump_member, dump_rest, load_later, load_state


async def load_base(session: AsyncSession, stored: StoredGroup, known: Iterable[GroupState] = ()) -> GroupState:
    """The settled state, from which a group's views start.

    If a settled state that is known already lies on the way to it, only what changed since is read.
    """
    for earlier in known:
        if earlier.height <= stored.anchor_height and await is_on_chain(session, earlier.head):
            members, uses = await load_settled(session, stored.id, above=earlier.height)
            return load_later(earlier, stored.snapshot, members, uses)
    members, uses = await load_settled(session, stored.id)
    return await computed(len(members), load_state, stored.snapshot, members, uses)


async def keep_settled(session: AsyncSession, before: View, after: View) -> dict[str, object]:
    """Write the members that changed in the settled state; returns the columns to set in the group's row."""
    settled = after.settled
    changed = touched(ChainMap(dict(after.nodes), dict(before.nodes)), before.anchor, after.anchor)
    if changed is None or await load_snapshot_item(session, settled.group) != before.anchor:
        return await keep_whole(session, settled)
    members = {number: dump_member(settled.members[number]) for number in changed.members if number in settled.members}
    uses = {one: settled.invitations[one] for one in changed.invitations if one in settled.invitations}
    await put_settled(session, settled.group, members, uses, height=settled.height)
    return {"snapshot": dump_rest(settled), "snapshot_item": settled.head}


async def keep_whole(session: AsyncSession, settled: GroupState) -> dict[str, object]:
    """Write all members, where the stored ones don't fit: another branch, a new group, an older version."""
    await delete_settled(session, settled.group)
    members = {number: dump_member(member) for number, member in settled.members.items()}
    await put_settled(session, settled.group, members, dict(settled.invitations), height=settled.height)
    return {"snapshot": dump_rest(settled), "snapshot_item": settled.head}
