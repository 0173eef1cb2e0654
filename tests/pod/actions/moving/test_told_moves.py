"""Servers elsewhere are told of a move: by documents at once, by one Move when the new actor names the old one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import Follow
from federation.delivery import OLDEST_MS
from federation.errors import RemoteError, Sentences
from federation.rules.answers import RemoteFault
from federation.webfinger import Handle
from models.fediverse.deliveries import Closing, Delivery, Lane, claim_lanes, close_lanes
from models.fediverse.followers import Follower, put_follower
from models.fediverse.host_states import count_queue
from models.moving.departures import Departure, delete_departure, load_departure, save_departure, set_departure
from models.moving.former_actors import put_former_actor
from pod.actions.fediverse import followers
from pod.actions.fediverse.actor_documents import person_actor
from pod.actions.fediverse.webfinger_lookup import find_actor
from pod.actions.moving import told_moves
from pod.actions.moving.told_moves import FIRST_PAUSE_MS, ToldOfMove, list_told, note_moves, tell_of_moves
from protocol.keys import PrivateKey
from tests.support.travellers import Traveller, a_traveller
from tests.support.writing import an_id

NEW: Final = "https://new.example"
THERE: Final = f"{NEW}/u/ada2"
HOSTS: Final = ("b.example", "a.example", "c.example")
INBOXES: Final = [f"https://{host}/inbox" for host in HOSTS]


class Outside:
    """What other servers answer to whoever reads their actors."""

    def __init__(self) -> None:
        self.document: dict[str, Any] | None = {"id": THERE, "inbox": f"{THERE}/inbox"}

    async def fetch(self, deps: object, url: str) -> dict[str, Any]:
        del deps
        if self.document is None:
            raise RemoteError(RemoteFault.NOT_REACHED, retry=True)
        return self.document if url == THERE else {"id": url, "inbox": f"{url}/inbox"}


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    made = Outside()
    for module in (told_moves, followers):
        monkeypatch.setattr(module, "fetch_document", made.fetch)
    return made


@pytest.fixture
async def ada(tmp_path: Path, outside: Outside) -> AsyncIterator[Traveller]:
    """She moved to new.example, and three servers follow her."""
    assert outside
    async with a_traveller(tmp_path) as made:
        await moves(made)
        yield made


def actor(ada: Traveller) -> str:
    return f"{ada.deps.identity.base_url}/u/ada"


async def moves(ada: Traveller, *, soft: bool = False) -> None:
    key, now = PrivateKey.from_seed(bytes(32)).did, ada.deps.clock()
    gone = Departure(ada.account.id, ada.own, NEW, key, now, now, item=an_id("item"), name="ada2", soft=soft)

    async def action(session: AsyncSession) -> None:
        for inbox in INBOXES:
            follower = Follower("u/ada", inbox.replace("inbox", "u/bo"), inbox, f"{inbox}#1", 0, now)
            await put_follower(session, follower, most=10)
        await save_departure(session, msgspec.structs.replace(gone, telling_at=None if soft else now))

    await ada.deps.store.write(action)


async def departure_of(ada: Traveller) -> Departure:
    async with ada.deps.store.database.read() as session:
        found = await load_departure(session, ada.account.id)
    assert found is not None
    return found


async def told(ada: Traveller) -> ToldOfMove:
    found = await list_told(ada.deps, ada.account)
    assert found is not None
    return found


async def lanes(ada: Traveller) -> dict[str, Lane]:
    now = ada.deps.clock() + 1
    claimed = await ada.deps.store.write(partial(claim_lanes, worker="w", hosts=HOSTS, now=now))
    return {lane.host.host: lane for lane in claimed}


async def closes(ada: Traveller, *closings: Closing) -> None:
    async def action(session: AsyncSession) -> None:
        await note_moves(session, closings, now=1)
        await close_lanes(session, "w", closings)

    await ada.deps.store.write(action)


def sent(lane: Lane) -> list[dict[str, Any]]:
    return [msgspec.json.decode(delivery.activity.body) for delivery in lane.deliveries]


async def test_mg_21_the_old_actor_names_the_new_one_and_so_does_the_old_handle(ada: Traveller) -> None:
    document = await person_actor(ada.deps, "ada")
    found = await find_actor(ada.deps, Handle("ada", ada.deps.identity.base_url.partition("//")[2]))

    assert document["movedTo"] == THERE
    assert (document["id"], "publicKey" in document, "outbox" in document) == (actor(ada), True, True)
    assert {actor(ada), THERE, f"{NEW}/@ada2"} == set(found["aliases"])
    assert [link["href"] for link in found["links"]] == [f"{NEW}/@ada2", actor(ada)]


async def test_a_new_actor_names_the_old_ones_and_nobody_else_does(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        assert {"movedTo", "alsoKnownAs"} & (await person_actor(ada.deps, "ada")).keys() == set()

        for at, old in enumerate(("https://older.example/u/a", "https://old.example/u/ada")):
            await ada.deps.store.write(partial(put_former_actor, account=ada.account.id, actor=old, now=at))

        document = await person_actor(ada.deps, "ada")
    assert document["alsoKnownAs"] == ["https://old.example/u/ada", "https://older.example/u/a"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"id": THERE},
        {"id": THERE, "alsoKnownAs": "https://other.example/u/ada"},
        {"id": f"{NEW}/u/other", "alsoKnownAs": ["{actor}"]},
    ],
)
async def test_mg_03_no_move_is_sent_until_the_new_actor_names_the_old_one(
    ada: Traveller, outside: Outside, document: dict[str, Any] | None
) -> None:
    def named(value: Any) -> Any:
        return [actor(ada)] if value == ["{actor}"] else value

    outside.document = document and {name: named(value) for name, value in document.items()}
    now = ada.deps.clock()

    await tell_of_moves(ada.deps)

    assert await lanes(ada) == {}
    again = (await departure_of(ada)).telling_at
    assert again is not None
    assert now + FIRST_PAUSE_MS <= again <= ada.deps.clock() + 2 * FIRST_PAUSE_MS
    assert (await told(ada)).waits


async def test_what_no_new_actor_confirms_for_a_week_is_given_up(ada: Traveller, outside: Outside) -> None:
    outside.document = None
    long_ago = ada.deps.clock() - OLDEST_MS - 1
    await ada.deps.store.write(partial(set_departure, account=ada.account.id, frozen_at=long_ago))

    await tell_of_moves(ada.deps)

    assert (await departure_of(ada)).telling_at is None


async def test_mg_03_each_follower_gets_one_move_however_often_it_is_asked_for(
    ada: Traveller, outside: Outside
) -> None:
    outside.document = {"id": THERE, "alsoKnownAs": [actor(ada)]}
    due = await departure_of(ada)

    await tell_of_moves(ada.deps)
    await tell_of_moves(ada.deps)
    await told_moves._tell(ada.deps, due)  # another process that had read it before

    found = await lanes(ada)
    assert {host: len(lane.deliveries) for host, lane in found.items()} == dict.fromkeys(HOSTS, 1)
    (move,) = sent(found["a.example"])
    assert (move["type"], move["actor"], move["object"], move["target"]) == ("Move", actor(ada), actor(ada), THERE)


async def test_mg_03_the_page_shows_of_each_server_whether_it_has_the_move(ada: Traveller, outside: Outside) -> None:
    outside.document = {"id": THERE, "alsoKnownAs": [actor(ada)]}
    await tell_of_moves(ada.deps)
    assert [(one.host, one.pending) for one in (await told(ada)).hosts] == [(host, 1) for host in sorted(HOSTS)]

    found = await lanes(ada)
    done: dict[str, tuple[Delivery, ...]] = {host: found[host].deliveries for host in HOSTS}
    refusal = msgspec.json.encode(Sentences("No.", "Nej.")).decode()
    await closes(
        ada,
        Closing(found["a.example"].host, done["a.example"]),
        Closing(found["b.example"].host, done["b.example"], {done["b.example"][0].id: refusal}),
        Closing(msgspec.structs.replace(found["c.example"].host, next_at=9, last_error=refusal)),
    )

    seen = await told(ada)
    by_host = {one.host: (one.taken, one.refused, one.pending, one.given_up, one.why) for one in seen.hosts}
    assert by_host == {
        "a.example": (1, 0, 0, 0, None),
        "b.example": (0, 1, 0, 0, refusal),
        "c.example": (0, 0, 1, 0, refusal),
    }
    assert (seen.total.taken, seen.total.all, seen.waits) == (1, 3, False)
    await closes(ada, Closing(found["c.example"].host, older_than=ada.deps.clock() + 1))
    assert [one.given_up for one in (await told(ada)).hosts] == [0, 0, 1]
    await ada.deps.store.write(partial(delete_departure, account=ada.account.id))
    assert await list_told(ada.deps, ada.account) is None


async def test_mg_18_a_move_that_was_taken_back_is_told_to_nobody_more(ada: Traveller, outside: Outside) -> None:
    outside.document = {"id": THERE, "alsoKnownAs": [actor(ada)]}
    await tell_of_moves(ada.deps)

    await ada.deps.store.write(partial(delete_departure, account=ada.account.id))

    assert {host: lane.deliveries for host, lane in (await lanes(ada)).items()} == dict.fromkeys(HOSTS, ())
    assert "movedTo" not in await person_actor(ada.deps, "ada")
    async with ada.deps.store.database.read() as session:
        assert (await count_queue(session)).activities == 0


async def test_mg_19_a_soft_move_tells_no_follower_and_forwards_all_the_same(tmp_path: Path, outside: Outside) -> None:
    async with a_traveller(tmp_path) as ada:
        await moves(ada, soft=True)
        outside.document = {"id": THERE, "alsoKnownAs": [actor(ada)]}

        await tell_of_moves(ada.deps)

        assert await lanes(ada) == {}
        assert (await person_actor(ada.deps, "ada"))["movedTo"] == THERE
        assert (await told(ada)).soft


@pytest.mark.usefixtures("outside")
async def test_who_moved_away_accepts_no_follower_and_tells_the_others_nothing_more(tmp_path: Path) -> None:
    async with a_traveller(tmp_path) as ada:
        await ada.writes(ada.own, "Nobody was told of this yet.")
        await moves(ada)
        await followers.tell_followers(ada.deps, ada.own, now=ada.deps.clock())
        assert await lanes(ada) == {}

        follow = Follow("https://a.example/f/1", "https://a.example/u/cy", actor(ada))
        await followers.take_follow(ada.deps, follow, now=ada.deps.clock())

        (answer,) = sent((await lanes(ada))["a.example"])
        assert (answer["type"], answer["object"]["id"]) == ("Reject", follow.id)
