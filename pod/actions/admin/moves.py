"""Those who run the pod see the moves to here and from here, have a stopped one go on, and end grants of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.grants import Grant, delete_grant, list_grants
from models.moving.operated_moves import (
    ID_BYTES,
    DepartureLine,
    MoveLine,
    list_departure_lines,
    list_move_lines,
    rerun_move,
)
from models.people.accounts import Account, load_account_named
from pod.actions.audit import write_down
from pod.deps import Deps
from pod.rules.admin import AdminRule
from pod.rules.grants import GrantRule
from pod.rules.groups import GroupRule

MOST_GRANTS = 200


async def read_moves(deps: Deps, limit: int, *, before: int | None = None) -> Sequence[MoveLine]:
    """Moves to this pod, the newest first."""
    async with deps.store.database.read() as session:
        return await list_move_lines(session, limit, before=before)


async def read_departures(deps: Deps, limit: int, *, before: int | None = None) -> Sequence[DepartureLine]:
    """Accounts that move away or did, the newest first."""
    async with deps.store.database.read() as session:
        return await list_departure_lines(session, limit, before=before)


async def rerun(deps: Deps, who: str, move: str) -> str:
    """Have a stopped move go on from where it stopped; who moves. Raises NotFoundError if none of this id stopped."""

    async def action(session: AsyncSession) -> str:
        begins = _bytes_of(move)
        moves = await rerun_move(session, begins, now=deps.clock()) if len(begins) == ID_BYTES else None
        if moves is None:
            raise AdminRule.NO_STOPPED_MOVE.error()
        await write_down(session, deps, who, "rerun move", moves)
        return moves

    return await deps.store.write(action)


async def grants_of(deps: Deps, name: str) -> Sequence[Grant]:
    """What other pods may read of an account; raises NotFoundError."""
    async with deps.store.database.read() as session:
        account = await _named(session, name)
        return await list_grants(session, account.id, MOST_GRANTS, now=deps.clock())


async def revoke_grant(deps: Deps, who: str, name: str, grant: str) -> None:
    """End a grant of an account, known by the beginning of its id; raises NotFoundError."""

    async def action(session: AsyncSession) -> None:
        account, begins = await _named(session, name), _bytes_of(grant)
        held = await list_grants(session, account.id, MOST_GRANTS, now=deps.clock())
        found = [one for one in held if one.sha256[:ID_BYTES] == begins]
        if not found or not await delete_grant(session, account.id, found[0].sha256):
            raise GrantRule.NO_SUCH_GRANT.error()
        await write_down(session, deps, who, "revoke grant", name, before=found[0].pod)

    await deps.store.write(action)


async def _named(session: AsyncSession, name: str) -> Account:
    account = await load_account_named(session, name)
    if account is None:
        raise GroupRule.NOBODY_OF_THAT_NAME.error()
    return account


def _bytes_of(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
