"""What the pod's admins chose in the browser: read, and changed with a line in the audit for each setting."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from models.people.accounts import Account
from models.pod.settings import Settings, load_settings, save_settings
from pod.actions.audit import write_down
from pod.deps import Deps


async def read_settings(deps: Deps) -> Settings:
    """The present settings."""
    async with deps.store.database.read() as session:
        return await load_settings(session)


def pod_name(deps: Deps, settings: Settings) -> str:
    """The pod's name; its host name as long as no admin chose one."""
    return settings.name or URL(deps.identity.base_url).host or deps.identity.base_url


async def change_settings(deps: Deps, admin: Account, chosen: Settings, why: str) -> int:
    """Store these settings; returns how many changed."""

    async def action(session: AsyncSession) -> int:
        before = msgspec.to_builtins(await load_settings(session))
        after = msgspec.to_builtins(chosen)
        changed = [key for key in after if before[key] != after[key]]
        await save_settings(session, chosen, now=deps.clock())
        for key in changed:
            await write_down(session, deps, admin.name, "setting", key, before=before[key], after=after[key], why=why)
        return len(changed)

    return await deps.store.write(action)
