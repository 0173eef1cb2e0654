"""Jobs of moves: one process has the turn, failures wait or stop with a reason, a kill loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.moving.moves import (
    BEGUN,
    COPYING,
    SETTLED,
    STOPPED,
    SWITCHING,
    VERIFIED,
    Move,
    claim_move,
    first_move_at,
    hasten_moves,
    insert_move,
    note_move,
)
from models.moving.moves import load_move as load
from pod.actions.letters import Letter
from pod.actions.moving import move_mails
from pod.actions.moving.job_ends import BROKEN, FIRST_WAIT_MS, LONGEST_WAIT_MS, MOST_UNSIGNED, passes
from pod.actions.moving.move_mails import SHRANK, with_news
from pod.deps import Deps
from pod.jobs import moves
from pod.jobs.moves import CLAIM_MS, work
from pod.rules.grants import GrantRule
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import a_traveller

SHA = b"a" * 32
JOB = Move(SHA, "@ada@old.example", "https://old.example", None, "full", "", "", b"", "", NOON, NOON, None)
JOB = msgspec.structs.replace(JOB, stage=BEGUN, stage_at=NOON, due_at=NOON)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def deps(tmp_path: Path, clock: SetClock) -> AsyncIterator[Deps]:
    async with a_traveller(tmp_path, clock=clock) as traveller:
        await traveller.deps.store.write(partial(insert_move, move=JOB, instead_of=b"", now=NOON))
        yield traveller.deps


async def claimed(deps: Deps) -> Move | None:
    now = deps.clock()
    return await deps.store.write(partial(claim_move, now=now, until=now + CLAIM_MS))


async def stored(deps: Deps) -> Move:
    async with deps.store.database.read() as session:
        move = await load(session, SHA, now=deps.clock())
    assert move is not None
    return move


def steps(monkeypatch: pytest.MonkeyPatch, *ends: Move | Exception) -> None:
    """Have the next steps end so."""
    left = list(ends)

    async def step(_: Deps, move: Move) -> Move:
        end = left.pop(0)
        if isinstance(end, Exception):
            raise end
        return msgspec.structs.replace(move, stage=end.stage, due_at=end.due_at)

    monkeypatch.setattr(moves, "STEPS", dict.fromkeys((BEGUN, COPYING), step))


async def test_mg_05_a_job_that_a_dead_process_had_is_anothers_turn_when_the_claim_ends_or_one_starts(
    deps: Deps, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await claimed(deps)
    assert first is not None
    assert await claimed(deps) is None
    clock.ms += CLAIM_MS
    second = await claimed(deps)
    assert second is not None
    steps(monkeypatch, msgspec.structs.replace(JOB, stage=COPYING, due_at=None))
    assert not await work(deps, first), "whose turn is over notes nothing"
    steps(monkeypatch, msgspec.structs.replace(JOB, stage=COPYING, due_at=clock.ms))
    assert await work(deps, second)
    assert (await stored(deps)).stage == COPYING
    assert await claimed(deps) is not None
    await deps.store.write(partial(hasten_moves, now=deps.clock()))
    assert await claimed(deps) is not None


async def test_mg_07_what_another_pod_cant_answer_is_asked_again_ever_more_rarely_and_the_reason_stays(
    deps: Deps, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = RemoteError(RemoteFault.NOT_REACHED, retry=True)
    for tries, wait in enumerate((FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS), 1):
        job = await claimed(deps)
        assert job is not None
        steps(monkeypatch, silent)
        assert await work(deps, job)
        after = await stored(deps)
        assert (after.stage, after.why, after.tries) == (BEGUN, "not_reached", tries)
        assert after.due_at == clock.ms + wait
        clock.ms += wait
    job = await claimed(deps)
    assert job is not None
    steps(monkeypatch, RuntimeError("a fault of this pod"))
    assert await work(deps, msgspec.structs.replace(job, tries=40))
    after = await stored(deps)
    assert (after.why, after.said, after.due_at) == (BROKEN, None, clock.ms + LONGEST_WAIT_MS)
    clock.ms += LONGEST_WAIT_MS
    job = await claimed(deps)
    assert job is not None
    steps(monkeypatch, msgspec.structs.replace(JOB, stage=COPYING, due_at=None))
    assert await work(deps, job)
    after = await stored(deps)
    assert (after.stage, after.stage_at, after.why, after.tries, after.due_at) == (COPYING, clock.ms, "", 0, None)


@pytest.mark.parametrize("end", [GrantRule.GRANT_OVER.error(), RemoteError(RemoteFault.NO_OBJECT, retry=False)])
async def test_mg_07_a_refusal_stops_the_job_with_its_reason_and_where(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, end: Exception
) -> None:
    job = await claimed(deps)
    assert job is not None
    steps(monkeypatch, end)
    assert await work(deps, job)
    after = await stored(deps)
    assert (after.stage, after.stopped_in, after.due_at) == (STOPPED, BEGUN, None)
    assert after.why in ("grant_over", "no_object")
    assert b"sv" in (after.said or b"")
    async with deps.store.database.read() as session:
        assert await first_move_at(session) is None


async def test_mg_07_a_signature_that_a_wrong_clock_made_stale_is_made_anew_and_stops_the_job_only_after_a_while(
    deps: Deps, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.ms
    stale, gone = (
        RemoteError(RemoteFault.SAYS_NO, retry=False, status=status, facts={"host": "old.example"})
        for status in (401, 404)
    )
    for tries in range(1, MOST_UNSIGNED + 1):
        job = await claimed(deps)
        assert job is not None
        steps(monkeypatch, stale)
        assert await work(deps, job)
        after = await stored(deps)
        assert (after.stage, after.why, after.tries) == (BEGUN, "says_no", tries)
        assert after.due_at is not None
        clock.ms = after.due_at
    assert clock.ms - began > 15 * 60_000
    job = await claimed(deps)
    assert job is not None
    assert not passes(JOB, gone)
    steps(monkeypatch, stale)
    assert await work(deps, job)
    after = await stored(deps)
    assert (after.stage, after.stopped_in, after.due_at) == (STOPPED, BEGUN, None)


async def goes(deps: Deps, monkeypatch: pytest.MonkeyPatch, to: str, **changes: object) -> Move:
    """The stored job after a step to this stage from the one that `changes` set."""
    now = deps.clock()
    before = await stored(deps)
    assert await deps.store.write(partial(note_move, move=before, changes={"due_at": now, **changes}))
    job = await claimed(deps)
    assert job is not None

    async def step(_: Deps, move: Move) -> Move:
        return msgspec.structs.replace(move, stage=to, due_at=None)

    monkeypatch.setattr(moves, "STEPS", dict.fromkeys((BEGUN, COPYING, VERIFIED, SWITCHING), step))
    assert await work(deps, job)
    return await stored(deps)


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The addresses and subjects of what is mailed."""
    sent: list[tuple[str, str]] = []

    async def send(_: Deps, to: str, letter: Letter) -> str:
        sent.append((to, letter.subject))
        return ""

    monkeypatch.setattr(move_mails, "send", send)
    return sent


async def test_mg_07_the_copy_is_told_once_the_switch_once_and_then_the_address_is_forgotten(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, mailed: list[tuple[str, str]]
) -> None:
    to = "ada@mail.example"
    copied = await goes(deps, monkeypatch, VERIFIED, stage=COPYING, address=to, language="en")
    assert copied.address == to
    assert len(mailed) == 1
    again = await goes(deps, monkeypatch, VERIFIED, stage=COPYING)
    assert (again.address, len(mailed)) == (to, 1), "what was told isn't told again, as after a kill"
    for _ in range(2):
        given_up = await goes(deps, monkeypatch, VERIFIED, stage=SWITCHING)
        assert (given_up.address, len(mailed)) == (to, 2)
    settled = await goes(deps, monkeypatch, SETTLED, stage=SWITCHING)
    assert settled.address == ""
    assert [address for address, _ in mailed] == [to] * 3
    whole, stopped, moved = (subject for _, subject in mailed)
    assert "is whole" in whole
    assert "was stopped" in stopped
    assert "You have moved" in moved


async def test_mg_07_an_address_is_kept_no_longer_than_the_move_may_last(deps: Deps, clock: SetClock) -> None:
    before = await stored(deps)
    changes = {"stage": SWITCHING, "address": "ada@mail.example", "expires_at": NOON + 1_000}
    assert await deps.store.write(partial(note_move, move=before, changes=changes))
    job = await claimed(deps)
    assert job is not None
    clock.ms += 1_000
    assert with_news(job, job, now=clock.ms).address == ""
    assert with_news(job, job, now=clock.ms - 1).address == "ada@mail.example"


async def test_mg_24_each_copy_that_is_kept_because_a_class_shrank_is_told_once(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, mailed: list[tuple[str, str]]
) -> None:
    home = {"stage": VERIFIED, "standing": True, "address": "ada@mail.example", "language": "sv", "told": VERIFIED}
    for former, told in ((7, 1), (7, 1), (8, 2)):
        now = deps.clock()
        before = await stored(deps)
        changes = {**home, "told": before.told or VERIFIED, "due_at": now}
        assert await deps.store.write(partial(note_move, move=before, changes=changes))
        job = await claimed(deps)
        assert job is not None

        async def step(_: Deps, move: Move, former: int = former) -> Move:
            return msgspec.structs.replace(move, due_at=None, told=f"{SHRANK} {former}")

        monkeypatch.setattr(moves, "advance_standing", step)
        assert await work(deps, job)
        assert len(mailed) == told
    assert (await stored(deps)).address == "ada@mail.example"
    assert mailed[0][1].startswith("Mycket är borta")
