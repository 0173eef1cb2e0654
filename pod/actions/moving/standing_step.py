"""The job of a standing copy: it is brought up to date, or when its person asks at once, until it is revoked.

It looks an hour after a change; the longer nothing changed the more rarely, and at least twice a day (ADR 0081).

One that a wrong answer stopped looks on as often: whether it is revoked can be told by asking alone.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from models.moving.moves import STOPPED, VERIFIED, Move, set_move
from pod.actions.moving.copy_step import check_home, source_of_move
from pod.actions.moving.job_ends import LOOK_EVERY_MS
from pod.actions.moving.move_mails import SHRANK
from pod.actions.moving.standing_copies import REFUSED_TWICE_MS, erase_copy, keep_up, note_refusal, standing_of
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.errors import RefusedError

SOON_MS: Final = 3_600_000  # who writes now goes on writing; what differs still is read again, too


async def advance_standing(deps: Deps, move: Move) -> Move:
    """Bring a standing copy up to date; returns the job with the time of the next look."""
    copy, now = move.copy_id, deps.clock()
    if copy is None:
        return msgspec.structs.replace(move, due_at=None)
    source = source_of_move(deps, move)
    try:
        try:
            await check_home(deps, move)
        except RefusedError:
            await (
                source.marks()
            )  # the person is at home elsewhere; once the old pod refuses, the copy goes all the same
            raise
        kept = await keep_up(deps, copy, source)
    except RefusedError as error:
        if error.refused.rule is not KeptCopyRule.GRANT_ENDED:
            raise
        return await _refused(deps, move, copy)
    due_at = next_look(now, kept.changed_at)
    told = await _told(deps, move, copy)
    return msgspec.structs.replace(move, current="", stage=VERIFIED, stopped_in="", due_at=due_at, told=told)


def next_look(now: int, changed_at: int) -> int:
    """When a copy is looked at again that was found changed last at a time (ms)."""
    return now + min(max(now - changed_at, SOON_MS), LOOK_EVERY_MS)


async def _told(deps: Deps, move: Move, copy: int) -> str:
    """What the person is to be told: once of each copy that is kept because a class shrank."""
    standing = await standing_of(deps, copy)
    if standing is None or standing.former_id is None:
        return VERIFIED if move.told.startswith(SHRANK) else move.told
    return f"{SHRANK} {standing.former_id}"


async def look_now(deps: Deps, move: Move) -> None:
    """Have a standing copy brought up to date at once; one that a wrong answer stopped tries again."""
    now, stage = deps.clock(), move.stopped_in if move.stage == STOPPED else move.stage
    await deps.store.limits.take("look of a second home", move.sha256.hex(), now=now)
    await deps.store.write(partial(set_move, move=move, due_at=now, stage=stage))


async def end_here(deps: Deps, move: Move) -> None:
    """Erase a standing copy, as its person wishes; the permission ends at the old pod."""
    if move.copy_id is not None:
        await deps.store.write(partial(erase_copy, copy=move.copy_id, now=deps.clock()))


async def _refused(deps: Deps, move: Move, copy: int) -> Move:
    if await note_refusal(deps, copy):
        await deps.store.write(partial(erase_copy, copy=copy, now=deps.clock()))
    again = deps.clock() + REFUSED_TWICE_MS
    return msgspec.structs.replace(move, current="", stage=VERIFIED, stopped_in="", due_at=again)
