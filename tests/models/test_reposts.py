"""What a group reposts: in order, as long as somebody supports it, whatever came first, and by an index."""

from __future__ import annotations

from importlib import import_module
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import list_feed
from models.content.places import LogPlace
from models.content.projections import project, project_members, rebuild_and_compare, refold_author
from models.content.reposts import list_reposts, list_shown_posts, load_repost_records
from models.engine.databases import Database
from models.engine.writer import Writer
from models.groups.groups_and_items import StoredGroup, insert_group
from protocol.ids import RecordId, record_id
from protocol.records.envelope import Record
from tests.models.builders import GROUP, a_post, a_record, a_state, accept

OTHER, SECRET = record_id(b"other"), record_id(b"secret")
WEIGHTS = {1: 3000, 2: 1000, 3: 0, 4: -5}
OWN = a_post()
THEIRS = [a_post(1, number, (f"Post {number}.",), group=OTHER) for number in range(2, 12)]
HIDDEN = a_post(1, 90, ("Not for all.",), group=SECRET)


@pytest.fixture
async def stocked(writer: Writer) -> Writer:
    async def action(session: AsyncSession) -> None:
        for group, visibility in ((GROUP, "public"), (OTHER, "public"), (SECRET, "private")):
            await insert_group(session, a_group(group, visibility))
        await project_members(session, a_state(WEIGHTS))

    await writer.write(action)
    return writer


def a_group(group: RecordId, visibility: str) -> StoredGroup:
    return StoredGroup(
        id=group, kind="group", name="A group", visibility=visibility, local=True, head_id=group, head_height=0,
        anchor_id=group, anchor_height=0, log_size=0, log_peaks=b"", snapshot=b"", snapshot_item=group, added_at=1,
    )  # fmt: skip


def a_repost(post: RecordId, author: int, counter: int, value: int = 1000, of_group: RecordId = OTHER) -> Record:
    members: dict[str, Any] = {"from": {"group": of_group, "pod": "https://b.example"}}
    return a_record("Vote", author, counter, target={"post": post}, value=value, **members)


async def take(writer: Writer, *records: Record) -> None:
    async def action(session: AsyncSession) -> None:
        await project(session, await accept(session, *records))

    await writer.write(action)


async def shown(database: Database) -> list[RecordId]:
    async with database.read() as session:
        cards, _ = await list_shown_posts(session, GROUP, 99)
    return [card.id for card in cards]


async def test_what_a_member_votes_for_in_another_group_appears_from_then_on(
    stocked: Writer, database: Database
) -> None:
    await take(stocked, *THEIRS, OWN)
    assert await shown(database) == [OWN.id]
    await take(stocked, a_repost(THEIRS[0].id, 2, 5))
    assert await shown(database) == [THEIRS[0].id, OWN.id]
    await take(stocked, a_post(1, 50, ("Later.",)))
    assert (await shown(database))[1:] == [THEIRS[0].id, OWN.id]
    async with database.read() as session:
        feed, _ = await list_feed(session, [GROUP], 9)
        both, _ = await list_feed(session, [GROUP, OTHER], 99)
    assert [(card.id, card.via, card.sum_micro) for card in feed][1:] == [
        (THEIRS[0].id, GROUP, 1_000_000),
        (OWN.id, None, 0),
    ]
    assert [card.via for card in both] == [None] * 12


@pytest.mark.parametrize("value", [0, -1000])
async def test_what_nobody_supports_any_more_appears_no_longer(stocked: Writer, database: Database, value: int) -> None:
    await take(stocked, THEIRS[0], a_repost(THEIRS[0].id, 2, 5), a_repost(THEIRS[0].id, 3, 5))
    await take(stocked, a_repost(THEIRS[0].id, 2, 6, value))
    assert await shown(database) == [THEIRS[0].id]
    await take(stocked, a_repost(THEIRS[0].id, 3, 6, value))
    assert await shown(database) == []


async def test_who_weighs_less_than_nothing_reposts_nothing(stocked: Writer, database: Database) -> None:
    await take(stocked, THEIRS[0], a_repost(THEIRS[0].id, 4, 5))
    assert await shown(database) == []
    await stocked.write(lambda session: project_members(session, a_state({**WEIGHTS, 4: 0})))
    assert await shown(database) == [THEIRS[0].id]
    await stocked.write(lambda session: project_members(session, a_state(WEIGHTS)))
    assert await shown(database) == []


async def test_a_vote_that_names_a_wrong_group_shows_nothing_twice_and_nothing_private(
    stocked: Writer, database: Database
) -> None:
    await take(stocked, OWN, HIDDEN, a_repost(OWN.id, 1, 5), a_repost(HIDDEN.id, 2, 5))
    assert await shown(database) == [OWN.id]
    async with database.read() as session:
        assert [card.id for card in (await list_feed(session, [GROUP], 9))[0]] == [OWN.id]


async def test_a_post_that_is_not_here_yet_is_told_by_its_first_vote(stocked: Writer, database: Database) -> None:
    first, second = a_repost(THEIRS[0].id, 1, 5), a_repost(THEIRS[0].id, 2, 5)
    await take(stocked, first, second)
    async with database.read() as session:
        reposts = await list_reposts(session, GROUP, 9)
        assert [(one.post, one.sum_micro, one.backed) for one in reposts] == [(THEIRS[0].id, 4_000_000, True)]
        assert await load_repost_records(session, GROUP, [THEIRS[0].id]) == [first.wire]
    await take(stocked, THEIRS[0])
    async with database.read() as session:
        assert await load_repost_records(session, GROUP, [THEIRS[0].id]) == []


async def test_pages_follow_each_other_and_lose_nothing(stocked: Writer, database: Database) -> None:
    await take(stocked, *THEIRS[:8])
    for number, post in enumerate(THEIRS):  # two of them never come here
        await take(stocked, a_repost(post.id, 1, 100 + number), a_post(1, 200 + number, (f"{number}",)))
    seen: list[RecordId] = []
    before: LogPlace | None = None
    for _ in range(99):
        async with database.read() as session:
            cards, before = await list_shown_posts(session, GROUP, 3, before=before)
        seen += [card.id for card in cards]
        if before is None:
            break
    assert seen == await shown(database)
    assert len(seen) == len(set(seen)) == 18


@pytest.mark.parametrize("seed", range(4))
async def test_folding_as_votes_come_gives_what_folding_all_anew_gives(stocked: Writer, seed: int) -> None:
    rng = Random(seed)
    counters = dict.fromkeys(WEIGHTS, 10)
    await take(stocked, OWN, *THEIRS)
    for _ in range(60):
        member = rng.choice(list(WEIGHTS))
        counters[member] += rng.randrange(2)
        value, of_group = rng.choice([1000, 0]), rng.choice([OTHER, OTHER, GROUP])
        await take(stocked, a_repost(rng.choice(THEIRS).id, member, counters[member], value, of_group))
        if rng.random() < 0.1:
            await stocked.write(lambda session, member=member: refold_author(session, GROUP, member))  # type: ignore[misc]
    assert await stocked.write(lambda session: rebuild_and_compare(session, [a_state(WEIGHTS)])) == []


async def test_reposts_are_found_by_an_index_whatever_else_was_voted_on(database: Database) -> None:
    asked = (
        "SELECT token FROM scores WHERE group_id = 'x' AND scores.reposted IS NOT NULL AND scores.supporters > 0"
        " AND reposted < 9 ORDER BY reposted DESC LIMIT 9"
    )
    if database.reading.dialect.name != "sqlite":
        asked = asked.replace("'x'", "'\\x00'::bytea")
    async with database.read() as session:
        if database.reading.dialect.name != "sqlite":
            # Its planner would read a table that is nearly empty from end to end.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if database.reading.dialect.name == "sqlite" else "EXPLAIN "
        plan = " ".join(str(row) for row in await session.execute(text(explain + asked)))
    assert "ix_scores_group_id_reposted" in plan
    assert "TEMP B-TREE" not in plan


async def test_a_pod_from_before_finds_its_reposts_again(stocked: Writer, database: Database) -> None:
    await take(stocked, OWN, *THEIRS, a_repost(THEIRS[0].id, 1, 20), a_repost(THEIRS[1].id, 2, 20))
    await take(stocked, a_repost(THEIRS[0].id, 2, 21), a_repost(THEIRS[1].id, 2, 22, 0), a_repost(THEIRS[2].id, 1, 21))
    plain = a_record("Vote", 1, 30, target={"post": THEIRS[3].id}, value=1000, reason='"from":{"group":"x"}')
    await take(stocked, plain, a_record("Vote", 1, 31, target={"post": OWN.id}, value=1000))
    migration = import_module("migrations.versions.0012_reposts")
    found = migration.VOTES.format(in_wire=migration.IN_WIRE[database.reading.dialect.name])
    asked = ("SELECT target, member, reposted FROM votes", "SELECT target, 0, reposted FROM scores")

    async def rows(session: AsyncSession) -> set[tuple[Any, ...]]:
        return {tuple(row) for one in asked for row in await session.execute(text(one))}

    async def forget_and_find(session: AsyncSession) -> None:
        before = await rows(session)
        assert sum(row[2] is not None for row in before) == 5
        for statement in ("UPDATE votes SET reposted = NULL", "UPDATE scores SET reposted = NULL"):
            await session.execute(text(statement))
        for statement in (found, migration.SCORES):
            await (await session.connection()).exec_driver_sql(statement)
        assert await rows(session) == before

    await stocked.write(forget_and_find)
