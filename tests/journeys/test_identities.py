"""Being known in a group: entry and profile name each other on every pod while the claim stands, and no longer."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(pods: list[ServedPod]) -> tuple[Person, Person]:
    """Ada on the first pod, bo on the second."""
    ada, bo = pods[0].sign_up("ada"), pods[1].sign_up("bo")
    for pod in pods:
        pod.start()
    return ada, bo


def identity_of(person: Person, group: str, number: int) -> Any:
    return person.get(f"/api/v1/groups/{group}/members/{number}")["identity"]


def number_in(person: Person, group: str) -> Any:
    return next((one["number"] for one in person.get("/api/v1/me")["memberships"] if one["group"] == group), None)


def test_x5_who_joins_and_founds_by_their_identity_is_shown_on_both_pods_until_they_take_it_back(
    people: tuple[Person, Person],
) -> None:
    ada, bo = people
    own = {person.account["name"]: person.account["personal_group"] for person in people}
    wishes = {"name": "Green", "weight": 3000, "identity": own["ada"]}
    group = ada.post("/api/v1/groups", wishes)["group"]
    bos = Browser(bo.pod).sign_in("bo")

    bos.submit(bos.get("/join"), "/join", "Join", link=f"{ada.pod.url}/g/{group}", known="true")

    eventually(lambda: number_in(bo, group) == 2)
    for person in people:
        eventually(partial(_is, identity_of, person, group, 1, own["ada"]))
        eventually(partial(_is, identity_of, person, group, 2, own["bo"]))
    page = Browser(ada.pod).get(f"/g/{group}/members/2").text
    assert "Says to be" in page
    assert f'href="/g/{own["bo"]}"' in page
    profile = Browser(bo.pod).get("/@bo").text
    assert f'href="/g/{group}/members/2"' in profile

    mine = bos.get(f"/g/{group}/members/2")
    bos.press(mine, "Stop showing that this is me")

    for person in people:
        eventually(partial(_is, identity_of, person, group, 2, None))
    assert f'href="/g/{group}/members/2"' not in Browser(bo.pod).get("/@bo").text
    assert "Says to be" not in Browser(ada.pod).get(f"/g/{group}/members/2").text
    assert identity_of(bo, group, 1) == own["ada"], "another's claim stands"

    bos.press(bos.get(f"/g/{group}/members/2"), "Show that this is me")
    eventually(partial(_is, identity_of, ada, group, 2, own["bo"]))


def _is(ask: Any, person: Person, group: str, number: int, wanted: Any) -> bool:
    return bool(ask(person, group, number) == wanted)


def test_x5_nobody_is_known_in_a_private_group_nor_under_anothers_name(people: tuple[Person, Person]) -> None:
    ada, bo = people
    own = ada.account["personal_group"]
    private = ada.post("/api/v1/groups", {"name": "Attic", "visibility": "private", "weight": 3000})["group"]
    assert joined(ada, private, bo, 1000) == 2
    green = ada.post("/api/v1/groups", {"name": "Second green"})["group"]
    claim = {"type": "Claim", "claims": {"group": private, "member": 1}}
    cases = [
        (ada, "/api/v1/groups", {"name": "x", "visibility": "private", "identity": own}, "unknown_in_private"),
        (ada, f"/api/v1/groups/{own}/records", claim, "unknown_in_private"),
        (ada, "/api/v1/groups", {"name": "x", "identity": bo.account["personal_group"]}, "not_your_identity"),
        (bo, "/api/v1/joins", {"group": green, "pod": ada.pod.url, "identity": own}, "not_your_identity"),
    ]
    for person, path, body, rule in cases:
        with pytest.raises(RefusedByHttpError) as refused:
            person.post(path, body)
        assert refused.value.problem["rule"] == rule
    log = ada.get(f"/groups/{own}/log?from=0")["entries"]
    assert private not in str(log), "a public log tells nothing of a private group"
    assert private not in Browser(ada.pod).get("/@ada").text
    assert number_in(bo, green) is None


def test_x5_a_membership_without_identity_is_pseudonymous_whatever_is_claimed(people: tuple[Person, Person]) -> None:
    ada, bo = people
    group = ada.post("/api/v1/groups", {"name": "Mask", "weight": 3000})["group"]
    assert joined(ada, group, bo, 1000) == 2
    own = bo.account["personal_group"]
    record = bo.post(f"/api/v1/groups/{own}/records", {"type": "Claim", "claims": {"group": group, "member": 1}})
    eventually(lambda: bo.get(f"/api/v1/groups/{own}/records/{record['record']}")["log_index"] is not None)

    assert identity_of(bo, group, 1) is None, "nobody claims another's entry"
    assert identity_of(bo, group, 2) is None
    assert "Show that this is me" not in Browser(bo.pod).sign_in("bo").get(f"/g/{group}/members/2").text
