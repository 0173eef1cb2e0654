"""What other software of the fediverse gets of a group's polls: notes that say what is asked, until when, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import pytest

from federation.signatures import SignedRequest
from tests.support.browsing import Browser
from tests.support.jsonld import undefined_terms
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, eventually
from tests.support.scene import check_problem

pytestmark = pytest.mark.slow

PODS = 1
HOUR: Final = 3_600_000
OPTIONS: Final = [{"title": "At the <old> oak"}, {"title": "By the mill"}]
WELL: Final = {"kind": "approval", "title": "Where shall we dig?", "options": OPTIONS}


class Square:
    """A pod with ada and her public group, which a peer follows, and a group of the floor."""

    def __init__(self, pod: ServedPod, peer: Peer) -> None:
        self.pod, self.peer, self.ada = pod, peer, pod.sign_up("ada")
        pod.run("user", "promote", "ada")
        pod.set_clock(0)
        pod.start()
        self.group = self.found("public")
        self.floor = self.found("public", default_score=1)
        self.actor = f"{pod.url}/groups/{self.group}"
        self.passed = 0
        follow = {"id": f"{peer.url}/1", "type": "Follow", "actor": peer.actor, "object": self.actor}
        assert send(peer.signed(peer.unsigned(follow)))[0] == 202
        eventually(lambda: any(taken["type"] == "Accept" for taken in peer.taken))

    def found(self, visibility: str, **more: Any) -> str:
        wishes = {"name": f"A {visibility} council", "weight": 3000, "visibility": visibility, **more}
        return str(self.ada.post("/api/v1/groups", wishes)["group"])

    def poll(self, group: str, **said: Any) -> str:
        """A poll that is open by now."""
        wish = {**WELL, "lengths": {"voting": HOUR, "contest": HOUR}, **said}
        poll = str(self.ada.post(f"/api/v1/groups/{group}/polls", wish)["record"])
        eventually(lambda: self.phase(group, poll) not in ("unopened", ""))
        return poll

    def phase(self, group: str, poll: str) -> str:
        return str(self.ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"])

    def ask(self, path: str, kind: str = "application/activity+json") -> tuple[int, Any]:
        """Status and document of an unsigned GET."""
        host = self.peer.inbox.netloc
        return send(SignedRequest("GET", path, host, "http", (("Host", host), ("Accept", kind)), b""))

    def told(self, poll: str, known: int = 0) -> list[dict[str, Any]]:
        """What the follower was told of a poll, after what it knows already."""
        return [taken for taken in self.peer.taken if poll in str(taken)][known:]

    def pass_time(self, by: int) -> None:
        self.passed += by
        self.pod.set_clock(self.passed)

    def choose_floor(self) -> None:
        admin = Browser(self.pod).sign_in("ada")
        seen = admin.submit(admin.get("/admin/floor"), "/admin/floor", address=f"{self.pod.url}/g/{self.floor}")
        assert admin.press(seen, "Let it decide").path == "/admin/floor?said=floor"

    def hide(self, poll: str) -> None:
        self.ada.post(f"/api/v1/groups/{self.floor}/votes", {"target": {"post": poll}, "value": -1000})


@pytest.fixture(scope="module")
def square(pods: list[ServedPod]) -> Iterator[Square]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    with serving(Peer(f"127.77.{worker}.9", f"{pod.url}/inbox")) as peer:
        yield Square(pod, peer)


def test_a_poll_is_a_note_elsewhere_told_once_when_it_opens_and_once_when_it_is_over(square: Square) -> None:
    poll = square.poll(square.group)

    (created,) = eventually(lambda: square.told(poll))

    note = created["object"]["object"]
    assert (created["type"], created["object"]["type"], created["actor"]) == ("Announce", "Create", square.actor)
    assert (note["type"], note["name"], note["attributedTo"]) == ("Note", "Where shall we dig?", square.actor)
    assert (note["id"], note["url"]) == (
        f"{square.pod.url}/records/{poll}",
        f"{square.pod.url}/g/{square.group}/polls/{poll}",
    )
    assert "<li>At the &lt;old&gt; oak</li><li>By the mill</li>" in note["content"]
    assert re.search(r"Members vote from \d+ \w+ \d+ \d\d:\d\d UTC until \d+ \w+ \d+ \d\d:\d\d UTC", note["content"])
    assert f'Members vote on their own pod: <a href="{note["url"]}"' in note["content"]
    assert not {"oneOf", "anyOf", "endTime", "votersCount"} & note.keys()
    assert undefined_terms(created) == frozenset()

    status, fetched = square.ask(f"/records/{poll}")
    assert (status, fetched["content"]) == (200, note["content"])
    assert fetched["record"]["title"] == "Where shall we dig?"
    assert square.ask(f"/records/{poll}", "text/html")[0] == 303
    assert square.ask(f"/activities/{poll}")[1]["object"]["id"] == note["id"]
    assert square.ask(f"/groups/{square.group}/outbox")[1]["totalItems"] == 1
    page = square.ask(f"/groups/{square.group}/outbox?before=0")[1]
    assert [item["object"]["object"]["id"] for item in page["orderedItems"]] == [note["id"]]

    square.ada.post(f"/api/v1/groups/{square.group}/polls/{poll}/ballots", {"approvals": ["01"]})
    eventually(lambda: square.ada.get(f"/api/v1/groups/{square.group}/polls/{poll}")["own"]["index"] is not None)
    for _ in range(2):
        square.pass_time(HOUR)
        square.pass_time(1000)
        eventually(lambda: square.phase(square.group, poll) in ("provisional", "final"))
    eventually(lambda: square.phase(square.group, poll) == "final")
    updated = eventually(lambda: square.told(poll, 1))[0]
    assert (updated["type"], updated["object"]["type"]) == ("Announce", "Update")
    assert updated["id"] != created["id"]
    changed = updated["object"]["object"]
    assert "The vote is over: “By the mill” was chosen." in changed["content"]
    assert changed["updated"] > note["published"]
    assert undefined_terms(updated) == frozenset()
    assert square.ask(f"/records/{poll}")[1]["content"] == changed["content"]

    later = square.poll(square.group)
    eventually(lambda: square.told(later))
    assert [told["object"]["type"] for told in square.told(poll)] == ["Create", "Update"]


def test_a_poll_in_swedish_speaks_swedish_elsewhere(square: Square) -> None:
    poll = square.poll(square.group, title="Var ska vi gräva?", language="sv", kind="for-against", options=[])

    note = square.ask(f"/records/{poll}")[1]

    assert "Medlemmarna röstar på sin egen server:" in note["content"]
    assert note["contentMap"] == {"sv": note["content"]}


def test_whose_end_moves_says_so_elsewhere_and_nothing_else_does(square: Square) -> None:
    lengths = {"proposals": HOUR, "voting": HOUR, "contest": HOUR}
    poll = square.poll(square.group, kind="score", options=[], lengths=lengths)
    path = f"/api/v1/groups/{square.group}/polls/{poll}"
    (created,) = eventually(lambda: square.told(poll))
    assert "Members propose what can be chosen until" in str(created)
    proposal = square.ada.post(f"{path}/proposals", {"title": "A <deep> one"})["record"]
    eventually(lambda: not any(one["waits"] for one in square.ada.get(path)["poll"]["options"]))

    square.pass_time(60_000)
    square.ada.post(f"{path}/fast-forward", {})

    updated = eventually(lambda: square.told(poll, 1))[0]
    assert updated["object"]["type"] == "Update"
    assert "<li>A &lt;deep&gt; one</li>" in updated["object"]["object"]["content"]
    until = re.compile(r"until (.{1,30} UTC)\.</p><p>This is")
    assert until.findall(str(created)) != until.findall(str(updated))
    assert square.ask(f"/records/{proposal}")[1]["type"] == "Object"
    assert len(square.told(poll)) == 2


@pytest.mark.parametrize("visibility", ["unlisted", "private"])
def test_a_poll_is_told_nowhere_that_a_post_of_its_group_is_not(square: Square, visibility: str) -> None:
    group = square.found(visibility)
    poll = square.poll(group)

    assert square.told(poll) == []
    for path in (f"/records/{poll}", f"/activities/{poll}"):
        if visibility == "private":
            check_problem(square.ask(path), 404, "not_found")
        else:
            assert square.ask(path)[0] == 200
    outbox = square.ask(f"/groups/{group}/outbox")
    assert outbox[0] == 404 if visibility == "private" else outbox[1]["totalItems"] == 0


def test_what_the_floor_hides_is_deleted_elsewhere_and_told_no_more(square: Square) -> None:
    square.choose_floor()
    shown, lengths = square.poll(square.group), {"proposals": HOUR, "predictions": HOUR, "voting": HOUR}
    asked = square.poll(square.group, kind="score", options=[], lengths=lengths)
    proposal = square.ada.post(f"/api/v1/groups/{square.group}/polls/{asked}/proposals", {"title": "Deep"})["record"]
    eventually(lambda: square.told(shown) and square.told(asked))
    before = square.ask(f"/groups/{square.group}/outbox?before=0")[1]["orderedItems"]

    for poll in (shown, asked):
        square.hide(poll)

    for poll in (shown, asked):
        deleted = eventually(partial(square.told, poll, 1))[0]
        stone = {"id": f"{square.pod.url}/records/{poll}", "type": "Tombstone", "formerType": "Note"}
        assert (deleted["type"], deleted["actor"], deleted["object"]) == ("Delete", square.actor, stone)
    for record in (shown, asked, proposal):
        check_problem(square.ask(f"/records/{record}"), 404, "not_found")
        check_problem(square.ask(f"/activities/{record}"), 404, "not_found")
    after = square.ask(f"/groups/{square.group}/outbox?before=0")[1]["orderedItems"]
    assert len(after) == len(before) - 2
    square.pass_time(2 * HOUR)
    eventually(lambda: square.phase(square.group, shown) != "voting")
    later = square.poll(square.group)
    eventually(lambda: square.told(later))
    assert [len(square.told(poll)) for poll in (shown, asked)] == [2, 2]
