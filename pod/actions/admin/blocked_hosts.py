"""Those who run the pod block servers, and let them in again; each act is written down."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import normal_authority
from models.pod.blocked_hosts import (
    MOST_BLOCKED,
    BlockedHost,
    delete_blocked_host,
    list_blocked_hosts,
    save_blocked_host,
)
from pod.actions.admin.people import Deed
from pod.actions.audit import write_down
from pod.deps import Deps
from pod.rules.admin import AdminRule


async def read_blocked(deps: Deps) -> Sequence[BlockedHost]:
    """All blocked servers, by name."""
    async with deps.store.database.read() as session:
        return await list_blocked_hosts(session)


async def block_host(deps: Deps, host: str, deed: Deed, *, allows_moves: bool) -> None:
    """Block a server with all below it, or change whether accounts may move; raises for no host, and for this pod's."""
    name = _host(host)
    if name == _host(deps.identity.base_url.partition("://")[2]):
        raise AdminRule.OWN_HOST.error()

    async def action(session: AsyncSession) -> None:
        before = {one.host: one for one in await list_blocked_hosts(session)}
        if name not in before and len(before) >= MOST_BLOCKED:
            raise AdminRule.TOO_MANY_BLOCKED.error(most=MOST_BLOCKED)
        await save_blocked_host(session, BlockedHost(name, allows_moves, deps.clock(), deed.why))
        after = "moves pass" if allows_moves else "blocked"
        await write_down(session, deps, deed.who, "block host", name, after=after, why=deed.why)

    await deps.store.write(action)


async def unblock_host(deps: Deps, host: str, deed: Deed) -> None:
    """Let a server in again; raises NotFoundError if it isn't blocked."""
    name = _host(host)

    async def action(session: AsyncSession) -> None:
        if not await delete_blocked_host(session, name):
            raise AdminRule.NOT_BLOCKED.error()
        await write_down(session, deps, deed.who, "unblock host", name, why=deed.why)

    await deps.store.write(action)


def _host(typed: str) -> str:
    """A host as it is compared; raises UnsafeAddressError."""
    return normal_authority(typed.strip().removeprefix("https://").removeprefix("http://").rstrip("/"), "https")
