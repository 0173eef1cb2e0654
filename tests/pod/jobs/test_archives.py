"""Archives in the making: one at a time, begun anew where a process died, dropped when nobody wants them any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from models.moving.archives import (
    StoredArchive,
    claim_archive,
    drop_archives_of,
    load_archive,
)
from models.people.accounts import load_account
from pod.actions.groups.founding import sign_up
from pod.actions.moving.archive_orders import FAILED, READY, TOO_LARGE, archive_path, ask_for_archive, own_archive
from pod.actions.moving.archive_whole import ArchiveStep, ArchiveWish
from pod.deps import Deps
from pod.jobs.archives import CLAIM_MS, MOST_TRIES, Archives, make_archive, sweep
from pod.rules.archives import ArchiveRule
from protocol.errors import RefusedError
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import Traveller, a_traveller

Tell = Callable[[ArchiveStep], Awaitable[None]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def ada(tmp_path: Path, clock: SetClock) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path, clock=clock) as traveller:
        await ask_for_archive(traveller.deps, traveller.account, private=False)
        yield traveller


async def claimed(ada: Traveller) -> StoredArchive | None:
    now = ada.deps.clock()
    return await ada.deps.store.write(partial(claim_archive, now=now, until=now + CLAIM_MS))


async def stored(ada: Traveller) -> StoredArchive | None:
    async with ada.deps.store.database.read() as session:
        return await load_archive(session, ada.account.id)


def files(ada: Traveller) -> list[str]:
    folder = archive_path(ada.deps, "x").parent
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


async def test_mg_07_what_a_dead_process_left_is_begun_anew_by_one_other(ada: Traveller, clock: SetClock) -> None:
    first = await claimed(ada)
    assert first is not None
    half = archive_path(ada.deps, first.name)
    half.parent.mkdir()
    half.with_name(half.name + ".part").write_bytes(b"half")
    assert await claimed(ada) is None
    clock.ms += CLAIM_MS
    again = await claimed(ada)
    assert again is not None
    assert (again.name, again.tries) == (first.name, 2)

    await make_archive(ada.deps, again)
    await make_archive(ada.deps, first)  # the dead one wakes up, and ends nothing of the other's

    found = await own_archive(ada.deps, ada.account)
    assert found is not None
    assert (found.state, found.tries, found.bytes > 0) == (READY, 2, True)


async def test_mg_07_how_far_it_is_is_noted_once_a_second(ada: Traveller, clock: SetClock) -> None:
    noted: list[tuple[str, int, int]] = []

    async def write(_deps: Deps, _wish: ArchiveWish, _file: BinaryIO, told: Tell) -> int:
        for done in range(1, 6):
            clock.ms += 500
            await told(ArchiveStep("README.html", 21, 22, done, 5, 1000 * done))
            found = await stored(ada)
            assert found is not None
            noted.append((found.file, found.done, found.bytes))
        return 5

    one = await claimed(ada)
    assert one is not None
    await make_archive(ada.deps, one, write)

    steps = [("", 0, 0), *([("README.html", 2, 2000)] * 2), *([("README.html", 4, 4000)] * 2)]
    assert noted == steps


async def test_an_archive_that_fails_three_times_isnt_tried_again_and_one_that_is_too_large_never(
    ada: Traveller, clock: SetClock
) -> None:
    async def broken(*_: object) -> int:
        raise OSError(28, "No space left on device")

    async def large(*_: object) -> int:
        raise ArchiveRule.TOO_LARGE.error(most=1)

    for _ in range(MOST_TRIES):
        one = await claimed(ada)
        assert one is not None
        with pytest.raises(OSError, match="No space"):
            await make_archive(ada.deps, one, broken)
        clock.ms += CLAIM_MS
    last = await claimed(ada)
    assert last is not None
    await make_archive(ada.deps, last)
    found = await own_archive(ada.deps, ada.account)
    assert (found and found.state, files(ada)) == (FAILED, [])

    await ask_for_archive(ada.deps, ada.account, private=False)
    another = await claimed(ada)
    assert another is not None
    await make_archive(ada.deps, another, large)
    found = await own_archive(ada.deps, ada.account)
    assert (found and found.state) == TOO_LARGE


async def test_words_erased_while_it_is_made_end_it_and_leave_no_file(ada: Traveller, clock: SetClock) -> None:
    async def write(deps: Deps, _wish: ArchiveWish, _file: BinaryIO, told: Tell) -> int:
        await deps.store.write(partial(drop_archives_of, group=ada.own, member=1))
        clock.ms += 2000
        await told(ArchiveStep("README.html", 21, 22, 1, 5, 1000))
        raise AssertionError("It goes on.")

    one = await claimed(ada)
    assert one is not None
    await make_archive(ada.deps, one, write)

    assert (await stored(ada), files(ada)) == (None, [])


async def test_one_archive_is_made_at_a_time_and_old_ones_are_swept(ada: Traveller, clock: SetClock) -> None:
    other = await sign_up(ada.deps, "bo")
    async with ada.deps.store.database.read() as session:
        bo = await load_account(session, other.account)
    assert bo is not None
    await ask_for_archive(ada.deps, bo, private=False)
    async with asyncio.TaskGroup() as tasks:
        jobs = Archives(ada.deps, tasks)
        assert await jobs.start_due() is not None
    ready = await own_archive(ada.deps, ada.account)
    assert ready is not None
    assert (ready.state, files(ada)) == (READY, [f"{ready.name}.zip"])
    with pytest.raises(RefusedError) as refused:
        await ask_for_archive(ada.deps, bo, private=False)
    assert refused.value.refused.rule is ArchiveRule.BEING_MADE
    clock.ms = ready.due_at
    async with asyncio.TaskGroup() as tasks:
        await Archives(ada.deps, tasks).start_due()
    await sweep(ada.deps)
    assert await stored(ada) is None
    assert f"{ready.name}.zip" not in files(ada)
