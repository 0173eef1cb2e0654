"""Where an account gets mail: changed once a code that was sent to the new address came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account
from models.people.mail_addresses import MailAddress, load_mail_address
from models.people.sessions import delete_sessions
from pod.actions.accounts.mailed_codes import check_code, make_code, use_code
from pod.actions.accounts.open_account import keep_address
from pod.actions.letters import Letter, post, send
from pod.deps import Deps
from pod.mail.letters import mail_address, normal_address
from pod.rules.accounts import AccountRule

NEW_ADDRESS: Final = "address"
CONFIRM: Final = "confirm"


async def address_of_account(deps: Deps, account: Account) -> MailAddress | None:
    """Where the account gets mail."""
    async with deps.store.database.read() as session:
        return await load_mail_address(session, account.id)


async def begin_address(
    deps: Deps, visit: bytes, account: Account, typed: str, letter: Callable[[str], Letter]
) -> None:
    """Mail a code to the new address. Raises BadAddressError, MailError, TooManyTriesError."""
    address = mail_address(typed)
    await deps.store.limits.take("mail to an address", normal_address(address), now=deps.clock())
    code = await make_code(deps, visit, NEW_ADDRESS, account.id, address)
    await send(deps, address, letter(code))


async def end_address(deps: Deps, visit: bytes, account: Account, typed: str, letter: Letter, *, here: bytes) -> None:
    """Send the account's mail to the new address from now on; `letter` tells the former one. Raises MailTakenError.

    Every session but `here` ends, because somebody who reads the former mailbox may have begun it.
    """
    code = await check_code(deps, visit, NEW_ADDRESS, typed)
    if code.account_id != account.id:
        raise AccountRule.CODE_OF_ANOTHER.error()
    former = await address_of_account(deps, account)
    fresh = MailAddress(account.id, code.address, normal_address(code.address), deps.clock())

    async def action(session: AsyncSession) -> None:
        await use_code(session, code)
        await keep_address(session, fresh)
        await delete_sessions(session, account.id, but=here)

    await deps.store.write(action)
    if former is not None and former.verified_at is not None and former.normal != fresh.normal:
        post(deps, former.address, letter)


async def mail_confirmation(deps: Deps, visit: bytes, account: Account, letter: Callable[[str], Letter]) -> None:
    """Mail a code with which a person who is signed in proves once more who they are."""
    mail = await address_of_account(deps, account)
    if mail is None:
        raise AccountRule.NO_MAIL_ADDRESS.error()
    # Counted by account, not by address: strangers could use up the address's tries by typing it at sign-up.
    await deps.store.limits.take("confirmation of an account", str(account.id), now=deps.clock())
    await send(deps, mail.address, letter(await make_code(deps, visit, CONFIRM, account.id, mail.address)))


async def check_confirmation(deps: Deps, visit: bytes, typed: str) -> None:
    """Check the code and use it up; raises BadCodeError or DeadCodeError."""
    code = await check_code(deps, visit, CONFIRM, typed)
    await deps.store.write(lambda session: use_code(session, code))
