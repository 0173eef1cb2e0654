"""With a copy and the words the old actor's followers are told once where it went, and its key goes again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from federation.delivery import OLDEST_MS
from models.fediverse.actor_keys import load_actor_keys
from models.fediverse.deliveries import claim_lanes
from models.fediverse.followers import Follower, put_follower
from models.fediverse.readers import list_readers, put_reader
from models.moving.former_actors import list_former_actors
from models.moving.imported_files import FileCopy, put_file_copy
from pod.actions.chain.views import find_view
from pod.actions.fediverse.actors import actor_keys, signing_key
from pod.actions.moving.sealed_boxes import bring_box_up
from pod.actions.moving.taken_copies import bring_up
from pod.actions.moving.words_opened import forget_dead_actors
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.recovery.recover_person import recover
from tests.support.sinks import NOON, SetClock
from tests.support.travellers import PodSource, a_second_home, a_traveller

READER = "https://reads.example"
PLACES = [
    ("https://gamma.example/u/x", "https://gamma.example/in"),
    ("https://delta.example/y", "https://other.example/in"),  # whoever made the copy could have anybody called
]


async def test_mg_13_with_box_and_words_the_old_actor_tells_its_followers_once_and_its_key_goes(tmp_path: Path) -> None:
    clock = SetClock(NOON)
    async with a_traveller(tmp_path / "old") as ada, a_second_home(tmp_path / "new", ada, clock=clock) as (deps, copy):
        old, now = ada.deps, ada.deps.clock()
        clock.ms = now
        await actor_keys(old, "u/ada")
        for actor, inbox in PLACES:
            await old.store.write(partial(put_follower, follower=Follower("u/ada", actor, inbox, "", 0, now), most=9))
        await old.store.write(partial(put_reader, group=ada.own, pod=READER, term=0, most=9, now=now))
        await bring_box_up(old, ada.account)
        assert await bring_up(deps, copy, PodSource(ada)) == []
        recovery = (await find_view(old, ada.own)).state.members[1].recovery[-1]
        kept = FileCopy(ada.own, copy, recovery, "", now, None, now + OLDEST_MS)
        await deps.store.write(partial(put_file_copy, copy=kept))

        for _ in range(2):
            await recover(deps, "ada", RecoveryKeys(ada.phrase), [], mine=ada.own, token=False)
        hosts = ["gamma.example", "other.example"]
        lanes = await deps.store.write(partial(claim_lanes, worker="w", hosts=hosts, now=now))
        (told,) = [one for lane in lanes for one in lane.deliveries]
        former = f"{old.identity.base_url}/u/ada"
        said = msgspec.json.decode(told.activity.body)
        assert (told.inbox, told.activity.actor) == (PLACES[0][1], former)
        assert (said["type"], said["object"], said["target"]) == ("Move", former, f"{deps.identity.base_url}/u/ada")
        assert (await signing_key(deps, former)).key_id == f"{former}#main-key"
        async with deps.store.database.read() as session:
            assert await list_readers(session, ada.own, 9) == [READER]
            assert await list_former_actors(session, "ada") == [former]

        clock.ms += OLDEST_MS
        await forget_dead_actors(deps)
        async with deps.store.database.read() as session:
            assert await load_actor_keys(session, former) is None
