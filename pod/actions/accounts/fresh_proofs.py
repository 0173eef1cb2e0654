"""A person who is known by a session or a token proves once more who they are, by what signing in would ask for.

By a code of the authenticator app, where there is one, else by a mailed code. A program whose person has neither uses
an operator's sign-in link up. Tries are counted as at signing in. In a
browser a passkey proves it, too.
"""

from __future__ import annotations

from collections.abc import Callable

from models.people.accounts import Account, HeldToken, set_token_proved
from pod.actions.accounts.mail_address import check_confirmation, mail_confirmation
from pod.actions.accounts.second_factors import check_second_factor, has_second_factor
from pod.actions.accounts.sign_in import end_by_link, whose_link
from pod.actions.letters import Letter
from pod.deps import Deps
from pod.rules.accounts import AccountRule


async def check_proof(deps: Deps, visit: bytes, account: Account, typed: str) -> None:
    """Check the code that the account's person typed, and use it up; raises BadCodeError or DeadCodeError."""
    if await has_second_factor(deps, account):
        await check_second_factor(deps, account, typed)
    else:
        await check_confirmation(deps, visit, typed)


async def mail_token_code(deps: Deps, held: HeldToken, letter: Callable[[str], Letter]) -> None:
    """Mail a code that proves a token, and no other one; raises MalformedError without an address."""
    await mail_confirmation(deps, held.sha256, held.account, letter)


async def prove_token(deps: Deps, held: HeldToken, address: str, code: str, link: str) -> int:
    """Note that the token's holder proved just now who they are; returns when. `address`: where the try came from.

    Raises BadCodeError, DeadCodeError, GoneError or TooManyTriesError.
    """
    now = deps.clock()
    await deps.store.limits.take("code of an address", address, now=now)
    if link:
        await _check_link(deps, held.account, code, link.rpartition("/")[2])
    else:
        await check_proof(deps, held.sha256, held.account, code)
    await deps.store.write(lambda session: set_token_proved(session, held.sha256, now=now))
    return now


async def _check_link(deps: Deps, account: Account, code: str, token: str) -> None:
    if (await whose_link(deps, token)).id != account.id:
        raise AccountRule.SIGN_IN_LINK_DEAD.error()
    if await has_second_factor(deps, account):
        await check_second_factor(deps, account, code)
    await end_by_link(deps, token)
