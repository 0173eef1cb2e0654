"""A server that records name, and that never spoke, gets a few questions; one that speaks is asked at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database, open_database
from models.groups.rounds import mark_all_due
from models.people.accounts import load_account
from pod.actions.chain.door import append
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from pod.jobs.exchanges import Exchanges
from pod.jobs.introductions import Introductions
from pod.jobs.loops import tend
from pod.jobs.pulls import Pulls
from pod.jobs.rounds import SOON_MS, Rounds
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.proofs import sign
from protocol.records.envelope import open_record
from tests.support.rig import worker_number
from tests.support.sinks import SetClock
from tests.support.tables import copy_tables

GROUPS, JOINS, LOOKS = 4, 2, 12
FEW = 9
Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(copy_tables(tmp_path / "pod.db"), durable=False)
    yield opened
    await opened.close()


@asynccontextmanager
async def a_server(answer: Answer) -> AsyncIterator[tuple[str, list[str]]]:
    """A server at an address of this worker's; what it was asked."""
    asked: list[str] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        return await answer(request)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    site = web.TCPSite(runner, f"127.77.{worker_number()}.40", 0)
    await site.start()
    try:
        yield site.name.rstrip("/"), asked
    finally:
        await runner.cleanup()


async def nothing(_: web.BaseRequest) -> web.Response:
    return web.json_response({}, status=404)


async def a_page(request: web.BaseRequest) -> web.Response:
    if request.path == "/comparisons":
        return web.json_response({"groups": []})
    group = request.path.split("/")[2]
    return web.json_response({"items": [], "acks": [], "entries": [], "records": [], "head": group})


async def groups_with_homes_at(deps: Deps, home: str) -> list[RecordId]:
    """Open groups of one account, each with members who say that they are at home at `home`."""
    opened = await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    wish = {"name": "Square", "visibility": "public", "others_weight": 0}
    groups = [await start_group(deps, TokenHolder(account), wish) for _ in range(GROUPS)]
    for group in groups:
        for _ in range(JOINS):
            await deps.store.write(partial(_join, deps=deps, group=group, home=home))
        await tend(deps, group)
    return groups


async def _join(session: AsyncSession, deps: Deps, group: RecordId, home: str) -> None:
    keys = [PrivateKey.from_seed(os.urandom(32)) for _ in range(3)]
    wish = {"home": {"pod": home, "key": keys[2].did}, "signing": keys[0].did, "recovery": keys[1].did}
    header = {"rules": 1, "group": group, "author": 0, "key": 0, "counter": 1, "at": deps.clock()}
    body = {"type": "Operation", **header, "do": "join", "with": wish}
    await append(session, deps, open_record(sign(body, keys[0])), origin="", now=deps.clock())


async def a_look(deps: Deps, introductions: Introductions) -> None:
    """One look at the rounds and exchanges that are due; they are over when this returns."""
    async with asyncio.TaskGroup() as tasks:
        pulls = Pulls(deps, tasks, introductions)
        await Rounds(deps, tasks, pulls, tend).start_due()
        await Exchanges(deps, tasks, pulls, introductions).start_due()


async def test_w5_pulls_and_exchanges_ask_a_server_that_never_spoke_a_few_times(deps: Deps, clock: SetClock) -> None:
    async with a_server(nothing) as (home, asked):
        await groups_with_homes_at(deps, home)
        for look in range(LOOKS):
            clock.ms += SOON_MS
            await deps.store.write(lambda session: mark_all_due(session, now=clock.ms))
            # As after a start each time: what is counted stands in the store.
            await a_look(deps, Introductions(deps))
            assert look or asked
        assert len(asked) < FEW
        assert {path.rpartition("/")[2] for path in asked} == {"chain"}


async def test_w5_a_server_is_asked_by_its_name_whatever_its_ports(deps: Deps) -> None:
    introductions = Introductions(deps)
    async with a_server(nothing) as (home, asked), a_server(nothing) as (other, asked_too):
        group = (await groups_with_homes_at(deps, home))[0]
        for pod in [home, other] * FEW:
            with pytest.raises(Exception, match=r"404|too many|tries"):
                await introductions.before_pull(pod, group)
        assert 0 < len(asked) + len(asked_too) < FEW


async def test_w5_a_pod_that_shows_the_group_is_asked_for_all_it_has(deps: Deps, clock: SetClock) -> None:
    async with a_server(a_page) as (home, asked):
        groups = await groups_with_homes_at(deps, home)
        introductions = Introductions(deps)
        for _ in range(3):
            clock.ms += SOON_MS
            await a_look(deps, introductions)
        assert len(asked) > 2 * GROUPS
        assert {path.split("/")[2] for path in asked if path.startswith("/groups/")} == set(groups)


async def test_w5_a_signed_word_from_there_opens_the_way_once(deps: Deps) -> None:
    introductions = Introductions(deps)
    async with a_server(nothing) as (home, asked):
        group = (await groups_with_homes_at(deps, home))[0]
        for _ in range(FEW):
            with pytest.raises(Exception):  # noqa: B017, PT011  (whichever refusal: what counts is who was asked)
                await introductions.before_pull(home, group)
        few = len(asked)
        introductions.heard(home.removeprefix("http://"))
        for _ in range(FEW):
            with pytest.raises(Exception):  # noqa: B017, PT011
                await introductions.before_pull(home, group)
        assert len(asked) == few + 1
