"""An account's API tokens: made, listed, revoked; the pod keeps only their hashes."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account, Token, insert_token, list_tokens, revoke_token
from pod.actions.groups.founding import token_hash
from pod.clock import random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule

MOST_TOKENS = 1000


async def make_token(deps: Deps, account: Account, name: str, *, by: str = "") -> str:
    """Make a token and return it, this once; raises NameTakenError while another valid token has this name.

    `by`: the token that asks for the new one; when it is revoked, the new one is, too.
    """
    maker = token_hash(by) if by else None
    token, now = random_token(), deps.clock()

    async def action(session: AsyncSession) -> str:
        tokens = await list_tokens(session, account.id, MOST_TOKENS)
        if len(tokens) >= MOST_TOKENS or any(known.name == name and known.revoked_at is None for known in tokens):
            raise AccountRule.TOKEN_NAME_TAKEN.error()
        await insert_token(session, sha256=token_hash(token), account=account.id, name=name, now=now, made_by=maker)
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
