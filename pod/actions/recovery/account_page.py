"""A recovery as its person sees it: no token is left over, the words count as shown, groups have their names."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.people.accounts import Account, load_account_named, set_language
from models.people.phrase_checks import set_phrase_checked
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import Recovered, RecoveryWhereabouts, recover
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.ids import RecordId


class FoundAccount(msgspec.Struct, frozen=True):
    """The recovered account, and its memberships as (group's name, state)."""

    account: Account
    recovered: Recovered
    moved: tuple[tuple[str, str], ...]


async def recover_home(
    deps: Deps,
    name: str,
    keys: RecoveryKeys,
    whereabouts: Sequence[RecoveryWhereabouts],
    language: str,
    *,
    mine: RecordId | None = None,
) -> FoundAccount:
    """As `recover`, for a person in a browser: make `name` here the home of the person who has the words."""
    recovered = await recover(deps, name, keys, whereabouts, mine=mine, token=False)

    async def action(session: AsyncSession) -> FoundAccount:
        account = await load_account_named(session, recovered.name)
        if account is None or account.disabled:
            raise AccountRule.NO_SIGN_IN_HERE.error()
        await set_phrase_checked(session, account.id, now=deps.clock())
        if not account.language:
            await set_language(session, account.id, language)
        moved = [(await _name(session, entry["group"]), str(entry["state"])) for entry in recovered.memberships]
        return FoundAccount(account, recovered, tuple(moved))

    return await deps.store.write(action)


async def _name(session: AsyncSession, group: RecordId) -> str:
    stored = await load_group(session, group)
    return stored.name if stored else str(group)
