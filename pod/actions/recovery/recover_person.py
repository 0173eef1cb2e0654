"""A person whose pod is gone shows the 24 words here: this pod becomes home to all memberships it can find.

1. The phrase's public keys are compared with the members of every group that this pod knows; those that the person
   names are looked at first, and fetched if they know one. Whatever can't be reached now is found when the person asks
   again.
2. The personal group is recovered by a handover; elsewhere a rehome goes to the group's pods, and the membership is
   moving until the steward sealed it.
3. A root may name anybody's recovery key. Of several people's groups with a key of the phrase, the person names theirs;
   the others are left alone. A copy's group is taken only if they name it, even if it is the only one; what they name
   and no copy here has is looked for elsewhere first. Who came here by a group that wasn't theirs names the right one.
4. Everything is one transaction: a crash leaves nothing or all of it, and asking again changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.boxes import put_box_key
from models.moving.closings import drop_membership
from models.moving.imported_files import find_file_copies, load_file_copy, put_file_copy
from models.moving.kept_copies import KeptCopy, load_copy
from models.moving.kept_names import is_name_kept
from models.moving.standing_copies import find_standing
from models.people.accounts import (
    Account,
    count_recovery_keys,
    insert_account,
    insert_recovery_keys,
    insert_token,
    list_memberships,
    load_account,
    load_account_by_recovery,
    load_account_named,
    load_membership,
    load_next_recovery_index,
    set_personal_group,
    set_recovery_group,
)
from pod.actions.chain.door import append
from pod.actions.chain.stored_chain import waiting_operations
from pod.actions.groups.founding import NAME, token_hash
from pod.actions.moving.copied_memberships import copied_memberships
from pod.actions.moving.restored_personal import restore_personal
from pod.actions.moving.standing_copies import promote_copies
from pod.actions.moving.words_opened import take_what_words_open
from pod.actions.recovery.known_groups import FoundMembership, RecoveryWhereabouts, fetch_concerned, find_memberships
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_group import begin_recovery, check_own, expect_rehome, rehome
from pod.actions.recovery.which_person import kept_for
from pod.actions.sync.push import push
from pod.clock import random_bytes, random_token
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from protocol.errors import NotConfirmedError
from protocol.ids import RecordId
from protocol.limits import RECOVERY_KEYS
from protocol.records.envelope import open_record, reopen_record
from protocol.records.operation import Operation, Rehome
from protocol.state import GroupState, Member


class _Reached(msgspec.Struct, frozen=True):
    """Pods that may hold the groups, and the groups that aren't here. `strange`: as of `Recovered`."""

    holders: set[str]
    unreachable: list[RecordId]
    strange: list[RecordId]


class Recovered(msgspec.Struct, frozen=True):
    """The result. `token` (or "") is shown once; a later try may find the groups in `unreachable`.

    `strange`: groups that know another recovery key than those of the words; no later try moves these.
    """

    name: str
    token: str
    personal_group: RecordId | None
    memberships: list[dict[str, Any]]
    unreachable: list[RecordId]
    strange: list[RecordId]
    recovery_keys_left: int


async def recover(
    deps: Deps,
    name: str,
    keys: RecoveryKeys,
    groups: Sequence[RecoveryWhereabouts],
    *,
    mine: RecordId | None = None,
    file: RecordId | None = None,
    token: bool = True,
) -> Recovered:
    """Make `name` here the home of the person who has the phrase.

    `mine`: the personal group that they chose; `file`: the one whose file they sent themselves.
    `token`: whether to make an API token, for no browser.
    Raises NameTakenError, NotFoundError if no group knows a key of the phrase, WHICH_PERSON if several do.
    """
    if not NAME.fullmatch(name):
        raise AccountRule.NO_NAME.error()
    async with deps.store.database.read() as session:
        await _check_name(session, name, keys)
    named = {mine} if mine is not None else {one.group for one in groups} | ({file} if file is not None else set())
    gathered, wisher = await _gather(deps, keys, groups, named), await kept_for(deps, name, keys)
    seed, made = random_bytes(32), random_token() if token else ""

    async def action(session: AsyncSession) -> Recovered:
        found = await _own_of(session, keys, await find_memberships(session, deps, keys), named)
        account = await _open_account(session, deps, name, keys, seed, found, wisher=wisher)
        stuck = [one[0] for one in found if not await _move(session, deps, account, keys, one, also=gathered.holders)]
        now = deps.clock()
        await _ask_copies(session, keys, account, now=now)
        if made:
            await insert_token(session, sha256=token_hash(made), account=account.id, name="recovery", now=now)
        return await _told(session, account, made, gathered, stuck)

    recovered = await deps.store.write(action)
    await _open_by_words(deps, name, keys)
    return recovered


async def _gather(
    deps: Deps, keys: RecoveryKeys, groups: Sequence[RecoveryWhereabouts], named: Collection[RecordId]
) -> _Reached:
    """Have this pod hold what the person names, and what their copy does."""
    taken, more = await _take_from_copy(deps, keys, named)
    unfetched = await fetch_concerned(deps, [*groups, *more], keys)
    left = {group: is_read for group, is_read in unfetched.items() if group != taken}
    return _Reached(
        holders={whereabouts.pod for whereabouts in (*groups, *more)},
        unreachable=[group for group, is_read in left.items() if not is_read],
        strange=[group for group, is_read in left.items() if is_read],
    )


async def _open_by_words(deps: Deps, name: str, keys: RecoveryKeys) -> None:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    if account is not None:
        await take_what_words_open(deps, account, keys)


async def _ask_copies(session: AsyncSession, keys: RecoveryKeys, account: Account, *, now: int) -> None:
    """Have the person's copies give what they hold, once the recovery is settled."""
    account = await load_account(session, account.id) or account
    if account.personal_group is None:
        return
    await promote_copies(session, account.personal_group, tuple(keys.numbers), now=now)
    copy = await load_file_copy(session, account.personal_group)
    if copy is not None and copy.recovery in keys.numbers:
        await put_file_copy(session, msgspec.structs.replace(copy, due_at=now, outcome=None))


async def add_recovery_keys(deps: Deps, account: Account, keys: RecoveryKeys) -> int:
    """Derive the account's next recovery keys; returns how many are unused now."""

    async def action(session: AsyncSession) -> int:
        await check_own(session, account, keys)
        await put_box_key(session, account.id, keys.box_public)
        first = await load_next_recovery_index(session, account.id)
        await insert_recovery_keys(session, account.id, first, keys.dids(first))
        return await count_recovery_keys(session, account.id)

    return await deps.store.write(action)


async def _copies_of(session: AsyncSession, keys: RecoveryKeys, named: Collection[RecordId]) -> list[KeptCopy]:
    """Copies that name a key of the phrase; those of groups that the person names, however many others there are."""
    dids = tuple(keys.numbers)
    files = [await load_file_copy(session, group) for group in sorted(named)]
    numbers = [one.copy_id for one in files if one is not None and one.recovery in keys.numbers]
    numbers += [one.copy_id for one in await find_standing(session, dids, groups=named)] if named else []
    numbers += [one.copy_id for one in await find_standing(session, dids)]
    numbers += [one.copy_id for one in await find_file_copies(session, dids)]
    copies = [await load_copy(session, number) for number in dict.fromkeys(numbers)]
    return [copy for copy in copies if copy is not None]


async def _pick(
    session: AsyncSession,
    keys: RecoveryKeys,
    places: Mapping[RecordId, str],
    named: Collection[RecordId],
    held: Collection[RecordId],
) -> RecordId | None:
    """Of people's groups and their homes, the one that is this person's; None: there is none.

    `held`: those that aren't only in a copy. Raises WHICH_PERSON where neither the account here nor the person says
    which, and there are several, or one that is only in a copy.
    """
    account, chosen = (
        await load_account_by_recovery(session, tuple(keys.numbers)),
        [one for one in places if one in named],
    )
    if account is not None and account.personal_group is not None:
        own = account.personal_group
        if not chosen or own in named or await _founded_here(session, account, own):
            return own
    chosen = chosen or list(places)
    if len(chosen) > 1 or not all(group in named or group in held for group in chosen):
        shown = [f"{group} {places[group]}" for group in sorted(chosen)]
        raise AccountRule.WHICH_PERSON.error(places=", ".join(shown))
    return chosen[0] if chosen else None


async def _founded_here(session: AsyncSession, account: Account, group: RecordId) -> bool:
    """Whether the account's key in its own group is the first one: nobody brought that group here."""
    membership = await load_membership(session, account.id, group)
    return membership is not None and membership.key_index == 0


async def _own_of(
    session: AsyncSession, keys: RecoveryKeys, found: Sequence[FoundMembership], named: Collection[RecordId]
) -> list[FoundMembership]:
    """The memberships without those in the groups of other people; where there are none, copies are to choose from."""
    if not found:
        await _pick(session, keys, {copy.group_id: copy.pod for copy in await _copies_of(session, keys, ())}, (), ())
    places = _homes(found)
    own = await _pick(session, keys, places, named, places)
    return [one for one in found if one[0].kind != "person" or one[0].group == own]


def _homes(found: Sequence[FoundMembership]) -> dict[RecordId, str]:
    return {state.group: state.steward.pod for state, _ in found if state.kind == "person"}


async def _take_from_copy(
    deps: Deps, keys: RecoveryKeys, named: Collection[RecordId]
) -> tuple[RecordId | None, list[RecoveryWhereabouts]]:
    """Hold the personal group of the person's copy here, if there is one; returns it, and where their groups may be."""
    async with deps.store.database.read() as session:
        copies = await _copies_of(session, keys, named)
        held = _homes(await find_memberships(session, deps, keys))
        places = {copy.group_id: copy.pod for copy in copies} | held
        if named and not any(group in places for group in named):
            places = {}  # strangers' copies mustn't keep the pod from fetching what is named
        own = await _pick(session, keys, places, named, held)
    taken, groups = None, list[RecoveryWhereabouts]()
    for copy in copies:
        if copy.group_id != own:
            continue
        await restore_personal(deps, copy)
        taken = own
        groups += [
            RecoveryWhereabouts(one.group, pod, one.recovery if one.is_private else None)
            for one in (await copied_memberships(deps, copy)).named
            for pod in one.pods
            # The pod that is left is asked only for what no other one has.
            if pod != deps.identity.base_url and (pod != copy.pod or one.pods == (pod,))
        ]
    return taken, groups


async def _check_name(session: AsyncSession, name: str, keys: RecoveryKeys) -> Account | None:
    """The account of this name if the phrase belongs to it, None if there is none; NameTakenError if it doesn't."""
    named = await load_account_named(session, name)
    owner = await load_account_by_recovery(session, tuple(keys.numbers))
    if owner is not None and owner.name != name:
        raise AccountRule.PHRASE_OF_ACCOUNT.error(name=owner.name)
    if named is not None and owner is None:
        raise AccountRule.NAME_TAKEN.error(name=name)
    return named


async def _open_account(
    session: AsyncSession,
    deps: Deps,
    name: str,
    keys: RecoveryKeys,
    seed: bytes,
    found: list[FoundMembership],
    *,
    wisher: RecordId | None,
) -> Account:
    account = await _check_name(session, name, keys)
    used = {number: (did, state.group) for state, _ in found for number, did in keys.used_in(state)}
    if account is None:
        if not found:
            raise AccountRule.NO_MEMBER_WITH_PHRASE.error()
        own = wisher or next((state.group for state, _ in found if state.kind == "person"), None)
        if await is_name_kept(session, name, own, now=deps.clock()):
            raise AccountRule.NAME_TAKEN.error(name=name)
        sealed = deps.identity.keyring.seal(seed, f"seed/{name}")
        own_id = await insert_account(session, name=name, seed_sealed=sealed, now=deps.clock())
        # Groups that aren't known here may use other keys of this batch, so the account begins with the next batch.
        first = (max(used) // RECOVERY_KEYS + 1) * RECOVERY_KEYS
        await insert_recovery_keys(session, own_id, first, keys.dids(first))
        account = await load_account_named(session, name)
    assert account is not None
    for number, (did, group) in used.items():
        await insert_recovery_keys(session, account.id, number, [did])
        await set_recovery_group(session, account.id, number, group)
    await put_box_key(session, account.id, keys.box_public)
    return account


async def _move(
    session: AsyncSession,
    deps: Deps,
    account: Account,
    keys: RecoveryKeys,
    found: FoundMembership,
    *,
    also: Collection[str],
) -> bool:
    """Move one membership here, unless it is here or moving already; False if that can't be done now."""
    state, member = found
    if state.kind == "person" and account.personal_group != state.group:
        if account.personal_group is not None:  # it wasn't theirs: nothing is signed there any more
            await drop_membership(session, account.id, account.personal_group)
        await set_personal_group(session, account.id, state.group)
    own = await load_membership(session, account.id, state.group)
    if member.left or (own is not None and own.signing == member.signing):
        return True
    if state.kind == "person":
        try:
            await begin_recovery(session, deps, account, state.group, keys, also=also)
        except NotConfirmedError:
            return False
        return True
    if own is not None and own.state == "moving" and await _is_asked(session, state.group, own.signing):
        return True
    return await _ask_to_move(session, deps, account, keys, state, member)


async def _is_asked(session: AsyncSession, group: RecordId, signing: str) -> bool:
    async for operation in waiting_operations(session, group):
        asked = reopen_record(operation.wire).content
        if isinstance(asked, Operation) and isinstance(asked.wish, Rehome) and asked.wish.signing == signing:
            return True
    return False


async def _ask_to_move(
    session: AsyncSession, deps: Deps, account: Account, keys: RecoveryKeys, state: GroupState, member: Member
) -> bool:
    signer = keys.signer(member.recovery[-1])
    if signer is None:
        return False
    index = keys.numbers[signer.did]
    signing = await expect_rehome(session, deps, account, state.group, member, recovery_index=index)
    record = open_record(rehome(deps, state.group, member, signer, signing))
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)
    return True


async def _told(
    session: AsyncSession, account: Account, token: str, gathered: _Reached, stuck: list[GroupState]
) -> Recovered:
    account = await load_account_named(session, account.name) or account
    memberships = await list_memberships(session, account.id)
    return Recovered(
        name=account.name,
        token=token,
        personal_group=account.personal_group,
        memberships=[{"group": one.group_id, "number": one.number, "state": one.state} for one in memberships],
        # Of a person's own group no keeper's word is here yet; elsewhere only another key keeps a membership back.
        unreachable=gathered.unreachable + [state.group for state in stuck if state.kind == "person"],
        strange=gathered.strange + [state.group for state in stuck if state.kind != "person"],
        recovery_keys_left=await count_recovery_keys(session, account.id),
    )
