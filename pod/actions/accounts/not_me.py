"""Who learns that somebody else decided in their name ends that by one link, signed out: nothing more is decided.

The link's secret is signed by the pod: it names the account and its end, does this alone, and is over once it was used,
with all others that were mailed before. It ends every session, token, code, link, feed and grant of the account, and a
move that it agreed to, and freezes what decides until the 24 words are typed: a mailed code would prove nothing against
somebody who reads the mailbox.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.asked_switches import delete_asked_switches
from models.moving.departures import load_departure
from models.moving.grants import delete_grants_of
from models.people.accounts import Account, load_account, revoke_all_tokens, set_frozen
from models.people.decision_notices import end_turn, load_turn
from models.people.feed_secrets import delete_feed_secret
from models.people.mailed_codes import delete_codes_of
from models.people.sessions import delete_sessions
from models.people.sign_in_links import delete_links_of
from pod.actions.moving.switch_freeze import stop
from pod.deps import Deps
from pod.rules.accounts import AccountRule

GOOD_FOR_MS: Final = 14 * 86_400_000
_BYTES: Final = 8
_LENGTH: Final = 2 * _BYTES + 32


def make_not_me(deps: Deps, account: int, turn: int, *, now: int) -> str:
    """The secret of a link that this account's person alone may get."""
    ends = now + GOOD_FOR_MS
    whole = account.to_bytes(_BYTES, "big") + ends.to_bytes(_BYTES, "big") + _mac(deps, account, ends, turn)
    return base64.urlsafe_b64encode(whole).decode()


async def whose_not_me(deps: Deps, secret: str) -> Account:
    """The account that a link is about; raises GoneError if it was used, is too old, or isn't one."""
    async with deps.store.database.read() as session:
        return await _opened(session, deps, secret)


async def end_by_not_me(deps: Deps, secret: str) -> Account:
    """Do what the link is for; raises GoneError."""

    async def action(session: AsyncSession) -> Account:
        account = await _opened(session, deps, secret)
        await _end_all(session, deps, account, now=deps.clock())
        return account

    return await deps.store.write(action)


async def end_all(deps: Deps, account: Account) -> None:
    """The same for somebody who is signed in."""
    await deps.store.write(lambda session: _end_all(session, deps, account, now=deps.clock()))


async def _end_all(session: AsyncSession, deps: Deps, account: Account, *, now: int) -> None:
    await delete_sessions(session, account.id)
    await revoke_all_tokens(session, account.id, now)
    await delete_codes_of(session, account.id)
    await delete_links_of(session, account.id)
    await delete_feed_secret(session, account.id)
    await delete_grants_of(session, account.id)
    await delete_asked_switches(session, account.id)
    departure = await load_departure(session, account.id)
    if departure is not None and departure.item is None:
        await stop(session, deps, departure)
    await set_frozen(session, account.id, at=now)
    await end_turn(session, account.id)


async def _opened(session: AsyncSession, deps: Deps, secret: str) -> Account:
    try:
        whole = base64.b64decode(secret, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AccountRule.NOT_ME_DEAD.error() from error
    number, ends = (int.from_bytes(whole[start : start + _BYTES], "big") for start in (0, _BYTES))
    account = await load_account(session, number) if len(whole) == _LENGTH and number < 2**63 else None
    turn = await load_turn(session, number) if account is not None else 0
    good = hmac.compare_digest(whole[2 * _BYTES :], _mac(deps, number, ends, turn))
    if account is None or not good or ends <= deps.clock():
        raise AccountRule.NOT_ME_DEAD.error()
    return account


def _mac(deps: Deps, account: int, ends: int, turn: int) -> bytes:
    return deps.identity.keyring.keyed("not me", f"{account}/{ends}/{turn}")
