"""Which mails about decisions somebody gets, and when; one press or the mail program's own button stops each kind.

The secret of the button is signed by the pod, for one account and for one kind of mail alone. It has no end: who finds
an old mail wants to stop it, too.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final, Literal

from models.people.accounts import Account
from models.people.digests import USUAL_HOUR, Digest, load_digest, next_digest_at, save_digest
from models.people.own_calls import choose_call_mails, wants_call_mails
from pod.deps import Deps
from pod.rules.accounts import AccountRule

MailKind = Literal["daily", "at-once"]
DAILY: Final = "daily"
AT_ONCE: Final = "at-once"
_SAID: Final[dict[MailKind, str]] = {DAILY: "stop the digest", AT_ONCE: "stop mails that come at once"}
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


async def gets_call_mails(deps: Deps, account: Account) -> bool:
    """Whether the account is mailed at once what can't wait for the daily mail."""
    async with deps.store.database.read() as session:
        return await wants_call_mails(session, account.id)


async def choose_at_once(deps: Deps, account: int, *, wanted: bool) -> None:
    """Mail at once what can't wait, or nothing."""
    await deps.store.write(lambda session: choose_call_mails(session, account, wanted=wanted))


async def stop_mails(deps: Deps, secret: str) -> None:
    """Stop the mails that a secret stops; raises NotFoundError."""
    account, kind = whose_mails(deps, secret)
    if kind == DAILY:
        await choose_digest(deps, account, None)
    else:
        await choose_at_once(deps, account, wanted=False)


def stop_secret(deps: Deps, account: int, kind: MailKind) -> str:
    """The secret by which this account's mails of a kind are stopped."""
    return base64.urlsafe_b64encode(account.to_bytes(_BYTES, "big") + _mac(deps, account, kind)).decode().rstrip("=")


def whose_mails(deps: Deps, secret: str) -> tuple[int, MailKind]:
    """The account and the kind of mails that a secret stops; raises NotFoundError."""
    try:
        whole = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AccountRule.NO_SUCH_DIGEST.error() from error
    account = int.from_bytes(whole[:_BYTES], "big")
    for kind in _SAID:
        if account < 2**63 and hmac.compare_digest(whole[_BYTES:], _mac(deps, account, kind)):
            return account, kind
    raise AccountRule.NO_SUCH_DIGEST.error()


def _mac(deps: Deps, account: int, kind: MailKind) -> bytes:
    return deps.identity.keyring.keyed(_SAID[kind], str(account))
