"""A group shows what its members vote for in other groups, also on pods that never heard of those."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined, log_size
from tests.support.rig import Person, ServedPod, eventually, worker_number

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class World:
    """Ada and bo keep a group on two pods; cy writes in one on a third, of which bo's pod doesn't know."""

    ada: Person
    bo: Person
    cy: Person
    villa: str
    wells: str

    def write(self, title: str) -> str:
        body = {"kind": "article", "title": title, "paragraphs": [{"style": "text", "text": "The well is dry."}]}
        return str(self.cy.post(f"/api/v1/groups/{self.wells}/posts", body)["record"])

    def repost(self, post: str, value: int = 1000) -> None:
        eventually(partial(self._has_pulled, post))
        self.ada.post(f"/api/v1/groups/{self.villa}/votes", {"target": {"post": post}, "value": value})

    def _has_pulled(self, post: str) -> bool:
        self.ada.post(f"/api/v1/groups/{self.wells}/pulls", {"pod": self.cy.pod.url})
        return post in self.shown(self.ada, self.wells)

    def shown(self, person: Person, group: str) -> dict[str, Any]:
        return {line["post"]: line for line in person.get(f"/api/v1/groups/{group}/posts")["posts"]}

    def shows(self, person: Person, post: str) -> bool:
        return post in self.shown(person, self.villa)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("reposts")
    pods = [ServedPod(folder / name, worker_number(), 71 + place) for place, name in enumerate(("ada", "bo", "cy"))]
    try:
        for pod in pods:
            pod.create()
        ada, bo, cy = (pod.sign_up(pod.folder.name) for pod in pods)
        for pod in pods:
            pod.start()
        villa = ada.post("/api/v1/groups", {"name": "Villa", "weight": 3000})["group"]
        wells = cy.post("/api/v1/groups", {"name": "Wells", "weight": 3000})["group"]
        joined(ada, villa, bo, 1000)
        yield World(ada, bo, cy, villa, wells)
    finally:
        for pod in pods:
            pod.kill()


def test_md_01_a_repost_is_read_where_its_group_was_unknown_and_outlives_its_pod(world: World) -> None:
    for person, group, name in ((world.ada, world.villa, "Adele"), (world.cy, world.wells, "Cyril")):
        person.post(f"/api/v1/groups/{group}/records", {"type": "Profile", "nickname": name})
    post = world.write("Dry wells")
    world.repost(post)
    eventually(partial(world.shows, world.bo, post))
    line = world.shown(world.bo, world.villa)[post]
    assert (line["group"], line["score"], line["shown"]) == (world.wells, 3_000_000, True)
    world.cy.pod.kill()
    bo = Browser(world.bo.pod).sign_in("bo")
    for path, said in ((f"/g/{world.villa}", "reposted from"), ("/", "reposted in")):
        page = bo.get(path)
        assert "Dry wells" in page.text
        assert said in page.text
        assert f'href="/g/{world.wells}/posts/{post}?lens={world.villa}"' in page.text
    strict = world.bo.post("/api/v1/groups", {"name": "Strict", "weight": 3000})["group"]
    for path in ("", f"/preview?lens={strict}"):
        page = bo.get(f"/g/{world.villa}{path}")
        assert "Cyril" in page.text
        assert "Adele" not in page.text.split("</header>")[-1]
    assert f'href="/g/{world.wells}/posts/{post}?lens={strict}"' in page.text
    read = bo.get(f"/g/{world.wells}/posts/{post}?lens={world.villa}")
    assert "The well is dry." in read.text
    world.cy.pod.start()


def test_md_01_a_repost_that_is_taken_back_goes_and_its_group_stays_as_it_was(world: World) -> None:
    post = world.write("Deep wells")
    world.repost(post)
    eventually(partial(world.shows, world.bo, post))
    world.repost(post, 0)
    eventually(lambda: not world.shows(world.bo, post))
    assert post in world.shown(world.ada, world.wells)


def test_who_weighs_nothing_has_no_pod_fetch_a_group(world: World) -> None:
    dan = world.bo.pod.sign_up("dan")
    lone = dan.post("/api/v1/groups", {"name": "Lone", "weight": 3000})["group"]
    body = {"kind": "note", "paragraphs": [{"style": "text", "text": "Look here."}]}
    post = dan.post(f"/api/v1/groups/{lone}/posts", body)["record"]
    number = joined(world.ada, world.villa, dan, 1)
    operation = {"do": "set-weight", "with": {"member": number, "weight": 0}}
    world.ada.post(f"/api/v1/groups/{world.villa}/operations", operation)
    eventually(lambda: world.bo.get(f"/api/v1/groups/{world.villa}")["members"][number - 1]["weight"] == 0)
    size = log_size(world.ada, world.villa)
    dan.post(f"/api/v1/groups/{world.villa}/votes", {"target": {"post": post}, "value": 1000})
    eventually(lambda: world.shows(world.bo, post) and log_size(world.ada, world.villa) == size + 1)
    # The next post, written after ada's pod had the vote, is sealed and back: it has long looked for what it lacks.
    note = {"kind": "note", "paragraphs": [{"style": "text", "text": "A note."}]}
    late = world.bo.post(f"/api/v1/groups/{world.villa}/posts", note)["record"]
    eventually(partial(world.shows, world.ada, late))
    assert lone not in {line["group"] for line in world.ada.get("/api/v1/groups")["groups"]}
    world.bo.post(f"/api/v1/groups/{world.villa}/votes", {"target": {"post": post}, "value": 1000})
    eventually(partial(world.shows, world.ada, post))


def order(person: Person, group: str) -> list[str]:
    """The posts of a group as three doors list them, two and more a page; they agree."""
    api: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        cursor = f"&before={page['next']}" if page["next"] else ""
        page = person.get(f"/api/v1/groups/{group}/posts?limit=2{cursor}")
        api += [line["post"] for line in page["posts"]]
    outbox = person.get(f"/groups/{group}/outbox?before=0")["orderedItems"]
    assert [post for post, told in zip(api, outbox, strict=True) if post not in str(told)] == []
    html = Browser(person.pod).get(f"/g/{group}").text
    assert re.findall(rf'class="title" href="/g/{group}/posts/(\w+)"', html) == api
    return api


def test_x8_posts_that_came_in_different_orders_stand_in_one_order_on_both_pods(world: World) -> None:
    ada, bo = world.ada, world.bo
    group = ada.post("/api/v1/groups", {"name": "Order", "weight": 3000})["group"]
    joined(ada, group, bo, 1000)

    def write(person: Person, title: str) -> str:
        body = {"kind": "article", "title": title, "paragraphs": [{"style": "text", "text": title}]}
        return str(person.post(f"/api/v1/groups/{group}/posts", body)["record"])

    bo.pod.kill()
    hers = [write(ada, f"Hers {number}") for number in range(2)]
    eventually(lambda: log_size(ada, group) == 4)
    ada.pod.kill()
    bo.pod.start()
    his = write(bo, "His")  # his pod knows it before hers, her pod after them
    assert order(bo, group) == [his]
    ada.pod.start()
    for person in (ada, bo, world.cy):  # a pod refuses what another one signed an hour from now
        person.pod.set_clock(60 * 60 * 1000)
    eventually(lambda: [log_size(person, group) for person in (ada, bo)] == [6, 6])
    assert order(bo, group) == order(ada, group) == [his, hers[1], hers[0]]


def news(person: Person) -> str:
    return Browser(person.pod).sign_in(person.account["name"]).get("/notifications").text


def test_x1_the_authors_pod_is_told_of_a_repost_and_then_of_answers_and_edits(world: World) -> None:
    ada, cy, villa = world.ada, world.cy, world.villa
    post = world.write("Told wells")
    world.repost(post)
    eventually(lambda: "Your post was reposted in Villa" in news(cy))
    assert villa not in str(cy.get("/api/v1/groups")), "nothing of the group is kept before somebody asks for it"
    link = re.findall(r'href="(/follows\?[^"]*)"', news(cy))[0]
    browser = Browser(cy.pod).sign_in("cy")
    page = browser.get(html.unescape(link))
    assert f'value="{ada.pod.url}/g/{villa}"' in page.text
    assert browser.submit(page, "/follows").path.startswith("/follows?said=followed")
    note = {"kind": "note", "paragraphs": [{"style": "text", "text": "Seen in Villa."}], "reply_to": {"record": post}}
    ada.post(f"/api/v1/groups/{villa}/posts", note)
    adds = [{"style": "text", "text": "Dug in Villa.", "after": {"record": post, "index": 0}}]
    ada.post(f"/api/v1/groups/{villa}/patches", {"post": post, "adds": adds})
    path = f"/g/{world.wells}/posts/{post}?lens={villa}&mode=wiki"
    eventually(lambda: all(text in browser.get(path).text for text in ("Seen in Villa.", "Dug in Villa.")))
    told = news(cy)
    assert "answered you" in told
    assert "suggested an edit of your post" in told
    assert f'href="/g/{world.wells}/posts/{post}?lens={villa}"' in html.unescape(told)
