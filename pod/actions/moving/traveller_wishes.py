"""What a traveller decides of the move that began in their browser: to start the copy, try again, or end it all."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.kept_names import is_name_kept
from models.moving.moves import (
    BEGUN,
    CLOSED,
    CLOSED_MS,
    COPYING,
    SETTLED,
    STOPPED,
    VERIFIED,
    Move,
    count_names_of,
    delete_move,
    list_ended,
    list_settled,
    set_stage,
)
from models.people.accounts import load_account_named
from pod.actions.groups.founding import NAME
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
    """End a move before its switch, with its copy; raises NotNowError once the switch has begun."""
    if move.stage and move.stage not in BEFORE_SWITCH and move.stopped_in not in BEFORE_SWITCH:
        raise GrantRule.NOT_THIS_STAGE.error()
    await deps.store.write(partial(_end, move=move, now=deps.clock()))


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


async def _check_name(session: AsyncSession, move: Move, name: str, now: int) -> None:
    """Refuse a name that is another's, also of somebody else on the way here; and too many names of one pod."""
    account = await load_account_named(session, name)
    if account is not None and account.personal_group != move.group_id:
        raise AccountRule.NAME_TAKEN.error(name=name)
    if await is_name_kept(session, name, move.group_id, now=now):
        raise AccountRule.NAME_TAKEN.error(name=name)
    if await count_names_of(session, move.pod) >= MOST_NAMES_OF_POD:
        raise GrantRule.TOO_MANY_COME.error()
