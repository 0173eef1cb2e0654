"""What is over gives back its room: the copy, the name, and what is counted of its old pod."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.moving.imported_files import FileCopy, put_file_copy
from models.moving.kept_copies import insert_copy
from models.moving.moves import (
    CLOSED,
    CLOSED_MS,
    COPYING,
    DAY_MS,
    SETTLED,
    SETTLED_MS,
    STOPPED,
    SWITCHING,
    VERIFIED,
    Move,
    claim_move,
    count_names_of,
    insert_move,
    load_move,
)
from models.moving.standing_copies import StandingCopy, insert_standing
from pod.actions.moving import begun_switches, standing_step, switch_step
from pod.actions.moving.begun_switches import stop_switch
from pod.actions.moving.copy_step import _make_room
from pod.actions.moving.imported_archives import KEPT_MS as UNCLAIMED_MS
from pod.actions.moving.standing_copies import erase_copy
from pod.actions.moving.switch_step import _given_up
from pod.actions.moving.traveller_wishes import sweep_moves
from pod.actions.moving.uploads import _room
from pod.deps import Deps
from pod.jobs.moves import work
from pod.rules.copies import KeptCopyRule
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.keys import PrivateKey
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import a_traveller, count_copies
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

    async def works(self, sha256: bytes) -> Move | None:
        """One step of a job, when it is due; the job after it."""
        move = await self.move(sha256)
        assert move is not None
        assert move.due_at is not None
        self.clock.ms = move.due_at
        await work(self.deps, move)
        return await self.move(sha256)

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


async def test_mg_24_a_second_home_whose_switch_is_given_up_looks_on(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_: object) -> None: ...

    monkeypatch.setattr(begun_switches, "stop_there", stopped)
    monkeypatch.setattr(switch_step, "stop_there", stopped)
    for standing, due in ((True, NOON), (False, None)):
        sha256 = await room.has(f"ada {standing}", SWITCHING, standing=standing)
        move = await room.move(sha256)
        assert move is not None
        assert (await _given_up(room.deps, move, SwitchRule.NOT_AGREED.error())).due_at == due
        await stop_switch(room.deps, move)
        after = await room.move(sha256)
        assert after is not None
        assert (after.stage, after.due_at) == (VERIFIED, due)


async def test_mg_24_a_second_home_that_stopped_is_erased_within_a_day_when_it_is_revoked(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = await room.has("ada", VERIFIED, standing=True, expires_at=None, due_at=NOON)
    move = await room.move(sha256)
    assert move is not None
    copy = move.copy_id
    assert copy is not None
    await room.deps.store.write(partial(insert_standing, standing=StandingCopy(copy, NOON)))
    says: list[RefusedError] = [KeptCopyRule.ODD_ANSWER.error(what="marks")]

    async def refuses(*_: object) -> None:
        raise says[0]

    monkeypatch.setattr(standing_step, "keep_up", refuses)
    monkeypatch.setattr(standing_step, "source_of_move", lambda *_: None)
    for _ in range(2):
        move = await room.works(sha256)
        assert move is not None
        assert (move.stage, move.stopped_in, move.stage_at) == (STOPPED, VERIFIED, NOON)
    says[0] = KeptCopyRule.GRANT_ENDED.error(pod=OLD)
    revoked_at = room.clock.ms
    move = await room.works(sha256)
    assert move is not None
    assert move.stage == VERIFIED
    move = await room.works(sha256)
    assert move is not None
    assert (move.stage, move.copy_id) == (CLOSED, None)
    assert room.clock.ms <= revoked_at + DAY_MS


async def test_mg_24_a_second_home_that_nobody_started_ends_after_a_month(room: Room) -> None:
    left = await room.has("ada", STOPPED, copied=False, standing=True, stopped_in=COPYING, expires_at=None)
    kept = await room.has("bo", STOPPED, standing=True, stopped_in=VERIFIED, expires_at=None)
    await room.waits(CLOSED_MS)
    assert [await room.move(one) is None for one in (left, kept)] == [True, False]


async def test_a_job_of_a_busy_pod_lets_anothers_go_first(room: Room) -> None:
    for who, pod in (("ada", OLD), ("bo", OLD), ("cy", "https://other.example")):
        await room.has(who, COPYING, copied=False, pod=pod, due_at=NOON)
    claim = partial(claim_move, now=NOON, until=NOON + DAY_MS)
    first = await room.deps.store.write(claim)
    assert first is not None
    assert first.pod == OLD
    second = await room.deps.store.write(partial(claim, busy=frozenset({OLD})))
    assert second is not None
    assert second.pod != OLD
    assert await room.deps.store.write(partial(claim, busy=frozenset({OLD, second.pod}))) is None


async def test_where_copies_of_one_pod_fill_the_room_the_oldest_of_them_gives_way_to_others(room: Room) -> None:
    async def asks(pod: str, *, standing: bool = False) -> None:
        move = Move(b"m", "@new", pod, an_id("new"), "full", "", "", b"", "", NOON, NOON, None, standing=standing)
        await room.deps.store.write(partial(_make_room, move=move, most=4, now=NOON))

    oldest = await room.has("ada", VERIFIED, state="asked", begun_at=NOON - 1)
    others = [await room.has(who, COPYING) for who in ("bo", "cy")]
    with pytest.raises(RefusedError):
        await asks(OLD, standing=True)
    await asks(OLD)
    others.append(await room.has("di", VERIFIED, standing=True, begun_at=NOON - 2))
    with pytest.raises(RefusedError):
        await asks(OLD)
    await asks("https://other.example")
    gone = await room.move(oldest)
    assert gone is not None
    assert (gone.stage, gone.stopped_in, gone.copy_id, gone.state) == (STOPPED, COPYING, None, "")
    assert gone.why == "no_room_for_copies"
    assert (await room.counts())[0] == 3
    for one in others:
        kept = await room.move(one)
        assert kept is not None
        assert kept.copy_id is not None


async def test_files_give_way_to_others_after_a_day_unless_their_words_were_given(room: Room) -> None:
    for who, due_at in (("ada", NOON), ("bo", None)):
        begun = partial(insert_copy, group=an_id(who), pod=OLD, quota=1, now=NOON)
        copy = FileCopy(
            *(an_id(who), await room.deps.store.write(begun), PrivateKey.from_seed(bytes(32)).did, ""),
            *(NOON, due_at, NOON + UNCLAIMED_MS),
        )
        await room.deps.store.write(partial(put_file_copy, copy=copy))
    gives = [await room.deps.store.write(partial(_room, deps=room.deps))]
    room.clock.ms += DAY_MS
    gives += [await room.deps.store.write(partial(_room, deps=room.deps)) for _ in range(2)]
    assert gives == [False, True, False]
    assert (await room.counts())[0] == 1
