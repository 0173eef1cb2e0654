"""Which of a person's memberships their 24 words can't recover, because the group knows another recovery key.

A pod chooses the recovery key when its person founds or joins a group. One that lied then, or that handed on a lie when
the person came from it, is found out in the only moment in which this can be seen: while the words are here.

Spec: portability.md section 3, step 5.
"""

from __future__ import annotations

import msgspec

from models.groups.groups_and_items import load_group, load_revision
from models.people.accounts import Account, list_memberships
from pod.actions.chain.views import load_view
from pod.actions.recovery.phrase import RecoveryKeys
from pod.deps import Deps
from protocol.ids import RecordId


class StrangeKey(msgspec.Struct, frozen=True):
    """A membership whose recovery key isn't one of the phrase. `name`: the group's."""

    group: RecordId
    name: str


async def strange_keys(deps: Deps, account: Account, keys: RecoveryKeys) -> list[StrangeKey]:
    """The memberships at home here that these words can't recover, by group."""
    found = []
    async with deps.store.database.read() as session:
        for held in await list_memberships(session, account.id):
            group = held.group_id
            if held.number is None or held.state == "moved" or await load_revision(session, group) is None:
                continue
            member = (await load_view(session, deps, group)).state.members[held.number]
            known = member.recovery[-1]
            if not member.left and known not in keys.numbers and known != keys.key(held.recovery_index).did:
                stored = await load_group(session, group)
                found.append(StrangeKey(group, stored.name if stored is not None else ""))
    return found
