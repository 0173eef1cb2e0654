"""Whether somebody still has the 24 words: the pod has forgotten them, and kept a slow keyed hash of three.

models/people/phrase_checks.py says what that reveals. Who typed all 24 lately needs no check.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.boxes import put_box_key
from models.people.accounts import Account, set_frozen
from models.people.phrase_checks import PhraseCheck, load_phrase_check, set_phrase_checked
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_group import check_own
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.derivation import PHRASE_WORDS

ASKED_FOR: Final = 3


async def draw_phrase_check(deps: Deps, phrase: str) -> PhraseCheck:
    """Make the check of a new account, whose number is still 0: the numbers of three words, and their hash."""
    order = sorted(range(PHRASE_WORDS), key=lambda _: random_bytes(8))
    asked = sorted(order[:ASKED_FOR])
    salt, whole = random_bytes(16), phrase.split()
    hashed = await _hashed(deps, salt, [whole[index] for index in asked])
    return PhraseCheck(0, ",".join(str(index + 1) for index in asked), salt, hashed, None)


async def phrase_check_of(deps: Deps, account: Account) -> PhraseCheck | None:
    """The check that the account still has to pass; None if it was opened without one."""
    async with deps.store.database.read() as session:
        return await load_phrase_check(session, account.id)


async def check_three_words(deps: Deps, account: Account, typed: Sequence[str]) -> None:
    """Note that the account's owner typed the three words; raises PhraseError if they are wrong."""
    await deps.store.limits.take("words of an account", str(account.id), now=deps.clock())
    check = await phrase_check_of(deps, account)
    if check is None or not check.numbers:
        raise AccountRule.NOTHING_TO_CHECK.error()
    hashed = await _hashed(deps, check.salt, typed)
    if not hmac.compare_digest(hashed, check.hashed):
        raise AccountRule.WORD_NOT_AT_PLACE.error()
    await deps.store.write(lambda session: set_phrase_checked(session, account.id, now=deps.clock()))


async def check_whole_phrase(deps: Deps, account: Account, keys: RecoveryKeys) -> None:
    """Note that the account's owner typed all words; raises PhraseError if they belong to somebody else.

    From then on the account may decide again, if it was frozen.
    """
    await deps.store.limits.take("words of an account", str(account.id), now=deps.clock())

    async def action(session: AsyncSession) -> None:
        await check_own(session, account, keys)
        await put_box_key(session, account.id, keys.box_public)
        await set_phrase_checked(session, account.id, now=deps.clock())
        await set_frozen(session, account.id, at=None)

    await deps.store.write(action)


async def _hashed(deps: Deps, salt: bytes, three: Sequence[str]) -> bytes:
    keyed = deps.identity.keyring.keyed("words", " ".join("".join(word.lower().split()) for word in three))
    return await asyncio.to_thread(hashlib.scrypt, keyed, salt=salt, n=2**14, r=8, p=1)
