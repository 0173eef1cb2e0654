"""Signing in: a mailed code or an operator's link, then a second factor where there is one.

No answer tells whether a name or address has an account here: the same rows are written, the same page is shown, and
mails are sent beside the request.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, load_account, load_account_named
from models.people.mail_addresses import load_account_by_mail, load_mail_address, set_mail_verified
from models.people.mailed_codes import Code, save_code
from models.people.sign_in_links import insert_sign_in_link, load_sign_in_link, take_sign_in_link
from pod.actions.accounts.mailed_codes import LIFE_MS, check_code, make_code, pending_code, use_code
from pod.actions.accounts.second_factors import check_second_factor, has_second_factor
from pod.actions.fediverse.actor_documents import handle_host
from pod.actions.groups.founding import token_hash
from pod.actions.letters import Letter, post
from pod.clock import random_token
from pod.deps import Deps
from pod.mail.letters import normal_address
from pod.rules.accounts import AccountRule

BY_MAIL: Final = "sign-in"
SECOND: Final = "second factor"
LONGEST_TYPED: Final = 254


class Asker(msgspec.Struct, frozen=True):
    """A person who wants to sign in: network address, the browser's visit, and its mark of an earlier sign-in."""

    address: str
    visit: bytes
    mark: str


def mark_of(deps: Deps, account: Account) -> str:
    """The mark that a browser keeps after signing in to the account: it proves that, and nothing else."""
    return deps.identity.keyring.keyed("known browser", str(account.id)).hex()


async def begin_sign_in(deps: Deps, asker: Asker, typed: str, letter: Callable[[Account, str], Letter]) -> None:
    """Mail a code to the account whose name, handle or address was `typed`; `letter` writes the mail."""
    normal, visit = normal_address(typed)[:LONGEST_TYPED], asker.visit
    async with deps.store.database.read() as session:
        account = await _named(session, deps, normal)
        mail = await load_mail_address(session, account.id if account else 0)
    await _count_try(deps, asker, normal, account)
    meant = account if account and mail and not account.disabled else None
    code = await make_code(deps, visit, BY_MAIL, meant.id if meant else None, mail.address if mail and meant else "")
    if meant and mail:
        post(deps, mail.address, letter(meant, code))


async def _named(session: AsyncSession, deps: Deps, normal: str) -> Account | None:
    if "@" not in normal:
        return await load_account_named(session, normal)
    account = await load_account_by_mail(session, normal)
    name, _, host = normal.removeprefix("@").partition("@")
    return await load_account_named(session, name) if account is None and host == handle_host(deps) else account


async def _count_try(deps: Deps, asker: Asker, normal: str, account: Account | None) -> None:
    limits, now = deps.store.limits, deps.clock()
    if account is not None and hmac.compare_digest(asker.mark.encode(), mark_of(deps, account).encode()):
        await limits.take("sign-in from a known browser", str(account.id), now=now)
        return
    await limits.take("sign-in of a name", f"{asker.address} {normal}", now=now)
    await limits.take("sign-in of a name by all", normal, now=now)


async def end_by_code(deps: Deps, visit: bytes, typed: str) -> Account:
    """Return the account to which the code was mailed; the mail's address counts as verified from now on."""
    code = await check_code(deps, visit, BY_MAIL, typed)
    if code.account_id is None:
        raise AccountRule.WRONG_CODE.error()
    number = code.account_id

    async def action(session: AsyncSession) -> Account | None:
        await use_code(session, code)
        await set_mail_verified(session, number, normal_address(code.address), now=deps.clock())
        return await load_account(session, number)

    return _able(await deps.store.write(action))


def _able(account: Account | None) -> Account:
    if account is None or account.disabled:
        raise AccountRule.SIGN_IN_IMPOSSIBLE.error()
    return account


async def needs_second_factor(deps: Deps, visit: bytes, account: Account) -> bool:
    """Whether the account needs a second factor; then this visit has ten minutes to show it."""
    if not await has_second_factor(deps, account):
        return False
    now = deps.clock()
    passed = Code(visit, SECOND, account.id, "", b"", 0, now + LIFE_MS)
    await deps.store.write(lambda session: save_code(session, passed, now=now))
    return True


async def end_by_second_factor(deps: Deps, visit: bytes, typed: str) -> Account:
    """Return the account that passed the first proof in this visit and the second one now."""
    passed = await pending_code(deps, visit, SECOND)
    if passed is None or passed.account_id is None:
        raise AccountRule.FIRST_STEP_TOO_OLD.error()
    async with deps.store.database.read() as session:
        account = _able(await load_account(session, passed.account_id))
    await check_second_factor(deps, account, typed)
    await deps.store.write(lambda session: use_code(session, passed))
    return account


async def make_sign_in_link(deps: Deps, account: Account) -> str:
    """Make a token for the path `/sign-in/link/{token}`, valid for ten minutes and one use."""
    token, now = random_token(), deps.clock()
    hashed = token_hash(token)
    await deps.store.write(
        lambda session: insert_sign_in_link(
            session, sha256=hashed, account=account.id, now=now, expires_at=now + LIFE_MS
        )
    )
    return token


async def whose_link(deps: Deps, token: str) -> Account:
    """The account that a link signs in; raises GoneError."""
    async with deps.store.database.read() as session:
        account = await load_sign_in_link(session, token_hash(token), now=deps.clock())
    if account is None:
        raise AccountRule.SIGN_IN_LINK_DEAD.error()
    return account


async def end_by_link(deps: Deps, token: str) -> Account:
    """Use a link up and return the account that it signs in."""
    account = await whose_link(deps, token)
    if not await deps.store.write(lambda session: take_sign_in_link(session, token_hash(token))):
        raise AccountRule.LINK_USED.error()
    return account
