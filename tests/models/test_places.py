"""X8: the order of a group's posts is the log's, and then a fixed one; no arrival, batch or lost branch changes it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import list_by_author
from models.content.places import LogPlace, parse_place, waiting_place
from models.content.posts_and_votes import load_sheets, post_target_key
from models.content.projections import project, project_members, project_places, rebuild_and_compare
from models.content.replies import list_replies
from models.content.reposts import list_shown_posts
from models.content.subjects import list_replies_to_subject
from models.engine.databases import Database
from models.engine.writer import Writer
from models.fediverse.followers import Shows, list_shown
from models.groups.groups_and_items import insert_group
from models.groups.log_entries import load_entries
from models.groups.log_tiles import truncate_log
from models.groups.records import set_logged
from protocol.ids import RecordId
from protocol.records.envelope import Record
from tests.models.builders import GROUP, a_patch, a_post, a_state, a_vote, accept, an_erasure
from tests.models.test_reposts import OTHER, a_group, a_repost

WEIGHTS = {1: 3000, 2: 1000}
FIRST = a_post(1, 1, ("The first.",))
ANSWERS = [a_post(2, number, (f"Answer {number}.",), reply_to={"record": FIRST.id}) for number in (20, 21, 22)]
# Written in the same millisecond as the last answer; both wait.
TWIN = a_post(2, 22, ("Twin.",), reply_to={"record": FIRST.id})
NAMED = [a_post(1, number, (f"Well {number}.",), reply_to={"subject": "Wells"}) for number in (30, 31, 32)]
ERASED = a_post(2, 40, ("Not said.",))
PATCHES = [a_patch(FIRST.id, 2, number, f"Edit {number}") for number in (50, 51, 52)]
THEIRS = [a_post(1, number, (f"Theirs {number}.",), group=OTHER) for number in (60, 61)]
REPOSTS = [a_repost(THEIRS[0].id, 1, 70), a_repost(THEIRS[0].id, 2, 71), a_repost(THEIRS[1].id, 2, 72)]
POSTS = [FIRST, *ANSWERS, TWIN, *NAMED, ERASED]
VOTES = [a_vote(post.id, 1, 100 + number) for number, post in enumerate(POSTS)]
OWN = [*POSTS, *PATCHES, *REPOSTS, *VOTES, an_erasure(2, 90, ERASED.id)]
# In no order of writing; what isn't in it waits.
LOG = [NAMED[2], REPOSTS[1], ANSWERS[1], FIRST, NAMED[0], PATCHES[1], VOTES[0], PATCHES[2], ANSWERS[0], REPOSTS[0]]


def place_of(record: Record) -> int:
    at = 0 if record is ERASED else int(record.body["at"])
    return LOG.index(record) if record in LOG else waiting_place(at)


def in_order(records: Sequence[Record]) -> list[RecordId]:
    return [post.id for post in sorted(records, key=lambda post: (place_of(post), post_target_key(post.id)))]


async def arrive(writer: Writer, rng: Random) -> None:
    """All records in any order and any batches; the log grows meanwhile, and loses what another branch gave."""
    waiting = [*OWN, *THEIRS]
    rng.shuffle(waiting)
    here: set[RecordId] = set()
    while waiting:
        count = rng.randint(1, 9)
        some, waiting = waiting[:count], waiting[count:]
        here |= {record.id for record in some}
        branch = [record.id for record in OWN if record.id in here]
        rng.shuffle(branch)
        await writer.write(lambda session, some=some: take(session, some))  # type: ignore[misc]
        await writer.write(lambda session, branch=branch: place(session, branch[: rng.randint(0, 4)]))  # type: ignore[misc]
        await writer.write(lambda session: cut(session, 0))
    split = rng.randint(0, len(LOG))
    await writer.write(lambda session: place(session, [record.id for record in LOG[:split]]))
    await writer.write(lambda session: place(session, [record.id for record in LOG[split:]], first=split))


async def take(session: AsyncSession, records: Sequence[Record]) -> None:
    await project(session, await accept(session, *records))


async def place(session: AsyncSession, entries: Sequence[RecordId], first: int = 0) -> None:
    await set_logged(session, [(entry, first + number) for number, entry in enumerate(entries)])
    await project_places(session, {entry.id: entry.type for entry in await load_entries(session, entries)})


async def cut(session: AsyncSession, size: int) -> None:
    await project_places(session, await truncate_log(session, GROUP, size))


@pytest.fixture
async def stocked(writer: Writer) -> Writer:
    async def action(session: AsyncSession) -> None:
        for group in (GROUP, OTHER):
            await insert_group(session, a_group(group, "public"))
        await project_members(session, a_state(WEIGHTS))

    await writer.write(action)
    return writer


async def paged(session: AsyncSession) -> list[RecordId]:
    """What the group shows, two a page; a cursor goes through an address."""
    seen: list[RecordId] = []
    before: LogPlace | None = None
    for _ in range(99):
        cards, following = await list_shown_posts(session, GROUP, 2, before=before)
        seen += [card.id for card in cards]
        if following is None:
            break
        before = parse_place(str(following))
        assert before == following
    return seen


async def paged_answers(session: AsyncSession) -> list[RecordId]:
    seen: list[RecordId] = []
    after: LogPlace | None = None
    while page := await list_replies(session, GROUP, FIRST.id, 1, after=after):
        seen.append(page[0].id)
        after = LogPlace(page[0].place, page[0].id)
    return seen


@pytest.mark.parametrize("seed", range(3))
async def test_x8_any_order_of_arrival_and_any_batches_give_the_same_lists(
    stocked: Writer, database: Database, seed: int
) -> None:
    await arrive(stocked, Random(seed))
    reposted = {THEIRS[0].id: REPOSTS[1], THEIRS[1].id: REPOSTS[2]}
    standing = [(place_of(post), post_target_key(post.id), post.id) for post in POSTS]
    standing += [(place_of(vote), post_target_key(post), post) for post, vote in reposted.items()]
    async with database.read() as session:
        assert await paged(session) == [post for *_, post in sorted(standing, reverse=True)]
        assert await paged_answers(session) == in_order([*ANSWERS, TWIN])
        told = [post for _, post in await list_shown(session, Shows(GROUP, 0), 99)]
        assert told == in_order([post for post in POSTS if post is not ERASED])[::-1]
        written, _ = await list_by_author(session, GROUP, 2, 99)
        assert [card.id for card in written] == in_order([*ANSWERS, TWIN, ERASED])[::-1]
        sheets = [sheet.id for sheet in await load_sheets(session, GROUP, FIRST.id, 99)]
        assert sheets == [record.id for record in sorted([FIRST, *PATCHES], key=place_of)]
        named = [
            (reply.post, reply.log_index) for reply in await list_replies_to_subject(session, GROUP, "Wells", 0, 9)
        ]
        assert named == [(NAMED[0].id, 4), (NAMED[2].id, 0)]
    assert await stocked.write(lambda session: rebuild_and_compare(session, [a_state(WEIGHTS)])) == []


async def test_x8_answers_go_on_behind_one_that_got_its_place_meanwhile(stocked: Writer, database: Database) -> None:
    await stocked.write(lambda session: take(session, [FIRST, *ANSWERS]))
    async with database.read() as session:
        (first,) = await list_replies(session, GROUP, FIRST.id, 1)
    await stocked.write(lambda session: place(session, [post.id for post in (FIRST, *ANSWERS)]))
    async with database.read() as session:
        rest = await list_replies(session, GROUP, FIRST.id, 9, after=LogPlace(first.place, first.id))
    assert [card.id for card in rest] == [ANSWERS[1].id, ANSWERS[2].id]


async def test_x8_posts_go_on_below_one_that_got_its_place_meanwhile(stocked: Writer, database: Database) -> None:
    await stocked.write(lambda session: take(session, [*NAMED, *(a_vote(post.id, 1, 100) for post in NAMED)]))
    async with database.read() as session:
        (first,), before = await list_shown_posts(session, GROUP, 1)
    await stocked.write(lambda session: place(session, [post.id for post in NAMED]))
    async with database.read() as session:
        rest, _ = await list_shown_posts(session, GROUP, 9, before=before)
        written, _ = await list_by_author(session, GROUP, 1, 9, before=before)
        told = await list_shown(session, Shows(GROUP, 0), 9, before=before)
    below = [NAMED[1].id, NAMED[0].id]
    assert first.id == NAMED[2].id
    assert [card.id for card in rest] == [card.id for card in written] == [post for _, post in told] == below
