"""However many members confirm an item, the acks of its seats are told, and those of the items after it."""

from __future__ import annotations

from sqlalchemy import insert

from models.engine.databases import Database
from models.engine.writer import running_writer
from models.groups.seats_and_acks import ACKS, list_acks_of
from protocol.keys import PrivateKey
from tests.support.writing import an_id

GROUP, EACH, CROWD = an_id("group"), 4, 30


async def test_a_crowd_that_signs_keeps_no_seats_ack_back(database: Database) -> None:
    keys = sorted(PrivateKey.from_seed((b"%d" % number).ljust(32)).did for number in range(CROWD))
    seat = (7, keys[-1])  # the last in order
    items = [(height, an_id(height)) for height in range(3)]
    rows = [
        {"group_id": GROUP, "seat": key, "term": 0, "height": height, "item_id": item, "keeper": 7, "wire": b"{}"}
        for height, item in items
        for key in (keys if height < 2 else keys[-1:])
    ]
    async with running_writer(database) as writer:
        await writer.write(lambda session: session.execute(insert(ACKS), rows))

    async with database.read() as session:
        found = await list_acks_of(session, GROUP, items, EACH, [seat])
        nobodys = await list_acks_of(session, GROUP, items, EACH, [])

    assert [ack.height for ack in found] == [0] * EACH + [1] * EACH + [2]
    assert [ack.seat for ack in found if ack.seat == seat[1]] == [seat[1]] * 3
    assert [ack.seat for ack in found][::EACH] == [seat[1]] * 3
    assert [ack.seat for ack in nobodys] == keys[:EACH] * 2 + [seat[1]]
