from typing import Any

import pytest
from sqlalchemy import Integer, bindparam, event, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import VOTES
from models.content.projections import project
from models.engine.databases import Database
from models.engine.statements import AllKeys, Prepared, listed
from models.engine.writer import Writer
from models.fediverse.seen_signatures import SEEN, insert_seen
from models.groups.records import RECORDS
from protocol.ids import record_id
from tests.models.builders import GROUP, a_vote, accept

OF_RECORDS = AllKeys(lambda keys: select(RECORDS.c.id, RECORDS.c.author).where(RECORDS.c.id.in_(keys)))
OF_VOTERS = AllKeys(
    lambda keys: select(VOTES.c.member, VOTES.c.record_id).where(
        VOTES.c.group_id == bindparam("group"), tuple_(VOTES.c.member, VOTES.c.counter).in_(keys)
    )
)


OF_GROUP = Prepared(
    lambda _: (
        select(RECORDS.c.id, RECORDS.c.author, RECORDS.c.log_index)
        .where(RECORDS.c.group_id == bindparam("group"), RECORDS.c.erased.is_(False), RECORDS.c.state == "pending")
        .order_by(RECORDS.c.seq.desc())
        .limit(bindparam("most", type_=Integer))
    )
)
PREFERRED = Prepared(
    lambda _: (
        select(VOTES.c.member)
        .where(VOTES.c.group_id.in_(listed("groups")), VOTES.c.counter == bindparam("counter"))
        .where(or_(VOTES.c.member.in_(listed("members")), tuple_(VOTES.c.member, VOTES.c.counter).in_(listed("pairs"))))
        .order_by(VOTES.c.member.in_(listed("members")).desc(), VOTES.c.member.in_([4, 5]).desc(), VOTES.c.member)
    )
)
GIVEN_AWAY = Prepared(
    lambda _: (
        update(RECORDS)
        .where(RECORDS.c.id == bindparam("record"))
        .values(author=bindparam("to"))
        .returning(RECORDS.c.author)
    )
)


async def take(session: AsyncSession, members: range) -> None:
    await project(session, await accept(session, *(a_vote(GROUP, member, 1) for member in members)))


async def test_a_glance_gives_what_was_committed_last(database: Database, writer: Writer) -> None:
    authors = Prepared(lambda _: select(RECORDS.c.id, RECORDS.c.author).where(RECORDS.c.author < 4))
    assert await database.glance(authors) == []
    await writer.write(lambda session: take(session, range(1, 7)))
    found = await database.glance(authors)
    assert {tuple(row) for row in found} == {(a_vote(GROUP, member, 1).id, member) for member in range(1, 4)}


async def test_more_keys_than_one_statement_takes_are_all_asked_for(database: Database, writer: Writer) -> None:
    await writer.write(lambda session: take(session, range(1, 41)))
    votes = {a_vote(GROUP, member, 1).id: member for member in range(1, 41)}
    strangers = [record_id(b"%d" % number) for number in range(1300)]
    async with database.read() as session:
        assert await OF_RECORDS.run(session, []) == []
        assert dict(await OF_RECORDS.run(session, [*strangers, *votes])) == votes
        pairs = [(member, 1) for member in range(30, 90)]
        named = await OF_VOTERS.run(session, pairs, group=GROUP)
        assert {own_id: member for member, own_id in named} == {own: of for own, of in votes.items() if of >= 30}
        # What one caller named says nothing of the next.
        assert await OF_VOTERS.run(session, pairs, group=strangers[0]) == []


async def test_a_prepared_statement_gives_and_changes_what_it_names(database: Database, writer: Writer) -> None:
    await writer.write(lambda session: take(session, range(1, 6)))
    votes = [a_vote(GROUP, member, 1).id for member in range(1, 6)]
    async with database.read() as session:
        assert await OF_GROUP.run(session, group=GROUP, most=2) == [(votes[4], 5, None), (votes[3], 4, None)]
        assert await OF_GROUP.value(session, group=GROUP, most=1) == votes[4]
        assert await OF_GROUP.run(session, group=votes[0], most=2) == []
        assert await OF_GROUP.value(session, group=votes[0], most=1) is None
    assert await writer.write(lambda session: GIVEN_AWAY.value(session, record=votes[0], to=9)) == 9
    assert await writer.write(lambda session: GIVEN_AWAY.value(session, record=GROUP, to=9)) is None
    async with database.read() as session:
        assert {author for _, author, _ in await OF_GROUP.run(session, group=GROUP, most=9)} == {9, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("members", "pairs", "found"),
    [
        ([7], [], [7]),
        ([], [(2, 1), (5, 2)], [2]),
        ([9, 8], [(2, 1), (3, 1), (5, 1)], [8, 9, 5, 2, 3]),
        ([*range(30, 400), 1], [(4, 1)], [1, *range(30, 41), 4]),
        ([], [], []),
    ],
)
async def test_a_statement_has_lists_of_any_length_in_any_place(
    database: Database, writer: Writer, members: list[int], pairs: list[tuple[int, int]], found: list[int]
) -> None:
    await writer.write(lambda session: take(session, range(1, 41)))
    async with database.read() as session:
        for groups in ([GROUP], [*map(record_id, (b"a", b"b")), GROUP]):
            rows = await PREFERRED.run(session, groups=groups, counter=1, members=members, pairs=pairs)
            assert [member for (member,) in rows] == found
        assert await PREFERRED.run(session, groups=[], counter=1, members=members, pairs=pairs) == []


async def test_a_batch_of_votes_costs_as_many_statements_as_one(database: Database, writer: Writer) -> None:
    told: list[int] = []

    def count(*_: Any) -> None:
        told[-1] += 1

    event.listen(database.writing.sync_engine, "before_cursor_execute", count)
    for members in (range(1, 2), range(2, 3), range(3, 203)):
        told.append(0)
        await writer.write(lambda session, members=members: take(session, members))  # type: ignore[misc]
    assert told[1] == told[2]


async def test_a_signature_is_new_once_in_one_batch_and_over_many(database: Database, writer: Writer) -> None:
    async def see(session: AsyncSession, *marks: bytes) -> set[bytes]:
        return await insert_seen(session, dict.fromkeys(marks, 1))

    assert await writer.write(lambda session: see(session, b"a", b"b")) == {b"a", b"b"}
    assert await writer.write(lambda session: see(session, b"b", b"c")) == {b"c"}
    async with database.read() as session:
        assert len((await session.execute(select(SEEN))).all()) == 3
