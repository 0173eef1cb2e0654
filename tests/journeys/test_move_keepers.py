"""Keepers of one group move at once, and each seat goes along: to pods of their own, or not to one pod twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from pod.deps import Deps
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.moved import check_refused
from tests.support.moving_by_pages import Traveller
from tests.support.people import agreed, anew, joined
from tests.support.rig import Person, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 5
LOOKS = ("en-plain",)
MINUTE_MS = 60_500


Opens = Callable[[ServedPod], ChromiumVisitor]
Standings = list[dict[str, str]]  # of each traveller, by the name of the group


class Clocks:
    """The clocks of all pods, which go forward together."""

    def __init__(self, pods: list[ServedPod]) -> None:
        self.pods, self.now = pods, 0

    def forward(self, by: int = MINUTE_MS) -> None:
        """A keeper signs at most one handover a minute, and a seat is asked for once a minute."""
        self.now += by
        for pod in self.pods:
            pod.set_clock(self.now)


@dataclass
class Village:
    """ada (alpha), bo (beta), cy (gamma), dan (alpha) and eve (beta). Each group is kept by its three members."""

    pods: list[ServedPod]
    clocks: Clocks
    people: dict[str, Person]
    mill: str  # dan's, with eve and cy: public
    council: str  # dan's, with eve and cy: private
    barn: str  # ada's, with bo and cy: public
    loft: str  # ada's, with bo and cy: private


@pytest.fixture(scope="module")
def village(pods: list[ServedPod]) -> Village:
    alpha, beta, gamma, *_ = pods
    homes = {"ada": alpha, "bo": beta, "cy": gamma, "dan": alpha, "eve": beta}
    people = {name: pod.sign_up(name) for name, pod in homes.items()}
    for pod in pods:
        pod.start()
    founded = [
        kept_by_three(people["dan"], people["eve"], people["cy"], name="Mill"),
        kept_by_three(people["dan"], people["eve"], people["cy"], name="Council", visibility="private"),
        kept_by_three(people["ada"], people["bo"], people["cy"], name="Barn"),
        kept_by_three(people["ada"], people["bo"], people["cy"], name="Loft", visibility="private"),
    ]
    return Village(pods, Clocks(pods), people, *founded)


def kept_by_three(*people: Person, **wishes: str) -> str:
    """A group that is founded by the first, and kept by all three."""
    founder, *others = people
    group = str(founder.post("/api/v1/groups", {"weight": 3000, **wishes})["group"])
    for number, other in enumerate(others, 2):
        assert joined(founder, group, other, 500 * number) == number
    founder.post(f"/api/v1/groups/{group}/handovers", {"keepers": [1, 2, 3]})
    eventually(lambda: agreed(group, *people))
    return group


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def seats(person: Person, group: str) -> dict[int, str]:
    """The pod key by which each keeper's seat was named last."""
    items = person.get(f"/groups/{group}/chain?from=0")["items"]
    named = [item["keepers"] for item in items if item["type"] == "Handover"][-1]
    return {one["member"]: one["key"] for one in named}


async def pod_key(deps: Deps) -> str:
    return str(deps.identity.keyring.pod_key.did)


def goes_on(person: Person, group: str) -> bool:
    """The group's head is final as far as this person's pod knows."""
    seen = person.get(f"/api/v1/groups/{group}")
    return bool(seen["settled_height"] == seen["height"])


def move_at_once(village: Village, *travellers: Traveller) -> None:
    """All have their accounts copied, agree one right after the other, and are at home at their new pods."""
    for traveller in travellers:
        traveller.copies()
    village.clocks.forward()
    for traveller in travellers:
        traveller.agrees()
    for traveller in travellers:
        traveller.arrives()


def whenever_a_minute_passes(village: Village, *travellers: Traveller, until: Callable[[Standings], bool]) -> None:
    """Wait until the travellers' groups stand so. Whenever something changed, a minute passes."""
    seen: Standings = []

    def stands() -> bool:
        now = [traveller.standings() for traveller in travellers]
        if now != seen and not until(now):
            village.clocks.forward()
        seen[:] = now
        return until(now)

    eventually(stands, seen=lambda: seen)


def stand(village: Village, *wanted: tuple[Traveller, dict[str, str]]) -> None:
    """Wait until each traveller's groups stand so."""
    whole = [words.items() for _, words in wanted]
    whenever_a_minute_passes(
        village,
        *(traveller for traveller, _ in wanted),
        until=lambda now: all(one.items() >= words for one, words in zip(now, whole, strict=True)),
    )


def contest(village: Village, name: str, *travellers: Traveller) -> tuple[Traveller, Traveller]:
    """Wait until one of two has the seat of the new pod in a group; who has it, and who waits."""
    found: list[Traveller] = []

    def decided(now: Standings) -> bool:
        told = {one.name: standings.get(name, "") for one, standings in zip(travellers, now, strict=True)}
        found[:] = sorted(travellers, key=lambda one: told[one.name] != "settled")
        words = [told[one.name] for one in found]
        return words[0] == "settled" and "name another keeper first" in words[1]

    whenever_a_minute_passes(village, *travellers, until=decided)
    return found[0], found[1]


def test_mg_02_two_keepers_move_at_once_to_pods_of_their_own(village: Village, visitor: Opens) -> None:
    alpha, _, gamma, delta, epsilon = village.pods
    cy = village.people["cy"]
    before = {group: members(cy, group) for group in (village.mill, village.council)}
    dan, eve = Traveller(village.people["dan"], delta, visitor(alpha)), Traveller(village.people["eve"], epsilon)

    move_at_once(village, dan, eve)

    whole = {"Your own group": "settled", "Mill": "settled", "Council": "settled"}
    stand(village, (dan, whole), (eve, whole))
    keys = dict(enumerate((pod.act(pod_key) for pod in (delta, epsilon, gamma)), 1))
    for group, kept in before.items():
        eventually(partial(goes_on, cy, group))
        assert (members(cy, group), seats(cy, group)) == (kept, keys)
    for traveller in (dan, eve):
        traveller.check_whole()
        check_refused(traveller.old, {village.council: gamma})


def test_mg_02_of_two_keepers_who_move_to_one_pod_one_waits_for_another_keeper_or_stays_behind(
    village: Village, visitor: Opens
) -> None:
    alpha, delta, cy = village.pods[0], village.pods[3], village.people["cy"]
    before = {group: members(cy, group) for group in (village.barn, village.loft)}
    ada, bo = Traveller(village.people["ada"], delta, visitor(alpha)), Traveller(village.people["bo"], delta)
    move_at_once(village, ada, bo)
    own = {"Your own group": "settled"}
    stand(village, (ada, own), (bo, own))

    first, late = contest(village, "Barn", ada, bo)
    assert list(seats(cy, village.barn).values()).count(delta.act(pod_key)) == 1
    # The two others name the keepers anew, by their words: so the one who waits keeps nothing there, and comes along.
    path, there = f"/api/v1/groups/{village.barn}/recoveries", anew(first.person, delta)
    draft = cy.post(path, {"phrase": cy.account["phrase"], "keepers": [3]})
    assert there.post(path, {"phrase": there.account["phrase"], "handover": draft["handover"]})["item"]
    stand(village, (late, {"Barn": "settled"}))

    first, late = contest(village, "Loft", ada, bo)
    late.lets_go(village.loft, "Loft")
    stand(village, (first, {"Loft": "settled"}), (late, {"Loft": "let go"}))
    eventually(lambda: {one.move().stage for one in (ada, bo)} == {"settled"})
    for group, kept in before.items():
        eventually(partial(goes_on, cy, group))
        assert members(cy, group) == kept
    assert len(set(seats(cy, village.loft).values())) == 3
