from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database
from models.engine.writer import Writer
from models.groups.log_tiles import complete_tiles, load_leaves, load_tiles, truncate_log
from models.groups.records import (
    insert_records,
    list_log,
    list_pending,
    list_records,
    load_known,
    load_pending_sizes,
    load_record,
    set_logged,
    set_state,
)
from models.groups.waiting_records import (
    Promise,
    insert_receipts,
    list_broken_promises,
    list_operations,
    mark_sealed,
    put_operations,
    reopen_operations,
)
from protocol.ids import RecordId, record_id
from protocol.log import (
    inclusion_proof,
    leaf_hash,
    reader_of,
    root_of,
    tile_reader,
    tiles_for_inclusion,
    verify_inclusion,
)
from tests.models.builders import GROUP, NO_RECORD, a_new_record, a_post, a_vote


async def test_a_record_is_stored_once_and_keeps_its_place(database: Database, writer: Writer) -> None:
    post, vote = a_post(), a_vote(NO_RECORD, 1, 2)
    first = await writer.write(lambda session: insert_records(session, [a_new_record(post), a_new_record(vote)]))
    again = await writer.write(lambda session: insert_records(session, [a_new_record(vote), a_new_record(post)]))

    async with database.read() as session:
        stored = await load_record(session, post.id)
        known = await load_known(session, [post.id, vote.id, NO_RECORD])
    assert set(first) == known == {post.id, vote.id}
    assert again == {}
    assert stored is not None
    assert (stored.wire, stored.seq, stored.state) == (post.wire, first[post.id], "pending")


async def test_pending_is_what_the_log_lacks_in_the_order_of_acceptance(database: Database, writer: Writer) -> None:
    records = [a_vote(NO_RECORD, 1, counter) for counter in range(1, 7)]
    places = await writer.write(lambda session: insert_records(session, [a_new_record(r) for r in records]))
    await writer.write(lambda session: set_logged(session, [(records[2].id, 0), (records[0].id, 1)]))
    await writer.write(lambda session: set_state(session, [records[5].id], "refused"))

    async with database.read() as session:
        pending = await list_pending(session, GROUP, 0, 10)
        later = await list_pending(session, GROUP, places[records[1].id], 1)
        log = await list_log(session, GROUP, 0, 10)
        sizes = await load_pending_sizes(session, GROUP, [1, 2])
        counted = await list_records(session, GROUP, 0, 10)
    assert [entry.id for entry in pending] == [records[n].id for n in (1, 3, 4)]
    assert [entry.id for entry in later] == [records[3].id]
    assert [entry.id for entry in log] == [records[2].id, records[0].id]
    assert sizes == {1: (3, sum(len(entry.wire) for entry in pending))}
    assert [entry.id for entry in counted] == [record.id for record in records[:5]]


async def test_no_two_records_have_one_place_in_the_log(writer: Writer) -> None:
    one, other = a_vote(NO_RECORD, 1, 1), a_vote(NO_RECORD, 1, 2)
    await writer.write(lambda session: insert_records(session, [a_new_record(one), a_new_record(other)]))
    await writer.write(lambda session: set_logged(session, [(one.id, 0)]))

    with pytest.raises(IntegrityError):
        await writer.write(lambda session: set_logged(session, [(other.id, 0)]))


async def fill_log(writer: Writer, size: int) -> list[RecordId]:
    template = a_new_record(a_post())
    ids = [record_id(str(number).encode()) for number in range(size)]

    async def action(session: AsyncSession) -> None:
        fields = {name: getattr(template, name) for name in template.__struct_fields__}
        await insert_records(session, [type(template)(**{**fields, "id": id_}) for id_ in ids])
        await set_logged(session, [(id_, place) for place, id_ in enumerate(ids)])
        await complete_tiles(session, GROUP, 0, 300)
        await complete_tiles(session, GROUP, 300, size)

    await writer.write(action)
    return ids


async def test_proofs_from_stored_tiles_hold(database: Database, writer: Writer) -> None:
    size = 700
    leaves = [leaf_hash(id_) for id_ in await fill_log(writer, size)]

    async with database.read() as session:
        for index in (0, 255, 256, 699):
            tiles = await load_tiles(session, GROUP, tiles_for_inclusion(index, size))
            path = inclusion_proof(tile_reader(lambda *tile: tiles[tile]), index, size)  # noqa: B023
            assert path == inclusion_proof(reader_of(leaves), index, size)
            assert verify_inclusion(leaves[index], index, size, path, root_of(leaves))


async def test_a_shortened_log_forgets_its_tiles_and_makes_records_pending(database: Database, writer: Writer) -> None:
    ids = await fill_log(writer, 700)
    await writer.write(lambda session: truncate_log(session, GROUP, 500))

    async with database.read() as session:
        assert await load_leaves(session, GROUP, 498, 510) == [leaf_hash(ids[498]), leaf_hash(ids[499])]
        assert len((await load_tiles(session, GROUP, [(1, 0)]))[1, 0]) == 1
        assert len(await list_pending(session, GROUP, 0, 1000)) == 200


async def test_operations_of_a_lost_item_wait_again(database: Database, writer: Writer) -> None:
    operations = [record_id(name) for name in (b"a", b"b")]
    for operation in operations:
        await writer.write(partial(put_operations, operations=[(operation, GROUP, b"{}")], now=1))
    item = record_id(b"item")
    await writer.write(lambda session: mark_sealed(session, operations[:1], item))

    async with database.read() as session:
        assert [entry.id for entry in await list_operations(session, GROUP, 9)] == operations[1:]
    await writer.write(lambda session: reopen_operations(session, [item]))
    async with database.read() as session:
        assert [entry.id for entry in await list_operations(session, GROUP, 9)] == operations


async def test_a_promise_is_broken_while_the_log_lacks_its_record(database: Database, writer: Writer) -> None:
    vote = a_vote(NO_RECORD, 1, 1)
    receipt = {"record_id": vote.id, "steward": "did", "term": 0, "group_id": GROUP, "by_at": 100, "wire": b"{}"}
    await writer.write(lambda session: insert_receipts(session, [receipt]))
    await writer.write(lambda session: insert_records(session, [a_new_record(vote)]))

    async with database.read() as session:
        assert await list_broken_promises(session, GROUP, 101, 9) == [Promise(vote.id, 100, b"{}")]
        assert await list_broken_promises(session, GROUP, 100, 9) == []
    await writer.write(lambda session: set_logged(session, [(vote.id, 0)]))
    async with database.read() as session:
        assert await list_broken_promises(session, GROUP, 101, 9) == []
