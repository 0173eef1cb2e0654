"""Who leaves a group is asked first and may come back as a new member; what the rules refuse isn't offered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually


class Yard:
    """ada's open group, and bo who joins and leaves by the pages."""

    def __init__(self, pod: ServedPod) -> None:
        self.ada, self.bo = pod.sign_up("ada"), pod.sign_up("bo")
        pod.start()
        self.group = self.found(self.ada, others_weight=1000)
        self.browser = Browser(pod).sign_in("bo")

    def found(self, founder: Person, **wishes: Any) -> str:
        wishes = {"name": "Yard", "weight": 3000, **wishes}
        return str(founder.post("/api/v1/groups", wishes)["group"])

    def number(self) -> int | None:
        memberships = self.bo.get("/api/v1/me")["memberships"]
        return next((entry["number"] for entry in memberships if entry["group"] == self.group), None)

    def member(self, number: int) -> Any:
        members = self.ada.get(f"/api/v1/groups/{self.group}/members?left=true")["members"]
        return next((entry for entry in members if entry["number"] == number), None)

    def page(self, part: str = "") -> str:
        return self.browser.get(f"/g/{self.group}{part}").text

    def join(self) -> None:
        seen = self.browser.get(f"/g/{self.group}")
        answer = self.browser.press(seen, "Join")
        assert answer.status == 200, answer.text

    def leave(self) -> None:
        asked = self.browser.get(f"/g/{self.group}/leave")
        assert "Leave the group?" in asked.text
        assert self.browser.press(asked, "Leave the group").status == 200
        eventually(lambda: self.browser.get(f"/g/{self.group}/about").text.count("/leave") == 0)


@pytest.fixture(scope="module")
def yard(pod: ServedPod) -> Yard:
    return Yard(pod)


def test_n1_leaving_is_asked_first_and_who_left_comes_back_as_a_new_member(yard: Yard) -> None:
    yard.join()
    assert eventually(yard.number) == 2
    assert f'href="/g/{yard.group}/leave"' in yard.page("/about"), "a link that asks, not a button that acts"

    for again in (3, 4):
        assert f'href="/g/{yard.group}/profile"' in yard.page(f"/members/{again - 1}")
        yard.leave()
        assert f'href="/g/{yard.group}/profile"' not in yard.page(f"/members/{again - 1}")
        yard.join()
        assert eventually(yard.number) == again

    written = yard.bo.post(f"/api/v1/groups/{yard.group}/posts", NOTE)["record"]
    entry = yard.ada.get(f"/api/v1/groups/{yard.group}/records/{written}")["record"]
    assert (entry["author"], entry["key"]) == (4, 0)


def test_n1_who_was_black_listed_and_left_is_offered_nothing_and_stays_out(yard: Yard) -> None:
    number = yard.number()
    wish = {"do": "set-weight", "with": {"member": number, "weight": -1000}}
    yard.ada.post(f"/api/v1/groups/{yard.group}/operations", wish)
    eventually(lambda: "-1" in yard.page() or "−1" in yard.page())
    yard.leave()

    assert ">Join<" not in yard.page()
    with pytest.raises(RefusedByHttpError, match="may_not_join") as refused:
        yard.bo.post("/api/v1/joins", {"group": yard.group, "pod": yard.bo.pod.url})
    assert refused.value.status == 409


def test_n1_the_only_owner_is_told_why_leaving_isnt_offered(yard: Yard) -> None:
    owner = Browser(yard.ada.pod).sign_in("ada")
    asked = owner.get(f"/g/{yard.group}/leave")

    assert "only owner" in asked.text
    assert not any(text == "Leave the group" for form in asked.forms for _, _, text in form.buttons)


def test_x9_what_a_group_will_not_take_is_refused_at_once(yard: Yard) -> None:
    closed = yard.found(yard.ada, others_weight=-1000)
    with pytest.raises(RefusedByHttpError, match="takes_the_invited"):
        yard.bo.post("/api/v1/joins", {"group": closed, "pod": yard.bo.pod.url})
    assert ">Join<" not in yard.browser.get(f"/g/{closed}").text

    with pytest.raises(RefusedByHttpError, match="one_personal_group") as refused:
        yard.ada.post("/api/v1/groups", {"name": "Me again", "kind": "person"})
    assert refused.value.status == 400


def test_x9_the_api_signs_no_invitation_above_ones_weight(yard: Yard) -> None:
    group = yard.found(yard.ada)
    wish = {"weight": 3001, "to": "did:key:z6Mkt2ESr3a798M27H52X9ySxfxnEE2ZZ6wNaXnb4Ac2bDGw", "expires": 2**50}

    with pytest.raises(RefusedByHttpError, match="invitation_too_heavy"):
        yard.ada.post(f"/api/v1/groups/{group}/invitations", wish)
    assert (
        yard.ada.post(f"/api/v1/groups/{group}/invitations", {**wish, "weight": 2999})["invitation"]["weight"] == 2999
    )


NOTE = {"kind": "note", "paragraphs": [{"style": "text", "text": "Back again."}]}
