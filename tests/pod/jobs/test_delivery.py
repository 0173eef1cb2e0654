"""The courier against real inboxes, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web
from sqlalchemy import func, select

from federation.delivery import OLDEST_MS, SCHEME_LIFE_MS
from federation.signatures.keys import rsa_signing_key
from models.engine.databases import open_database
from models.fediverse.deliveries import (
    ACTIVITIES,
    DELIVERIES,
    HOST_COLUMNS,
    HOSTS,
    LEASE_MS,
    MOST_PER_LANE,
    Host,
    claim_lanes,
    enqueue,
)
from pod.deps import Deps
from pod.jobs.delivery import LOOK_EVERY_SECONDS, WORKERS, Courier
from pod.jobs.introductions import Introductions
from tests.support.sinks import ACTOR, NOON, SetClock, Sink, a_black_hole, a_sink, some_parts, until
from tests.support.wire import rsa_pem

HOUR_MS: Final = 3600 * 1000


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with a_sink() as opened:
        yield opened


@asynccontextmanager
async def running(deps: Deps) -> AsyncIterator[Courier]:
    deps.identity.signing_keys[ACTOR] = rsa_signing_key(f"{ACTOR}#main-key", rsa_pem())
    courier = Courier(deps, Introductions(deps))
    task = asyncio.create_task(courier.run())
    try:
        yield courier
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def queue(deps: Deps, *inboxes: str, body: bytes = b"{}") -> None:
    await deps.store.write(lambda session: enqueue(session, ACTOR, None, body, inboxes, now=deps.clock()))


async def left(deps: Deps) -> tuple[int, int]:
    """How many deliveries and activities are still there."""
    async with deps.store.database.read() as session:
        counts = [await session.scalar(select(func.count()).select_from(table)) for table in (DELIVERIES, ACTIVITIES)]
    return counts[0] or 0, counts[1] or 0


async def host_of(deps: Deps, name: str) -> Host:
    async with deps.store.database.read() as session:
        return Host(*(await session.execute(select(*HOST_COLUMNS).where(HOSTS.c.host == name))).one())


async def eventually(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110  (what it looks at sets no event)
            await asyncio.sleep(0.02)


async def cleared(deps: Deps) -> bool:
    return await left(deps) == (0, 0)


async def one_left(deps: Deps) -> bool:
    return await left(deps) == (1, 1)


async def failed(deps: Deps, host: str, attempts: int = 1) -> bool:
    return (await host_of(deps, host)).attempts >= attempts


def saying(status: int, **headers: str) -> Callable[[web.Request, bytes], web.Response]:
    return lambda *_: web.Response(status=status, headers=headers)


async def test_each_inbox_gets_everything_once_and_in_order_and_nothing_is_left(deps: Deps, sink: Sink) -> None:
    bodies = [b"%d" % number for number in range(2 * MOST_PER_LANE + 3)]
    for body in bodies:
        await queue(deps, *map(sink.inbox, range(2, 6)), body=body)

    async with running(deps):
        await eventually(lambda: cleared(deps))

    assert [sink.taken(number) for number in range(2, 6)] == [bodies] * 4
    assert (await host_of(deps, sink.host(2))).next_at is None


async def test_what_is_queued_while_a_lane_is_sent_follows_it(deps: Deps, sink: Sink) -> None:
    async with running(deps) as courier:
        for number in range(30):
            await queue(deps, sink.inbox(2), body=b"%d" % number)
            courier.look()
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"%d" % number for number in range(30)]


async def test_any_number_of_black_holes_delays_nobody_who_answers(deps: Deps, sink: Sink, clock: SetClock) -> None:
    async with a_black_hole() as port, running(deps) as courier:
        await queue(deps, sink.inbox(2), body=b"first")
        await eventually(lambda: cleared(deps))
        holes = [f"http://{sink.host(number).split(':')[0]}:{port}/inbox" for number in range(3, WORKERS + 30)]
        await queue(deps, *holes)
        courier.look()
        await until(lambda: len(courier._held) >= WORKERS)
        began = asyncio.get_running_loop().time()
        await queue(deps, sink.inbox(2), body=b"second")
        courier.look()
        await until(lambda: len(sink.taken(2)) == 2)

        assert asyncio.get_running_loop().time() - began < 3  # a black hole holds a worker for five seconds
        assert (await left(deps))[0] >= WORKERS
    assert clock() == NOON


async def test_a_host_that_wants_the_newer_signature_gets_it_and_that_is_remembered(deps: Deps, sink: Sink) -> None:
    def newer_only(request: web.Request, _: bytes) -> web.Response | None:
        return None if "Signature-Input" in request.headers else web.Response(status=401)

    sink.answers[sink.host(2)] = newer_only
    async with running(deps) as courier:
        await queue(deps, sink.inbox(2), body=b"1")
        await eventually(lambda: cleared(deps))
        asked = len(sink.asked)
        await queue(deps, sink.inbox(2), body=b"2")
        courier.look()
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"1", b"2"]
    assert (asked, len(sink.asked)) == (2, 3)
    host = await host_of(deps, sink.host(2))
    assert (host.scheme, host.scheme_until) == ("rfc9421", NOON + SCHEME_LIFE_MS)


@pytest.mark.parametrize(("status", "knocks"), [(404, 1), (410, 1), (403, 2), (400, 2)])
async def test_a_refusal_for_good_ends_a_delivery_and_not_its_lane(
    deps: Deps, sink: Sink, status: int, knocks: int
) -> None:
    sink.answers[sink.host(2)] = lambda _, body: web.Response(status=status) if body == b"bad" else None
    await queue(deps, sink.inbox(2), body=b"bad")
    await queue(deps, sink.inbox(2), body=b"good")

    async with running(deps):
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"good"]
    assert len(sink.asked) == knocks + 1


@pytest.mark.parametrize("status", [500, 503, 408, 421, 425, 429, 302])
async def test_what_may_pass_is_tried_again_and_keeps_its_order(
    deps: Deps, sink: Sink, clock: SetClock, status: int
) -> None:
    sink.answers[sink.host(2)] = saying(status)
    for body in (b"1", b"2"):
        await queue(deps, sink.inbox(2), body=body)

    async with running(deps):
        for attempts in (1, 2):
            await eventually(lambda: failed(deps, sink.host(2), attempts))  # noqa: B023
            clock.ms += HOUR_MS
        del sink.answers[sink.host(2)]
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"1", b"2"]
    host = await host_of(deps, sink.host(2))
    assert (host.attempts, host.first_failed_at) == (0, None)
    assert str(status) in str(host.last_error)


async def test_a_host_says_when_to_come_back_but_not_beyond_six_hours(deps: Deps, sink: Sink) -> None:
    sink.answers[sink.host(2)] = saying(429, **{"Retry-After": "3600"})
    sink.answers[sink.host(3)] = saying(503, **{"Retry-After": "99999999"})
    await queue(deps, sink.inbox(2), sink.inbox(3))

    async with running(deps):
        for number in (2, 3):
            await eventually(lambda: failed(deps, sink.host(number)))  # noqa: B023

    assert [(await host_of(deps, sink.host(number))).next_at for number in (2, 3)] == [
        NOON + HOUR_MS,
        NOON + 6 * HOUR_MS,
    ]


async def test_who_is_heard_from_is_tried_at_once(deps: Deps, sink: Sink) -> None:
    sink.answers[sink.host(2)] = saying(503)
    await queue(deps, sink.inbox(2), body=b"1")
    async with running(deps) as courier:
        await eventually(lambda: failed(deps, sink.host(2)))
        del sink.answers[sink.host(2)]
        await asyncio.sleep(2 * LOOK_EVERY_SECONDS)
        assert sink.taken(2) == []

        courier.heard(sink.host(2))
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"1"]


async def test_what_waited_for_a_week_is_given_up_when_its_host_fails_again(
    deps: Deps, sink: Sink, clock: SetClock
) -> None:
    sink.answers[sink.host(2)] = saying(503)
    await queue(deps, sink.inbox(2), body=b"old")
    async with running(deps):
        await eventually(lambda: failed(deps, sink.host(2)))
        clock.ms += OLDEST_MS + 1
        await queue(deps, sink.inbox(2), body=b"new")
        await eventually(lambda: failed(deps, sink.host(2), 2))
        assert await left(deps) == (1, 1)
        del sink.answers[sink.host(2)]
        clock.ms += HOUR_MS
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"new"]


async def test_two_couriers_on_one_database_send_nothing_twice(
    deps: Deps, database_url: str, sink: Sink, tmp_path: Path, clock: SetClock
) -> None:
    other = await open_database(database_url, durable=False)
    bodies = [b"%d" % number for number in range(40)]
    async with some_parts(other, tmp_path, clock) as others, running(deps), running(others):
        for body in bodies:
            await queue(deps, *map(sink.inbox, range(2, 8)), body=body)
        await eventually(lambda: cleared(deps))
    await other.close()

    assert [sink.taken(number) for number in range(2, 8)] == [bodies] * 6


async def test_the_lanes_of_a_killed_worker_are_free_when_its_lease_ends(
    deps: Deps, sink: Sink, clock: SetClock
) -> None:
    await queue(deps, sink.inbox(2), body=b"1")
    killed = await deps.store.write(lambda session: claim_lanes(session, "killed", [sink.host(2)], now=NOON))
    assert [delivery.activity.body for lane in killed for delivery in lane.deliveries] == [b"1"]

    async with running(deps):
        await asyncio.sleep(2 * LOOK_EVERY_SECONDS)
        assert sink.taken(2) == []
        clock.ms += LEASE_MS
        await eventually(lambda: cleared(deps))

    assert sink.taken(2) == [b"1"]


async def test_a_courier_that_is_stopped_leaves_its_lanes_to_the_next(deps: Deps, sink: Sink) -> None:
    async with a_black_hole() as port:
        hole = f"http://{sink.host(2).split(':')[0]}:{port}/inbox"
        await queue(deps, hole, sink.inbox(3))
        async with running(deps):
            await until(lambda: sink.taken(3))
            await eventually(lambda: one_left(deps))

    assert await left(deps) == (1, 1)
    again = await deps.store.write(lambda session: claim_lanes(session, "next", [hole.split("/")[2]], now=NOON))
    assert [lane.host.attempts for lane in again] == [0]
