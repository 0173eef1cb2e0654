"""Somebody moves here from a pod that helps: this pod asks the old one, step by step, and makes the account.

1. `begin` draws the seed from which all their keys here come, once: so every step can be asked for again.
2. `advance_personal` has the account frozen at the old pod, and once all is settled there, takes the personal group,
   with which the account here opens; `advance_group` each other group, by a handover where they keep it.
3. Of a handover this pod signs the old pod's draft, the old one signs last, and both confirm. If an answer is lost,
   asking again brings it.
4. It tells how each group stands: asked for, sealed, settled, let go, or why it waits.

Spec: portability.md section 3, steps 2 to 4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from federation.errors import RemoteError
from models.groups.groups_and_items import load_group
from models.moving.kept_names import is_name_kept
from models.moving.moves import is_switching
from models.moving.newcomers import (
    ANY_TIME,
    MOST_GROUPS,
    Newcomer,
    NewcomerGroup,
    delete_newcomer,
    insert_newcomer,
    list_newcomer_groups,
    load_newcomer,
    note_standing,
    save_told,
    set_let_go,
)
from models.people.accounts import load_account_named, load_membership
from pod.actions.chain.views import load_view
from pod.actions.groups.founding import NAME
from pod.actions.moving.new_home import (
    Also,
    account_at,
    arrive,
    expect,
    new_key,
    open_account_of,
)
from pod.actions.moving.old_pod import ask_old_pod, refusal_in, said_by
from pod.actions.moving.switch_handover import DraftedHandover, WishedKey
from pod.actions.moving.switch_openings import take_openings
from pod.actions.moving.switch_rehome import AskedRehome, DepartingGroup, FreezeWish, FrozenAccount
from pod.actions.moving.switch_unlogged import write_unlogged
from pod.actions.moving.way_back import account_left, come_back
from pod.actions.signer import PodItself, signed
from pod.actions.sync.pull import fetch_group
from pod.clock import random_bytes
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.keys import DidKey
from protocol.records.chain import KEEPER_COUNTS, Handover, Seat
from protocol.records.envelope import Record, open_record
from protocol.records.operation import Operation, Rehome

MAX_ACTOR_LENGTH: Final = 2048
MOST_KEEPERS: Final = max(KEEPER_COUNTS)
LONGEST_NAME: Final = 200  # of a group, as the old pod calls it
Body = dict[str, Any]
LastDelta = Callable[[], Awaitable[None]]
Standing = Literal["waits", "asked", "sealed", "settled", "let go"]


class GroupMove(msgspec.Struct, frozen=True):
    """How a group of somebody who moves here stands; `why`: what the old pod, or its silence, said last."""

    group: RecordId
    standing: Standing
    why: str = ""


async def begin(deps: Deps, person: RecordId, pod: str, name: str) -> Newcomer:
    """Remember that the person with this personal group moves here from `pod` under `name`; raises NameTakenError.

    Who left an account here gets that one back, and its name.
    """
    if not NAME.fullmatch(name):
        raise AccountRule.NO_NAME.error()
    seed = random_bytes(32)

    async def action(session: AsyncSession) -> Newcomer:
        left = await account_left(session, person)
        if left is not None:
            return await come_back(session, deps, left, pod)
        sealed = deps.identity.keyring.seal(seed, f"seed/{name}")
        await _make_way(session, person, pod, name)
        taken = await load_account_named(session, name) is not None or await is_name_kept(
            session, name, person, now=deps.clock()
        )
        if await load_newcomer(session, person) is None and not taken:
            await insert_newcomer(session, Newcomer(person, pod, name, sealed, deps.clock()))
        newcomer = await load_newcomer(session, person)
        if newcomer is None:
            raise AccountRule.NAME_TAKEN.error(name=name)
        return newcomer

    return await deps.store.write(action)


async def _make_way(session: AsyncSession, person: RecordId, pod: str, name: str) -> None:
    """Forget an earlier begin of the person, from another pod or by another name, which came to nothing.

    Raises NameTakenError while that one goes on, or its pod may have signed for its keys: another pod may only claim
    that the person is there.
    """
    before = await load_newcomer(session, person)
    if before is None or before.account_id is not None or (before.name == name and same_origin(before.pod, pod)):
        return
    may_come = not same_origin(before.pod, pod) and await list_newcomer_groups(session, person)
    if may_come or await is_switching(session, person):
        raise AccountRule.NAME_TAKEN.error(name=name)
    await delete_newcomer(session, person)


async def advance_personal(
    deps: Deps,
    person: RecordId,
    *,
    last_delta: LastDelta | None = None,
    also: Also | None = None,
    committed: bool = False,
) -> tuple[RecordId, ...]:
    """Open the account here by the personal group's handover, if nothing lags; else the groups that do.

    Raises RemoteError, or a refusal. `last_delta` runs once the account is frozen and all of it is settled; `also` in
    the commit that opens the account. `committed`: the old pod has signed the handover, so nothing is waited for.
    """
    newcomer = await load_coming(deps, person)
    if newcomer.account_id is not None:
        return ()
    frozen = await ask_old_pod(deps, newcomer, "freeze", FreezeWish(newcomer.name), FrozenAccount)
    if frozen.lags and not committed:
        return tuple(lag.group for lag in frozen.lags)
    if len(frozen.groups) > MOST_GROUPS:
        raise SwitchRule.OTHER_ANSWER.error()
    if last_delta is not None:
        await last_delta()
    told = [_told_by(one) for one in frozen.groups]
    actor = _former(newcomer, frozen.actor)
    await deps.store.write(lambda session: save_told(session, person, actor, told))
    await _take(deps, newcomer, await _told(deps, person, person), also=also)
    return ()


def _told_by(one: DepartingGroup) -> NewcomerGroup:
    until = ANY_TIME if one.unwaited else 0
    told = parse_id(one.group), one.number, one.keys, one.recovery_index, one.keeps
    return NewcomerGroup(*told, anew_until=until)


async def learn_names(deps: Deps, newcomer: Newcomer) -> None:
    """Ask once more for the groups, of which the old pod tells the names only now that the move is committed.

    They are for the page alone, so nothing waits for them.
    """
    with suppress(RemoteError, RefusedError):
        frozen = await ask_old_pod(deps, newcomer, "freeze", FreezeWish(newcomer.name), FrozenAccount)
        names = {parse_id(one.group): one.name for one in frozen.groups[:MOST_GROUPS] if one.name}

        async def action(session: AsyncSession) -> None:
            for group, said in names.items():
                name = "".join(sign for sign in said if sign.isprintable())[:LONGEST_NAME]
                await note_standing(session, newcomer.personal_group, group, name=name)

        await deps.store.write(action)


async def fetch_unsettled(deps: Deps, newcomer: Newcomer) -> str:
    """Fetch what the person had sealed in polls, write anew what wasn't waited for; returns why it isn't all here."""
    async with deps.store.database.read() as session:
        account = await account_at(session, newcomer)
    assert account is not None
    lacks = await _lacks(take_openings(deps, newcomer, account)), await _lacks(write_unlogged(deps, newcomer, account))
    return ", ".join(filter(None, lacks))


async def _lacks(taking: Awaitable[tuple[RecordId, ...]]) -> str:
    """What didn't come, or why nothing did."""
    try:
        return ", ".join(await taking)
    except RemoteError as error:
        return said_by(error)
    except RefusedError as error:
        return str(error)


def _former(newcomer: Newcomer, actor: str) -> str:
    """The person's actor at the old pod, as that told it."""
    if len(actor) > MAX_ACTOR_LENGTH or not same_origin(actor, newcomer.pod):
        raise SwitchRule.OTHER_ANSWER.error()
    return actor


async def let_go(deps: Deps, person: RecordId, group: RecordId) -> None:
    """Go without a group that stands still; the recovery phrase can fetch it later."""
    await deps.store.write(lambda session: set_let_go(session, person, group))


async def load_coming(deps: Deps, person: RecordId) -> Newcomer:
    """Somebody on the way here; raises NotFoundError."""
    async with deps.store.database.read() as session:
        newcomer = await load_newcomer(session, person)
    if newcomer is None:
        raise SwitchRule.NOT_COMING.error()
    return newcomer


async def _groups(deps: Deps, person: RecordId) -> list[NewcomerGroup]:
    async with deps.store.database.read() as session:
        return await list_newcomer_groups(session, person)


async def _told(deps: Deps, person: RecordId, group: RecordId) -> NewcomerGroup:
    told = next((one for one in await _groups(deps, person) if one.group_id == group), None)
    if told is None:
        raise SwitchRule.OTHER_ANSWER.error()
    return told


async def advance_group(deps: Deps, newcomer: Newcomer, told: NewcomerGroup, *, plain: bool = False) -> GroupMove:
    """Take one group as far as it goes now; a refusal of one doesn't hold up the others.

    `plain`: without a handover that names the person's seat anew, after three refusals.
    """
    why = ""
    if await _standing(deps, newcomer, told) in ("waits", "asked"):
        try:
            await _take(deps, newcomer, told, plain=plain)
        except RemoteError as error:
            why = said_by(error)
        except RefusedError as error:
            why = str(error)
    return GroupMove(told.group_id, await _standing(deps, newcomer, told), why)


async def _standing(deps: Deps, newcomer: Newcomer, told: NewcomerGroup) -> Standing:
    if told.let_go:
        return "let go"
    signing = new_key(deps, newcomer, told)
    async with deps.store.database.read() as session:
        account = await account_at(session, newcomer)
        membership = await load_membership(session, account.id, told.group_id) if account else None
        if membership is None:
            return "waits"
        if await load_group(session, told.group_id) is None:
            return "asked"
        view = await load_view(session, deps, told.group_id)
    if signing not in view.state.keys:
        return "asked"
    return "settled" if signing in view.settled.keys else "sealed"


async def _take(
    deps: Deps, newcomer: Newcomer, told: NewcomerGroup, *, plain: bool = False, also: Also | None = None
) -> None:
    """Move one membership here; asking again changes nothing twice. Raises RemoteError or a refusal."""
    group, signing = told.group_id, new_key(deps, newcomer, told)
    if group == newcomer.personal_group:
        await fetch_group(deps, newcomer.pod, group)
        handover = await _handed_over(deps, newcomer, told, signing)
        await deps.store.write(lambda session: open_account_of(session, deps, newcomer, told, handover, also))
        return
    await deps.store.write(lambda session: expect(session, deps, newcomer, told))
    item, keepers = await _moved(deps, newcomer, told, signing, plain=plain)
    # A private group opens to this pod once it is home to the member. Where another pod seals that, the old pod reads
    # the group no more, and only its keepers' pods show it.
    for pod in (newcomer.pod, *keepers[:MOST_KEEPERS]):
        with suppress(RemoteError, RefusedError):
            await fetch_group(deps, pod, group)
        await deps.store.write(lambda session: arrive(session, deps, newcomer, told, item))
        if await _standing(deps, newcomer, told) != "asked":
            break


async def _moved(
    deps: Deps, newcomer: Newcomer, told: NewcomerGroup, signing: DidKey, *, plain: bool
) -> tuple[Record | None, tuple[str, ...]]:
    """Ask for the rehome, in a handover where the person keeps the group; the item, or its keepers if they seal one.

    Keepers may have been named anew since the old pod told the groups, so its refusal tells which way to take.
    """
    if told.keeps and not plain:
        try:
            return await _handed_over(deps, newcomer, told, signing), ()
        except RemoteError as error:
            if not _is_refused_by(error, SwitchRule.NO_SEAT):
                raise
    wish = WishedKey(told.group_id, signing, plain=plain)
    try:
        asked = await ask_old_pod(deps, newcomer, "rehomes", wish, AskedRehome)
    except RemoteError as error:
        if told.keeps or not _is_refused_by(error, SwitchRule.SEAT_MOVES):
            raise
        return await _handed_over(deps, newcomer, told, signing), ()
    return None, asked.keepers


def _is_refused_by(error: RemoteError, rule: SwitchRule) -> bool:
    refused = refusal_in(error.body)
    return refused is not None and refused.rule is rule


async def _handed_over(deps: Deps, newcomer: Newcomer, told: NewcomerGroup, signing: DidKey) -> Record:
    """The item that moved the seat here, signed by all who must; raises RemoteError."""
    group = told.group_id
    async with deps.store.database.read() as session:
        known = await load_group(session, group) is not None
        state = (await load_view(session, deps, group)).state if known else None
    # Of a private group that nobody at home here is in, this pod may hold an old copy, which nobody brings up to date.
    stale = state is None or (state.visibility == "private" and deps.identity.base_url not in state.pods)
    head = state.head if state is not None and not stale else None
    wish = WishedKey(group, signing, head)
    answer = await ask_old_pod(deps, newcomer, "drafts", wish, DraftedHandover)
    if not answer.done:
        drafted = _signed(deps, told, signing, answer.handover)
        answer = await ask_old_pod(deps, newcomer, "handovers", drafted.body, DraftedHandover)
    return open_record(answer.handover)


def _signed(deps: Deps, told: NewcomerGroup, signing: DidKey, draft: Body) -> Record:
    """The draft with this pod's proof, if it is the handover that was asked for."""
    if "proof" in draft or draft.get("type") != "Handover":
        raise SwitchRule.OTHER_ANSWER.error()
    home = deps.identity.home
    record = open_record(signed(PodItself(), draft, deps.identity.keyring.pod_key, now=deps.clock(), as_list=True))
    handover = record.content
    if not isinstance(handover, Handover) or record.group != told.group_id or len(handover.operations) != 1:
        raise SwitchRule.OTHER_ANSWER.error()
    (operation,) = handover.operations
    wished = told.number, Rehome(home, signing)
    if not isinstance(operation, Operation) or (operation.author, operation.wish) != wished:
        raise SwitchRule.OTHER_ANSWER.error()
    if Seat(told.number, home.key) not in handover.keepers:
        raise SwitchRule.OTHER_ANSWER.error()
    return record
