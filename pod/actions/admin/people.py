"""What admins do to accounts: roles, disabling, lost second factors; each act is written down with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, load_account_named, set_admin, set_disabled, set_frozen
from models.people.factors import delete_authenticator, delete_passkeys
from models.people.people_list import StoredPersonLine, count_admins, find_people
from models.people.sessions import delete_sessions
from pod.actions.audit import COMMAND_LINE, write_down
from pod.deps import Deps
from pod.mail.letters import normal_address
from pod.rules.admin import AdminRule

ADMIN, PERSON = "admin", "person"
DISABLED, ENABLED = "disabled", "enabled"


class Deed(msgspec.Struct, frozen=True):
    """Which admin acts, and for what reason."""

    who: str
    why: str = ""


async def list_people(deps: Deps, search: str, *, after: str, limit: int) -> Sequence[StoredPersonLine]:
    """People by name; with `search`, those whose name or address contains it."""
    async with deps.store.database.read() as session:
        return await find_people(session, normal_address(search), after=after, limit=limit)


async def promote(deps: Deps, account: Account, deed: Deed | None = None) -> None:
    """Make the account an admin."""
    await _set_role(deps, account.name, deed or Deed(COMMAND_LINE), admin=True)


async def set_role(deps: Deps, name: str, deed: Deed, *, admin: bool) -> None:
    """Make a person an admin, or take the role away; raises for the last admin."""
    await _set_role(deps, name, deed, admin=admin)


async def _set_role(deps: Deps, name: str, deed: Deed, *, admin: bool) -> None:
    async def action(session: AsyncSession) -> None:
        account = await _named(session, name)
        if account.admin == admin:
            return
        if not admin and await count_admins(session) < 2:
            raise AdminRule.LAST_ADMIN.error()
        await set_admin(session, account.id, admin=admin)
        before, after = (PERSON, ADMIN) if admin else (ADMIN, PERSON)
        await write_down(session, deps, deed.who, "role", name, before=before, after=after, why=deed.why)

    await deps.store.write(action)


async def set_able(deps: Deps, name: str, deed: Deed, *, able: bool) -> None:
    """Disable an account, which ends its sessions, or enable it again; raises for the admin's own account."""

    async def action(session: AsyncSession) -> None:
        account = await _named(session, name)
        if account.disabled != able:
            return
        if not able and (account.name == deed.who or (account.admin and await count_admins(session) < 2)):
            raise AdminRule.NOT_ONESELF.error()
        await set_disabled(session, account.id, disabled=not able)
        if not able:
            await delete_sessions(session, account.id)
        before, after = (DISABLED, ENABLED) if able else (ENABLED, DISABLED)
        await write_down(session, deps, deed.who, "access", name, before=before, after=after, why=deed.why)

    await deps.store.write(action)


async def reset_second_factor(deps: Deps, account: Account) -> None:
    """Remove the person's second factors and end their sessions: a mailed code is enough again."""

    async def action(session: AsyncSession) -> None:
        await delete_authenticator(session, account.id)
        await delete_passkeys(session, account.id)
        await delete_sessions(session, account.id)
        await write_down(session, deps, COMMAND_LINE, "second factor", account.name, after="reset")

    await deps.store.write(action)


async def thaw(deps: Deps, account: Account) -> None:
    """Let somebody decide again who said that it wasn't them, and who lost the 24 words."""

    async def action(session: AsyncSession) -> None:
        await set_frozen(session, account.id, at=None)
        await write_down(session, deps, COMMAND_LINE, "decisions", account.name, before="frozen", after="open")

    await deps.store.write(action)


async def _named(session: AsyncSession, name: str) -> Account:
    account = await load_account_named(session, name)
    if account is None:
        raise AdminRule.NO_SUCH_PERSON.error()
    return account
