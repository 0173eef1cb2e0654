"""A pod that comes late holds the same log as all others: what was erased, and what its authors could write no more."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.people import agreed, joined, log_size
from tests.support.rig import Person, ServedPod, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PODS = 3


@dataclass
class Street:
    """ada and bo on two pods wrote, erased, left; cy's pod, the third, hears of the group only then."""

    pods: list[ServedPod]
    ada: Person
    bo: Person
    cy: Person
    group: str
    posts: dict[str, str] = field(default_factory=dict)

    def path(self, tail: str = "") -> str:
        return f"/api/v1/groups/{self.group}{tail}"

    def write(self, person: Person, name: str, *texts: str) -> None:
        paragraphs = [{"style": "text", "text": text} for text in texts]
        body = {"kind": "article", "title": name, "paragraphs": paragraphs}
        self.posts[name] = person.post(self.path("/posts"), body)["record"]

    def patch(self, person: Person, name: str, post: str, index: int, text: str) -> None:
        adds = [{"after": {"record": self.posts[post], "index": index}, "style": "text", "text": text}]
        body = {"post": self.posts[post], "adds": adds, "marks": []}
        self.posts[name] = person.post(self.path("/patches"), body)["record"]

    def erase(self, person: Person, *names: str) -> None:
        records = [self.posts[name] for name in names]
        person.post(self.path("/records"), {"type": "Erase", "records": records})

    def vote(self, person: Person, post: str, value: int) -> None:
        person.post(self.path("/votes"), {"target": {"post": self.posts[post]}, "value": value})

    def sights(self, person: Person) -> list[Any]:
        """What a person is told of every post: text, scores, reasons."""
        names = ("erased", "patched", "bo's", "hidden")
        return [person.get(self.path(f"/posts/{self.posts[name]}")) for name in names]

    def log(self, person: Person) -> list[Any]:
        return list(person.get(f"/groups/{self.group}/log?from=0")["entries"])


@pytest.fixture(scope="module")
def street(pods: list[ServedPod]) -> Street:
    ada, bo, cy = (pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=True))
    for pod in pods:
        pod.start()
    group = ada.post("/api/v1/groups", {"name": "The street", "weight": 3000})["group"]
    made = Street(pods, ada, bo, cy, group)
    assert joined(ada, group, bo, 500) == 2
    write_all(made)
    return made


def settled(sight: Any) -> bool:
    return bool(sight["settled_height"] == sight["height"])


def write_all(street: Street) -> None:
    ada, bo, group = street.ada, street.bo, street.group
    street.write(ada, "erased", "A secret.", "Another one.")
    street.write(ada, "patched", "One.", "Two.", "Three.")
    eventually(lambda: agreed(group, ada, bo) and log_size(bo, group) == 4)
    street.patch(bo, "patch", "patched", 0, "One and a half: a secret.")
    street.patch(bo, "of a patch", "erased", 1, "Hung on a secret.")
    street.write(bo, "bo's", "Who leaves has written.")
    street.write(bo, "hidden", "Who is black-listed, too.")
    eventually(lambda: agreed(group, ada, bo) and log_size(bo, group) == 10)
    street.vote(bo, "erased", 700)
    ada.post(street.path("/records"), {"type": "Profile", "nickname": "A secret"})
    eventually(lambda: agreed(group, ada, bo) and log_size(bo, group) == 12)
    profile = ada.get(street.path("/members/1"))["profile"]
    street.posts["profile"] = profile
    street.erase(ada, "erased", "profile")
    street.erase(bo, "patch")
    eventually(lambda: agreed(group, ada, bo) and log_size(bo, group) == 14)
    bo.post(street.path("/operations"), {"do": "leave", "with": {}})
    eventually(lambda: ada.get(street.path("/members/2"))["left"] and settled(ada.get(street.path())))
    # The pod of one who left is told nothing any more, but it may ask.
    bo.post(street.path("/pulls"), {"pod": ada.pod.url})
    eventually(lambda: agreed(group, ada, bo))


def test_a_pod_that_comes_late_pulls_past_what_was_erased(street: Street) -> None:
    street.cy.post(street.path("/pulls"), {"pod": street.ada.pod.url})

    eventually(lambda: agreed(street.group, street.ada, street.bo, street.cy))
    assert street.cy.get(street.path())["log"]["held"] == 14


def test_it_shows_the_same_text_and_scores(street: Street) -> None:
    theirs, ours = street.sights(street.cy), street.sights(street.ada)

    assert theirs == ours == street.sights(street.bo)
    assert [paragraph["text"] for paragraph in ours[0]["paragraphs"]] == ["", "", "Hung on a secret."]
    assert [paragraph["text"] for paragraph in ours[1]["paragraphs"]] == ["One.", "", "Two.", "Three."]
    assert ours[2]["paragraphs"][0]["text"] == "Who leaves has written."
    members = [person.get(street.path("/members"))["members"] for person in (street.ada, street.cy)]
    assert members[0] == members[1]


def test_no_secret_came_to_it(street: Street) -> None:
    logs = [street.log(person) for person in (street.ada, street.bo, street.cy)]
    assert logs[0] == logs[1] == logs[2]
    assert "secret" not in json.dumps(logs[0]).replace("Hung on a secret", "")


def test_it_serves_a_fourth_in_its_turn(street: Street) -> None:
    """From the latecomer alone, which never held the texts, to a pod that forgot everything."""
    ada, cy = street.ada, street.cy
    street.pods[1].kill()
    street.pods[0].kill()
    second = street.pods[1]
    fresh = ServedPod(second.folder.with_name("fresh"), 0, 0)
    fresh.host = fresh.named = second.host
    fresh.url = fresh.door = second.url
    fresh.create()
    dag = fresh.sign_up("dag")
    fresh.start()
    try:
        dag.post(street.path("/pulls"), {"pod": cy.pod.url})
        eventually(lambda: agreed(street.group, cy, dag))
        assert street.sights(dag) == street.sights(cy)
    finally:
        fresh.kill()
        street.pods[0].start()
        second.start()
    eventually(lambda: agreed(street.group, ada, cy))


def test_projections_are_what_a_rebuild_makes(street: Street) -> None:
    for pod in street.pods:
        pod.kill()
        pod.run("rebuild", "--check")
        pod.run("group", "verify", street.group)
        pod.start()
