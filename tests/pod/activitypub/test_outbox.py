"""A group's outbox lists what its followers are told: its own posts, and those that it reposts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from models.fediverse.followers import load_last_seq
from pod.actions.chain.views import load_view
from pod.actions.reading.post.untold import list_untold_posts
from pod.deps import Deps
from protocol.ids import RecordId, parse_id
from tests.support.reading_room import write
from tests.support.rig import Person, ServedPod, call, eventually


@dataclass
class Street:
    """Ada writes in `home`; what she votes for in `group` is reposted there."""

    pod: ServedPod
    ada: Person
    home: str
    group: str

    def vote(self, group: str, post: str, value: int) -> None:
        self.ada.post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": value})

    def post(self, group: str, text: str) -> str:
        return write(self.ada, group, [("text", text)])

    def outbox(self, query: str = "?before=0") -> Any:
        return call("GET", f"{self.pod.door}/groups/{self.group}/outbox{query}")

    def listed(self) -> list[str]:
        """The posts of the outbox, page after page."""
        posts, query = [], "?before=0"
        while query:
            page = self.outbox(query)
            posts += [item["object"]["object"]["id"].rpartition("/")[2] for item in page["orderedItems"]]
            query = "?" + page["next"].partition("?")[2] if "next" in page else ""
        return posts

    def untold(self, since: int) -> list[RecordId]:
        """What followers since then would be told now."""

        async def look(deps: Deps) -> list[RecordId]:
            async with deps.store.database.read() as session:
                state = (await load_view(session, deps, parse_id(self.group))).state
                return await list_untold_posts(session, deps, state, since)

        return self.pod.act(look)


@pytest.fixture(scope="module")
def street(pod: ServedPod) -> Street:
    ada = pod.sign_up("ada")
    pod.start()
    home, group = (ada.post("/api/v1/groups", {"name": name, "weight": 3000})["group"] for name in ("Home", "Shelf"))
    return Street(pod, ada, home, group)


def test_a_repost_stands_in_the_outbox_among_the_groups_own_posts(street: Street) -> None:
    first, theirs = street.post(street.group, "First."), street.post(street.home, "Theirs.")
    street.vote(street.group, theirs, 1000)
    last = street.post(street.group, "Last.")
    assert street.listed() == [last, theirs, first]
    assert street.outbox("")["totalItems"] == 3
    announced = street.outbox()["orderedItems"][1]
    assert announced["actor"] == f"{street.pod.url}/groups/{street.group}"
    assert announced["object"]["actor"] == f"{street.pod.url}/groups/{street.home}"
    street.vote(street.group, theirs, 0)
    assert street.listed() == [last, first]


def test_a_repost_that_its_own_group_hides_is_neither_listed_nor_looked_at_anew(street: Street) -> None:
    since = street.pod.act(_last_seq)
    theirs = street.post(street.home, "Not for long.")
    street.vote(street.group, theirs, 1000)
    assert theirs in street.listed()
    assert street.untold(since) == [theirs]
    street.vote(street.home, theirs, -1000)
    eventually(lambda: theirs not in street.listed())
    assert street.untold(since) == []


def test_pages_of_an_outbox_hold_each_post_once(street: Street) -> None:
    before = street.listed()
    added = []
    for number in range(12):
        added.append(street.post(street.group, f"Own {number}."))
        added.append(street.post(street.home, f"Theirs {number}."))
        street.vote(street.group, added[-1], 1000)
    assert street.listed() == [*reversed(added), *before]
    assert len(street.outbox()["orderedItems"]) == 20


async def _last_seq(deps: Deps) -> int:
    async with deps.store.database.read() as session:
        return await load_last_seq(session)
