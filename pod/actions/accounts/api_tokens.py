"""An account's API tokens: made, listed, revoked; the pod keeps only their hashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, HeldToken, Token, insert_token, list_tokens, revoke_token
from pod.actions.groups.founding import token_hash
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.decisions import DecisionRule

MOST_TOKENS = 1000


async def make_token(deps: Deps, account: Account, name: str, *, decides: bool = False, proved_at: int = 0) -> str:
    """Make a token and return it, this once; raises NameTakenError while another valid token has this name.

    `decides`: it may vote and delegate, as long after `proved_at` as the group's policy says.
    """
    return await _make(deps, account, name, decides=decides, proved_at=proved_at)


async def make_token_by(deps: Deps, maker: HeldToken, name: str, *, decides: bool) -> str:
    """As `make_token`, for a token; when that is revoked, the new one is, too. It decides only if its maker does."""
    if decides and not maker.decides:
        raise DecisionRule.TOKEN_DECIDES_NOTHING.error()
    return await _make(deps, maker.account, name, decides=decides, made_by=maker.sha256)


async def _make(deps: Deps, account: Account, name: str, **facts: Any) -> str:
    token, now = random_token(), deps.clock()

    async def action(session: AsyncSession) -> str:
        tokens = await list_tokens(session, account.id, MOST_TOKENS)
        if len(tokens) >= MOST_TOKENS or any(known.name == name and known.revoked_at is None for known in tokens):
            raise AccountRule.TOKEN_NAME_TAKEN.error()
        await insert_token(session, sha256=token_hash(token), account=account.id, name=name, now=now, **facts)
        return token

    return await deps.store.write(action)


async def list_own_tokens(deps: Deps, account: Account) -> list[Token]:
    """The account's tokens, also the revoked ones, the latest first."""
    async with deps.store.database.read() as session:
        return await list_tokens(session, account.id, MOST_TOKENS)


async def revoke_own_token(deps: Deps, account: Account, name: str) -> None:
    """Revoke every token of this name, and the tokens that those made; raises NotFoundError if there is none."""
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        tokens = await list_tokens(session, account.id, MOST_TOKENS)
        if not any(token.name == name and token.revoked_at is None for token in tokens):
            raise AccountRule.NO_SUCH_TOKEN.error()
        await revoke_token(session, account.id, name, now)

    await deps.store.write(action)
