"""A group with a post that people worked on: votes, other versions, comments, answers; a second group judges it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, ServedPod, eventually

TEXTS = (
    ("heading-1", "What happened"),
    ("text", "The well is dry. It was dug in 1924, and nobody has looked at the pump since."),
    ("text", "We should ask the county for money."),
    ("quote", "Water is a common good."),
    ("list-item", "Ask the neighbours"),
    ("list-item", "Dig deeper"),
    ("text", "This costs too much, and cows would do."),
)


@dataclass
class ReadingRoom:
    """ada (weight 3) wrote `post`, bo (2) and cy (1) are members, eve is a stranger; `strict` is cy's other group."""

    pod: ServedPod
    ada: Person
    bo: Person
    cy: Person
    eve: Person
    group: str
    strict: str
    post: str
    edit: str
    comment: str

    def at(self, path: str = "") -> str:
        return f"/g/{self.group}/posts/{self.post}" + path

    def api(self, path: str = "") -> str:
        return f"/api/v1/groups/{self.group}" + path

    def seen(self, **query: str) -> Any:
        """The post as the API tells it to a stranger."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return self.eve.get(self.api(f"/posts/{self.post}?{asked}"))

    def vote(
        self, person: Person, record: str, index: int | None, value: int, *, group: str = "", why: str = ""
    ) -> str:
        target = {"post": record} if index is None else {"paragraph": {"record": record, "index": index}}
        body = {"target": target, "value": value, "reason": why}
        return str(person.post(f"/api/v1/groups/{group or self.group}/votes", body)["record"])

    def patch(self, person: Person, post: str = "", **members: Any) -> str:
        return str(person.post(self.api("/patches"), {"post": post or self.post, **members})["record"])

    def browser(self, name: str = "", language: str = "en") -> Browser:
        return Browser(self.pod, language).sign_in(name) if name else Browser(self.pod, language)


def write(person: Person, group: str, texts: Any, **members: Any) -> str:
    """A post; texts are (style, text)."""
    paragraphs = [{"style": style, "text": text} for style, text in texts]
    body = {"kind": "note", "paragraphs": paragraphs, **members}
    return str(person.post(f"/api/v1/groups/{group}/posts", body)["record"])


def a_reading_room(pod: ServedPod) -> ReadingRoom:
    """Sign everybody up, start the pod, and let them write."""
    ada, bo, cy, eve = (pod.sign_up(name) for name in ("ada", "bo", "cy", "eve"))
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert [joined(ada, group, person, weight) for person, weight in ((bo, 2000), (cy, 1000))] == [2, 3]
    strict = cy.post("/api/v1/groups", {"name": "Strict readers"})["group"]
    for person, name in ((ada, "Ada"), (bo, "Bo"), (cy, "Cy")):
        person.post(f"/api/v1/groups/{group}/records", {"type": "Profile", "nickname": name})
    post = write(ada, group, TEXTS, kind="article", title="The well in the village", language="en")
    room = ReadingRoom(pod, ada, bo, cy, eve, group, strict, post, "", "")
    mine = {"record": post, "index": 2}
    adds = [{"style": "text", "text": "We should ask the county and the state for money.", "after": mine}]
    room.edit = room.patch(bo, adds=adds, marks=[{"paragraph": mine, "replaced_by": {"index": 0}}])
    room.vote(bo, post, None, 1000, why="Well said.")
    room.vote(cy, post, None, -500)
    room.vote(bo, post, 6, -1000, why="Cows?")
    room.vote(cy, room.strict and post, 1, 1000)
    for record, index, value in ((post, 2, -1000), (room.edit, 0, 1000), (post, 6, 1000), (post, None, 1000)):
        room.vote(cy, record, index, value, group=strict)
    about = {"record": post, "index": 1}
    room.comment = write(cy, group, [("text", "The pump was changed in 1950.")], reply_to=about)
    write(bo, group, [("text", "Cows drink, too.")], reply_to={"record": post, "index": 6})
    write(bo, group, [("text", "Thank you for writing this.")], reply_to={"record": post})
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] >= 14)
    return room
