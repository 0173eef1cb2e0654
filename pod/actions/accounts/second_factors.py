"""Second factors: an authenticator app (RFC 6238) whose time steps each open once, and ten recovery codes on paper."""

from __future__ import annotations

import base64
import hmac
from typing import Final

import pyotp
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import Account
from models.people.factors import (
    Authenticator,
    count_recovery_codes,
    delete_authenticator,
    load_authenticator,
    replace_recovery_codes,
    save_authenticator,
    take_recovery_code,
    take_step,
)
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.accounts import AccountRule

STEP_MS: Final = 30_000
DIGITS: Final = 6
# The phone's clock may be 30 seconds slow or fast.
AROUND: Final = (0, -1, 1)
CODES: Final = 10
SECRET_BYTES: Final = 20
CODE_BYTES: Final = 10


async def has_second_factor(deps: Deps, account: Account) -> bool:
    """Whether the account has a confirmed authenticator app."""
    async with deps.store.database.read() as session:
        found = await load_authenticator(session, account.id)
    return found is not None and found.confirmed_at is not None


async def begin_authenticator(deps: Deps, account: Account) -> None:
    """Make a secret for an app, valid once a code of it is typed. A confirmed app stays as it is."""
    secret = base64.b32encode(random_bytes(SECRET_BYTES))
    fresh = Authenticator(account.id, deps.identity.keyring.seal(secret, _purpose(account)), None, 0)

    async def action(session: AsyncSession) -> None:
        held = await load_authenticator(session, account.id)
        if held is None or held.confirmed_at is None:
            await save_authenticator(session, fresh)

    await deps.store.write(action)


async def pending_secret(deps: Deps, account: Account) -> str:
    """The secret that waits to be confirmed, in the form that the app reads; empty if there is none."""
    async with deps.store.database.read() as session:
        held = await load_authenticator(session, account.id)
    if held is None or held.confirmed_at is not None:
        return ""
    return deps.identity.keyring.unseal(held.secret_sealed, _purpose(account)).decode()


def address_of_secret(secret: str, account: Account, issuer: str) -> str:
    """The otpauth address that the app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=issuer)


async def confirm_authenticator(deps: Deps, account: Account, typed: str) -> list[str]:
    """Confirm the app and return its recovery codes, this once. Raises BadCodeError."""
    secret = await pending_secret(deps, account)
    if not secret:
        raise AccountRule.NO_PENDING_AUTHENTICATOR.error()
    await deps.store.limits.take("second factor of an account", str(account.id), now=deps.clock())
    step, now = _step_of(secret, typed, deps.clock()), deps.clock()
    if step is None:
        raise AccountRule.WRONG_APP_CODE.error()
    codes = _draw_codes()

    async def action(session: AsyncSession) -> None:
        held = await load_authenticator(session, account.id)
        if held is None or held.confirmed_at is not None:
            raise AccountRule.NO_PENDING_AUTHENTICATOR.error()
        await save_authenticator(session, Authenticator(account.id, held.secret_sealed, now, step))
        await replace_recovery_codes(session, account.id, [_code_hash(deps, account, code) for code in codes])

    await deps.store.write(action)
    return codes


async def renew_recovery_codes(deps: Deps, account: Account) -> list[str]:
    """Replace all recovery codes by ten new ones and return them, this once."""
    codes = _draw_codes()
    hashes = [_code_hash(deps, account, code) for code in codes]
    await deps.store.write(lambda session: replace_recovery_codes(session, account.id, hashes))
    return codes


async def recovery_codes_left(deps: Deps, account: Account) -> int:
    """How many recovery codes are unused."""
    async with deps.store.database.read() as session:
        return await count_recovery_codes(session, account.id)


async def drop_authenticator(deps: Deps, account: Account) -> None:
    """Remove the second factor: sign-ins need none any more, and its recovery codes are void."""
    await deps.store.write(lambda session: delete_authenticator(session, account.id))


async def check_second_factor(deps: Deps, account: Account, typed: str) -> None:
    """Check a code of the app, or a recovery code, and use it up; raises BadCodeError."""
    await deps.store.limits.take("second factor of an account", str(account.id), now=deps.clock())
    async with deps.store.database.read() as session:
        held = await load_authenticator(session, account.id)
    if held is None or held.confirmed_at is None:
        raise AccountRule.NO_SECOND_FACTOR.error()
    secret = deps.identity.keyring.unseal(held.secret_sealed, _purpose(account)).decode()
    step = _step_of(secret, typed, deps.clock())

    async def action(session: AsyncSession) -> bool:
        if step is not None:
            return await take_step(session, account.id, step)
        return await take_recovery_code(session, account.id, _code_hash(deps, account, typed))

    if not await deps.store.write(action):
        raise AccountRule.WRONG_SECOND_FACTOR.error()


def _step_of(secret: str, typed: str, now: int) -> int | None:
    """The time step around `now` to which the typed code belongs; None if there is none."""
    code = "".join(typed.split())
    if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    app, present = pyotp.TOTP(secret, digits=DIGITS), now // STEP_MS
    return next((present + n for n in AROUND if hmac.compare_digest(app.generate_otp(present + n), code)), None)


def _draw_codes() -> list[str]:
    drawn = [base64.b32encode(random_bytes(CODE_BYTES)).decode().lower() for _ in range(CODES)]
    return ["-".join(code[place : place + 4] for place in range(0, len(code), 4)) for code in drawn]


def _code_hash(deps: Deps, account: Account, code: str) -> bytes:
    plain = "".join(letter for letter in code.lower() if letter.isascii() and letter.isalnum())
    return deps.identity.keyring.keyed("recovery code", f"{account.id}/{plain[:40]}")


def _purpose(account: Account) -> str:
    return f"authenticator/{account.id}"
