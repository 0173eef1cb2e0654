"""A second home: a copy of another pod's account that is brought up to date every day, and never switches by itself.

Rules of this file (portability §2, Standing):

1. An account that didn't change costs its pod one question.
2. Where a class would lose half of its lines at once, the copy as it is is kept for thirty days first, and the person
   is told: a pod that was broken into must not empty its people's second homes. A class of a few lines is left out.
3. A pod that refuses twice, half a day apart, has revoked: the copy is erased, less than a day after the first refusal.
   A pod that doesn't answer refuses nothing: that is what a second home is for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Final, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.imported_files import FileCopy, drop_file_copy, load_file_copy, put_file_copy
from models.moving.kept_copies import ClassHeld, delete_copy, load_copy, load_held, load_last_manifest_at
from models.moving.moves import close_move_of_copy
from models.moving.newcomers import delete_newcomer
from models.moving.standing_copies import (
    StandingCopy,
    delete_standing,
    drop_former,
    duplicate_copy,
    erase_standing,
    find_standing,
    insert_standing,
    load_standing,
    set_standing,
)
from pod.actions.moving.copied_chain import PERSON, chain_rank, settled_person
from pod.actions.moving.taken_copies import CopyDifference, CopySource, bring_up
from pod.deps import Deps
from pod.rules.copies import KeptCopyRule
from protocol.copies import CopyManifest
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.state import GroupState

DAY_MS: Final = 24 * 3_600_000
REFUSED_TWICE_MS: Final = DAY_MS // 2
FORMER_MS: Final = 30 * DAY_MS
FEW_LINES: Final = 20  # a class of fewer may well lose half of them in a day


class StandingSource(CopySource, Protocol):
    """A `CopySource` that also says, by its pod's word alone, how much each class has now."""

    async def claimed(self) -> CopyManifest: ...


class KeptUp(msgspec.Struct, frozen=True):
    """What came of a look: what still differs, which classes shrank just now, since when nothing changed (ms)."""

    differing: tuple[CopyDifference, ...]
    shrank: tuple[str, ...]
    changed_at: int


async def keep_up(deps: Deps, copy: int, source: StandingSource) -> KeptUp:
    """Bring a standing copy up to its account. Raises RemoteError, or the refusal of what was answered."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        standing = await load_standing(session, copy)
        kept, changed_at = await load_copy(session, copy), await load_last_manifest_at(session, copy)
    if standing is None:
        await deps.store.write(partial(insert_standing, standing=StandingCopy(copy, now)))
    marks = await source.marks()
    if standing is not None and standing.refused_at is not None:  # a pod that answers, whatever it says, doesn't refuse
        await deps.store.write(partial(set_standing, copy=copy, refused_at=None))
    if kept is None:
        raise KeptCopyRule.NO_SUCH_COPY.error()
    if marks == kept.marks:
        has_former = standing is not None and standing.former_until is not None
        equal = partial(_note_equal, now=now) if has_former else partial(set_standing, equal_at=now)
        await deps.store.write(partial(equal, copy=copy))
        return KeptUp((), (), changed_at or now)
    async with deps.store.database.read() as session:
        held = await load_held(session, copy)
    shrank = _shrunk(held, await source.claimed()) if held else ()
    if shrank:
        await deps.store.write(partial(_keep_former, copy=copy, shrank=shrank, now=now))
    differing = await bring_up(deps, copy, source)
    if not differing:
        person = await settled_person(deps, copy, kept.group_id)
        await deps.store.write(partial(_note_equal, copy=copy, now=now, person=person))
    return KeptUp(tuple(differing), shrank, now)


async def keep_for_words(deps: Deps, copy: int, group: RecordId) -> None:
    """Have a whole copy serve its person's words, too: its pod may fall silent before it signs anything."""
    person, now = await settled_person(deps, copy, group), deps.clock()

    async def action(session: AsyncSession) -> None:
        await insert_standing(session, StandingCopy(copy, now))
        await _note_equal(session, copy, now, person)

    await deps.store.write(action)


async def note_refusal(deps: Deps, copy: int) -> bool:
    """Note that the account's pod refuses; whether it has done so for so long that the copy has to go."""
    now = deps.clock()

    async def action(session: AsyncSession) -> bool:
        standing = await load_standing(session, copy)
        if standing is None:
            return True
        if standing.refused_at is None:
            await set_standing(session, copy, refused_at=now)
            return False
        return now >= standing.refused_at + REFUSED_TWICE_MS

    return await deps.store.write(action)


async def erase_copy(session: AsyncSession, copy: int, *, now: int) -> None:
    """Delete a standing copy, also the one that it was before a class shrank, and end its job."""
    standing = await load_standing(session, copy)
    await close_move_of_copy(session, copy, now=now)
    await erase_standing(session, standing or StandingCopy(copy, 0))


async def promote_copies(session: AsyncSession, group: RecordId, dids: Collection[DidKey], *, now: int) -> None:
    """Have the copies of a person who gave their words become what a file of theirs would be: a switch of theirs ends.

    `group`: the person's own. Where a class shrank and nobody has gone through it yet, the copy as it was before gives
    what it holds: what it has too much is taken away by hand, and what the other one lacks is nowhere. The job and the
    copying end.
    """
    for standing in await find_standing(session, dids, groups=[group]):
        chosen = standing.former_id if standing.former_id is not None else standing.copy_id
        kept = await load_copy(session, chosen)
        if kept is None or not await _takes_place(session, kept.group_id, standing):
            continue
        await close_move_of_copy(session, standing.copy_id, now=now)
        await delete_newcomer(session, kept.group_id)
        await delete_standing(session, standing.copy_id)
        if chosen != standing.copy_id:
            await delete_copy(session, standing.copy_id)
        recovery = DidKey(standing.recovery)
        given = FileCopy(kept.group_id, chosen, recovery, "", standing.equal_at, None, now + FORMER_MS)
        await put_file_copy(session, msgspec.structs.replace(given, rank=standing.rank))


async def _takes_place(session: AsyncSession, group: RecordId, standing: StandingCopy) -> bool:
    """Drop a file of the same person that counts less; False: it counts, or gives its account what it holds."""
    file = await load_file_copy(session, group)
    if file is None:
        return True
    if file.due_at is not None or file.place >= standing.place:
        return False
    await drop_file_copy(session, file)
    return True


async def standing_of(deps: Deps, copy: int) -> StandingCopy | None:
    """How far a copy follows its account; None: it is no standing one yet."""
    async with deps.store.database.read() as session:
        return await load_standing(session, copy)


def _shrunk(held: Mapping[str, ClassHeld], claimed: CopyManifest) -> tuple[str, ...]:
    """The classes that would lose half of their lines."""
    now = {name: total.count for name, total in claimed.classes.items()}
    return tuple(
        name for name, one in sorted(held.items()) if one.count >= FEW_LINES and now.get(name, 0) * 2 <= one.count
    )


async def _note_equal(session: AsyncSession, copy: int, now: int, person: GroupState | None = None) -> None:
    standing = await load_standing(session, copy)
    if standing is None:
        return
    said = {"recovery": person.members[PERSON].recovery[-1], "rank": chain_rank(person)} if person is not None else {}
    await set_standing(session, copy, equal_at=now, **said)
    if standing.former_until is not None and standing.former_until <= now:
        await drop_former(session, standing)


async def _keep_former(session: AsyncSession, copy: int, shrank: tuple[str, ...], now: int) -> None:
    """Keep the copy as it is; one that is kept already holds more, and stays, with its time beginning anew."""
    standing = await load_standing(session, copy)
    if standing is None:
        return
    former = standing.former_id
    if former is None:
        former = await duplicate_copy(session, copy, now=now)
    names = " ".join(sorted({*standing.shrank.split(), *shrank}))
    await set_standing(session, copy, shrank=names, former_id=former, former_until=now + FORMER_MS)
