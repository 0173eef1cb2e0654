"""Two pods agree on one post and one vote, by push and by pull, through the one door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.people import agreed, joined, log_size, settled_sizes
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

ENGINES = ("sqlite", "processes")


@pytest.fixture(scope="module")
def community(pods: list[ServedPod]) -> tuple[str, Person, Person, str]:
    """A group of ada (pod 1, founder) and bo (pod 2), with a post of ada's that both hold."""
    here, there = pods
    ada, bo = here.sign_up("ada"), there.sign_up("bo")
    here.start()
    there.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert joined(ada, group, bo, 2000) == 2
    paragraphs = [{"style": "text", "text": "The well is dry."}, {"style": "text", "text": "Dig deeper?"}]
    post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "article", "title": "The well", "paragraphs": paragraphs})
    eventually(lambda: settled_sizes(group, 2, ada, bo))
    return group, ada, bo, post["record"]


def test_two_pods_agree_on_a_post_and_a_vote_by_push(community: tuple[str, Person, Person, str]) -> None:
    group, ada, bo, post = community
    eventually(lambda: post in {entry["post"] for entry in bo.get(f"/api/v1/groups/{group}/posts")["posts"]})

    bo.post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": -500})

    eventually(lambda: settled_sizes(group, 3, ada, bo))
    theirs, ours = (person.get(f"/api/v1/groups/{group}/posts/{post}") for person in (bo, ada))
    assert theirs == ours
    assert ours["score"] == 3000 * 1000 + 2000 * -500
    assert [paragraph["shown"] for paragraph in ours["paragraphs"]] == [True, True]


def test_pull_alone_heals_a_pod_that_was_away(
    community: tuple[str, Person, Person, str], pods: list[ServedPod]
) -> None:
    group, ada, bo, post = community
    eventually(lambda: agreed(group, ada, bo))
    before, seen = log_size(ada, group), bo.get(f"/api/v1/groups/{group}/posts/{post}")["score"]
    pods[1].kill()
    ada.post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": 250})
    eventually(lambda: log_size(ada, group) == before + 1)
    pods[1].start()

    bo.post(f"/api/v1/groups/{group}/pulls", {"pod": ada.pod.url})

    eventually(lambda: settled_sizes(group, before + 1, ada, bo))
    assert bo.get(f"/api/v1/groups/{group}/posts/{post}")["score"] == seen - 3000 * (1000 - 250)


def test_a_kill_loses_nothing_that_was_acknowledged(
    community: tuple[str, Person, Person, str], pods: list[ServedPod]
) -> None:
    group, ada, bo, post = community
    before = log_size(ada, group)
    for value in (100, 200, 300):
        ada.post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": value})
    pods[0].kill()
    pods[0].start()

    eventually(lambda: settled_sizes(group, before + 3, ada, bo))
    theirs, ours = (person.get(f"/api/v1/groups/{group}/posts/{post}")["score"] for person in (bo, ada))
    assert theirs == ours


def test_an_unknown_type_is_carried_unchanged(community: tuple[str, Person, Person, str]) -> None:
    group, ada, bo, _ = community
    written = ada.post(f"/api/v1/groups/{group}/records", {"type": "Tomorrow", "says": {"anything": [1, "x"]}})

    def pulled() -> Any:
        entries = bo.get(f"/groups/{group}/log?from=0")["entries"]
        return [entry for entry in entries if entry["type"] == "Tomorrow"]

    assert written["record"]
    (carried,) = eventually(pulled)
    assert carried["says"] == {"anything": [1, "x"]}
    assert carried in ada.get(f"/groups/{group}/log?from=0")["entries"]


def test_a_new_name_is_that_of_the_lists(community: tuple[str, Person, Person, str]) -> None:
    group, ada, bo, _ = community
    eventually(lambda: agreed(group, ada, bo))
    ada.post(f"/api/v1/groups/{group}/operations", {"do": "set-policy", "with": {"name": "Village council"}})

    eventually(lambda: names(ada).get(group) == names(bo).get(group) == "Village council")


def names(person: Person) -> dict[str, str]:
    return {line["group"]: line["name"] for line in person.get("/api/v1/groups")["groups"]}


def test_who_is_not_a_member_is_refused_with_a_stable_code(
    community: tuple[str, Person, Person, str], pods: list[ServedPod]
) -> None:
    group, ada, _, post = community
    before = ada.get(f"/api/v1/groups/{group}")
    stranger = pods[0].sign_up("eve")

    with pytest.raises(RefusedByHttpError, match="not_member") as refused:
        stranger.post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": 1000})

    assert refused.value.status == 403
    assert ada.get(f"/api/v1/groups/{group}")["state_hash"] == before["state_hash"]


def test_projections_are_what_a_rebuild_makes_byte_for_byte(
    community: tuple[str, Person, Person, str], pods: list[ServedPod]
) -> None:
    group, ada, bo, post = community
    eventually(lambda: agreed(group, ada, bo))
    before = ada.get(f"/api/v1/groups/{group}/posts/{post}")
    for pod in pods:
        pod.kill()
        pod.run("rebuild", "--check")
        pod.start()

    assert ada.get(f"/api/v1/groups/{group}/posts/{post}") == before
