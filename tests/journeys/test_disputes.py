"""A lone keeper's pod settles two histories and shows each to another pod; when these two meet, both say so."""

from __future__ import annotations

import urllib.request

from protocol.chain import follow
from protocol.records.envelope import Record
from protocol.state import GroupState
from tests.support import community
from tests.support.community import a_community
from tests.support.hostile import HostilePod, Shown, serving
from tests.support.rig import Person, ServedPod, worker_number

MAL = 9


def a_history(state: GroupState, pod: str, *, step: int) -> tuple[GroupState, list[Record], Record]:
    """Two seals on `state` and the keeper's word for the second."""
    items = []
    for _ in range(2):
        items.append(community.seal(state, pod, at=state.at + step))
        state = follow(state, items[-1]).state
    return state, items, community.ack(1, pod, state)


def disputes(person: Person, group: str) -> list[tuple[str, str, str]]:
    seen = person.get(f"/api/v1/groups/{group}")
    return [(one["pod"], one["ours"], one["theirs"]) for one in seen["disputes"]]


def page(person: Person, group: str) -> str:
    with urllib.request.urlopen(f"{person.pod.url}/g/{group}", timeout=10) as answer:
        return str(answer.read().decode())


def test_pods_that_were_shown_two_settled_histories_say_that_they_differ(pods: list[ServedPod]) -> None:
    ada, bo = (pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo"), strict=True))
    for pod in pods:
        pod.start()
    grown = a_community("split", 1)
    group, start, keeper = grown.now.group, grown.now, grown.people[0].pod
    ends = []
    with serving(HostilePod(f"127.77.{worker_number()}.{MAL}")) as mal:
        for step, person in enumerate((ada, bo), 1):
            end, items, ack = a_history(start, keeper, step=step)
            mal.shown[group] = Shown([record.body for record in [*grown.records, *items]], [ack.body])
            person.post(f"/api/v1/groups/{group}/pulls", {"pod": mal.url})
            assert person.get(f"/api/v1/groups/{group}")["anchor"] == end.head
            ends.append(end.head)
    assert (disputes(ada, group), disputes(bo, group)) == ([], [])
    assert "Disputed" not in page(ada, group)

    ada.post(f"/api/v1/groups/{group}/pulls", {"pod": bo.pod.url})
    bo.post(f"/api/v1/groups/{group}/pulls", {"pod": ada.pod.url})

    assert disputes(ada, group) == [(bo.pod.url, ends[0], ends[1])]
    assert disputes(bo, group) == [(ada.pod.url, ends[1], ends[0])]
    for person, own in zip((ada, bo), ends, strict=True):
        assert person.get(f"/api/v1/groups/{group}")["anchor"] == own, "an anchor never gives way to a dispute"
        assert "Disputed" in page(person, group)
