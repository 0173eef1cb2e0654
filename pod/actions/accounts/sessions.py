"""Signed-in browsers: a session begins with a fresh secret, lives while it is used, and ends when its owner says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account
from models.people.sessions import (
    Session,
    delete_session,
    delete_sessions,
    insert_session,
    list_sessions,
    load_session,
    replace_session,
    set_session_seen,
)
from pod.actions.groups.founding import token_hash
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule

DAY_MS: Final = 86_400_000
LIFE_MS: Final = 60 * DAY_MS
CONFIRMED_MS: Final = 15 * 60_000
MOST_SESSIONS: Final = 200
LONGEST_AGENT: Final = 200


async def open_session(deps: Deps, account: Account, agent: str) -> str:
    """Sign the account in and return the session's secret, which only the browser keeps."""
    secret, now = random_token(), deps.clock()
    opened = Session(token_hash(secret), account.id, now, now, now + LIFE_MS, agent[:LONGEST_AGENT], now)
    await deps.store.write(lambda session: insert_session(session, opened))
    return secret


async def session_of(deps: Deps, secret: str) -> tuple[Session, Account] | None:
    """The session with this secret, and its account; None if there is none. Once a day its end moves on."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        found = await load_session(session, token_hash(secret), now=now)
    if found is None or now - found[0].seen_at < DAY_MS:
        return found
    await deps.store.write(
        lambda session: set_session_seen(session, found[0].sha256, now=now, expires_at=now + LIFE_MS)
    )
    return found


def check_confirmed(deps: Deps, session: Session, *, back: str = "/settings") -> None:
    """Raise ConfirmFirstError unless the session's person proved lately who they are."""
    if deps.clock() - session.confirmed_at >= CONFIRMED_MS:
        raise AccountRule.CONFIRM_FIRST.error(back=back)


async def renew_session(deps: Deps, proved: Session) -> str:
    """Have a session whose person proved just now who they are go on under a new secret, which is returned.

    Whoever has a copy of the old one is signed out by it, and so never has the proof. Raises SignInError if the session
    ended meanwhile.
    """
    secret, now = random_token(), deps.clock()
    renewed = msgspec.structs.replace(
        proved, sha256=token_hash(secret), seen_at=now, expires_at=now + LIFE_MS, confirmed_at=now
    )
    if not await deps.store.write(lambda session: replace_session(session, proved.sha256, renewed)):
        raise AccountRule.SIGN_IN_FIRST.error()
    return secret


async def list_own_sessions(deps: Deps, account: Account) -> Sequence[Session]:
    """The account's sessions, the latest first."""
    async with deps.store.database.read() as session:
        return await list_sessions(session, account.id, MOST_SESSIONS, now=deps.clock())


async def end_session(deps: Deps, account: Account, sha256: bytes) -> bool:
    """End one session; returns whether there was one."""

    async def action(session: AsyncSession) -> bool:
        return await delete_session(session, account.id, sha256) > 0

    return await deps.store.write(action)


async def end_other_sessions(deps: Deps, account: Account, kept: bytes) -> int:
    """End all sessions of the account but `kept`; returns how many ended."""

    async def action(session: AsyncSession) -> int:
        return await delete_sessions(session, account.id, but=kept)

    return await deps.store.write(action)
