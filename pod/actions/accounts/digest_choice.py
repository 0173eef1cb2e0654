"""Whether somebody gets the daily mail about decisions, and when; one press or the mail program's own button stops it.

The secret of the button is signed by the pod, for one account and for this alone. It has no end: who finds an old mail
wants to stop it, too.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final

from models.people.accounts import Account
from models.people.digests import USUAL_HOUR, Digest, load_digest, next_digest_at, save_digest
from pod.deps import Deps
from pod.rules.accounts import AccountRule

_BYTES: Final = 8


async def digest_hour(deps: Deps, account: Account) -> int | None:
    """The hour (UTC) of the account's mail; None if it wants none."""
    async with deps.store.database.read() as session:
        chosen = await load_digest(session, account.id)
    if chosen is None:
        return USUAL_HOUR
    return chosen.hour if chosen.due_at is not None else None


async def choose_digest(deps: Deps, account: int, hour: int | None) -> None:
    """Send the mail at this hour (UTC), or not at all."""
    now = deps.clock()
    at = next_digest_at(account, hour, now=now) if hour is not None else None
    chosen = Digest(account, USUAL_HOUR if hour is None else hour, now, at)
    await deps.store.write(lambda session: save_digest(session, chosen))


def stop_secret(deps: Deps, account: int) -> str:
    """The secret by which this account's mail is stopped."""
    return base64.urlsafe_b64encode(account.to_bytes(_BYTES, "big") + _mac(deps, account)).decode().rstrip("=")


def whose_digest(deps: Deps, secret: str) -> int:
    """The account whose mail a secret stops; raises NotFoundError."""
    try:
        whole = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AccountRule.NO_SUCH_DIGEST.error() from error
    account = int.from_bytes(whole[:_BYTES], "big")
    if account >= 2**63 or not hmac.compare_digest(whole[_BYTES:], _mac(deps, account)):
        raise AccountRule.NO_SUCH_DIGEST.error()
    return account


def _mac(deps: Deps, account: int) -> bytes:
    return deps.identity.keyring.keyed("stop the digest", str(account))
