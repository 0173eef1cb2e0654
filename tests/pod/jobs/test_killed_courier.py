"""A courier that is killed at any moment loses nothing: all arrives, in order, and at most some of it twice."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

import pytest
from sqlalchemy import func, select

from models.engine.databases import Database, open_database
from models.engine.writer import running_writer
from models.fediverse.deliveries import ACTIVITIES, DELIVERIES, LEASE_MS, MOST_PER_LANE, enqueue
from pod.clock import Clock
from tests.support.folders import ROOT
from tests.support.sinks import Sink, a_sink
from tests.support.wire import rsa_pem

pytestmark = pytest.mark.slow

HOSTS: Final = range(2, 5)
BODIES: Final = [b"%d" % number for number in range(40)]
KILLS: Final = 5


async def fill(database: Database, sink: Sink) -> None:
    now = Clock()()
    inboxes = [sink.inbox(number) for number in HOSTS]
    async with running_writer(database) as writer:
        for body in BODIES:
            await writer.write(partial(enqueue, actor="http://a/g", group=None, body=body, inboxes=inboxes, now=now))


async def run(url: str, folder: Path, database: Database, *, kill_after_seconds: float | None) -> None:
    """A courier for so long after it is up, or until nothing is left; then SIGKILL."""
    command = (sys.executable, "-m", "tests.support.lone_courier", url, str(folder))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"running\n"
    if kill_after_seconds is not None:
        await asyncio.sleep(kill_after_seconds)
    while kill_after_seconds is None and await counts(database) != [0, 0]:  # noqa: ASYNC110  (a database sets no event)
        await asyncio.sleep(0.05)
    process.kill()
    await process.wait()


async def counts(database: Database) -> list[int]:
    async with database.read() as session:
        return [await session.scalar(select(func.count()).select_from(of)) or 0 for of in (DELIVERIES, ACTIVITIES)]


def check(taken: list[bytes], kills: int) -> None:
    """All of it, each for the first time in its place; what came twice is from a lane that a kill cut short."""
    assert list(dict.fromkeys(taken)) == BODIES
    steps_back = [int(earlier) - int(later) for earlier, later in pairwise(taken) if int(later) <= int(earlier)]
    assert len(steps_back) <= kills
    assert all(step < MOST_PER_LANE for step in steps_back)


async def test_a_courier_killed_at_random_moments_loses_nothing(database_url: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("POD_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"POD_SEED={seed}")
    random = Random(seed)
    (tmp_path / "key.pem").write_bytes(rsa_pem())
    database = await open_database(database_url, durable=False)
    async with a_sink() as sink:
        await fill(database, sink)
        for kills in range(1, KILLS + 1):
            await run(database_url, tmp_path, database, kill_after_seconds=random.random() * 0.4)
            # The lease of who was killed ends.
            (tmp_path / "clock").write_text(str(kills * LEASE_MS))
        await run(database_url, tmp_path, database, kill_after_seconds=None)
    await database.close()

    for number in HOSTS:
        check(sink.taken(number), KILLS)


def test_the_check_finds_what_is_lost_or_out_of_place() -> None:
    for spoilt in (BODIES[:-1], [*BODIES[1:], BODIES[0]], [*BODIES, *BODIES]):
        with pytest.raises(AssertionError):
            check(spoilt, 3)
