import asyncio
from functools import partial

from sqlalchemy import text

from models.engine.databases import Database
from models.engine.writer import Writer
from models.groups.groups_and_items import (
    StoredGroup,
    StoredItem,
    insert_group,
    insert_items,
    list_chain,
    load_group,
    move_head,
    set_on_chain,
)
from models.groups.seats_and_acks import StoredKeeper, load_keeper, retire_keepers, save_keeper
from models.people.accounts import (
    Membership,
    count_recovery_keys,
    insert_account,
    insert_recovery_keys,
    insert_token,
    load_token,
    revoke_token,
    save_membership,
    set_disabled,
    take_counter,
    take_recovery_key,
)
from protocol.ids import record_id
from protocol.keys import DidKey
from tests.models.builders import GROUP, KEY


async def an_account(writer: Writer) -> int:
    return await writer.write(lambda session: insert_account(session, name="ada", seed_sealed=b"sealed", now=1))


async def test_a_token_opens_its_account_until_it_is_revoked(database: Database, writer: Writer) -> None:
    account = await an_account(writer)
    await writer.write(lambda session: insert_token(session, sha256=b"t" * 32, account=account, name="first", now=1))

    async with database.read() as session:
        found = await load_token(session, b"t" * 32)
        assert found is not None
        assert (found.account.name, found.decides, found.proved_at) == ("ada", False, 0)
        assert await load_token(session, b"u" * 32) is None
    await writer.write(lambda session: revoke_token(session, account, "first", 2))
    async with database.read() as session:
        assert await load_token(session, b"t" * 32) is None


async def test_a_disabled_account_has_no_valid_token(database: Database, writer: Writer) -> None:
    account = await an_account(writer)
    await writer.write(lambda session: insert_token(session, sha256=b"t" * 32, account=account, name="first", now=1))
    await writer.write(lambda session: set_disabled(session, account, disabled=True))

    async with database.read() as session:
        assert await load_token(session, b"t" * 32) is None


async def test_each_recovery_key_is_taken_once_in_order(database: Database, writer: Writer) -> None:
    account = await an_account(writer)
    dids = [DidKey("did:key:one"), DidKey("did:key:two")]
    await writer.write(lambda session: insert_recovery_keys(session, account, 0, dids))
    taken = [await writer.write(lambda session: take_recovery_key(session, account, GROUP)) for _ in range(3)]

    assert taken == [(0, dids[0]), (1, dids[1]), None]
    async with database.read() as session:
        assert await count_recovery_keys(session, account) == 0


async def test_no_counter_is_given_twice(writer: Writer) -> None:
    account = await an_account(writer)
    membership = Membership(account, GROUP, 1, KEY.did, "context", 0, 0, 4, "member")
    await writer.write(lambda session: save_membership(session, membership))

    taken = await asyncio.gather(
        *(writer.write(lambda session: take_counter(session, account, GROUP)) for _ in range(20))
    )
    assert sorted(taken) == list(range(5, 25))


def an_item(name: bytes, height: int) -> StoredItem:
    return StoredItem(record_id(name), GROUP, GROUP, height, 0, "Seal", height, 0, b"{}")


async def test_only_one_of_two_moves_from_the_same_head_succeeds(database: Database, writer: Writer) -> None:
    one, other = an_item(b"one", 1), an_item(b"other", 1)
    group = StoredGroup(GROUP, "group", "name", "public", True, GROUP, 0, GROUP, 0, 0, b"", b"{}", GROUP, 0)
    await writer.write(lambda session: insert_group(session, group))
    await writer.write(lambda session: insert_items(session, [one, other]))
    moves = [await writer.write(partial(move_head, group=GROUP, expected=GROUP, head=head)) for head in (one, other)]
    await writer.write(lambda session: set_on_chain(session, [one.id], []))

    assert moves == [True, False]
    async with database.read() as session:
        stored = await load_group(session, GROUP)
        assert stored is not None
        assert stored.head_id == one.id
        assert [item.id for item in await list_chain(session, GROUP, 0, 9)] == [one.id]


async def test_a_seat_remembers_what_it_signed_and_can_be_retired(database: Database, writer: Writer) -> None:
    signed = StoredKeeper(GROUP, KEY.did, record_id(b"item"), 3, 7, 4, 9)
    await writer.write(lambda session: save_keeper(session, signed))
    await writer.write(retire_keepers)

    async with database.read() as session:
        kept = await load_keeper(session, GROUP, KEY.did)
        fresh = await load_keeper(session, record_id(b"elsewhere"), KEY.did)
    assert (kept.last_item, kept.last_term, kept.highest_term, kept.retired) == (record_id(b"item"), 3, 4, True)
    assert (fresh.last_term, fresh.retired) == (-1, False)


async def test_k5_a_membership_is_found_by_its_key_however_many_of_the_pod_are_members(database: Database) -> None:
    is_sqlite = database.reading.dialect.name == "sqlite"
    group = "x'00'" if is_sqlite else "'\\x00'::bytea"
    asked = f"SELECT number FROM memberships WHERE group_id = {group} AND signing IN ('did:key:x')"
    async with database.read() as session:
        if not is_sqlite:
            # Its planner would read a table that is nearly empty from end to end.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = " ".join(str(row) for row in await session.execute(text(explain + asked)))
    assert "ix_memberships_group_id_signing" in plan
