import asyncio
import time

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import VOTES
from models.content.projections import project
from models.engine.databases import Database
from models.engine.writer import Bulk, Writer
from protocol.records.envelope import Record
from tests.models.builders import a_state, a_vote, accept

pytestmark = [pytest.mark.bench, pytest.mark.usefixtures("plain_notes")]
CLIENTS, EACH = 64, 50


async def take_all(session: AsyncSession, records: list[Record]) -> list[None]:
    await project(session, await accept(session, *records))
    return [None] * len(records)


TAKEN = Bulk("taken", take_all)


async def test_single_rows_acknowledged_to_many_clients(database: Database, writer: Writer) -> None:
    insert = text("INSERT INTO plain_notes (id, at) VALUES (:id, 0)")

    async def client(number: int) -> None:
        for count in range(EACH):
            row = {"id": f"{number}/{count}"}

            async def action(session: AsyncSession, row: dict[str, str] = row) -> None:
                await session.execute(insert, row)

            await writer.write(action)

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    rate = CLIENTS * EACH / (time.perf_counter() - began)
    print(f"\n{database.writing.dialect.name}: {rate:,.0f} acknowledged rows/s in {writer.commits} commits")
    assert rate > 300


async def test_votes_stored_and_projected_in_bulk(database: Database, writer: Writer) -> None:
    posts = [a_state({}).group]
    records = [a_vote(posts[0], member, count) for member in range(1, CLIENTS + 1) for count in range(1, EACH + 1)]

    async def client(number: int) -> None:
        for record in records[number * EACH : (number + 1) * EACH]:
            await writer.put(TAKEN, record)

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    rate = len(records) / (time.perf_counter() - began)
    print(f"\n{database.writing.dialect.name}: {rate:,.0f} votes/s stored, projected, acknowledged")
    async with database.read() as session:
        assert len((await session.execute(VOTES.select())).all()) == CLIENTS
    assert rate > 300
