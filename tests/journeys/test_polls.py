"""A group on two pods decides: what is asked on one, answered on both, counted alike by each."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

ENGINES = ("sqlite", "processes")
HOUR = 3_600_000


@pytest.fixture(scope="module")
def community(pods: list[ServedPod]) -> tuple[str, Person, Person, Person]:
    """A group of ada (pod 1, founder), bo and cia (pod 2)."""
    here, there = pods
    # One clock for both: a pod refuses what another one signed hours ahead.
    here.set_clock(0)
    there.clock_file.symlink_to(here.clock_file)
    ada, bo, cia = here.sign_up("ada"), there.sign_up("bo"), there.sign_up("cia")
    here.start()
    there.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert joined(ada, group, bo, 2000) == 2
    assert joined(ada, group, cia, 1000) == 3
    return group, ada, bo, cia


def ask(person: Person, group: str, **said: Any) -> str:
    wish = {"kind": "for-against", "title": "Dig deeper?", "lengths": {"voting": HOUR, "contest": HOUR}, **said}
    return str(person.post(f"/api/v1/groups/{group}/polls", wish)["record"])


def seen(person: Person, group: str, poll: str) -> dict[str, Any]:
    answer: dict[str, Any] = person.get(f"/api/v1/groups/{group}/polls/{poll}")
    return answer


def phase(person: Person, group: str, poll: str) -> str:
    try:
        return str(seen(person, group, poll)["poll"]["phase"])
    except RefusedByHttpError as error:
        if error.status != 404:
            raise
        return ""


def logged(group: str, poll: str, *people: Person) -> None:
    """Wait until the log holds everybody's ballot: one that it lacks when the end comes is late."""
    eventually(lambda: all(seen(person, group, poll)["own"]["index"] is not None for person in people))


def reached(wanted: str, group: str, poll: str, *people: Person) -> None:
    """Wait until the poll is in that phase at everybody's pod."""
    eventually(
        lambda: {phase(person, group, poll) for person in people} == {wanted},
        seen=lambda: [(seen(person, group, poll), person.get(f"/api/v1/groups/{group}")) for person in people],
    )


def test_dc_17_two_pods_open_answer_close_and_count_a_poll_alike(
    community: tuple[str, Person, Person, Person], pods: list[ServedPod]
) -> None:
    group, ada, bo, cia = community
    poll = ask(ada, group)
    reached("voting", group, poll, ada, bo)
    assert [seen(person, group, poll)["on_roll"] for person in (ada, bo, cia)] == [True, True, True]

    ada.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    bo.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    bo.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "no"})
    cia.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "no"})
    logged(group, poll, ada, bo, cia)
    eventually(lambda: agreed(group, ada, bo))
    assert seen(bo, group, poll)["outcome"] is None
    pods[0].set_clock(HOUR + 1000)

    reached("provisional", group, poll, ada, bo)
    results = [seen(person, group, poll)["outcome"]["results"][0] for person in (ada, bo)]
    assert results[0] == results[1]
    assert [(one["id"], one["support"]["direct"]) for one in results[0]["options"]] == [("yes", 1), ("no", 2)]
    assert results[0]["winners"] == []
    with pytest.raises(RefusedByHttpError) as refusal:
        cia.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    assert refusal.value.problem["rule"] == "not_now"


def test_dc_17_anybody_counts_a_result_anew_from_its_file_without_a_pod(
    community: tuple[str, Person, Person, Person], pods: list[ServedPod], tmp_path: Path
) -> None:
    group, ada, bo, cia = community
    ada.post(f"/api/v1/groups/{group}/records", {"type": "Delegate", "declared": True})
    cia.post(f"/api/v1/groups/{group}/records", {"type": "Delegation", "delegates": [2, 1]})
    poll = ask(ada, group, title="And now?")
    reached("voting", group, poll, ada, bo)
    ada.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    logged(group, poll, ada)
    eventually(lambda: agreed(group, ada, bo))
    pods[0].set_clock(5 * HOUR // 2)
    reached("provisional", group, poll, ada, bo)
    result = seen(bo, group, poll)["outcome"]["results"][0]
    assert [one["support"] for one in result["options"]] == [
        {"direct": 1, "delegated": 1},
        {"direct": 0, "delegated": 0},
    ]
    assert (result["counted"], result["silent"]) == (2, 1)

    files = [person.get(f"/api/v1/groups/{group}/polls/{poll}/bundle") for person in (ada, bo)]

    for number, data in enumerate(files):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(data))
        done = run(
            [sys.executable, "-m", "pod", "verify-result", str(file), "--json"], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["rounds"] == [result]


def test_nobody_opens_a_poll_in_a_group_of_their_own(community: tuple[str, Person, Person, Person]) -> None:
    group, ada, bo, _ = community
    own = ada.post("/api/v1/groups", {"name": "A group of one", "weight": 3000})["group"]
    said = {"kind": "for-against", "title": "Not opened", "lengths": {"voting": HOUR}}
    poll = ada.post(f"/api/v1/groups/{group}/records", {"type": "Poll", **said})["record"]

    ada.post(f"/api/v1/groups/{own}/operations", {"do": "event", "with": {"name": "open-poll", "poll": poll}})

    eventually(lambda: ada.get(f"/api/v1/groups/{own}")["settled_height"] == 1)
    eventually(lambda: agreed(group, ada, bo))
    assert phase(ada, group, poll) == "unopened"
