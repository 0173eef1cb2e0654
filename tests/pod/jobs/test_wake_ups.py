"""What a process writes that does no work itself, one that serves takes up at once, without looking more often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from federation.known_keys import Held, KnownKeys
from federation.signatures.keys import load_key
from models.engine import wake_ups
from models.engine.databases import Database, open_database
from models.engine.wake_ups import KEYS, listen, send_wake_up
from models.engine.writer import Writer, running_writer
from models.fediverse.known_keys import KnownKey, put_known_key
from models.fediverse.readers import put_reader
from models.groups.rounds import list_due_rounds
from models.people.accounts import Account, load_account
from pod.actions.chain.views import find_view
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.posts.records import submit, write_record
from pod.actions.signer import TokenHolder
from pod.deps import Deps, Signals
from pod.jobs import delivery, loops
from pod.jobs.loops import Loops
from pod.store import ROUND_AFTER_MS
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.keys import DID_PREFIX, PrivateKey
from protocol.records.content import UNSIGNED, SubjectTarget, Vote
from protocol.records.drafts import draft
from tests.support.sinks import NOON, SetClock, a_sink, some_parts, until

A_DAY = 24 * 3600.0
GROUP = RecordId("a group")
ALICE = "https://peer.example/u/alice"
KEY, OTHER_KEY = (
    load_key(f"{ALICE}#{name}", ALICE, PrivateKey.from_seed(name.ljust(32).encode()).did.removeprefix(DID_PREFIX))
    for name in ("one", "two")
)


def with_loops(deps: Deps, its: Loops) -> Deps:
    return replace(deps, signals=Signals(its.wake, its.deliver, its.behind, its.lacks, its.heard))


@pytest.fixture
async def two(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Deps]]:
    """A command, and a process that serves and that looks around by itself once a day."""
    for module, name in ((loops, "BEAT_SECONDS"), (loops, "LOOK_EVERY_SECONDS"), (delivery, "LOOK_EVERY_SECONDS")):
        monkeypatch.setattr(module, name, A_DAY)
    async with AsyncExitStack() as stack:
        clock, both = SetClock(NOON), []
        for _ in range(2):
            database = await open_database(postgres_url, durable=False)
            stack.push_async_callback(database.close)
            parts = await stack.enter_async_context(some_parts(database, tmp_path, clock))
            its = Loops(clock)
            both.append(with_loops(parts, its))
        running = asyncio.create_task(its.run(both[1], lambda _: None))
        try:
            await until(lambda: both[1].memory.beats.keys() >= {"looking", "delivering"})
            yield both
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def until_so(holds: Callable[[], Awaitable[bool]], *, looks: int = 2000) -> None:
    """Wait until `holds()` is true, looking often."""
    for _ in range(looks):
        if await holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It never came to hold.")


async def is_sealed(deps: Deps, group: RecordId) -> bool:
    return (await find_view(deps, group)).state.log.size > 0


async def is_heard(writer: Writer, heard: list[str]) -> bool:
    await writer.write(partial(send_wake_up, group=GROUP))
    return GROUP in heard


async def ada_of(deps: Deps) -> Account:
    opened = await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    return account


async def test_a_vote_that_a_command_writes_is_sealed_and_sent_at_once_by_the_process_that_serves(
    two: list[Deps],
) -> None:
    command, serving = two
    ada = await ada_of(command)
    group = await start_group(command, TokenHolder(ada), {"name": "Group"})
    async with a_sink() as sink:
        reader = f"http://{sink.host(7)}"
        await command.store.write(partial(put_reader, group=group, pod=reader, term=0, most=9, now=NOON))
        vote = draft(Vote(target=SubjectTarget("The well"), value=700, **UNSIGNED))
        cast = await submit(command, write_record, TokenHolder(ada), group, vote)
        await until(lambda: any(cast.id.encode() in body or b'"value":700' in body for body in sink.taken(7)))
        sealed = partial(is_sealed, serving, group)
        await until_so(sealed)
    assert (await find_view(command, group)).head == (await find_view(serving, group)).head


async def test_who_listens_hears_again_after_its_connection_was_lost(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake_ups, "AGAIN_AFTER_SECONDS", 0.0)
    database = await open_database(postgres_url, durable=False)
    heard: list[str] = []
    listening = asyncio.create_task(listen(database, heard.append, lambda _: None))
    try:
        async with running_writer(database) as writer:
            for _ in range(2):
                heard.clear()
                await until_so(partial(is_heard, writer, heard))
                await _cut(database)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await database.close()


async def test_a_key_that_another_process_stored_is_forgotten_and_after_a_lost_connection_all_are(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake_ups, "AGAIN_AFTER_SECONDS", 0.0)
    database = await open_database(postgres_url, durable=False)
    keys = KnownKeys(_fetch_nothing, _NoShelf())
    forgotten: list[str | None] = []

    def distrust(key_id: str | None) -> None:
        keys.distrust(key_id)
        forgotten.append(key_id)

    listening = asyncio.create_task(listen(database, lambda _: None, distrust))
    try:
        async with running_writer(database) as writer:
            await until(lambda: forgotten == [None])
            for key in (KEY, OTHER_KEY):
                keys._held.put(key.key_id, Held(key, NOON))
            for text in (KEY.text, KEY.text, OTHER_KEY.text):  # the same key fetched again changes nothing
                stored = KnownKey(KEY.key_id, KEY.owner, text, NOON)
                await writer.write(partial(put_known_key, key=stored))
            await until(lambda: forgotten == [None, KEY.key_id])
            assert [await keys.knows(key.key_id) for key in (KEY, OTHER_KEY)] == [False, True]
            await _cut(database)
            await until(lambda: forgotten == [None, KEY.key_id, None])
            assert not await keys.knows(OTHER_KEY.key_id)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await database.close()


class _NoShelf:
    """Nothing is stored."""

    async def admit(self, _key_id: str) -> None:
        """Nobody is blocked."""

    async def load(self, _key_id: str) -> None:
        return None

    async def keep(self, _held: Held) -> None:
        """Nowhere."""

    async def check(self, _server: str, *, now: int) -> None:
        """Everybody may be asked."""

    async def count(self, _server: str, *, now: int) -> None:
        """Nothing."""


async def _fetch_nothing(_url: str) -> JsonObject:
    raise AssertionError("no server is asked")


async def _cut(database: Database) -> None:
    """End the connections that listen, as a server that stops does."""
    async with database.writing.connect() as connection:
        ended = await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE query ILIKE 'LISTEN%%{KEYS}%%' AND pid <> pg_backend_pid()"
        )
        assert len(ended.all()) == 1


async def test_what_a_command_writes_is_due_at_once_and_what_a_process_that_serves_writes_is_its_own(
    database_url: str, tmp_path: Path
) -> None:
    """So on SQLite, where nobody is told, and after a wake-up that was lost, the next look finds it."""
    database = await open_database(database_url, durable=False)
    async with some_parts(database, tmp_path, SetClock(NOON)) as parts:
        command = with_loops(parts, Loops(parts.clock))
        ada = await ada_of(command)
        group = await start_group(command, TokenHolder(ada), {"name": "Group"})
        served = await start_group(parts, TokenHolder(ada), {"name": "Served"})
        async with database.read() as session:
            due = await list_due_rounds(session, now=NOON, limit=9)
            later = await list_due_rounds(session, now=NOON + ROUND_AFTER_MS, limit=9)
    await database.close()
    assert group in due
    assert served not in due
    assert served in later


async def test_on_sqlite_nobody_listens(tmp_path: Path) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'pod.sqlite'}")
    await listen(database, lambda _: None, lambda _: None)
    await database.close()
