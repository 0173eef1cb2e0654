"""A recovery by several keepers: what a living keeper confirms at the last moment is neither lost nor in its way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from pod.actions.recovery.phrase import RecoveryKeys
from protocol.chain import next_epoch
from protocol.proofs import sign
from tests.support.hostile import Body, HostilePod, id_of, serving
from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually, worker_number
from tests.support.seized import SeizedPod

PODS = 4
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Village:
    """The pods of ada and bo will be lost; cy's goes on, and so does mal's, a program; the fourth is the new home.

    `raced` is kept by ada, bo and mal, `promised` by ada, bo and cy.
    """

    def __init__(self, pods: list[ServedPod], mal: HostilePod) -> None:
        self.lost, self.living, self.new = pods[:2], pods[2], pods[3]
        self.mal = mal
        self.ada, self.bo, self.cy = (pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=False))
        for pod in pods:
            pod.start()
        self.raced, self.promised = (
            self.ada.post("/api/v1/groups", {"name": name, "weight": 3000})["group"] for name in ("Raced", "Promised")
        )
        for group in (self.raced, self.promised):
            assert joined(self.ada, group, self.bo, 1000) == 2
        assert mal.joins(self.ada, self.raced, 1000) == 3
        assert joined(self.ada, self.promised, self.cy, 1000) == 3
        for group, people in ((self.raced, [self.ada, self.bo]), (self.promised, [self.ada, self.bo, self.cy])):
            self.ada.post(f"/api/v1/groups/{group}/handovers", {"keepers": [1, 2, 3]})
            eventually(partial(self.settled, group, *people))
        self.mal.show(self.raced, mal.look(self.raced, *self.lost))
        self.seals = {group: SeizedPod(self.lost[0].folder).seal(self.seen(self.ada, group)) for group in self.groups}
        self.states = {group: mal.look(group, *self.lost).state for group in self.groups}
        for pod in self.lost:
            pod.kill()

    @property
    def groups(self) -> list[str]:
        return [self.raced, self.promised]

    def seen(self, person: Person, group: str) -> Body:
        return dict(person.get(f"/api/v1/groups/{group}"))

    def settled(self, group: str, *people: Person) -> bool:
        seen = [self.seen(person, group) for person in people]
        final = all(one["settled_height"] == one["height"] for one in seen)
        return final and agreed(group, *people) and len(seen[0]["keepers"]) == 3

    def moves(self, person: Person, pod: str) -> Person:
        """The person takes up the fourth pod, by the words."""
        kit: Body = {"name": person.account["name"], "phrase": person.account["phrase"]}
        kit["groups"] = [{"group": self.raced, "pod": pod}]
        answered = call("POST", f"{self.new.url}/api/v1/recoveries", kit)
        return Person(self.new, {**person.account, "token": answered["token"]})

    def recovers(self, person: Person, **wish: Any) -> Body:
        path = f"/api/v1/groups/{self.raced}/recoveries"
        return dict(person.post(path, {"phrase": person.account["phrase"], **wish}))

    def told_of(self, kind: str) -> list[Body]:
        """The records of a type that mal's inbox got."""
        return [activity["record"] for activity in self.mal.taken if activity.get("record", {}).get("type") == kind]


@pytest.fixture(scope="module")
def village(pods: list[ServedPod]) -> Iterator[Village]:
    with serving(HostilePod(f"127.77.{worker_number()}.9", "mal")) as mal:
        yield Village(pods, mal)


def test_a_recovery_that_a_keeper_overtakes_is_not_published_and_is_begun_anew_on_what_it_confirmed(
    village: Village,
) -> None:
    mal, group = village.mal, village.raced
    seal, state = village.seals[group], village.states[group]
    asked: list[str] = []

    def refuses(recovery: Body) -> tuple[int, Body]:
        """The keeper confirmed the seal after it was pulled from, and from now on shows so."""
        asked.append(id_of(recovery))
        mal.shown[group].items.append(seal)
        mal.shown[group].acks.append(mal.ack(state, seal, 3))
        last = {"item": id_of(seal), "height": seal["height"], "term": seal["term"]}
        return 409, {"code": "not_confirmed", "highest_term": seal["term"], "last": last}

    def promises(recovery: Body) -> tuple[int, Body]:
        asked.append(id_of(recovery))
        assert not village.told_of("Handover"), "published before it was promised"
        return 200, {"term": recovery["term"]}

    mal.taken.clear()
    mal.answers[f"/groups/{group}/promises"] = refuses
    ada, bo = (village.moves(person, mal.url) for person in (village.ada, village.bo))
    draft = village.recovers(ada, keepers=[1])
    assert (draft["signed"], draft["needed"]) == (1, 2)
    with pytest.raises(RefusedByHttpError, match="begin_anew"):
        village.recovers(bo, handover=draft["handover"])
    assert asked == [id_of(draft["handover"])]
    assert village.seen(ada, group)["head"] == id_of(seal)
    assert not village.told_of("Handover")

    mal.answers[f"/groups/{group}/promises"] = promises
    draft = village.recovers(ada, keepers=[1])
    assert draft["handover"]["parent"] == id_of(seal)
    whole = village.recovers(bo, handover=draft["handover"])

    assert whole["item"] == id_of(draft["handover"]) == asked[-1]
    eventually(lambda: village.seen(ada, group)["settled_height"] == village.seen(ada, group)["height"])
    assert village.seen(ada, group)["steward"] == village.new.url
    eventually(lambda: [id_of(record) for record in village.told_of("Handover")] == [whole["item"]])
    items = [item["item"] for item in ada.get(f"/api/v1/groups/{group}/items?from=0")["items"]]
    assert items[items.index(id_of(seal)) + 1] == whole["item"]


def recovery_of(village: Village, parent: Body | None = None) -> Body:
    """A recovery of the second group to mal's pod, signed by ada and bo; on the item of `parent`, else on the head."""
    state = village.states[village.promised]
    keepers = [{"member": 3, "key": state.seats[2].key}]
    steward = {"pod": village.living.url, "key": state.seats[2].key}
    said: Body = {"term": next_epoch(state.term), "steward": steward, "keepers": keepers, **(parent or {})}
    phrases = [person.account["phrase"] for person in (village.ada, village.bo)]
    signers = [RecoveryKeys(phrase).signer(state.members[n].recovery[-1]) for n, phrase in enumerate(phrases, 1)]
    assert all(signers)
    return sign(village.mal.item("Handover", state, **said), *[key for key in signers if key], as_list=True)


def test_a_keeper_that_promised_a_recovery_confirms_and_signs_nothing_below_its_term(village: Village) -> None:
    mal, group, cy = village.mal, village.promised, village.cy
    state, seal = village.states[group], village.seals[group]
    path = f"{cy.pod.url}/groups/{group}/promises"
    recovery = recovery_of(village)
    alone = {**recovery, "proof": recovery["proof"][:1]}
    with pytest.raises(RefusedByHttpError, match="broken_item"):
        call("POST", path, alone)
    below = recovery_of(village, {"parent": "bagaaiera" + "a" * 52, "height": state.height})
    with pytest.raises(RefusedByHttpError, match="recovery_parent_unknown"):
        call("POST", path, below)

    assert call("POST", path, recovery) == {"term": recovery["term"]}

    assert mal.tell(cy.pod, seal) == [202]
    eventually(lambda: village.seen(cy, group)["head"] == id_of(seal))
    keepers = [{"member": seat.member, "key": seat.key} for seat in state.seats]
    offer = mal.item("Handover", state, term=state.term + 1, steward=mal.home, keepers=keepers)
    seized = SeizedPod(village.lost[0].folder)
    with pytest.raises(RefusedByHttpError) as refused:
        call("POST", f"{cy.pod.url}/groups/{group}/handovers", seized.signed(offer))
    assert f'"highest_term": {recovery["term"]}' in refused.value.document
    acks = cy.get(f"/groups/{group}/chain?from={seal['height']}")["acks"]
    assert [ack for ack in acks if ack["item"] == id_of(seal)] == []
    assert village.seen(cy, group)["settled_height"] == state.height
