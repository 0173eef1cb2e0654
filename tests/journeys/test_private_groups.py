"""A private group lives on its members' pods: a link leads into it, and nobody else learns that it is there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from protocol.keys import PrivateKey
from tests.support.people import agreed, joined, log_size, settled_sizes, sight
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

pytestmark = pytest.mark.slow

PODS = 3
MINUTE_MS: Final = 61_000
PULLED: Final = ("chain?from=0", "log?from=0", "pending?from=0", "proof?leaf=0&size=1")


@dataclass
class Circle:
    """ada's private group on the first pod; bo joins from the second; eve, on the third, is nobody's guest."""

    pods: list[ServedPod]
    ada: Person
    bo: Person
    eve: Person
    group: str
    first: str
    links: list[dict[str, Any]] = field(default_factory=list)
    minutes: int = 0

    def path(self, tail: str = "") -> str:
        return f"/api/v1/groups/{self.group}{tail}"

    def write(self, person: Person, text: str) -> str:
        paragraphs = [{"style": "text", "text": text}]
        written = person.post(self.path("/posts"), {"kind": "note", "paragraphs": paragraphs})
        return str(written["record"])

    def texts(self, person: Person) -> set[str]:
        posts = person.get(self.path("/posts"))["posts"]
        sights = [person.get(self.path(f"/posts/{line['post']}")) for line in posts]
        return {paragraph["text"] for sight in sights for paragraph in sight["paragraphs"]}

    def link(self, **wishes: Any) -> dict[str, Any]:
        """What ada puts into a link; the seed of its key is hers."""
        secret = secrets.token_bytes(32)
        wanted = {"weight": 500, "to": PrivateKey.from_seed(secret).did, "expires": 2**50, **wishes}
        return {**self.ada.post(self.path("/invitations"), wanted), "secret": secret.hex()}

    def pass_a_minute(self) -> None:
        """Have every pod pull all its groups."""
        self.minutes += 1
        for pod in self.pods:
            pod.set_clock(self.minutes * MINUTE_MS)


@pytest.fixture(scope="module")
def circle(pods: list[ServedPod]) -> Circle:
    ada, bo, eve = (pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "eve"), strict=True))
    for pod in pods:
        pod.start()
    group = ada.post("/api/v1/groups", {"name": "The choir", "visibility": "private", "weight": 3000})["group"]
    made = Circle(pods, ada, bo, eve, group, "")
    made.first = made.write(ada, "We sing on Mondays.")
    eventually(lambda: log_size(ada, group) == 2)
    return made


def number_of(person: Person, group: str) -> Any:
    memberships = person.get("/api/v1/me")["memberships"]
    return next((entry["number"] for entry in memberships if entry["group"] == group), None)


def is_unknown(person: Person, path: str) -> bool:
    with pytest.raises(RefusedByHttpError, match="unknown_group") as refused:
        person.get(path)
    return refused.value.status == 404


def test_who_comes_by_the_link_reads_what_was_written_before(circle: Circle) -> None:
    circle.bo.post("/api/v1/joins", circle.link())

    assert eventually(lambda: number_of(circle.bo, circle.group)) == 2
    eventually(lambda: agreed(circle.group, circle.ada, circle.bo))
    eventually(lambda: circle.texts(circle.bo) == {"We sing on Mondays."})


def test_both_write_and_converge(circle: Circle) -> None:
    circle.write(circle.bo, "On Tuesdays, too.")
    circle.bo.post(circle.path("/votes"), {"target": {"post": circle.first}, "value": 500})
    circle.ada.post(circle.path("/votes"), {"target": {"post": circle.first}, "value": 900})

    eventually(lambda: settled_sizes(circle.group, 6, circle.ada, circle.bo))
    theirs, ours = (person.get(circle.path(f"/posts/{circle.first}")) for person in (circle.bo, circle.ada))
    assert theirs == ours
    assert ours["score"] == 3000 * 900 + 500 * 500
    assert circle.texts(circle.bo) == {"We sing on Mondays.", "On Tuesdays, too."}


def test_a_pod_that_was_away_pulls_by_its_signature(circle: Circle) -> None:
    away = circle.pods[1]
    away.kill()
    before = log_size(circle.ada, circle.group)
    circle.ada.post(circle.path("/votes"), {"target": {"post": circle.first}, "value": 1000})
    eventually(lambda: log_size(circle.ada, circle.group) == before + 1)
    away.start()

    circle.bo.post(circle.path("/pulls"), {"pod": circle.ada.pod.url})

    eventually(lambda: settled_sizes(circle.group, before + 1, circle.ada, circle.bo))


@pytest.mark.parametrize("pulled", PULLED)
def test_without_a_signature_it_is_not_there(circle: Circle, pulled: str) -> None:
    assert is_unknown(circle.eve, f"/groups/{circle.group}/{pulled}")
    for pod in circle.pods:
        with pytest.raises(RefusedByHttpError, match="unknown_group"):
            call("GET", f"{pod.url}/groups/{circle.group}/{pulled}")


def test_a_pod_of_strangers_pulls_nothing_whatever_its_people_ask(circle: Circle) -> None:
    for path in ("/pulls",):
        with pytest.raises(RefusedByHttpError, match="remote") as refused:
            circle.eve.post(circle.path(path), {"pod": circle.ada.pod.url})
        assert refused.value.status == 502
    assert is_unknown(circle.eve, circle.path())


def test_a_person_of_a_members_pod_is_a_stranger_too(circle: Circle) -> None:
    eva = circle.pods[0].sign_up("eva")
    for tail in ("", "/members", "/posts", f"/posts/{circle.first}", "/items", "/log", f"/records/{circle.first}"):
        assert is_unknown(eva, circle.path(tail))
    for path, body in ((circle.path("/pulls"), {"pod": circle.pods[1].url}), (circle.path("/handovers"), {})):
        with pytest.raises(RefusedByHttpError, match="unknown_group"):
            eva.post(path, body)
    with pytest.raises(RefusedByHttpError, match="unknown_group"):
        eva.get(f"/api/v1/groups?after={circle.group}")
    with pytest.raises(RefusedByHttpError, match="unknown_group"):
        eva.post("/api/v1/joins", {"group": circle.group, "pod": circle.pods[0].url})


@pytest.mark.parametrize(
    "path", ["/groups/{group}", "/groups/{group}/outbox", "/records/{post}", "/activities/{post}", "/g/{group}"]
)
def test_nothing_of_it_is_shown_to_other_software(circle: Circle, path: str) -> None:
    for pod in circle.pods:
        with pytest.raises(RefusedByHttpError) as refused:
            call("GET", pod.url + path.format(group=circle.group, post=circle.first))
        assert refused.value.status == 404


def test_its_records_are_voted_on_there_alone(circle: Circle) -> None:
    public = circle.bo.post("/api/v1/groups", {"name": "The market"})["group"]
    targets = [{"post": circle.first}, {"paragraph": {"record": circle.first, "index": 0}}]
    targets.append({"reaction": {"post": circle.first, "emoji": "x"}})
    for target in targets:
        with pytest.raises(RefusedByHttpError, match="may_not_write"):
            circle.bo.post(f"/api/v1/groups/{public}/votes", {"target": target, "value": 1000})
    # Who isn't a member isn't told whose it is, and can't have a public log speak of it either.
    cyn = circle.pods[0].sign_up("cyn")
    own = cyn.post("/api/v1/groups", {"name": "The bazaar"})["group"]
    for tail in ("votes", "records"):
        with pytest.raises(RefusedByHttpError, match="not_found"):
            cyn.post(f"/api/v1/groups/{own}/{tail}", {"type": "Vote", "target": targets[0], "value": 1000})


def test_a_link_that_was_used_opens_nothing(circle: Circle) -> None:
    link = circle.link()
    cy = circle.pods[1].sign_up("cy")
    cy.post("/api/v1/joins", link)
    eventually(lambda: number_of(cy, circle.group))

    with pytest.raises(RefusedByHttpError, match="remote"):
        circle.eve.post("/api/v1/joins", link)

    assert number_of(circle.eve, circle.group) is None
    assert is_unknown(circle.eve, circle.path())


def test_a_link_that_expired_opens_nothing(circle: Circle) -> None:
    with pytest.raises(RefusedByHttpError, match="remote"):
        circle.eve.post("/api/v1/joins", circle.link(expires=1_000_000))


def test_a_link_with_another_seed_opens_nothing(circle: Circle) -> None:
    with pytest.raises(RefusedByHttpError, match="remote"):
        circle.eve.post("/api/v1/joins", {**circle.link(), "secret": secrets.token_hex(32)})


def test_a_members_pod_gets_nothing_more_once_all_of_them_left(circle: Circle) -> None:
    guest = circle.pods[2].sign_up("gro")
    guest.post("/api/v1/joins", circle.link())
    eventually(lambda: number_of(guest, circle.group))
    eventually(lambda: agreed(circle.group, circle.ada, circle.bo, guest))
    before = sight(guest, circle.group)

    guest.post(circle.path("/operations"), {"do": "leave", "with": {}})
    eventually(lambda: left(circle.ada, circle.group, number_of(guest, circle.group)))
    circle.write(circle.ada, "Who left hears nothing of this.")
    eventually(lambda: agreed(circle.group, circle.ada, circle.bo))
    circle.pass_a_minute()
    with pytest.raises(RefusedByHttpError, match="remote"):
        guest.post(circle.path("/pulls"), {"pod": circle.ada.pod.url})

    assert sight(guest, circle.group) == before


def left(person: Person, group: str, number: int) -> bool:
    members = person.get(f"/api/v1/groups/{group}")["members"]
    return any(entry["left"] for entry in members if entry["number"] == number)


def test_a_black_listed_members_pod_gets_nothing_more(circle: Circle) -> None:
    guest = circle.pods[2].sign_up("hans")
    guest.post("/api/v1/joins", circle.link())
    number = eventually(lambda: number_of(guest, circle.group))
    public = circle.ada.post("/api/v1/groups", {"name": "Concerts"})["group"]
    joined(circle.ada, public, guest, 500)
    eventually(lambda: agreed(circle.group, circle.ada, circle.bo, guest))
    before = sight(guest, circle.group)
    circle.pods[2].kill()

    written = circle.write(circle.ada, "Queued while he was a member.")
    circle.ada.post(circle.path("/operations"), {"do": "set-weight", "with": {"member": number, "weight": -1}})
    eventually(lambda: weight_of(circle.ada, circle.group, number) == -1)
    circle.pods[2].start()
    circle.write(circle.ada, "Written after it.")
    eventually(lambda: agreed(circle.group, circle.ada, circle.bo))
    circle.pass_a_minute()
    # What goes to one pod goes in order: behind this all that was queued is over.
    concert = circle.ada.post(f"/api/v1/groups/{public}/posts", {"kind": "note", "paragraphs": []})["record"]
    posts = f"/api/v1/groups/{public}/posts"
    eventually(lambda: concert in {line["post"] for line in guest.get(posts)["posts"]})
    with pytest.raises(RefusedByHttpError, match="remote"):
        guest.post(circle.path("/pulls"), {"pod": circle.ada.pod.url})

    assert sight(guest, circle.group) == before
    assert written not in {line["post"] for line in guest.get(circle.path("/posts"))["posts"]}


def weight_of(person: Person, group: str, number: int) -> int:
    members = person.get(f"/api/v1/groups/{group}")["members"]
    return int(next(entry["weight"] for entry in members if entry["number"] == number))


def test_a_member_whose_pod_is_lost_comes_back_on_another(circle: Circle) -> None:
    cy = circle.pods[1].sign_up("cyril")
    cy.post("/api/v1/joins", circle.link())
    number = eventually(lambda: number_of(cy, circle.group))
    places = cy.get("/api/v1/me")["memberships"]
    recovery = next(entry["recovery"] for entry in places if entry["group"] == circle.group)
    kit = {"name": "cyril", "phrase": cy.account["phrase"]}
    circle.pods[1].kill()
    place = {"group": circle.group, "pod": circle.ada.pod.url}
    for wrong in ({}, {"recovery": recovery + 1}):
        with pytest.raises(RefusedByHttpError, match="not_found"):
            call("POST", f"{circle.pods[2].url}/api/v1/recoveries", {**kit, "groups": [{**place, **wrong}]})

    answered = call(
        "POST", f"{circle.pods[2].url}/api/v1/recoveries", {**kit, "groups": [{**place, "recovery": recovery}]}
    )

    assert answered["unreachable"] == []
    again = Person(circle.pods[2], {**cy.account, "token": answered["token"]})
    eventually(lambda: number_of(again, circle.group) == number)
    eventually(lambda: agreed(circle.group, circle.ada, again))
    post = circle.write(again, "Here I am again.")
    eventually(lambda: post in {line["post"] for line in circle.ada.get(circle.path("/posts"))["posts"]})
    circle.pods[1].start()
    circle.pass_a_minute()
    eventually(lambda: agreed(circle.group, circle.ada, again, circle.bo))


def test_a_founder_whose_pod_is_lost_recovers_the_group(circle: Circle) -> None:
    places = circle.ada.get("/api/v1/me")["memberships"]
    recovery = next(entry["recovery"] for entry in places if entry["group"] == circle.group)
    before = circle.texts(circle.bo)
    circle.pods[0].kill()
    kit = {"name": "ada", "phrase": circle.ada.account["phrase"]}
    place = {"group": circle.group, "pod": circle.bo.pod.url, "recovery": recovery}
    answered = call("POST", f"{circle.pods[2].url}/api/v1/recoveries", {**kit, "groups": [place]})
    again = Person(circle.pods[2], {**circle.ada.account, "token": answered["token"]})

    recovered = again.post(circle.path("/recoveries"), {"phrase": kit["phrase"]})

    assert recovered["item"]
    eventually(lambda: number_of(again, circle.group) == 1)
    post = circle.write(circle.bo, "You are back.")
    eventually(lambda: post in {line["post"] for line in again.get(circle.path("/posts"))["posts"]})
    eventually(lambda: agreed(circle.group, again, circle.bo))
    assert circle.texts(again) == circle.texts(circle.bo) == before | {"You are back."}
    circle.pods[0].start()
    circle.pass_a_minute()


def test_projections_are_what_a_rebuild_makes(circle: Circle) -> None:
    for pod in circle.pods:
        pod.kill()
        pod.run("rebuild", "--check")
        pod.start()
