"""Following: groups, and people by their personal groups, from here or from pods unknown so far."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from models.people.subscriptions import Following, delete_following, list_followings, load_following, save_following
from pod.actions.access import open_group
from pod.actions.fediverse.readers import keep_reading
from pod.actions.groups.pasted_links import PastedLink
from pod.actions.sync.pull import fetch_group
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId

MOST_FOLLOWED: Final = 500
Wish = Literal["follow", "unfollow", "lens", "unlens"]


async def bring_here(deps: Deps, pasted: PastedLink) -> RecordId:
    """Fetch the group of a link if this pod doesn't hold it; raises NotFoundError."""
    if pasted.group is None:
        raise GroupRule.INVITATION_IS_JOINED.error()
    async with deps.store.database.read() as session:
        known = await load_group(session, pasted.group)
    if known is None:
        if not pasted.pod or pasted.pod == deps.identity.base_url:
            raise GroupRule.NOT_HELD_PASTE_WHOLE.error()
        await fetch_group(deps, pasted.pod, pasted.group)
    return pasted.group


async def change_following(deps: Deps, account: Account, group: RecordId, wish: Wish) -> None:
    """Follow or unfollow a group, or let it moderate; raises UnknownGroupError if the account may not read it.

    Unfollowing is always allowed, also if the account may no longer read the group.
    """

    async def action(session: AsyncSession) -> None:
        if wish == "unfollow":
            await delete_following(session, account.id, group)
            return
        await open_group(session, deps, account, group)
        held = await load_following(session, account.id, group)
        if held is None and len(await list_followings(session, account.id, MOST_FOLLOWED)) >= MOST_FOLLOWED:
            raise GroupRule.FOLLOWS_TOO_MANY.error()
        lens = {"lens": True, "unlens": False}.get(wish, held.lens if held else False)
        since = held.since_at if held else deps.clock()
        await save_following(session, Following(account.id, group, lens, since))

    await deps.store.write(action)
    await keep_reading(deps, group, now=deps.clock())
