"""A slow old pod holds up its own people's moves alone: a step that takes too long yields its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import msgspec
import pytest

from federation.safe_http.waits import an_answer
from models.moving.moves import BEGUN, Move, insert_move, load_move
from pod.actions.moving.job_ends import FIRST_WAIT_MS
from pod.deps import Deps
from pod.jobs import moves
from pod.jobs.moves import SLOW_MS, STEP_MS, Moves, work
from tests.support.sinks import NOON, SetClock, until
from tests.support.travellers import a_traveller

HONEST = "https://honest.example"


class OldPods:
    """Old pods of which all but the honest one never answer; `began` are the names whose step began, in order.

    While a step waits for such a pod, the clock goes on by `takes` at a time. `works`: it isn't the pod that it waits
    for, but this one that has much to do.
    """

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.takes = STEP_MS
        self.works = False
        self.began: list[str] = []
        self.ended: list[str] = []

    async def step(self, _: Deps, move: Move) -> Move:
        self.began.append(move.who)
        if move.pod != HONEST:
            with nullcontext() if self.works else an_answer():
                try:
                    while True:
                        self.clock.ms += self.takes
                        await asyncio.sleep(0.02)
                finally:
                    self.ended.append(move.who)
        return msgspec.structs.replace(move, due_at=None)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def old(clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> OldPods:
    pods = OldPods(clock)
    monkeypatch.setattr(moves, "STEPS", {BEGUN: pods.step})
    monkeypatch.setattr(moves, "RENEW_SECONDS", 0.01)
    return pods


@pytest.fixture
async def deps(tmp_path: Path, clock: SetClock) -> AsyncIterator[Deps]:
    async with a_traveller(tmp_path, clock=clock) as traveller:
        yield traveller.deps


async def comes(deps: Deps, who: str, pod: str) -> Move:
    now = deps.clock()
    move = Move(who.encode().ljust(32), who, pod, None, "full", "", "", b"", "", now, now, None)
    move = msgspec.structs.replace(move, stage=BEGUN, stage_at=now, due_at=now)
    await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=now))
    return move


async def stored(deps: Deps, who: str) -> Move:
    async with deps.store.database.read() as session:
        move = await load_move(session, who.encode().ljust(32), now=deps.clock())
    assert move is not None
    return move


async def test_mg_07_a_step_that_an_old_pod_draws_out_yields_its_place_and_has_longer_the_next_time(
    deps: Deps, old: OldPods, clock: SetClock
) -> None:
    job = await comes(deps, "ada", "https://slow.example")

    assert await asyncio.wait_for(work(deps, job), 10)

    after = await stored(deps, "ada")
    assert (after.stage, after.why, after.cuts, after.tries) == (BEGUN, "too_slow", 1, 0)
    assert after.due_at == clock.ms + FIRST_WAIT_MS
    assert old.ended == ["ada"], "the step is gone before its place is another's"
    began = clock.ms
    assert await asyncio.wait_for(work(deps, after), 10)
    assert (await stored(deps, "ada")).cuts == 2
    assert clock.ms >= began + 2 * STEP_MS
    honest = await comes(deps, "bo", HONEST)
    assert await work(deps, msgspec.structs.replace(honest, cuts=2))
    assert (await stored(deps, "bo")).cuts == 0, "what came to an end in time has as much time as any other"


async def test_mg_07_a_step_for_which_this_pod_is_slow_counts_against_nobody(
    deps: Deps, old: OldPods, clock: SetClock
) -> None:
    old.works = True
    async with asyncio.TaskGroup() as tasks:
        jobs = Moves(deps, tasks)
        await comes(deps, "ada", "https://quick.example")
        await jobs.start_due()
        await until(lambda: not jobs._busy)
        assert jobs._slow == {}
    after = await stored(deps, "ada")
    assert (after.why, after.cuts, after.tries) == ("", 1, 0)
    assert after.due_at == clock.ms + FIRST_WAIT_MS


async def test_mg_07_two_slow_old_pods_hold_up_no_move_from_another(deps: Deps, old: OldPods, clock: SetClock) -> None:
    async with asyncio.TaskGroup() as tasks:
        jobs = Moves(deps, tasks)
        for who, pod in (("ada", "https://slow.example"), ("bo", "https://slower.example"), ("cy", HONEST)):
            await comes(deps, who, pod)
        await jobs.start_due()
        await until(lambda: not jobs._busy)
        assert old.began == ["ada", "bo"]
        old.takes = 0
        clock.ms += FIRST_WAIT_MS  # both are due again, and were before the next one
        await comes(deps, "di", HONEST)
        await jobs.start_due()
        await until(lambda: jobs._busy == {"https://slow.example"})
        await jobs.start_due()
        await until(lambda: "di" in old.began)
        assert old.began == ["ada", "bo", "cy", "ada", "di"]
        await until(lambda: jobs._busy == {"https://slow.example"})
        await jobs.start_due()
        assert jobs._busy == {"https://slow.example"}, "one place is never a slow pod's"
        old.takes = STEP_MS


async def test_a_pod_that_was_slow_counts_as_any_other_an_hour_later(deps: Deps, old: OldPods, clock: SetClock) -> None:
    async with asyncio.TaskGroup() as tasks:
        jobs = Moves(deps, tasks)
        for who in ("ada", "bo"):
            await comes(deps, who, f"https://{who}.example")
        await jobs.start_due()
        await until(lambda: not jobs._busy)
        old.takes = 0
        clock.ms += SLOW_MS
        await jobs.start_due()
        await until(lambda: len(old.began) == 4)
        old.takes = STEP_MS
