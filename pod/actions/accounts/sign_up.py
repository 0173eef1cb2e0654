"""An account begins with a wish: typed, proved by a mailed code, where the pod asks for it approved, and then opened.

1. Nothing is opened, and no key made, before the last step; until then a wish holds no name.
2. The answer to a typed address is the same, whether it has an account here or not; the mail tells its owner.
3. An invitation is used up by the account that is opened, not by the wish.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.kept_names import is_name_kept
from models.people.accounts import Account, load_account_named
from models.people.mail_addresses import load_account_by_mail
from models.pod.pod_invites import Invite, load_invite, load_invite_by_code, note_invited, take_invite
from models.pod.settings import load_settings
from models.pod.sign_ups import (
    SignUp,
    drop_sign_ups,
    insert_sign_up,
    load_sign_up_by_token,
    load_typed,
    set_sign_up,
)
from moderation.clusters import beginning
from pod.actions.accounts.mailed_codes import check_code, make_code, use_code
from pod.actions.accounts.open_account import Opened, Wish, open_home
from pod.actions.admin.pod_invites import code_hash
from pod.actions.groups.founding import NAME, token_hash
from pod.actions.letters import Letter, send
from pod.deps import Deps
from pod.mail.letters import mail_address, normal_address
from pod.rules.accounts import AccountRule

PURPOSE: Final = "sign-up"
LONGEST_REASON: Final = 2000
DAY_MS: Final = 86_400_000
REJECTED_DAYS: Final = 30
ACCEPTED_DAYS: Final = 14


class SignUpWish(msgspec.Struct, frozen=True):
    """What a person typed to sign up."""

    name: str
    mail: str
    reason: str
    invite: str
    language: str


class Letters(msgspec.Struct, frozen=True):
    """Writers of the mails to the address's owner: `code` with a code, `known` where the address has an account."""

    code: Callable[[str], Letter]
    known: Callable[[str], Letter]


async def wish_for_account(deps: Deps, visit: bytes, wish: SignUpWish, letters: Letters) -> None:
    """Store the wish and mail its code. Raises NameTakenError, BadAddressError, BadInviteError and more."""
    address, now = mail_address(wish.mail), deps.clock()
    if not NAME.fullmatch(wish.name):
        raise AccountRule.NO_NAME.error()
    async with deps.store.database.read() as session:
        taken = await load_account_named(session, wish.name) is not None
        if taken or await is_name_kept(session, wish.name, None, now=now):
            raise AccountRule.NAME_TAKEN.error(name=wish.name)
        invite = await _invited(session, wish, now)
        known = await load_account_by_mail(session, normal_address(address))
    await deps.store.limits.take("mail to an address", normal_address(address), now=now)
    kept = SignUp(
        *(0, visit, wish.name, address, beginning(wish.reason, LONGEST_REASON), wish.language),
        *(invite.id if invite else None, "typed", "", None, now, now),
    )

    async def action(session: AsyncSession) -> None:
        await drop_sign_ups(session, "typed", "opened", before=now - DAY_MS)
        await drop_sign_ups(session, "rejected", before=now - REJECTED_DAYS * DAY_MS)
        await drop_sign_ups(session, "accepted", "asked", before=now - 3 * REJECTED_DAYS * DAY_MS)
        await insert_sign_up(session, kept)

    await deps.store.write(action)
    code = await make_code(deps, visit, PURPOSE, None, address)
    await send(deps, address, letters.known(known.name) if known else letters.code(code))


async def _invited(session: AsyncSession, wish: SignUpWish, now: int) -> Invite | None:
    """The invitation that the wish names; None if it needs none. Raises if sign-up is closed, or the code is bad."""
    mode = (await load_settings(session)).registration
    if mode == "closed":
        raise AccountRule.REGISTRATION_CLOSED.error()
    if not wish.invite and mode != "invite":
        if mode == "approval" and not wish.reason:
            raise AccountRule.SAY_WHY.error()
        return None
    invite = await load_invite_by_code(session, code_hash(wish.invite))
    if invite is None or not invite.works(now):
        raise AccountRule.BAD_INVITE.error()
    return invite


async def typed_sign_up(deps: Deps, visit: bytes) -> SignUp:
    """What this visit typed and hasn't proved yet; raises GoneError."""
    async with deps.store.database.read() as session:
        typed = await load_typed(session, visit)
    if typed is None:
        raise AccountRule.NO_PENDING_SIGN_UP.error()
    return typed


async def prove_mail(deps: Deps, visit: bytes, code: str, name: str) -> Opened | None:
    """Check the mailed code and return the opened account; None if an admin has to accept the wish first.

    `name`: the name to take if somebody else took the typed one meanwhile; empty: the typed one.
    """
    typed = await typed_sign_up(deps, visit)
    proved = await check_code(deps, visit, PURPOSE, code)
    if proved.address != typed.address:
        raise AccountRule.CODE_FOR_OTHER_ADDRESS.error()
    wish = msgspec.structs.replace(typed, name=name or typed.name)
    if await _needs_yes(deps, typed):

        async def wait(session: AsyncSession) -> None:
            await use_code(session, proved)
            await set_sign_up(session, typed.id, name=wish.name, state="waiting", changed_at=deps.clock())

        await deps.store.write(wait)
        return None

    async def also(session: AsyncSession, account: Account) -> None:
        await use_code(session, proved)
        await _arrived(session, deps, wish, account)

    return await open_home(deps, Wish(wish.name, wish.address, wish.language, verified=True), also)


async def _needs_yes(deps: Deps, typed: SignUp) -> bool:
    async with deps.store.database.read() as session:
        mode = (await load_settings(session)).registration
        invite = await load_invite(session, typed.invite_id) if typed.invite_id is not None else None
    if mode == "closed":
        raise AccountRule.REGISTRATION_CLOSED.error()
    if invite is not None:
        return invite.approval
    if mode == "invite":
        raise AccountRule.INVITATION_ONLY.error()
    return mode == "approval"


async def _arrived(session: AsyncSession, deps: Deps, wish: SignUp, account: Account) -> None:
    now = deps.clock()
    if wish.invite_id is not None:
        if not await take_invite(session, wish.invite_id, now=now):
            raise AccountRule.BAD_INVITE.error()
        await note_invited(session, account.id, wish.invite_id)
    await set_sign_up(session, wish.id, state="opened", token=None, changed_at=now)


async def linked_sign_up(deps: Deps, token: str, state: str) -> SignUp:
    """The wish in this state to which a mailed link leads; raises GoneError."""
    async with deps.store.database.read() as session:
        wish = await load_sign_up_by_token(session, token_hash(token))
    if wish is None or wish.state != state or deps.clock() - wish.changed_at > ACCEPTED_DAYS * DAY_MS:
        raise AccountRule.LINK_DEAD.error()
    return wish


async def open_accepted(deps: Deps, token: str, name: str) -> Opened:
    """Open the account that an admin accepted; raises NameTakenError if it needs another name."""
    wish = await linked_sign_up(deps, token, "accepted")

    async def also(session: AsyncSession, account: Account) -> None:
        now = await load_sign_up_by_token(session, token_hash(token))
        if now is None or now.state != "accepted":
            raise AccountRule.LINK_USED.error()
        await _arrived(session, deps, wish, account)

    return await open_home(deps, Wish(name or wish.name, wish.address, wish.language, verified=True), also)


async def answer_question(deps: Deps, token: str, text: str) -> None:
    """Store the person's answer to an admin's question; the wish waits for a decision again."""
    if not text:
        raise AccountRule.ANSWER_FIRST.error()
    wish = await linked_sign_up(deps, token, "asked")
    reason = f"{wish.reason}\n\n? {wish.said}\n! {beginning(text, LONGEST_REASON)}".strip()

    async def action(session: AsyncSession) -> None:
        await set_sign_up(
            session, wish.id, reason=reason, state="waiting", said="", token=None, changed_at=deps.clock()
        )

    await deps.store.write(action)
