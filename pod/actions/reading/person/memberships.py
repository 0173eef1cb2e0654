"""An account's memberships as it is told of them: one that ended is called former, whatever the account remembers."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from models.content.belonging import list_own
from models.people.accounts import Account, Membership, count_recovery_keys, list_memberships
from pod.deps import Deps

FORMER: Final = "former"


async def list_own_memberships(deps: Deps, account: Account) -> tuple[tuple[Membership, ...], int]:
    """(the account's memberships, the number of unused recovery keys)."""
    async with deps.store.database.read() as session:
        memberships = await list_memberships(session, account.id)
        own = await list_own(session, account.id)
        left = await count_recovery_keys(session, account.id)
    told = (
        entry if entry.group_id in own or entry.number is None else replace(entry, state=FORMER)
        for entry in memberships
    )
    return tuple(told), left
