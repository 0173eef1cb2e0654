"""A home is opened: account, keys, personal group, mail address and the check of the words, all or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, set_language
from models.people.mail_addresses import MailAddress, load_account_by_mail, save_mail_address
from models.people.mailed_codes import delete_codes_of
from models.people.phrase_checks import save_phrase_check
from models.people.sign_in_links import delete_links_of
from pod.actions.accounts.phrase_check import draw_phrase_check
from pod.actions.groups.founding import draw, open_account
from pod.deps import Deps
from pod.mail.letters import mail_address, normal_address
from pod.rules.accounts import AccountRule

Also = Callable[[AsyncSession, Account], Awaitable[None]]


class Opened(msgspec.Struct, frozen=True):
    """A new account and its 24 words, which are shown once and not stored."""

    account: Account
    phrase: str

    def __repr__(self) -> str:
        return f"Opened({self.account.name})"


class Wish(msgspec.Struct, frozen=True):
    """An account to be opened: its name, mail address and language; `verified`: the address is proven."""

    name: str
    mail: str
    language: str
    verified: bool


async def open_home(deps: Deps, wish: Wish, also: Also) -> Opened:
    """Open the account and do `also` in the same commit; raises NameTakenError or MailTakenError."""
    address, drawn = mail_address(wish.mail), draw()
    check = await draw_phrase_check(deps, drawn.phrase)
    now = deps.clock()

    async def action(session: AsyncSession) -> Opened:
        account = await open_account(session, deps, wish.name, drawn)
        verified_at = now if wish.verified else None
        await keep_address(session, MailAddress(account.id, address, normal_address(address), verified_at))
        await save_phrase_check(session, msgspec.structs.replace(check, account_id=account.id))
        await set_language(session, account.id, wish.language)
        await also(session, account)
        return Opened(msgspec.structs.replace(account, language=wish.language), drawn.phrase)

    return await deps.store.write(action)


async def keep_address(session: AsyncSession, mail: MailAddress) -> None:
    """Give the account this address; raises MailTakenError if another account has it.

    Everything that was bound to a former address ends: codes, unfinished steps and links.
    """
    owner = await load_account_by_mail(session, mail.normal)
    if owner is not None and owner.id != mail.account_id:
        raise AccountRule.MAIL_TAKEN.error()
    await save_mail_address(session, mail)
    await delete_codes_of(session, mail.account_id)
    await delete_links_of(session, mail.account_id)
