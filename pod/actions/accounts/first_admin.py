"""A one-time link to the set-up page: made in a shell on the pod's machine, valid for an hour and one use.

The person who opens it names the pod and becomes its admin.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, set_admin
from models.people.people_list import count_admins
from models.pod.settings import Settings, load_settings, save_settings
from models.pod.setup_links import insert_setup_link, load_setup_link, take_setup_link
from pod.actions.accounts.open_account import Opened, Wish, open_home
from pod.actions.audit import write_down
from pod.actions.groups.founding import token_hash
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule

LIFE_MS: Final = 3600 * 1000


async def make_setup_link(deps: Deps) -> str:
    """Make a token for the path `/setup/{token}`; the pod keeps only its hash (`token_hash`)."""
    token, now = random_token(), deps.clock()
    await deps.store.write(
        lambda session: insert_setup_link(session, sha256=token_hash(token), now=now, expires_at=now + LIFE_MS)
    )
    return token


def setup_url(base_url: str, token: str) -> str:
    """The address at which the set-up page opens with this token."""
    return f"{base_url}/setup/{token}"


async def settings_for_setup(deps: Deps, token: str) -> Settings:
    """The pod's present settings, for the page behind a valid link; raises GoneError for any other token."""
    async with deps.store.database.read() as session:
        link = await load_setup_link(session, token_hash(token))
        if link is None or not link.works(deps.clock()):
            raise AccountRule.SETUP_LINK_USED.error()
        return await load_settings(session)


async def set_up(deps: Deps, token: str, wish: Wish, chosen: Settings) -> Opened:
    """Use the link up: open the first admin's account, and set the pod's name, language and sign-up rule."""

    async def also(session: AsyncSession, account: Account) -> None:
        now = deps.clock()
        if not await take_setup_link(session, token_hash(token), now):
            raise AccountRule.SETUP_LINK_DEAD.error()
        await set_admin(session, account.id, admin=True)
        await save_settings(session, chosen, now=now)
        after = msgspec.json.encode(chosen).decode()
        await write_down(session, deps, account.name, "set-up", account.name, after=after, why="by the one-time link")

    opened = await open_home(deps, wish, also)
    return Opened(msgspec.structs.replace(opened.account, admin=True), opened.phrase)


async def nobody_runs_it(deps: Deps) -> bool:
    """Whether the pod has no admin yet; then the page that a visitor sees explains how to make one."""
    async with deps.store.database.read() as session:
        return await count_admins(session) == 0
