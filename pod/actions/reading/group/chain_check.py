"""A whole group checked on request for a local account, few at a time, because the cost grows with the group."""

from __future__ import annotations

import re
from typing import Final

from models.groups.groups_and_items import StoredItem, load_item
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.chain.verify_chain import Verified, verify_group
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.ids import RecordId

AGAIN_SECONDS: Final = 10
_ID: Final = re.compile(r"bagaaiera[a-z2-7]{52}")


async def check_group(deps: Deps, account: Account, group: RecordId) -> tuple[Verified, dict[str, StoredItem]]:
    """The result of `pod group verify`, and the items that its faults name; TooManyTriesError while a check runs."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, account, group)
    if deps.memory.locks.checking.locked():
        raise AccountRule.TOO_MANY_TRIES.error(seconds=AGAIN_SECONDS)
    async with deps.memory.locks.checking:
        verified = await verify_group(deps, group, lambda _what, _done, _of: None)
    named = {found.group() for fault in verified.faults if (found := _ID.search(fault))}
    async with deps.store.database.read() as session:
        items = {name: await load_item(session, RecordId(name)) for name in named}
    return verified, {name: item for name, item in items.items() if item is not None}
