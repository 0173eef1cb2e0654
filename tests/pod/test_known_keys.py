"""Others' keys lie on one shelf in the database: a process finds there what another was told, and how often in vain."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from federation.errors import RemoteError
from federation.known_keys import Held
from federation.signatures.keys import load_key
from models.engine.databases import open_database
from models.fediverse import known_keys
from models.fediverse.known_keys import FORGOTTEN_MS, KnownKey, load_known_key, prune_known_keys, put_known_key
from pod.budgets.tries import RATES
from pod.known_keys import StoredKeys
from protocol.keys import DID_PREFIX, PrivateKey
from tests.support.sinks import NOON, SetClock, some_parts

ALICE = "https://peer.example/u/alice"
KEY = load_key(f"{ALICE}#key", ALICE, PrivateKey.from_seed(b"one".ljust(32)).did.removeprefix(DID_PREFIX))
RATE = RATES["key in vain from a server"]


async def test_processes_share_keys_and_the_tries_in_vain(database_url: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        shelves = []
        for _ in range(2):
            database = await open_database(database_url, durable=False)
            stack.push_async_callback(database.close)
            parts = await stack.enter_async_context(some_parts(database, tmp_path, SetClock(NOON)))
            shelves.append(StoredKeys(parts.store))
        first, second = shelves
        assert await second.load(KEY.key_id) is None

        await first.keep(Held(KEY, NOON))

        kept = await second.load(KEY.key_id)
        assert kept is not None
        assert (kept.key.owner, kept.key.text, kept.asked_at) == (KEY.owner, KEY.text, NOON)
        for number in range(RATE.most + 5):
            await shelves[number % 2].count("peer.example", now=NOON)
        for shelf in shelves:
            with pytest.raises(RemoteError):
                await shelf.check("peer.example", now=NOON)
            await shelf.check("other.example", now=NOON)
            await shelf.check("peer.example", now=NOON + RATE.every_ms)


async def test_keys_of_long_ago_and_those_above_the_most_are_forgotten(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_keys, "MOST", 2)
    database = await open_database(database_url, durable=False)
    async with some_parts(database, tmp_path, SetClock(NOON)) as parts:

        async def left(ages: list[int]) -> list[int]:
            for age in ages:
                key = KnownKey(f"{ALICE}/{age}", ALICE, KEY.text, NOON - age)
                await parts.store.write(partial(put_known_key, key=key))
            await parts.store.write(partial(prune_known_keys, now=NOON))
            async with database.read() as session:
                return [age for age in ages if await load_known_key(session, f"{ALICE}/{age}")]

        assert await left([0, FORGOTTEN_MS]) == [0]
        assert await left([1, 2, 3]) == [1]
    await database.close()
