"""The copying half of a move's job: a plan, then a copy that grows until it is equal to the account.

1. "begun": the old pod is asked what there is, and the plan is kept. The job rests until its person starts it.
2. "copying": the copy is begun together with the job's note of it, so a kill leaves none behind; it is brought up to
   the account and written out again. Each page is stored as it comes, so a kill costs one page.
3. "verified": all roots are equal. Lines that differ three times in a row stop the job, which names them.

Before each step it is asked whether the person is still at home at the old pod: a recovery elsewhere stops the job.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import sentences_of
from models.groups.groups_and_items import load_group
from models.moving.kept_copies import insert_copy, list_manifests, load_held
from models.moving.moves import (
    COPYING,
    VERIFIED,
    Move,
    count_copies_of_payers,
    count_copies_of_pods,
    give_way,
    note_move,
)
from pod.actions.chain.views import load_view
from pod.actions.moving.begun_moves import grant_of
from pod.actions.moving.copied_chain import check_of_person
from pod.actions.moving.granted_source import GrantedCopy, GrantedSource
from pod.actions.moving.job_ends import code_of, stopped, waiting
from pod.actions.moving.move_plans import make_plan
from pod.actions.moving.standing_copies import erase_copy, keep_for_words
from pod.actions.moving.taken_copies import CopyDifference, bring_up, compare, verify_copy
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from pod.rules.grants import GrantRule
from protocol.copies import claimed_manifest

MIB: Final = 1024 * 1024
MOST_TRIES: Final = 3  # somebody may write all the time; then the lines are named, and the person is asked
MOST_NAMED: Final = 5
SHARES: Final = 4


class ClassProgress(msgspec.Struct, frozen=True):
    """How many lines and bytes of a class are here, and how many the old pod announced."""

    lines: int
    bytes: int
    of_lines: int
    of_bytes: int


async def read_progress(deps: Deps, move: Move) -> dict[str, ClassProgress]:
    """How far the job's copy is, class by class; nothing before it is begun."""
    if move.copy_id is None:
        return {}
    async with deps.store.database.read() as session:
        held = await load_held(session, move.copy_id)
    return {
        name: ClassProgress(one.count, one.bytes, one.announced_count, one.announced_bytes)
        for name, one in held.items()
    }


async def advance_copy(deps: Deps, move: Move) -> Move:
    """Take a job one step further towards a verified copy; returns it as it is then."""
    if move.group_id is None:
        raise GrantRule.NO_MOVE_HERE.error()
    await check_home(deps, move)
    if move.stage == COPYING:
        return await _copied(deps, await _with_copy(deps, move))
    plan = await make_plan(GrantedSource(deps, granted(deps, move)))
    return msgspec.structs.replace(move, plan=msgspec.json.encode(plan), due_at=None)


async def check_home(deps: Deps, move: Move) -> None:
    """Refuse to go on if this pod reads the personal group and knows that its person isn't at the old pod any more."""
    group = move.group_id
    async with deps.store.database.read() as session:
        if group is None or await load_group(session, group) is None:
            return
        check_of_person((await load_view(session, deps, group)).settled, move.pod)


def granted(deps: Deps, move: Move) -> GrantedCopy:
    """What the job may read, and into which copy (0: none yet)."""
    assert move.group_id is not None
    return GrantedCopy(move.copy_id or 0, move.pod, grant_of(deps, move), move.group_id, tuple(move.classes.split()))


def source_of_move(deps: Deps, move: Move) -> GrantedSource:
    """Where the job's copy comes from; the job notes the class that is read."""
    current = move.current

    async def told(name: str) -> None:
        nonlocal current
        if name != current:
            current = name
            await deps.store.write(partial(note_move, move=move, changes={"current": name}))

    return GrantedSource(deps, granted(deps, move), told)


async def _with_copy(deps: Deps, move: Move) -> Move:
    """The job with its copy, which is begun in the same action in which the job notes it."""
    if move.copy_id is not None:
        return move
    room = deps.config.copies

    async def action(session: AsyncSession) -> int | None:
        await _make_room(session, move, room.most, now=deps.clock())
        assert move.group_id is not None
        quota = room.quota_mib * MIB
        copy = await insert_copy(session, move.group_id, move.pod, quota=quota, now=deps.clock())
        if await note_move(session, move, {"copy_id": copy}):
            return copy
        raise GrantRule.NO_MOVE_HERE.error()

    return msgspec.structs.replace(move, copy_id=await deps.store.write(action))


async def _make_room(session: AsyncSession, move: Move, most: int, *, now: int) -> None:
    """Refuse one more copy where there is no room, or where second homes of its pod or address have their share of it.

    Where all is full, the oldest live copy of whoever has more than the newcomer will have gives way: nobody keeps
    others out, with however many pods and addresses.
    """
    share = max(1, most // SHARES)
    held, paid = await count_copies_of_pods(session), await count_copies_of_payers(session)
    mine = max(held.get(move.pod, 0), paid.get(move.payer, 0) if move.payer is not None else 0)
    if (move.standing or sum(held.values()) >= most) and mine >= share:
        raise KeptCopyRule.NO_ROOM_FOR_COPIES.error(most=most)
    if sum(held.values()) < most:
        return
    pods = [pod for pod, count in held.items() if count > mine + 1]
    payers = [payer for payer, count in paid.items() if count > mine + 1]
    full = KeptCopyRule.NO_ROOM_FOR_COPIES.error(most=most)
    said = msgspec.json.encode(sentences_of(full))
    given = await give_way(session, pods, payers, why=code_of(full), said=said, now=now)
    if given is None:
        raise full
    await erase_copy(session, given, now=now)


async def _copied(deps: Deps, move: Move) -> Move:
    copy, source = move.copy_id, source_of_move(deps, move)
    assert copy is not None
    differing = await bring_up(deps, copy, source)
    async with deps.store.database.read() as session:
        kept = await list_manifests(session, copy)
    if not kept:
        raise KeptCopyRule.NO_SUCH_COPY.error()
    if not differing:
        for name in await verify_copy(deps, copy, claimed_manifest(msgspec.json.decode(kept[0]))):
            differing += await compare(deps, copy, source, name, mend=True)
    if differing:
        error = KeptCopyRule.LINES_DIFFER.error(lines=_named(differing))
        end = waiting if move.tries + 1 < MOST_TRIES else stopped
        return end(deps, move, error)
    if not move.standing and move.group_id is not None:
        await keep_for_words(deps, copy, move.group_id)
    return msgspec.structs.replace(move, stage=VERIFIED, current="", due_at=deps.clock())


def _named(differing: list[CopyDifference]) -> str:
    named = ", ".join(f"{one.name} {one.key}" for one in differing[:MOST_NAMED])
    return f"{named} …" if len(differing) > MOST_NAMED else named
