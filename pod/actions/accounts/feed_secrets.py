"""A person's own feeds: their address holds a secret that programs keep; a new one, or none, ends the one before."""

from __future__ import annotations

from models.people.accounts import Account
from models.people.feed_secrets import (
    delete_feed_secret,
    load_account_by_feed,
    load_feed_made_at,
    save_feed_secret,
)
from pod.actions.groups.founding import token_hash
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule


async def make_feed_secret(deps: Deps, account: Account) -> str:
    """Make a secret and return it, this once; the former one is over."""
    secret, now = random_token(), deps.clock()
    hashed = _hashed(secret)
    await deps.store.write(lambda session: save_feed_secret(session, account.id, hashed, now=now))
    return secret


async def drop_feed_secret(deps: Deps, account: Account) -> None:
    """Have no feed any more."""
    await deps.store.write(lambda session: delete_feed_secret(session, account.id))


async def feed_made_at(deps: Deps, account: Account) -> int | None:
    """When the secret that holds was made; None if there is none."""
    async with deps.store.database.read() as session:
        return await load_feed_made_at(session, account.id)


async def whose_feed(deps: Deps, secret: str) -> Account:
    """The account whose feed it is; raises NotFoundError for a secret that is over, or never was."""
    async with deps.store.database.read() as session:
        account = await load_account_by_feed(session, _hashed(secret))
    if account is None:
        raise AccountRule.NO_SUCH_FEED.error()
    return account


def _hashed(secret: str) -> bytes:
    return token_hash(f"feed/{secret}")
