"""A recovery as its person sees it: no token is left over, the words count as shown, groups have their names."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.own_texts import count_own_texts
from models.groups.groups_and_items import load_group
from models.moving.imported_files import load_file_copy
from models.moving.standing_copies import find_standing
from models.people.accounts import Account, load_account_named, set_language
from models.people.phrase_checks import set_phrase_checked
from pod.actions.chain.views import load_view
from pod.actions.moving.uploads import find_upload
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import Recovered, recover
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.ids import RecordId


class FoundMembership(msgspec.Struct, frozen=True):
    """A membership that was found. `texts`: how many posts and edits of the person in it are here."""

    name: str
    state: str
    texts: int


class FoundAccount(msgspec.Struct, frozen=True):
    """The recovered account and its memberships; `copied`: a file or a second home's copy of it is here."""

    account: Account
    recovered: Recovered
    moved: tuple[FoundMembership, ...]
    copied: bool


async def recover_home(
    deps: Deps,
    name: str,
    keys: RecoveryKeys,
    whereabouts: Sequence[RecoveryWhereabouts],
    language: str,
    *,
    mine: RecordId | None = None,
    sent: str = "",
) -> FoundAccount:
    """As `recover`, for a person in a browser; `sent`: what it keeps of a file that it sent, which is the person's."""
    file = await _file_of(deps, keys, sent)
    recovered = await recover(deps, name, keys, whereabouts, mine=mine, file=file, token=False)

    async def action(session: AsyncSession) -> FoundAccount:
        account = await load_account_named(session, recovered.name)
        if account is None or account.disabled:
            raise AccountRule.NO_SIGN_IN_HERE.error()
        await set_phrase_checked(session, account.id, now=deps.clock())
        if not account.language:
            await set_language(session, account.id, language)
        moved = [await _found(session, deps, keys, entry["group"], entry["state"]) for entry in recovered.memberships]
        return FoundAccount(account, recovered, tuple(moved), await _is_copied(session, account, keys))

    return await deps.store.write(action)


async def _file_of(deps: Deps, keys: RecoveryKeys, sent: str) -> RecordId | None:
    """Whose file this browser sent, if a key of the words stands in it."""
    upload = await find_upload(deps, sent)
    if upload is None or upload.group_id is None:
        return None
    async with deps.store.database.read() as session:
        copy = await load_file_copy(session, upload.group_id)
    return upload.group_id if copy is not None and copy.recovery in keys.numbers else None


async def _found(session: AsyncSession, deps: Deps, keys: RecoveryKeys, group: RecordId, state: str) -> FoundMembership:
    stored = await load_group(session, group)
    if stored is None:
        return FoundMembership(str(group), state, 0)
    number = keys.member_in((await load_view(session, deps, group)).state)
    texts = await count_own_texts(session, group, number) if number is not None else 0
    return FoundMembership(stored.name, state, texts)


async def _is_copied(session: AsyncSession, account: Account, keys: RecoveryKeys) -> bool:
    own = account.personal_group
    if own is None:
        return False
    standing = await find_standing(session, tuple(keys.numbers), groups=[own])
    return bool(standing) or await load_file_copy(session, own) is not None
