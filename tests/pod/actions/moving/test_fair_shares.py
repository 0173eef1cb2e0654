"""Strangers at one address take their share of a pod's room and no more, and what is over is walked no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import event

from models.moving.closings import list_closing
from models.moving.moves import COPYING, SWITCHING, VERIFIED, Move, load_move
from models.people.accounts import load_account_named
from pod.actions.moving import begun_moves
from pod.actions.moving.begun_moves import LookedUpAccount, begin_move, move_hash
from pod.actions.moving.copy_step import _make_room
from pod.actions.moving.switch_step import _open
from pod.actions.moving.uploads import MOST_OF_ADDRESS, MOST_WAITING, find_upload, keep_upload
from pod.rules.archives import ArchiveRule
from protocol.errors import RefusedError
from tests.pod.actions.moving.test_ended_moves import Room, room
from tests.support.sinks import NOON
from tests.support.writing import an_id

__all__ = ["room"]
GREEDY, OTHER = b"greedy", b"other"  # stand for network addresses


async def asks(room: Room, payer: bytes, *, most: int = 4, standing: bool = False) -> None:
    told = ("@new", "https://new.example", an_id("new"), "full", "", "", b"", "", NOON, NOON, None)
    move = Move(b"m", *told, standing=standing, payer=payer)
    await room.deps.store.write(partial(_make_room, move=move, most=most, now=NOON))


async def test_mg_02_where_one_address_fills_the_room_for_copies_its_oldest_gives_way_to_another(room: Room) -> None:
    # Each from another old pod, so that no pod has more than its share.
    for place, who in enumerate(("ada", "bo", "cy", "di")):
        stage = SWITCHING if who == "ada" else VERIFIED if who == "bo" else COPYING
        await room.has(who, stage, pod=f"https://{who}.example", payer=GREEDY, begun_at=NOON - 9 + place)
    with pytest.raises(RefusedError):
        await asks(room, GREEDY)
    await asks(room, OTHER)
    after = {who: await room.move(who.encode().ljust(32)) for who in ("ada", "bo", "cy", "di")}
    assert [who for who, move in after.items() if move is not None and move.copy_id is None] == ["bo"]
    with pytest.raises(RefusedError):
        await asks(room, GREEDY, standing=True)
    await asks(room, OTHER, standing=True)


async def test_mg_02_addresses_that_fill_the_room_together_give_way_though_none_has_more_than_its_share(
    room: Room,
) -> None:
    people = ("ada", "bo", "cy", "di", "eva", "finn", "gro", "hans")
    for place, who in enumerate(people):
        pod, payer = f"https://{who}.example", b"address %d" % (place % 4)
        await room.has(who, COPYING, pod=pod, payer=payer, begun_at=NOON - 9 + place)
    await asks(room, OTHER, most=len(people))
    after = {who: await room.move(who.encode().ljust(32)) for who in people}
    gone = {who: move.payer for who, move in after.items() if move is not None and move.copy_id is None}
    assert gone == {"ada": None}, "nothing tells any more where it was begun"
    with pytest.raises(RefusedError):
        await asks(room, b"address 1", most=len(people) - 1)


async def test_mg_02_room_is_an_accounts_once_the_move_has_one(room: Room) -> None:
    sha256 = await room.has("ada", COPYING, payer=GREEDY)
    move = await room.move(sha256)
    assert move is not None
    assert move.payer == GREEDY
    async with room.deps.store.database.read() as session:
        ada = await load_account_named(session, "ada")
    assert ada is not None
    await room.deps.store.write(lambda session: _open(room.deps, move, session, ada))
    after = await room.move(sha256)
    assert after is not None
    assert after.payer is None


async def test_mg_13_one_address_has_two_files_that_wait_and_another_address_still_gets_in(room: Room) -> None:
    def a_file() -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"PK"
            yield b""

        return pieces()

    async def sends(address: str) -> str:
        return await keep_upload(room.deps, a_file().__anext__, payer=address)

    for _ in range(MOST_OF_ADDRESS):
        await sends("192.0.2.1")
    with pytest.raises(RefusedError) as full:
        await sends("192.0.2.1")
    assert full.value.refused.rule is ArchiveRule.OTHERS_WAIT
    for number in range(MOST_WAITING - MOST_OF_ADDRESS):
        await sends(f"198.51.100.{number}")
    with pytest.raises(RefusedError):
        await sends("203.0.113.5")


async def test_mg_02_an_address_is_kept_as_only_this_pods_secret_can_tell_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are few addresses: a hash without a secret is as good as the address."""

    async def found(_: object, __: str) -> LookedUpAccount:
        return LookedUpAccount("https://old.example", an_id("ada"), "full")

    async def piece() -> bytes:
        return b""

    monkeypatch.setattr(begun_moves, "find_account", found)
    secret = await begin_move(room.deps, "@ada@old.example", "", payer="192.0.2.1")
    upload = await find_upload(room.deps, await keep_upload(room.deps, piece, payer="192.0.2.1"))
    async with room.deps.store.database.read() as session:
        move = await load_move(session, move_hash(secret), now=room.clock.ms)
    assert move is not None
    assert upload is not None
    keyed = room.deps.identity.keyring.keyed
    assert (move.payer, upload.payer) == (keyed("move", "192.0.2.1"), keyed("upload", "192.0.2.1"))


async def test_closed_accounts_that_have_nothing_left_to_lose_are_not_walked(room: Room) -> None:
    asked: list[tuple[str, object]] = []
    engine = room.deps.store.database.reading.sync_engine
    async with room.deps.store.database.read() as session:
        event.listen(engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        await list_closing(session, 20, keys_due=NOON)
        statement, values = next(one for one in asked if "departures" in one[0])
        connection = await session.connection()
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        told = " ".join(str(row) for row in plan)
    assert "ix_departures_closing" in told
