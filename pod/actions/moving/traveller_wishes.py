"""What a traveller decides of the move that began in their browser: to start the copy, try again, or end it all."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from models.moving.kept_names import is_name_kept
from models.moving.moves import (
    BEGUN,
    CLOSED,
    CLOSED_MS,
    COPYING,
    SETTLED,
    STOPPED,
    SWITCHING,
    VERIFIED,
    Move,
    count_names_of,
    delete_move,
    is_switching,
    list_ended,
    list_settled,
    set_stage,
)
from models.moving.newcomers import delete_newcomer, list_newcomer_groups, load_newcomer
from models.people.accounts import load_account_named
from pod.actions.groups.founding import NAME
from pod.actions.moving.begun_switches import newcomer_of
from pod.actions.moving.standing_copies import erase_copy
from pod.deps import Deps
from pod.mail.letters import mail_address, normal_address
from pod.rules.accounts import AccountRule
from pod.rules.grants import GrantRule

AT_ONCE: Final = 20
MOST_NAMES_OF_POD: Final = 200
BEFORE_SWITCH: Final = frozenset({BEGUN, COPYING, VERIFIED})


class JobWish(msgspec.Struct, frozen=True):
    """The name wished here, and an address for mails about the move; "": none. `language`: of those."""

    name: str
    address: str = ""
    language: str = ""


async def start_copy(deps: Deps, move: Move, wish: JobWish) -> None:
    """Have the account copied whose plan was made; raises NameTakenError, BadAddressError or NotNowError."""
    now, name = deps.clock(), wish.name.strip().lower()
    if not (NAME.fullmatch(name) or (move.standing and not name)):
        raise AccountRule.NO_NAME.error()
    address = mail_address(wish.address) if wish.address.strip() else ""
    if address:
        await deps.store.limits.take("mail to an address", normal_address(address), now=now)

    async def action(session: AsyncSession) -> bool:
        if name:
            await _check_name(session, move, name, now)
        wished = {"name": name, "address": address, "language": wish.language}
        return await set_stage(
            session, move.sha256, BEGUN, {**wished, "stage": COPYING, "stage_at": now, "due_at": now}
        )

    if not await deps.store.write(action):
        raise GrantRule.NOT_THIS_STAGE.error()


async def try_again(deps: Deps, move: Move) -> None:
    """Have a stopped job go on where it stopped; raises NotNowError."""
    now = deps.clock()
    await deps.store.limits.take("another try of a move", move.sha256.hex(), now=now)
    again: dict[str, Any] = {"stage": move.stopped_in, "stopped_in": "", "stage_at": now, "due_at": now, "tries": 0}
    if not await deps.store.write(partial(set_stage, sha256=move.sha256, stage=STOPPED, changes=again)):
        raise GrantRule.NOT_THIS_STAGE.error()


async def cancel_move(deps: Deps, move: Move) -> None:
    """End a move before its switch, or one that an old pod's silence stopped; raises NotNowError for any other."""
    if not await may_cancel(deps, move):
        raise GrantRule.NOT_THIS_STAGE.error()
    await deps.store.write(partial(_end, move=move, now=deps.clock()))


async def may_cancel(deps: Deps, move: Move) -> bool:
    """Whether a move can be ended: before its switch, or once that stopped without an account here."""
    if not move.stage or move.stage in BEFORE_SWITCH:
        return True
    if move.stage == STOPPED and move.stopped_in == SWITCHING:
        newcomer = await newcomer_of(deps, move)
        return newcomer is None or newcomer.account_id is None
    return move.stage == STOPPED and move.stopped_in in BEFORE_SWITCH


async def sweep_moves(deps: Deps) -> None:
    """End moves whose time is over, with their copies: thirty days after they were granted without a switch.

    A move that settled keeps its copy for a day; then it is closed, which is told for thirty days.
    """
    now = deps.clock()
    async with deps.store.database.read() as session:
        ended = await list_ended(session, AT_ONCE, now=now)
        settled = await list_settled(session, AT_ONCE, now=now)
    for move in ended:
        await deps.store.write(partial(_end, move=move, now=now))
    for sha256, copy in settled:
        await deps.store.write(partial(_close, sha256=sha256, copy=copy, now=now))


async def _close(session: AsyncSession, sha256: bytes, copy: int | None, now: int) -> None:
    if copy is not None:
        await erase_copy(session, copy, now=now)
        return
    closed = {"stage": CLOSED, "name": "", "address": "", "sealed": None, "due_at": None, "expires_at": now + CLOSED_MS}
    await set_stage(session, sha256, SETTLED, closed)


async def _end(session: AsyncSession, move: Move, now: int) -> None:
    copy = await delete_move(session, move.sha256)
    if copy is not None:
        await erase_copy(session, copy, now=now)
    if move.group_id is None or move.granted_at is None or await is_switching(session, move.group_id):
        return
    newcomer = await load_newcomer(session, move.group_id)
    if newcomer is None or newcomer.returns or not same_origin(newcomer.pod, move.pod):
        return
    # Once the groups were told, the old pod may have signed for the keys of this seed, so it stays, with its name.
    if not await list_newcomer_groups(session, move.group_id):
        await delete_newcomer(session, move.group_id)


async def _check_name(session: AsyncSession, move: Move, name: str, now: int) -> None:
    """Refuse a name that is another's, also of somebody else on the way here; and too many names of one pod."""
    account = await load_account_named(session, name)
    if account is not None and account.personal_group != move.group_id:
        raise AccountRule.NAME_TAKEN.error(name=name)
    if await is_name_kept(session, name, move.group_id, now=now):
        raise AccountRule.NAME_TAKEN.error(name=name)
    if await count_names_of(session, move.pod) >= MOST_NAMES_OF_POD:
        raise GrantRule.TOO_MANY_COME.error()
