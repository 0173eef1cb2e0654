"""The main job on real input: twelve people on three pods write, patch and vote; all agree, and an oracle with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from protocol.keys import PrivateKey
from tests.journeys import oracle
from tests.support.people import agreed, sight
from tests.support.rig import Person, ServedPod, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PODS = 3
SEED = 20261125
MINUTE_MS = 60_000
PATIENCE = 180
PATCHES, VOTES = 320, 2100
NAMES = ("ada", "bo", "cy", "dag", "eva", "finn", "gro", "hans", "ida", "jon", "kari", "liv")


@dataclass
class Village:
    """The group, its twelve people in the order of their numbers, and what was written so far."""

    group: str
    people: list[Person]
    rng: Random
    posts: list[str] = field(default_factory=list)
    places: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def path(self, tail: str) -> str:
        return f"/api/v1/groups/{self.group}/{tail}"


def blocks(path: Path) -> list[str]:
    """What stands between blank lines."""
    return [block.strip() for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")) if block.strip()]


def paragraph(block: str) -> dict[str, str]:
    heading = re.fullmatch(r"(#{1,6})\s+(.*)", block)
    if heading:
        return {"style": f"heading-{len(heading[1])}", "text": heading[2]}
    return {"style": "text", "text": block}


@pytest.fixture(scope="module")
def village(pods: list[ServedPod]) -> Village:
    print(f"seed {SEED}")
    with ThreadPoolExecutor(2) as threads:
        places = [(pods[number % PODS], name) for number, name in enumerate(NAMES)]
        people = list(threads.map(lambda place: place[0].sign_up(place[1]), places))
    for pod in pods:
        pod.start()
    ada = people[0]
    group = ada.post("/api/v1/groups", {"name": "The village", "weight": 9000})["group"]
    secret = bytes(range(32))
    wishes = {"weight": 1000, "to": PrivateKey.from_seed(secret).did, "expires": 2**50, "uses": 11}
    link = ada.post(f"/api/v1/groups/{group}/invitations", wishes)
    for number, person in enumerate(people[1:], 2):
        person.post("/api/v1/joins", {**link, "secret": secret.hex()})
        eventually(partial(has_members, ada, group, number))
    world = Village(group, people, Random(SEED))
    for number in range(2, 13):
        wish = {"type": "Operation", "do": "set-weight", "with": {"member": number, "weight": 250 * number}}
        ada.post(world.path("records"), wish)
    eventually(lambda: members(ada, group)[-1]["weight"] == 3000)
    eventually(lambda: agreed(group, *people[:3]))
    keep(world, pods, people[0], keepers=[1, 2, 3])
    return world


def has_members(person: Person, group: str, count: int) -> bool:
    return len(members(person, group)) == count


def members(person: Person, group: str) -> list[Any]:
    return list(person.get(f"/api/v1/groups/{group}")["members"])


def keep(world: Village, pods: list[ServedPod], person: Person, **wish: Any) -> None:
    """Make this person's pod the steward; a keeper signs at most one handover a minute."""
    shift = int(pods[0].clock_file.read_text() or 0) if pods[0].clock_file.exists() else 0
    for pod in pods:
        pod.set_clock(shift + 2 * MINUTE_MS)
    eventually(lambda: quiet(world), seconds=PATIENCE)
    person.post(world.path("handovers"), wish)
    eventually(lambda: {seen["steward"] for seen in each_sees(world)} == {person.pod.url}, seconds=PATIENCE)


def each_sees(world: Village) -> list[Any]:
    return [person.get(f"/api/v1/groups/{world.group}") for person in world.people[:3]]


def quiet(world: Village) -> bool:
    """Nothing waits for a seal anywhere, and the three pods agree."""
    pages = [person.get(f"/groups/{world.group}/pending?from=0") for person in world.people[:3]]
    return not any(page["records"] for page in pages) and agreed(world.group, *world.people[:3])


def in_turn(jobs: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(6) as threads:
        for done in threads.map(lambda job: job(), jobs):
            assert done is None


def write_posts(world: Village, seeds: Path) -> None:
    """Three documents as articles, the fourth as a discussion: each block replies to the one before."""
    for number, name in enumerate(sorted(path.name for path in seeds.glob("00*_*.txt"))):
        texts = blocks(seeds / name)
        if name.startswith("001_"):
            before: str | None = None
            for place, text in enumerate(texts):
                before = publish(world, world.people[place % 12], [text], before)
        else:
            publish(world, world.people[number], texts[:450], None)


def publish(world: Village, person: Person, texts: list[str], reply_to: str | None) -> str:
    body: dict[str, Any] = {"kind": "note" if reply_to else "article", "paragraphs": [paragraph(t) for t in texts]}
    if reply_to:
        body["reply_to"] = {"record": reply_to}
    post = str(person.post(world.path("posts"), body)["record"])
    world.posts.append(post)
    world.places[post] = [(post, index) for index in range(len(texts))]
    return post


def patch(world: Village, number: int) -> None:
    rng, person = Random(SEED + number), world.people[number % 12]
    post = rng.choice(world.posts)
    record, index = rng.choice(world.places[post])
    at = {"record": record, "index": index}
    body: dict[str, Any] = {"type": "Patch", "post": post, "adds": [], "marks": []}
    wish = rng.choice(("replace", "replace", "insert", "delete"))
    if wish != "delete":
        body["adds"] = [{"after": at, "style": "text", "text": f"{wish} {number}: vi säger det så här."}]
    if wish == "replace":
        body["marks"] = [{"paragraph": at, "replaced_by": {"index": 0}}]
    if wish == "delete":
        body["marks"] = [{"paragraph": at, "deleted": True}]
    own = person.post(world.path("records"), body)["record"]
    if body["adds"]:
        world.places[post] = [*world.places[post], (own, 0)]


def vote(world: Village, number: int) -> None:
    rng, person = Random(-SEED - number), world.people[number % 12]
    post = rng.choice(world.posts)
    target: dict[str, Any] = {"post": post}
    if rng.random() < 0.8:
        record, index = rng.choice(world.places[post])
        target = {"paragraph": {"record": record, "index": index}}
    person.post(world.path("votes"), {"target": target, "value": rng.choice((-1000, -500, 250, 500, 1000))})


def pulled(person: Person, group: str, name: str, entries: str) -> list[Any]:
    """A whole list of the group, as a peer pulls it."""
    found: list[Any] = []
    while page := person.get(f"/groups/{group}/{name}?from={len(found)}")[entries]:
        found += page
    return found


def test_three_pods_compute_one_truth_and_the_oracle_agrees(
    village: Village, pods: list[ServedPod], seeds: Path
) -> None:
    world, group, one_each = village, village.group, village.people[:3]
    write_posts(world, seeds)
    for part, steward in enumerate((world.people[1], world.people[2])):
        in_turn([partial(patch, world, number) for number in range(part, PATCHES, 2)])
        in_turn([partial(vote, world, number) for number in range(part, VOTES, 2)])
        keep(world, pods, steward)
    eventually(lambda: quiet(world), seconds=PATIENCE)

    views = [(sight(person, group), texts(world, person)) for person in one_each]

    assert views[0] == views[1] == views[2]
    check_against_the_oracle(world, one_each[0], views[0][1])
    check_that_all_took_part(world, one_each[0])
    for pod in pods:
        pod.kill()
        pod.run("rebuild", "--check")
        pod.start()
    assert [(sight(person, group), texts(world, person)) for person in one_each] == views


def texts(world: Village, person: Person) -> list[Any]:
    return [person.get(world.path(f"posts/{post}")) for post in world.posts]


def check_against_the_oracle(world: Village, person: Person, shown: list[Any]) -> None:
    log = pulled(person, world.group, "log", "entries")
    chain = pulled(person, world.group, "chain", "items")
    seen = person.get(f"/api/v1/groups/{world.group}")
    weights = oracle.weights_of(chain)
    scores = oracle.scores_of(log, weights)
    assert weights == {member["number"]: member["weight"] for member in seen["members"]}
    assert seen["log"]["root"] == oracle.root_of([oracle.id_of(record) for record in log])
    for post, answer in zip(world.posts, shown, strict=True):
        assert answer["score"] == scores.get(oracle.key_of({"post": post}), 0)
        read = [(p["record"], p["index"], p["text"], p["score"], p["shown"]) for p in answer["paragraphs"]]
        assert read == oracle.text_of(post, log, scores)


def check_that_all_took_part(world: Village, person: Person) -> None:
    log = pulled(person, world.group, "log", "entries")
    kinds = Counter(record["type"] for record in log)
    by_pod = Counter((record["author"] - 1) % PODS for record in log)
    stewards = {item.get("steward", {}).get("pod") for item in pulled(person, world.group, "chain", "items")}
    paragraphs = sum(len(record["paragraphs"]) for record in log if record["type"] == "Post")
    print(f"{paragraphs} paragraphs, {dict(kinds)}, by pod {dict(by_pod)}")
    assert paragraphs >= 200
    assert kinds["Patch"] >= 300
    assert kinds["Vote"] >= 2000
    assert all(count * 4 >= len(log) for count in by_pod.values())
    assert stewards - {None} == {one.pod.url for one in world.people[:3]}
