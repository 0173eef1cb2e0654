"""A form is done once: if it is sent again, by a second press, the back button or a retry, it gets the first answer.

1. The form is claimed in the store before it is done, so that of two that come together, one waits for the other.
2. What made nothing (a refusal, a preview) is forgotten, and can be sent again.
3. A claim whose process died is never answered; a person who sends the form again is told to look first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from models.people.accounts import Account
from models.people.sent_forms import SentForm, answer_form, claim_form, load_sent_form, release_form
from pod.deps import Deps
from pod.rules.requests import RequestRule

DAY_MS: Final = 86_400_000
# An answer with a secret in it, e.g. an invitation's link, is repeated only for this short time.
SECRET_MS: Final = 600_000
# How long the second of two equal requests waits between looks at whether the first is done.
PAUSES_SECONDS: Final = (*(0.05,) * 20, *(0.25,) * 36)

Do = Callable[[], Awaitable[tuple[bytes, bool] | None]]


async def do_once(deps: Deps, account: Account, form: bytes, do: Do) -> bytes | None:
    """Return the answer that this form got before, decrypted; None if `do` was called now.

    `do` returns the answer to keep and whether it holds a secret, or None to keep nothing. Raises BeingDoneError.
    """
    if not await _claimed(deps, account, form):
        return await _answer_of(deps, account, form, do)
    try:
        done = await do()
    except BaseException:
        await deps.store.write(partial(release_form, sha256=form))
        raise
    if done is None:
        await deps.store.write(partial(release_form, sha256=form))
        return None
    answer, secret = done
    sealed = deps.identity.keyring.seal(answer, _purpose(form))
    until = deps.clock() + (SECRET_MS if secret else DAY_MS)
    await deps.store.write(partial(answer_form, sha256=form, answer=sealed, expires_at=until))
    return None


async def _claimed(deps: Deps, account: Account, form: bytes) -> bool:
    now = deps.clock()
    claim = partial(claim_form, sha256=form, account=account.id, now=now, expires_at=now + DAY_MS)
    return await deps.store.write(claim)


async def _answer_of(deps: Deps, account: Account, form: bytes, do: Do) -> bytes | None:
    for pause in PAUSES_SECONDS:
        sent = await _load(deps, form)
        if sent is None:  # the first was refused, so this one is tried on its own
            return await do_once(deps, account, form, do)
        if sent.answer is not None:
            return deps.identity.keyring.unseal(sent.answer, _purpose(form))
        await asyncio.sleep(pause)
    raise RequestRule.SENT_BEFORE.error()


async def _load(deps: Deps, form: bytes) -> SentForm | None:
    async with deps.store.database.read() as session:
        return await load_sent_form(session, form)


def _purpose(form: bytes) -> str:
    return f"sent-form/{form.hex()}"
