"""What a second home costs both pods while its account doesn't change: requests, and the processor of each look.

The account lives in twelve groups, with 1,000 posts, 300 votes and 100 mutes. A look is a whole step of the job: it is
claimed, the account's pod is asked, and what came of it is noted.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.moves import MOVES, claim_move
from models.people.accounts import load_account_named
from pod.actions.groups.founding import start_group
from pod.actions.posts.votes_and_marks import mute
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from pod.jobs.moves import CLAIM_MS, work
from protocol.ids import RecordId
from tests.support.moving_by_pages import Traveller
from tests.support.rig import ServedPod, worker_number
from tests.support.whole_life import Past, write_past

GROUPS, POSTS, VOTES, MUTES, LOOKS = 12, 1_000, 300, 100, 30
STEP_MS: Final = 61_000  # a grant's last use is noted once a minute
SECONDS: Final = 1.2  # until a pod has done what a clock that moved on made due
FIRST: Final = 5  # the first ones of a process read more
NS: Final = 1_000_000


def measure() -> list[tuple[str, float, str]]:
    """Requests of a look, and milliseconds of the processor that it takes of each pod."""
    with tempfile.TemporaryDirectory(prefix="althing-bench-second-home-") as folder:
        pods = [ServedPod(Path(folder) / f"pod{number}", worker_number(), number) for number in (1, 2)]
        try:
            for pod in pods:
                pod.create(clock=True)
            return _measure(*pods)
        finally:
            for pod in pods:
                pod.kill()


def _measure(home: ServedPod, second: ServedPod) -> list[tuple[str, float, str]]:
    ada = home.sign_up("ada")
    home.act(_live)
    for pod in (home, second):
        pod.start()
    Traveller(ada, second).settles()
    second.kill()  # so that its looks are taken here, one by one
    asked = _asked(home)
    there, here = second.act(partial(_looks, home=home, clocks=(home, second)))
    asked = _asked(home) - asked
    return [
        ("requests of a look of an unchanged account (aim 1)", asked / (FIRST + LOOKS), ""),
        ("processor of a look (aim 5): the account's pod", there, "ms"),
        ("processor of a look (aim 5): the second home", here, "ms"),
    ]


async def _live(deps: Deps) -> None:
    async with deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    groups = [await start_group(deps, TokenHolder(ada), {"name": f"Group {number}"}) for number in range(GROUPS)]
    await write_past(deps, "ada", Past(groups, 0, POSTS, VOTES))
    for number in range(MUTES):
        await mute(deps, ada, RecordId(groups[number % GROUPS]), 100 + number, muted=True)


async def _looks(deps: Deps, *, home: ServedPod, clocks: tuple[ServedPod, ...]) -> tuple[float, float]:
    """Milliseconds of the processor that a look takes of the account's pod, and of this one: the median of many."""
    process = home.process_id()
    assert process is not None
    there, here = list[int](), list[int]()
    for number in range(FIRST + LOOKS):
        for pod in clocks:
            pod.set_clock(STEP_MS * (number + 1))
        await deps.store.write(partial(_have_due, now=deps.clock()))
        time.sleep(SECONDS)  # noqa: ASYNC251  (no other task of this process has anything to do)
        own, others = time.process_time_ns(), _processor_ns(process)
        await _once(deps)
        here.append(time.process_time_ns() - own)
        there.append(_processor_ns(process) - others)
    return statistics.median(there[FIRST:]) / NS, statistics.median(here[FIRST:]) / NS


def _processor_ns(process: int) -> int:
    """The processor's time that all threads of a process have used."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{process}/task").glob("*/schedstat"))


async def _have_due(session: AsyncSession, now: int) -> None:
    await session.execute(update(MOVES).values(due_at=now))


async def _once(deps: Deps) -> None:
    now = deps.clock()
    job = await deps.store.write(partial(claim_move, now=now, until=now + CLAIM_MS))
    assert job is not None
    assert await work(deps, job)


def _asked(pod: ServedPod) -> int:
    return sum("route='/moves/" in line for line in pod.folder.with_suffix(".log").read_text().splitlines())
