"""Codes by mail: eight digits, bound to one browser's visit and one purpose, ten minutes, five tries, one use."""

from __future__ import annotations

import hmac
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.mailed_codes import Code, count_code_try, delete_code, load_code, save_code
from pod.actions.groups.founding import token_hash
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.accounts import AccountRule

LIFE_MS: Final = 10 * 60_000
MOST_TRIES: Final = 5
DIGITS: Final = 8


def visit_hash(secret: str) -> bytes:
    """The hash of a browser's secret; the database keeps only this."""
    return token_hash(f"visit/{secret}")


async def make_code(deps: Deps, visit: bytes, purpose: str, account: int | None, address: str) -> str:
    """Make a code that replaces the visit's former one; only the owner of `address` may learn it."""
    code, now = f"{int.from_bytes(random_bytes(8), 'big') % 10**DIGITS:0{DIGITS}}", deps.clock()
    kept = Code(visit, purpose, account, address, _hashed(deps, visit, purpose, code), 0, now + LIFE_MS)
    await deps.store.write(lambda session: save_code(session, kept, now=now))
    return code


async def pending_code(deps: Deps, visit: bytes, purpose: str) -> Code | None:
    """The code that this visit is expected to type; None if there is none."""
    async with deps.store.database.read() as session:
        return await load_code(session, visit, purpose, now=deps.clock())


async def check_code(deps: Deps, visit: bytes, purpose: str, typed: str) -> Code:
    """Return the visit's code if `typed` is right; raises BadCodeError, and DeadCodeError after too many tries.

    The try is committed before the code is compared, so it counts even if the process stops in between.
    """

    async def count(session: AsyncSession) -> Code | None:
        code = await load_code(session, visit, purpose, now=deps.clock())
        if code is not None:
            await count_code_try(session, visit, purpose)
        return code

    code = await deps.store.write(count)
    if code is None or code.tries >= MOST_TRIES:
        raise AccountRule.CODE_DEAD.error()
    if not hmac.compare_digest(code.code, _hashed(deps, visit, purpose, _digits(typed))):
        raise AccountRule.WRONG_CODE.error()
    return code


async def use_code(session: AsyncSession, code: Code) -> None:
    """Use up a checked code, in the action that it allows; raises DeadCodeError if it was used before."""
    if not await delete_code(session, code.visit, code.purpose):
        raise AccountRule.CODE_USED.error()


def _digits(typed: str) -> str:
    return "".join(letter for letter in typed if letter.isascii() and letter.isdigit())[: 2 * DIGITS]


def _hashed(deps: Deps, visit: bytes, purpose: str, code: str) -> bytes:
    return deps.identity.keyring.keyed("code", f"{visit.hex()}/{purpose}/{code}")
