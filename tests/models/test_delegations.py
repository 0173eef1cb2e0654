"""What a count reads of delegations is little, and counts the same as all that the group ever logged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

import msgspec
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.delegate_lock import EntryKind, PollEntry, StandingEntries, standing
from migrations import upgrade
from models.content.projections import project, project_members, rebuild_and_compare
from models.decisions.delegates import Followers, count_followers, list_consenting, list_declared, list_offers
from models.decisions.delegations import StoredDelegation, list_delegations
from models.decisions.logged import list_logged_delegations
from models.decisions.polls import DELEGATIONS
from models.engine.columns import id_of_bytes
from models.engine.databases import Database, open_database
from models.engine.writer import Writer
from protocol.records.content import Delegate, Delegation
from protocol.records.content.polls import GROUP_SCOPE, scope_of_area
from protocol.records.envelope import Record
from tests.models.builders import GROUP, a_record, a_state, accept

AUTHORS = (1, 2, 3)
WEIGHTS = {1: 3000, 2: 1000, 3: 1000, 4: -5}
COUNT = 80


def a_delegation(author: int, counter: int, *delegates: int, key: int = 0, **members: object) -> Record:
    return a_record("Delegation", author, counter, key, delegates=list(delegates), **members)


def any_record(rng: Random, salt: int) -> Record:
    """Few authors, scopes, keys and counters, so that many records have the same register, and some the same rank."""
    author, counter, key = rng.choice(AUTHORS), rng.randrange(1, 9), rng.randrange(3)
    if rng.random() < 0.4:
        said = {"declared": rng.random() < 0.6, "statement": f"{salt}"}
        return a_record("Delegate", author, counter, key, **said)
    scope = rng.choice([{}, {"area": "energy"}, {"area": "water"}])
    delegates = [rng.randrange(1, 5) for _ in range(rng.randrange(4))]
    return a_delegation(author, counter, *delegates, key=key, expires=salt + 1, **scope)


def entries(stored: Sequence[StoredDelegation], quarantined: int) -> list[PollEntry[object]]:
    """As `decisions.entries` reads them; a key that a recovery set after the opening says nothing."""
    found: list[PollEntry[object]] = []
    for one in stored:
        said = one.content
        if said.key >= quarantined:
            continue
        rank = (said.key, said.counter, str(one.record_id))
        if isinstance(said, Delegate):
            content = True if said.declared else None
            found.append(PollEntry(one.place, said.author, EntryKind.DECLARATION, "", rank, content))
        else:
            found.append(PollEntry(one.place, said.author, EntryKind.DELEGATION, said.scope, rank, one.record_id))
    return found


async def take(writer: Writer, records: Sequence[Record]) -> None:
    async def action(session: AsyncSession) -> None:
        await project(session, await accept(session, *records))

    await writer.write(action)


async def put_at(writer: Writer, records: Sequence[Record]) -> None:
    """The log has the records in this order."""

    async def action(session: AsyncSession) -> None:
        for place, record in enumerate(records):
            await session.execute(update(DELEGATIONS).where(DELEGATIONS.c.record_id == record.id).values(place=place))

    await writer.write(action)


@pytest.mark.parametrize("seed", range(4))
async def test_dc_08_the_newest_of_each_prefix_count_as_all_that_was_logged(
    database: Database, writer: Writer, seed: int
) -> None:
    rng = Random(seed)
    records = list({record.id: record for record in (any_record(rng, salt) for salt in range(COUNT))}.values())
    await take(writer, records)
    await put_at(writer, records)
    async with database.read() as session:
        whole = [
            StoredDelegation(*row)
            for row in await session.execute(
                DELEGATIONS.select().with_only_columns(
                    *(DELEGATIONS.c[name] for name in StoredDelegation.__struct_fields__)
                )
            )
        ]
        assert len(whole) == len(records)
        for _ in range(12):
            lock, end = sorted((rng.randrange(COUNT + 1), rng.randrange(COUNT + 1)))
            read = await read_by_a_count(session, lock=lock, end=end)
            others = await read_by_a_count(session, lock=lock, end=end, scopes=SCOPES[:1])
            assert {one.record_id for one in others} == {
                one.record_id for one in read if one.scope in ("", GROUP_SCOPE)
            }
            of_two = await list_delegations(session, GROUP, [1, 3], lock=lock, end=end)
            for quarantined in (1, 2, 3):
                expected = standing(entries(whole, quarantined), lock, end)
                assert standing(entries(read, quarantined), lock, end) == expected
                assert standing(entries(of_two, quarantined), lock, end) == _of(expected, {1, 3})
            registers = {(one.content.author, one.scope, one.content.key) for one in read}
            assert len(read) <= 3 * len(registers), "more is read than the newest, and what has the same counter"


SCOPES = (GROUP_SCOPE, scope_of_area("energy"), scope_of_area("water"))


async def read_by_a_count(
    session: AsyncSession, *, lock: int, end: int, scopes: Sequence[str] = SCOPES
) -> list[StoredDelegation]:
    logged = await list_logged_delegations(session, GROUP, scopes, lock=lock, end=end)
    found = []
    for one in logged:
        assert isinstance(one.id, bytes)
        assert isinstance(one.content, Delegate | Delegation)
        scope = one.content.scope if isinstance(one.content, Delegation) else ""
        found.append(StoredDelegation(id_of_bytes(one.id), scope, one.index, msgspec.json.encode(one.content)))
    return found


def _of(counted: StandingEntries[object], authors: set[int]) -> StandingEntries[object]:
    held = {author: lists for author, lists in counted.delegations.items() if author in authors}
    return StandingEntries({}, held, counted.delegates & authors)


@pytest.mark.parametrize("seed", range(3))
async def test_offers_and_present_lists_are_the_same_in_any_order(writer: Writer, seed: int) -> None:
    rng = Random(seed)
    records = list({record.id: record for record in (any_record(rng, salt) for salt in range(COUNT))}.values())
    await writer.write(lambda session: project_members(session, a_state(WEIGHTS, frozenset())))
    rng.shuffle(records)
    while records:
        count = rng.randint(1, 9)
        some, records = records[:count], records[count:]
        await take(writer, some)
    states = [a_state(WEIGHTS, frozenset())]
    assert await writer.write(lambda session: rebuild_and_compare(session, states)) == []


async def test_dc_10_followers_are_counted_and_named_only_with_their_consent(
    database: Database, writer: Writer
) -> None:
    year = 365 * 86_400_000
    await writer.write(lambda session: project_members(session, a_state(WEIGHTS, frozenset())))
    await take(
        writer,
        [
            a_record("Delegate", 2, 1, declared=True, areas=["energy"]),
            a_record("Delegate", 3, 1, declared=True),
            a_record("Delegate", 1, 1, declared=True),
            a_record("Delegate", 1, 2, declared=False),
            a_delegation(1, 3, 3, named=True),
            a_delegation(1, 4, 2, 3),
            a_delegation(3, 5, 2, area="energy", named=True),
            a_delegation(4, 6, 2, area="energy"),
        ],
    )
    now = 1_700_000_000_000
    async with database.read() as session:
        assert await list_offers(session, GROUP, "", after=0, most=9) == [2, 3]
        assert await list_offers(session, GROUP, "water", after=0, most=9) == [3]
        assert await list_offers(session, GROUP, "energy", after=2, most=9) == [3]
        assert await list_declared(session, GROUP, [1, 2]) == {2}
        counted = await count_followers(session, GROUP, [2, 3], now=now)
        assert sorted(counted, key=str) == [
            Followers(2, "area energy", 1, 1),
            Followers(2, "group", 1, 1),
            Followers(3, "group", 0, 1),
        ], "the newest lists alone, and nothing of who is black-listed"
        assert await list_consenting(session, GROUP, 2, now=now, after=0, most=9) == [3]
        assert await list_consenting(session, GROUP, 3, now=now, after=0, most=9) == []
        assert await count_followers(session, GROUP, [2, 3], now=now + year + 9) == []


async def test_the_step_to_0045_finds_the_newest_lists_and_offers(bare_database_url: str) -> None:
    database = await open_database(bare_database_url, durable=False)
    await upgrade(database, "0044")
    head = {"author": 2, "key": 0, "at": 5}
    said = [
        ("group", {**head, "counter": 1, "delegates": [1]}),
        ("group", {**head, "counter": 2, "delegates": [2, 3, 3, 1], "expires": 9}),
        ("", {**head, "counter": 3, "declared": True}),
    ]
    row = {"group_id": b"g", "author": 2}
    rows = [
        {**row, "record_id": b"%d" % place, "scope": scope, "place": place, "said": json.dumps(one).encode()}
        for place, (scope, one) in enumerate(said)
    ]
    names = ", ".join(rows[0])
    values = ", ".join(f":{name}" for name in rows[0])
    async with database.writing.begin() as connection:
        await connection.execute(text(f"INSERT INTO delegations ({names}) VALUES ({values})"), rows)

    await upgrade(database)

    async with database.reading.connect() as connection:
        counters = await connection.execute(text("SELECT counter FROM delegations ORDER BY place"))
        assert [counter for (counter,) in counters] == [1, 2, 3]
        follows = await connection.execute(text('SELECT rank, delegate, "until" FROM followed_delegates ORDER BY rank'))
        assert [tuple(one) for one in follows] == [(1, 3, 9), (2, 1, 9)]
        offers = await connection.execute(text("SELECT author, area FROM delegate_offers"))
        assert [tuple(one) for one in offers] == [(2, "")]
    await database.close()
