"""A person moves with all groups from a pod that helps: same numbers and weights, and only the new pod signs then."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.people.accounts import load_account_named
from pod.actions.moving.newcomers import begin, let_go
from pod.actions.moving.switch_freeze import agree
from pod.actions.sync.pull import pull
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.parts import Home
from tests.support.people import agreed, anew, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually
from tests.support.switched import SwitchProgress, advanced

pytestmark = pytest.mark.slow

PODS = 4
STEP_MS = 121_000
DAY_MS = 24 * 3600 * 1000
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


@dataclass
class Village:
    """ada (alpha) moves to beta; bo lives at gamma, cy at delta."""

    alpha: ServedPod
    beta: ServedPod
    ada: Person
    bo: Person
    cy: Person
    parish: str  # bo's, public
    council: str  # ada's, private: she keeps it alone
    mill: str  # ada's: kept by all three
    choir: str  # bo's, private: ada is black-listed there
    band: str  # bo's, private: ada keeps no seat there
    post: str

    @property
    def person(self) -> RecordId:
        return RecordId(self.ada.account["personal_group"])

    def advance(self, **said: Any) -> SwitchProgress:
        return self.beta.act(lambda deps: advanced(deps, self.person, **said))

    def people(self, moved: Person) -> dict[str, list[Person]]:
        """Who sees what of the open groups, once ada is at the new pod."""
        return {self.parish: [moved, self.bo], self.mill: [moved, self.bo, self.cy]}

    def standings(self) -> dict[str, str]:
        return {str(move.group): f"{move.standing} {move.why}".strip() for move in self.advance().groups}


@pytest.fixture(scope="module")
def village(pods: list[ServedPod]) -> Village:
    alpha, beta, gamma, delta = pods
    ada, bo, cy = alpha.sign_up("ada"), gamma.sign_up("bo"), delta.sign_up("cy")
    for pod in pods:
        pod.start()
    parish = bo.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    council = ada.post("/api/v1/groups", {"name": "Council", "weight": 3000, "visibility": "private"})["group"]
    mill = ada.post("/api/v1/groups", {"name": "Mill", "weight": 3000})["group"]
    assert joined(bo, parish, ada, 1000) == 2
    assert joined(ada, council, bo, 1000) == 2
    assert [joined(ada, mill, person, 1000) for person in (bo, cy)] == [2, 3]
    ada.post(f"/api/v1/groups/{mill}/handovers", {"keepers": [1, 2, 3]})
    choir = bo.post("/api/v1/groups", {"name": "Choir", "weight": 3000, "visibility": "private"})["group"]
    assert joined(bo, choir, ada, 1000) == 2
    bo.post(f"/api/v1/groups/{choir}/records", weigh(2, -1000))
    eventually(lambda: members(bo, choir) == [(1, 3000), (2, -1000)])
    band = bo.post("/api/v1/groups", {"name": "Band", "weight": 3000, "visibility": "private"})["group"]
    assert joined(bo, band, ada, 1000) == 2
    post = bo.post(f"/api/v1/groups/{parish}/posts", NOTE)["record"]
    ada.post(f"/api/v1/groups/{council}/posts", NOTE)
    eventually(lambda: agreed(mill, ada, bo, cy) and agreed(parish, ada, bo) and agreed(council, ada, bo))
    return Village(alpha, beta, ada, bo, cy, parish, council, mill, choir, band, post)


def weigh(member: int, weight: int) -> dict[str, Any]:
    return {"type": "Operation", "do": "set-weight", "with": {"member": member, "weight": weight}}


def settled(group: str, *people: Person) -> bool:
    """All hold the same, and it is final."""
    seen = [person.get(f"/api/v1/groups/{group}") for person in people]
    whole = all(one["settled_height"] == one["height"] and one["log"]["held"] == one["log"]["size"] for one in seen)
    return whole and not people[0].get(f"/groups/{group}/pending?from=0")["records"] and agreed(group, *people)


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def consent(village: Village, person: Person) -> None:
    async def home(deps: Deps) -> Home:
        return deps.identity.home

    new_home = village.beta.act(home)

    async def action(session: AsyncSession, deps: Deps) -> None:
        account = await load_account_named(session, person.account["name"])
        assert account is not None
        await agree(session, deps, account, new_home)

    village.alpha.act(lambda deps: deps.store.write(lambda session: action(session, deps)))
    group = RecordId(person.account["personal_group"])
    village.beta.act(lambda deps: begin(deps, group, village.alpha.url, person.account["name"]))


def test_nobody_moves_without_consent_to_that_very_pod(village: Village) -> None:
    village.beta.act(lambda deps: begin(deps, village.person, village.alpha.url, "ada"))

    with pytest.raises(RemoteError) as refused:
        village.advance()

    assert refused.value.status == 404


def test_mg_02_a_record_that_isnt_logged_at_the_freeze_is_waited_for(village: Village) -> None:
    ada, bo = village.ada, village.bo
    for pod in (village.alpha, village.beta, bo.pod, village.cy.pod):
        pod.set_clock(STEP_MS)  # a keeper signs at most one handover a minute
    bo.pod.kill()
    ada.post(f"/api/v1/groups/{village.parish}/votes", {"target": {"post": village.post}, "value": 500})
    consent(village, ada)

    progress = village.advance()

    assert (progress.arrived, progress.late) == (False, (village.parish,))
    with pytest.raises(RefusedByHttpError, match="moving"):
        ada.post(f"/api/v1/groups/{village.person}/posts", NOTE)
    bo.pod.start()


def test_mg_02_all_groups_come_along_with_the_same_numbers_and_weights(village: Village) -> None:
    before = {
        one: members(village.bo, one)
        for one in (village.parish, village.council, village.mill, village.choir, village.band)
    }

    eventually(partial(settled, village.parish, village.ada, village.bo))
    assert village.advance().arrived
    moved = anew(village.ada, village.beta)
    for group, people in village.people(moved).items():
        eventually(partial(settled, group, *people))
    whole = dict.fromkeys((village.person, village.parish, village.council, village.mill, village.band), "settled")
    whole[village.choir] = "asked"  # where she is black-listed, neither pod is told
    eventually(lambda: village.standings() == whole, seen=village.standings)
    village.beta.act(lambda deps: let_go(deps, village.person, RecordId(village.choir)))
    assert village.standings()[village.choir] == "let go"

    assert {group: members(village.bo, group) for group in before} == before
    seen = moved.get(f"/api/v1/groups/{village.mill}")
    assert (seen["steward"], seen["keepers"]) == (village.beta.url, [1, 2, 3])


def test_mg_02_only_the_new_pod_signs_and_its_votes_count_everywhere(village: Village) -> None:
    moved, ada, bo = anew(village.ada, village.beta), village.ada, village.bo

    moved.post(f"/api/v1/groups/{village.parish}/votes", {"target": {"post": village.post}, "value": -1000})

    for group in (village.council, village.mill, str(village.person)):
        moved.post(f"/api/v1/groups/{group}/posts", NOTE)
    path = f"/api/v1/groups/{village.parish}/posts/{village.post}"
    eventually(lambda: {person.get(path)["score"] for person in (moved, bo)} == {3000 * 1000 - 1000 * 1000})
    with pytest.raises(RefusedByHttpError, match="mov"):
        anew(ada, village.alpha).post(f"/api/v1/groups/{village.parish}/posts", NOTE)


def test_a_private_group_answers_the_old_pod_no_more(village: Village) -> None:
    pull_it = partial(pull, pod=village.bo.pod.url, group=RecordId(village.council))

    with pytest.raises(RemoteError) as refused:
        village.alpha.act(pull_it)

    assert refused.value.status == 404


def test_a_seat_that_the_others_dont_name_anew_goes_plainly_and_they_name_it_later(village: Village) -> None:
    dan, bo, cy = village.alpha.sign_up("dan"), village.bo, village.cy
    barn = dan.post("/api/v1/groups", {"name": "Barn", "weight": 3000})["group"]
    assert [joined(dan, barn, person, 1000) for person in (bo, cy)] == [2, 3]
    dan.post(f"/api/v1/groups/{barn}/handovers", {"keepers": [1, 2, 3]})
    eventually(partial(settled, barn, dan, bo, cy))
    for person in (bo, cy):
        person.pod.kill()
    consent(village, dan)
    who = RecordId(dan.account["personal_group"])

    def barn_moves(*plainly: str) -> tuple[str, str]:
        plain = frozenset(map(RecordId, plainly))
        moves = village.beta.act(lambda deps: advanced(deps, who, plainly=plain)).groups
        return next((move.standing, move.why) for move in moves if move.group == barn)

    assert "seat_moves" in barn_moves(barn)[1]
    for times in (1, 2, 3):
        village.alpha.set_clock((times + 1) * STEP_MS)
        village.beta.set_clock((times + 1) * STEP_MS)
        standing, why = barn_moves()
        assert (standing, json.loads(why)["rule"], json.loads(why)["facts"]) == (
            "asked",
            "seat_refused",
            {"times": times},
        )
    standing, why = barn_moves(barn)
    assert (standing in ("asked", "sealed"), why) == (True, "")

    for person in (bo, cy):
        person.pod.set_clock(4 * STEP_MS)
        person.pod.start()
    eventually(lambda: barn_moves()[0] == "settled", seen=barn_moves)
    assert seat(bo, barn, 1) == village.alpha.act(pod_key)
    later = count(4 * STEP_MS + DAY_MS * 3, STEP_MS)
    key = village.beta.act(pod_key)

    def named() -> bool:
        """Whether the seat is named so; until it is, time goes on: keepers sign at most one handover a minute."""
        now = next(later)
        for pod in (village.alpha, village.beta, bo.pod, cy.pod):
            pod.set_clock(now)
        return seat(bo, barn, 1) == key

    eventually(named)
    eventually(partial(settled, barn, bo, cy))


def seat(person: Person, group: str, member: int) -> str:
    """The pod key by which a member's seat was last named."""
    items = person.get(f"/groups/{group}/chain?from=0")["items"]
    named = [item["keepers"] for item in items if item["type"] == "Handover"]
    return str(next(one["key"] for one in named[-1] if one["member"] == member))


async def pod_key(deps: Deps) -> str:
    return str(deps.identity.keyring.pod_key.did)
