"""A pod whose people only follow a group is told of it like the group's own pods, whoever is the steward by then."""

from __future__ import annotations

from typing import Any, Final

import pytest

from models.fediverse.readers import list_readers, list_readings
from pod.deps import Deps
from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

PODS = 4
pytestmark = pytest.mark.timeout(400)
MINUTE_MS: Final = 60_000
BEHIND_MS: Final = -4 * MINUTE_MS  # the reader's clock comes to no look round while a test waits
NOTE: Final = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


class Valley:
    """ada, bo and cy keep a group on three pods; dag's pod has no member in it."""

    def __init__(self, pods: list[ServedPod]) -> None:
        self.pods = pods
        self.people = [pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy", "dag"), strict=True)]
        for pod in pods:
            pod.start()
        self.ada, self.bo, self.cy, self.dag = self.people
        self.group = self.ada.post("/api/v1/groups", {"name": "Wells", "weight": 3000, "visibility": "public"})["group"]
        assert [joined(self.ada, self.group, who, 1000) for who in (self.bo, self.cy)] == [2, 3]
        self.ada.post(f"/api/v1/groups/{self.group}/handovers", {"keepers": [1, 2, 3]})
        eventually(lambda: self.seen(self.cy)["keepers"] == [1, 2, 3])
        self.post = self.write(self.ada)
        self.browser = Browser(pods[3]).sign_in("dag")

    def seen(self, person: Person) -> Any:
        return person.get(f"/api/v1/groups/{self.group}")

    def write(self, person: Person) -> str:
        return str(person.post(f"/api/v1/groups/{self.group}/posts", NOTE)["record"])

    def follow(self) -> None:
        page = self.browser.get("/follows")
        address = f"{self.pods[0].url}/groups/{self.group}"
        assert self.browser.submit(page, "/follows", group=address).status == 200
        eventually(lambda: all(self.readers(pod) == [self.pods[3].url] for pod in self.pods[:3]))

    def readers(self, pod: ServedPod) -> list[str]:
        async def look(deps: Deps) -> list[str]:
            async with deps.store.database.read() as session:
                return await list_readers(session, self.group, 9)

        return pod.act(look)

    def told(self) -> list[str]:
        async def look(deps: Deps) -> list[str]:
            async with deps.store.database.read() as session:
                return [one.pod for one in await list_readings(session, self.group, 9)]

        return self.pods[3].act(look)

    def shows(self, record: str) -> bool:
        """Whether dag's pod holds a record."""
        try:
            self.dag.get(f"/api/v1/groups/{self.group}/records/{record}")
        except RefusedByHttpError:
            return False
        return True


@pytest.fixture(scope="module")
def valley(pods: list[ServedPod]) -> Valley:
    made = Valley(pods)
    made.follow()
    pods[3].set_clock(BEHIND_MS)
    return made


def test_x2_a_vote_and_a_post_reach_a_pod_that_only_follows_without_a_look_round(valley: Valley) -> None:
    post = valley.write(valley.bo)
    vote = valley.cy.post(f"/api/v1/groups/{valley.group}/votes", {"target": {"post": valley.post}, "value": 500})

    eventually(lambda: valley.shows(post) and valley.shows(vote["record"]))
    eventually(lambda: valley.seen(valley.dag)["log"]["held"] == valley.seen(valley.ada)["log"]["size"] >= 5)
    eventually(lambda: valley.seen(valley.dag)["settled_height"] == valley.seen(valley.ada)["height"])


def test_x2_a_follower_hears_of_a_keeper_who_takes_over_from_a_dead_pod_and_of_its_seals(valley: Valley) -> None:
    valley.pods[0].kill()
    valley.bo.post(f"/api/v1/groups/{valley.group}/handovers", {})
    eventually(lambda: valley.seen(valley.dag)["steward"] == valley.bo.pod.url)

    post = valley.write(valley.cy)

    eventually(lambda: valley.shows(post))
    eventually(lambda: valley.seen(valley.dag)["head"] == valley.seen(valley.bo)["head"])
    valley.pods[0].start()


def test_x2_who_stops_following_is_told_no_more(valley: Valley) -> None:
    page = valley.browser.get(f"/g/{valley.group}")
    assert valley.browser.submit(page, "/follows", wish="unfollow").status == 200

    eventually(lambda: not any(valley.readers(pod) for pod in valley.pods[:3]))
    assert valley.told() == []
