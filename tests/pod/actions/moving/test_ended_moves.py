"""What is over gives back its room: the copy, the name, and what is counted of its old pod."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.moving.kept_copies import count_copies, insert_copy
from models.moving.moves import (
    CLOSED,
    CLOSED_MS,
    COPYING,
    DAY_MS,
    SETTLED,
    SETTLED_MS,
    VERIFIED,
    Move,
    count_names_of,
    insert_move,
    load_move,
)
from pod.actions.moving.standing_copies import erase_copy
from pod.actions.moving.traveller_wishes import sweep_moves
from pod.deps import Deps
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import a_traveller
from tests.support.writing import an_id

OLD = "https://old.example"


class Room:
    """A pod with jobs of moves, whose clock a test sets."""

    def __init__(self, deps: Deps, clock: SetClock) -> None:
        self.deps = deps
        self.clock = clock

    async def has(self, who: str, stage: str, *, copied: bool = True, pod: str = OLD, **told: Any) -> bytes:
        """A job in this stage, with an empty copy; its key."""
        now, sha256 = self.clock.ms, who.encode().ljust(32)
        begun = partial(insert_copy, group=an_id(who), pod=pod, quota=1, now=now)
        copy = await self.deps.store.write(begun) if copied else None
        move = Move(sha256, f"@{who}", pod, an_id(who), "full", "", "", b"", "", now, now, now + 30 * DAY_MS)
        move = msgspec.structs.replace(move, stage=stage, stage_at=now, name=who, copy_id=copy)
        move = msgspec.structs.replace(move, **told)
        await self.deps.store.write(partial(insert_move, move=move, instead_of=b"", now=now))
        return sha256

    async def move(self, sha256: bytes) -> Move | None:
        async with self.deps.store.database.read() as session:
            return await load_move(session, sha256, now=self.clock.ms)

    async def counts(self) -> tuple[int, int]:
        """The copies here, and the names that are kept."""
        async with self.deps.store.database.read() as session:
            return await count_copies(session), await count_names_of(session, OLD)

    async def waits(self, ms: int) -> None:
        self.clock.ms += ms
        await sweep_moves(self.deps)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    clock = SetClock(NOON)
    async with a_traveller(tmp_path, clock=clock) as traveller:
        yield Room(traveller.deps, clock)


async def test_mg_07_a_settled_move_keeps_its_copy_for_a_day_and_no_name(room: Room) -> None:
    settled = await room.has("ada", SETTLED)
    await room.has("bo", VERIFIED)
    assert await room.counts() == (2, 1)

    await room.waits(SETTLED_MS - 1)
    assert await room.counts() == (2, 1)
    await room.waits(1)

    assert await room.counts() == (1, 1)
    closed = await room.move(settled)
    assert closed is not None
    assert (closed.stage, closed.copy_id, closed.name, closed.sealed) == (CLOSED, None, "", None)
    assert closed.expires_at == room.clock.ms + CLOSED_MS
    await room.waits(CLOSED_MS)
    assert await room.counts() == (0, 0)
    assert await room.move(settled) is None


async def test_mg_07_what_is_still_done_for_a_settled_move_ends_after_a_month(room: Room) -> None:
    asks, without = await room.has("ada", SETTLED, due_at=NOON), await room.has("bo", SETTLED, copied=False)
    await room.waits(SETTLED_MS)
    assert [(await room.move(one)).stage for one in (asks, without)] == [SETTLED, CLOSED]  # type: ignore[union-attr]
    await room.waits(CLOSED_MS)
    assert await room.counts() == (0, 0)


async def test_mg_24_an_erased_second_home_keeps_no_name_and_is_told_for_a_month(room: Room) -> None:
    sha256 = await room.has("ada", COPYING, standing=True, expires_at=None)
    move = await room.move(sha256)
    assert move is not None
    assert move.copy_id is not None
    await room.deps.store.write(partial(erase_copy, copy=move.copy_id, now=room.clock.ms))
    closed = await room.move(sha256)
    assert closed is not None
    assert (closed.stage, closed.name, closed.expires_at) == (CLOSED, "", room.clock.ms + CLOSED_MS)
