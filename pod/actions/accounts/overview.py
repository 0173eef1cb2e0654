"""What an account's owner sees of it at a glance."""

from __future__ import annotations

from typing import Final

import msgspec

from models.content.belonging import list_own
from models.groups.groups_and_items import load_group
from models.people.accounts import Account, count_recovery_keys, list_memberships
from models.people.factors import count_recovery_codes, list_passkeys, load_authenticator
from models.people.mail_addresses import MailAddress, load_mail_address
from models.people.phrase_checks import load_kit_made_at, load_phrase_check
from models.people.sessions import list_sessions
from pod.actions.accounts.api_tokens import list_own_tokens
from pod.actions.accounts.passkeys import MOST_PASSKEYS
from pod.actions.accounts.sessions import MOST_SESSIONS
from pod.deps import Deps

KIT_RENEWED_MS: Final = 30 * 86_400_000


class AccountSight(msgspec.Struct, frozen=True):
    """An account as its owner sees it: mail address, proofs of identity, recovery keys left."""

    mail: MailAddress | None
    sessions: int
    passkeys: int
    has_authenticator: bool
    codes_left: int
    tokens: int
    phrase_checked: bool
    kit_due: bool
    frozen: bool
    keys_left: int


class KitGroup(msgspec.Struct, frozen=True):
    """A line of the recovery kit. `recovery`: the number of the recovery key that the group knows."""

    name: str
    group: str
    visibility: str
    recovery: int


def is_kit_due(made_at: int | None, *, now: int) -> bool:
    """Whether a person whose last recovery kit was made then needs a new one."""
    return made_at is None or now - made_at >= KIT_RENEWED_MS


async def look_at(deps: Deps, account: Account) -> AccountSight:
    """The account as its owner sees it."""
    tokens = await list_own_tokens(deps, account)
    async with deps.store.database.read() as session:
        authenticator = await load_authenticator(session, account.id)
        check = await load_phrase_check(session, account.id)
        return AccountSight(
            mail=await load_mail_address(session, account.id),
            sessions=len(await list_sessions(session, account.id, MOST_SESSIONS, now=deps.clock())),
            passkeys=len(await list_passkeys(session, account.id, MOST_PASSKEYS)),
            has_authenticator=authenticator is not None and authenticator.confirmed_at is not None,
            codes_left=await count_recovery_codes(session, account.id),
            tokens=sum(token.revoked_at is None for token in tokens),
            phrase_checked=check is not None and check.checked_at is not None,
            kit_due=is_kit_due(await load_kit_made_at(session, account.id), now=deps.clock()),
            frozen=account.frozen_at is not None,
            keys_left=await count_recovery_keys(session, account.id),
        )


async def kit_groups_of(deps: Deps, account: Account) -> list[KitGroup]:
    """The account's groups as the recovery kit lists them beside the 24 words."""
    groups = []
    async with deps.store.database.read() as session:
        own = await list_own(session, account.id)
        for entry in await list_memberships(session, account.id):
            if entry.group_id not in own:
                continue
            group = await load_group(session, entry.group_id)
            if group is not None:
                groups.append(KitGroup(group.name, entry.group_id, group.visibility, entry.recovery_index))
    return groups
