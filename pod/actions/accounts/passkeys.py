"""Passkeys (WebAuthn level 3): made by somebody signed in, shown instead of a name, a mail and a second factor.

1. A challenge is no row: it carries its end and a keyed hash over the browser's visit and purpose, so only this pod
   makes one, for one browser. Answered, it is written down until its end, so that it is answered once.
2. The answer must be for this pod's own address and host, and the device must have checked its owner.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final

import webauthn
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from yarl import URL

from models.people.accounts import Account, load_account
from models.people.factors import (
    Passkey,
    delete_passkey,
    insert_passkey,
    list_passkeys,
    load_passkey,
    set_passkey_used,
    spend_challenge,
)
from moderation.clusters import beginning
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.accounts import AccountRule

LIFE_MS: Final = 10 * 60_000
NONCE_BYTES: Final = 16
TIME_BYTES: Final = 8
MOST_PASSKEYS: Final = 50
LONGEST_NAME: Final = 60
LONGEST_ANSWER: Final = 20_000
MAKING: Final = "make a passkey"
SHOWING: Final = "show a passkey"
_CHECKED = UserVerificationRequirement.REQUIRED


def host_of(deps: Deps) -> str:
    """The host name (relying party id) to which this pod's passkeys are bound."""
    return URL(deps.identity.base_url).host or ""


async def creation_options(deps: Deps, visit: bytes, account: Account, pod: str) -> str:
    """The JSON that a browser needs to make a passkey."""
    options = webauthn.generate_registration_options(
        rp_id=host_of(deps),
        rp_name=pod,
        user_name=account.name,
        user_id=deps.identity.keyring.keyed("passkey user", str(account.id))[:NONCE_BYTES],
        challenge=_challenge(deps, visit, MAKING),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_CHECKED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(known.id) for known in await own_passkeys(deps, account)],
    )
    return options_to_json(options)


def request_options(deps: Deps, visit: bytes) -> str:
    """The JSON that a browser needs to show a passkey; the same for everybody, so it tells nothing of accounts."""
    challenge = _challenge(deps, visit, SHOWING)
    return options_to_json(
        webauthn.generate_authentication_options(rp_id=host_of(deps), challenge=challenge, user_verification=_CHECKED)
    )


async def own_passkeys(deps: Deps, account: Account) -> list[Passkey]:
    """The account's passkeys, the oldest first."""
    async with deps.store.database.read() as session:
        return await list_passkeys(session, account.id, MOST_PASSKEYS)


async def add_passkey(deps: Deps, visit: bytes, account: Account, name: str, answer: str) -> None:
    """Store a passkey that the account's browser made; raises BadPasskeyError."""
    challenge = _answered(deps, visit, MAKING, answer)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host_of(deps),
            expected_origin=deps.identity.base_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise AccountRule.PASSKEY_ANSWER_FALSE.error() from error
    now = deps.clock()
    passkey = Passkey(
        *(made.credential_id, account.id, made.credential_public_key, made.sign_count),
        *(beginning(name, LONGEST_NAME) or "passkey", now, None),
    )

    async def action(session: AsyncSession) -> None:
        await _spend(session, challenge, now)
        many = len(await list_passkeys(session, account.id, MOST_PASSKEYS)) >= MOST_PASSKEYS
        if many or not await insert_passkey(session, passkey):
            raise AccountRule.PASSKEY_KNOWN.error()

    await deps.store.write(action)


async def end_by_passkey(deps: Deps, visit: bytes, answer: str) -> Account:
    """Return the account whose passkey answered; raises BadPasskeyError."""
    challenge = _answered(deps, visit, SHOWING, answer)
    async with deps.store.database.read() as session:
        passkey = await load_passkey(session, _id_of(answer))
        account = await load_account(session, passkey.account_id) if passkey else None
    if passkey is None or account is None or account.disabled:
        raise AccountRule.UNKNOWN_PASSKEY.error()
    uses = _verified(deps, challenge, passkey, answer)
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        await _spend(session, challenge, now)
        await set_passkey_used(session, passkey.id, uses=uses, now=now)

    await deps.store.write(action)
    return account


async def check_passkey(deps: Deps, visit: bytes, account: Account, answer: str) -> None:
    """Check that a passkey of this account answered; raises BadPasskeyError."""
    if (await end_by_passkey(deps, visit, answer)).id != account.id:
        raise AccountRule.UNKNOWN_PASSKEY.error()


def _verified(deps: Deps, challenge: bytes, passkey: Passkey, answer: str) -> int:
    try:
        shown = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host_of(deps),
            expected_origin=deps.identity.base_url,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise AccountRule.PASSKEY_ANSWER_FALSE.error() from error
    return shown.new_sign_count


async def remove_passkey(deps: Deps, account: Account, own_id: bytes) -> None:
    """Delete one of the account's passkeys; raises NotFoundError."""
    if not await deps.store.write(lambda session: delete_passkey(session, account.id, own_id)):
        raise AccountRule.NO_SUCH_PASSKEY.error()


async def _spend(session: AsyncSession, challenge: bytes, now: int) -> None:
    ends = int.from_bytes(challenge[:TIME_BYTES], "big")
    if not await spend_challenge(session, hashlib.sha256(challenge).digest(), now=now, expires_at=ends):
        raise AccountRule.ANSWERED_BEFORE.error()


def _challenge(deps: Deps, visit: bytes, purpose: str) -> bytes:
    drawn = (deps.clock() + LIFE_MS).to_bytes(TIME_BYTES, "big") + random_bytes(NONCE_BYTES)
    return drawn + _mark(deps, visit, purpose, drawn)


def _mark(deps: Deps, visit: bytes, purpose: str, drawn: bytes) -> bytes:
    return deps.identity.keyring.keyed("challenge", f"{purpose}/{visit.hex()}/{drawn.hex()}")


def _answered(deps: Deps, visit: bytes, purpose: str, answer: str) -> bytes:
    """The challenge that the browser answered, if this pod made it for this visit and it is still valid."""
    challenge = _challenge_in(answer)
    drawn, mark = challenge[: TIME_BYTES + NONCE_BYTES], challenge[TIME_BYTES + NONCE_BYTES :]
    ours = hmac.compare_digest(mark, _mark(deps, visit, purpose, drawn))
    if not ours or int.from_bytes(drawn[:TIME_BYTES], "big") <= deps.clock():
        raise AccountRule.PAGE_TOO_OLD.error()
    return challenge


def _challenge_in(answer: str) -> bytes:
    told = _decoded(answer)
    try:
        client: Any = json.loads(base64url_to_bytes(told["response"]["clientDataJSON"]))
        return base64url_to_bytes(client["challenge"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise AccountRule.PASSKEY_ANSWER_UNREADABLE.error() from error


def _id_of(answer: str) -> bytes:
    try:
        return base64url_to_bytes(_decoded(answer)["rawId"])
    except (ValueError, TypeError, KeyError) as error:
        raise AccountRule.PASSKEY_ANSWER_UNREADABLE.error() from error


def _decoded(answer: str) -> Any:
    try:
        return json.loads(answer[:LONGEST_ANSWER])
    except (ValueError, RecursionError) as error:
        raise AccountRule.PASSKEY_ANSWER_UNREADABLE.error() from error
