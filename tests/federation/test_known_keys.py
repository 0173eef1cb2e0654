import asyncio
import gc
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from federation.errors import BusyError, KeyOwnerError, RemoteError
from federation.known_keys import (
    LOOK_UPS_AT_SERVER,
    LOOK_UPS_OF_ASKER,
    NETWORK_PAUSE_MS,
    REFETCH_MS,
    Bounded,
    KnownKeys,
)
from federation.rules.answers import RemoteFault
from protocol.canonical import JsonObject
from protocol.keys import DID_PREFIX, PrivateKey
from tests.support.key_shelf import KeyShelf

ALICE = "https://peer.example/u/alice"
KEY_ID = f"{ALICE}#key"
NOW = 1_800_000_000_000


def multibase(name: str) -> str:
    return PrivateKey.from_seed(name.encode().ljust(32)[-32:]).did.removeprefix(DID_PREFIX)


def an_actor(key: str = "one", own_id: str = ALICE) -> JsonObject:
    listed = {"id": f"{own_id}#key", "owner": own_id, "publicKeyMultibase": multibase(key)}
    return {"id": own_id, "type": "Person", "publicKey": listed}


class Web:
    """Documents by URL, or what asking for one raises; `asked` are the URLs in order."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    async def fetch(self, url: str) -> JsonObject:
        self.asked.append(url)
        await asyncio.sleep(0)
        found = self.documents.get(url, RemoteError(RemoteFault.GROUP_NOT_SHOWN, retry=False, status=404))
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, dict)
        return found


def keys_of(web: Web, shelf: KeyShelf | None = None) -> KnownKeys:
    return KnownKeys(web.fetch, shelf or KeyShelf())


async def test_a_key_is_asked_for_once() -> None:
    web = Web({ALICE: an_actor()})
    keys = keys_of(web)

    found = [await keys.find(KEY_ID, now=NOW) for _ in range(3)]

    assert {key.text for key in found} == {multibase("one")}
    assert web.asked == [ALICE]
    assert await keys.knows(KEY_ID)


async def test_w7_a_failure_that_is_remembered_keeps_nothing_of_the_request_that_met_it() -> None:
    held: list[weakref.ref[Web]] = []

    async def fetch(_: str) -> JsonObject:
        document = Web({})
        held.append(weakref.ref(document))
        raise RemoteError(RemoteFault.SAYS_NO, retry=False, status=404, facts={"host": f"{document.documents}"})

    keys = KnownKeys(fetch, KeyShelf())
    with pytest.raises(RemoteError, match="answers 404"):
        await keys.find(KEY_ID, now=NOW)
    await asyncio.sleep(0)
    gc.collect()
    assert [document() for document in held] == [None]


async def test_requests_that_wait_for_one_key_share_a_look_up() -> None:
    web = Web({ALICE: an_actor()})
    keys = keys_of(web)

    await asyncio.gather(*(keys.find(KEY_ID, now=NOW) for _ in range(20)))

    assert web.asked == [ALICE]


@pytest.mark.parametrize(
    ("answer", "kind", "pause"),
    [
        (an_actor(own_id="https://peer.example/u/eve"), KeyOwnerError, REFETCH_MS),
        (RemoteError(RemoteFault.GROUP_NOT_SHOWN, retry=False, status=410), RemoteError, REFETCH_MS),
        (RemoteError(RemoteFault.TOO_SLOW, retry=True), RemoteError, NETWORK_PAUSE_MS),
    ],
    ids=["refused", "gone", "unreachable"],
)
async def test_fed_22_a_key_that_could_not_be_had_is_not_asked_for_again_for_a_while(
    answer: Any, kind: type[Exception], pause: int
) -> None:
    web = Web({ALICE: answer})
    keys = keys_of(web)
    for now in (NOW, NOW + 1, NOW + pause - 1):
        with pytest.raises(kind):
            await keys.find(KEY_ID, now=now)
    assert web.asked == [ALICE]
    web.documents[ALICE] = an_actor()

    found = await keys.find(KEY_ID, now=NOW + pause)

    assert found.owner == ALICE


async def test_fed_22_a_server_is_asked_in_vain_only_so_often_by_all_processes_together() -> None:
    web = Web({"https://other.example/u/bo": an_actor(own_id="https://other.example/u/bo")})
    shelf = KeyShelf(most=20)
    processes = [keys_of(web, shelf) for _ in range(3)]
    for number in range(60):
        with pytest.raises(RemoteError):
            await processes[number % 3].find(f"{ALICE}/{number}#key", now=NOW)

    assert len(web.asked) == 20
    assert await processes[0].find("https://other.example/u/bo#key", now=NOW)
    web.documents[ALICE] = an_actor()
    shelf.in_vain.clear()
    assert await processes[0].find(KEY_ID, now=NOW)


async def test_what_one_process_was_told_no_other_asks_for() -> None:
    web, shelf = Web({ALICE: an_actor("one")}), KeyShelf()
    first, second, third = (keys_of(web, shelf) for _ in range(3))
    await first.find(KEY_ID, now=NOW)
    assert (await second.find(KEY_ID, now=NOW + 1)).text == multibase("one")
    assert await third.knows(KEY_ID)
    assert web.asked == [ALICE]
    web.documents[ALICE] = an_actor("two")
    changed = await first.find_changed(KEY_ID, now=NOW + REFETCH_MS)

    others = [await other.find_changed(KEY_ID, now=NOW + REFETCH_MS + 1) for other in (second, third)]

    assert {key.text for key in (changed, *others) if key} == {multibase("two")}
    assert None not in others
    assert web.asked == [ALICE, ALICE]


async def test_a_key_that_fits_nothing_makes_the_processes_ask_once_together() -> None:
    web, shelf = Web({ALICE: an_actor()}), KeyShelf()
    processes = [keys_of(web, shelf) for _ in range(3)]
    for one in processes:
        await one.find(KEY_ID, now=NOW)

    assert [await one.find_changed(KEY_ID, now=NOW + REFETCH_MS) for one in processes] == [None] * 3

    assert web.asked == [ALICE, ALICE]


async def test_fed_22_a_known_key_is_asked_for_again_once_in_five_minutes() -> None:
    web = Web({ALICE: an_actor("one")})
    keys = keys_of(web)
    await keys.find(KEY_ID, now=NOW)
    web.documents[ALICE] = an_actor("two")

    assert await keys.find_changed(KEY_ID, now=NOW + REFETCH_MS - 1) is None
    changed = await keys.find_changed(KEY_ID, now=NOW + REFETCH_MS)
    again = await keys.find_changed(KEY_ID, now=NOW + REFETCH_MS + 1)

    assert changed is not None
    assert changed.text == multibase("two")
    assert again is None
    assert web.asked == [ALICE, ALICE]
    assert (await keys.find(KEY_ID, now=NOW + REFETCH_MS)).text == multibase("two")


async def test_fed_22_a_key_that_did_not_change_is_no_second_chance() -> None:
    keys = keys_of(Web({ALICE: an_actor()}))
    await keys.find(KEY_ID, now=NOW)

    assert await keys.find_changed(KEY_ID, now=NOW + REFETCH_MS) is None
    assert await keys.find_changed(f"{ALICE}#unheard-of", now=NOW) is None


def own_document(**members: Any) -> JsonObject:
    return {"id": f"{ALICE}/key", "owner": ALICE, "publicKeyMultibase": multibase("one"), **members}


async def test_fed_2_a_key_in_a_document_of_its_own_counts_when_its_owner_names_it() -> None:
    web = Web({f"{ALICE}/key": own_document(), ALICE: {"id": ALICE, "publicKey": f"{ALICE}/key"}})

    key = await keys_of(web).find(f"{ALICE}/key", now=NOW)

    assert key.owner == ALICE
    assert web.asked == [f"{ALICE}/key", ALICE]


@pytest.mark.parametrize(
    ("document", "owner"),
    [
        (own_document(), {"id": ALICE, "publicKey": f"{ALICE}/other"}),
        (own_document(owner="https://evil.example/u/eve"), {"id": ALICE, "publicKey": f"{ALICE}/key"}),
    ],
    ids=["owner names another", "owner elsewhere"],
)
async def test_fed_2_a_key_that_nobody_owns_is_refused(document: JsonObject, owner: JsonObject) -> None:
    web = Web({f"{ALICE}/key": document, ALICE: owner})

    with pytest.raises(KeyOwnerError):
        await keys_of(web).find(f"{ALICE}/key", now=NOW)

    assert all(url.startswith(ALICE) for url in web.asked)


def test_fed_37_what_was_used_longest_ago_is_forgotten_first() -> None:
    kept: Bounded[str, int] = Bounded(2)
    kept.put("a", 1)
    kept.put("b", 2)
    used: Callable[[str], int | None] = kept.get
    assert used("a") == 1

    kept.put("c", 3)

    assert (used("a"), used("b"), used("c"), len(kept)) == (1, None, 3, 2)


async def refused(tasks: list[asyncio.Task[Any]], many: int) -> None:
    """Wait until so many have ended."""
    for done in itertools.islice(asyncio.as_completed(tasks), many):
        with pytest.raises(BusyError):
            await done


async def test_w10_slow_key_servers_hold_the_places_of_who_named_them_and_no_others() -> None:
    web, gate = Web({ALICE: an_actor()}), asyncio.Event()

    async def fetch(url: str) -> JsonObject:
        if url != ALICE:
            await gate.wait()
        return await web.fetch(url)

    keys = KnownKeys(fetch, KeyShelf())
    named = [f"https://slow-{number}.example/u/x#key" for number in range(100)]
    asked = [asyncio.create_task(keys.find(key_id, now=NOW, asker="192.0.2.1")) for key_id in named]
    await refused(asked, len(named) - LOOK_UPS_OF_ASKER)

    assert (await keys.find(KEY_ID, now=NOW, asker="192.0.2.2")).text == multibase("one")

    gate.set()
    ended = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(end, BusyError) for end in ended) == len(named) - LOOK_UPS_OF_ASKER
    # What was busy is no failure of the key's server.
    with pytest.raises(RemoteError):
        await keys.find(named[-1], now=NOW, asker="192.0.2.1")


async def test_w10_a_server_is_asked_for_a_few_keys_at_once_whoever_names_it() -> None:
    gate = asyncio.Event()
    asking = []

    async def fetch(url: str) -> JsonObject:
        asking.append(url)
        await gate.wait()
        raise RemoteError(RemoteFault.NOT_REACHED, retry=False)

    keys = KnownKeys(fetch, KeyShelf())
    named = [f"https://victim.example:{port}/u/x#key" for port in range(1000, 1040)]
    tasks = [asyncio.create_task(keys.find(key_id, now=NOW, asker=key_id)) for key_id in named]
    await refused(tasks, len(named) - LOOK_UPS_AT_SERVER)
    assert len(asking) == LOOK_UPS_AT_SERVER
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_w10_keys_that_the_pod_holds_are_no_look_ups_however_many_come_at_once() -> None:
    named = [f"https://large.example/u/{number}" for number in range(100)]
    web, shelf = Web({own_id: an_actor(own_id, own_id) for own_id in named}), KeyShelf()
    before = keys_of(web, shelf)
    for own_id in named:
        await before.find(f"{own_id}#key", now=NOW)

    restarted = keys_of(web, shelf)
    found = await asyncio.gather(*(restarted.find(f"{own_id}#key", now=NOW, asker="192.0.2.1") for own_id in named))

    assert [key.key_id for key in found] == [f"{own_id}#key" for own_id in named]
    assert web.asked == named
