"""Pods that die in the middle of a poll change nothing in it: a new steward ends it, a sleeper counts the same."""

from __future__ import annotations

import json
from functools import partial
from itertools import cycle
from typing import Any

import pytest

from decisions.bundle.verify import verify
from tests.support.polling_parish import DAY, HOUR, PollingParish, prediction, soon
from tests.support.rig import Person, ServedPod, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PODS = 3


@pytest.fixture(scope="module")
def parish(pods: list[ServedPod]) -> PollingParish:
    """All three are keepers; who is silent for two hours is replaced."""
    parish = PollingParish(pods, handover_after=2 * HOUR)
    parish.ada.post(f"/api/v1/groups/{parish.group}/handovers", {"keepers": [1, 2, 3]})
    eventually(lambda: parish.cy.get(f"/api/v1/groups/{parish.group}")["keepers"] == [1, 2, 3])
    parish.agree()
    return parish


def results(parish: PollingParish, poll: str, *people: Person) -> Any:
    """What the votings came to, equal on these people's pods (all)."""
    outcomes = [parish.seen(person, poll)["outcome"] for person in people or parish.people]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    return outcomes[0]


def test_a_pod_killed_in_each_phase_changes_nothing(parish: PollingParish) -> None:
    turns = cycle(parish.pods)

    def killed() -> None:
        pod = next(turns)
        pod.kill()
        pod.start()

    poll = parish.ask(lengths={"proposals": HOUR, "predictions": HOUR, "bets": HOUR, "voting": DAY, "contest": HOUR})
    parish.reached(poll, "proposals")
    proposals = parish.path(poll, "proposals")
    north, south = (person.post(proposals, {"title": "Here"})["record"] for person in (parish.bo, parish.cy))
    killed()
    parish.logged(north, south)
    parish.pass_time(HOUR)
    killed()
    parish.reached(poll, "predictions")
    due_at = parish.seen(parish.ada, poll)["poll"]["times"]["voting_end"] + HOUR
    statement = soon(parish.bo.post, parish.path(poll, "predictions"), prediction(north, at=due_at))
    killed()
    parish.logged(statement)
    parish.pass_time(HOUR)
    parish.reached(poll, "bets")
    bets = [
        soon(person.put, parish.path(poll, "bets"), {"bets": {statement: value}})
        for person, value in zip(parish.people, (100, 200, 300), strict=True)
    ]
    for pod in parish.pods:  # each holds a value that it has to open
        pod.kill()
        pod.start()
    parish.logged(*bets)
    parish.pass_time(HOUR)
    killed()
    parish.reached(poll, "voting")
    for person in parish.people:
        eventually(partial(are_told, parish, person, poll, [{statement: value} for value in (100, 200, 300)]))
    ballots = [
        soon(person.post, parish.path(poll, "ballots"), {"scores": {north: score, south: 100 - score}})
        for person, score in zip(parish.people, (90, 10, 60), strict=True)
    ]
    killed()
    parish.logged(*ballots)
    parish.pass_time(DAY)
    killed()
    parish.reached(poll, "provisional")

    (result,) = results(parish, poll)["results"]
    assert {one["id"]: one["support"]["direct"] for one in result["options"]} == {north: 160, south: 140}
    assert result["winners"] == [north]
    before = results(parish, poll)
    killed()
    parish.pass_time(HOUR)
    killed()
    parish.reached(poll, "final")
    assert results(parish, poll) == {**before, "chosen": [north]}
    for person in parish.people:
        verdict = verify(json.dumps(person.get(parish.path(poll, "bundle"))).encode())
        assert (verdict.faults, verdict.final, verdict.chosen) == ((), True, (north,))


def are_told(parish: PollingParish, person: Person, poll: str, bets: list[dict[str, int]]) -> bool:
    """Whether the log at this person's pod has opened exactly these bets."""
    return sorted(parish.opened(person, poll), key=str) == sorted(bets, key=str)


def test_a_steward_dead_in_mid_poll_is_replaced_and_a_pod_off_for_a_week_counts_the_same(parish: PollingParish) -> None:
    ada, bo, cy = parish.people
    poll = parish.ask(kind="for-against", title="Dig?", lengths={"voting": DAY, "contest": HOUR})
    parish.reached(poll, "voting")
    cast = zip(parish.people, ("yes", "no", "yes"), strict=True)
    ballots = parish.path(poll, "ballots")
    parish.logged(*(person.post(ballots, {"choice": choice})["record"] for person, choice in cast))
    steward = ada.get(f"/api/v1/groups/{parish.group}")["steward"]
    dead = next(pod for pod in parish.pods if pod.url == steward)
    living = [person for person in parish.people if person.pod is not dead]
    dead.kill()

    # The end comes, nobody seals it, and after two hours a keeper does.
    parish.pass_time(25 * HOUR)
    done = ("provisional", "final")
    parish.pass_until(lambda: all(parish.seen(one, poll)["poll"]["phase"] in done for one in living), HOUR // 6)
    (result,) = results(parish, poll, *living)["results"]
    assert [one["support"]["direct"] for one in result["options"]] == [2, 1]
    assert living[0].get(f"/api/v1/groups/{parish.group}")["steward"] != steward

    parish.pass_time(7 * DAY)
    dead.start()
    parish.reached(poll, "final")
    outcome = results(parish, poll)
    assert outcome["results"] == [result]
    assert outcome["chosen"] == ["yes"]
    for person in (ada, bo, cy):
        verdict = verify(json.dumps(person.get(parish.path(poll, "bundle"))).encode())
        assert (verdict.faults, verdict.chosen) == ((), ("yes",))
