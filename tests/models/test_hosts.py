"""A host is forgotten a month after anything of it mattered, and never while something waits for it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database
from models.engine.writer import running_writer
from models.fediverse import host_states
from models.fediverse.deliveries import (
    FORGOTTEN_MS,
    HOSTS,
    MOST_FOR_SILENT,
    WRONG_LEASE_MS,
    Closing,
    Host,
    Lane,
    claim_lanes,
    close_lanes,
    enqueue,
    list_silent,
    prune_hosts,
)
from models.fediverse.host_states import HostPlace, list_heard_hosts, list_hosts, walk_hosts

NOW = 1_800_000_000_000
NAMES = ("empty.example", "failing.example", "waits.example", "well.example")


async def test_a_lane_isn_t_taken_from_who_claimed_it_by_who_read_the_clock_before(database: Database) -> None:
    async def claim(session: AsyncSession) -> list[list[Lane]]:
        await enqueue(session, "http://a/b", None, b"{}", ["https://well.example/inbox"], now=NOW - 9)
        readings = {"first": NOW, "waited": NOW - 5, "ahead": NOW + 2 * WRONG_LEASE_MS, "right": NOW + 1}
        return [await claim_lanes(session, worker, ["well.example"], now=at) for worker, at in readings.items()]

    async with running_writer(database) as writer:
        lanes = await writer.write(claim)
    assert [len(taken) for taken in lanes] == [1, 0, 1, 1]


async def test_w5_what_is_kept_for_a_host_that_never_took_anything_has_an_end(database: Database) -> None:
    async def fill(session: AsyncSession) -> list[set[str]]:
        silent = []
        for number in range(MOST_FOR_SILENT):
            silent.append(await list_silent(session, NAMES))
            of_this = NAMES[:2] if number else NAMES[:3]
            await enqueue(session, "http://a/b", None, b"{}", [f"https://{name}/inbox" for name in of_this], now=NOW)
        silent.append(await list_silent(session, NAMES))
        lanes = await claim_lanes(session, "worker", NAMES[:1], now=NOW)
        took = [Closing(Host(lane.host.host, NOW, last_succeeded_at=NOW)) for lane in lanes]
        await close_lanes(session, "worker", took)
        return [*silent, await list_silent(session, NAMES)]

    async with running_writer(database) as writer:
        *before, full, heard = await writer.write(fill)
    assert not any(before)
    assert (full, heard) == (set(NAMES[:2]), {NAMES[1]})


async def test_w14_hosts_are_forgotten_a_month_after_they_mattered(database: Database) -> None:
    async def begin(session: AsyncSession) -> None:
        await enqueue(session, "http://a/b", None, b"{}", [f"https://{name}/inbox" for name in NAMES], now=NOW)
        lanes = await claim_lanes(session, "worker", NAMES, now=NOW)
        closings = []
        for lane in lanes:
            name = lane.host.host
            over = () if name == "waits.example" else lane.deliveries
            host = Host(
                name,
                NOW,
                first_failed_at=NOW if name == "failing.example" else None,
                last_succeeded_at=NOW if name == "well.example" else None,
            )
            closings.append(Closing(host, over))
        await close_lanes(session, "worker", closings)

    async def left(session: AsyncSession, at: int) -> list[str]:
        await prune_hosts(session, now=at)
        return [state.host.host async for state in walk_hosts(session)]

    async with running_writer(database) as writer:
        await writer.write(begin)
        soon = await writer.write(lambda session: left(session, NOW + 1))
        later = await writer.write(lambda session: left(session, NOW + FORGOTTEN_MS + 1))
    assert soon == ["failing.example", "waits.example", "well.example"]
    assert later == ["waits.example"]


async def test_hosts_are_listed_to_the_last_page_by_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_states, "HOSTS_AT_ONCE", 3)
    rows = [
        {"host": f"h{place}.example", "attempts": place % 3, "last_succeeded_at": NOW + place, "next_at": None}
        for place in range(8)
    ]

    async def begin(session: AsyncSession) -> None:
        await session.execute(insert(HOSTS), rows)
        inboxes = [f"https://h{place}.example/inbox" for place in (1, 4, 7)]
        await enqueue(session, "http://a/b", None, b"{}", inboxes, now=NOW)
        await enqueue(session, "http://a/b", None, b"{}", inboxes[1:], now=NOW)

    async with running_writer(database) as writer:
        await writer.write(begin)
    async with database.read() as session:
        walked = [state.host.host async for state in walk_hosts(session)]
        waiting = [state.host.host async for state in walk_hosts(session, waiting=True)]
        listed: list[tuple[int, int, str]] = []
        after = None
        while page := await list_hosts(session, 3, after=after):
            listed += [(state.host.attempts, state.waiting, state.host.host) for state in page]
            after = HostPlace(*listed[-1])
        heard = await list_heard_hosts(session, 2)

    assert walked == [row["host"] for row in rows]
    assert waiting == ["h1.example", "h4.example", "h7.example"]
    assert len(listed) == len(rows)
    assert listed == sorted(listed, key=lambda one: (-one[0], -one[1], one[2]))
    assert heard == ["h7.example", "h6.example"]
