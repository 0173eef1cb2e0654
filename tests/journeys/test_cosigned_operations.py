"""Changes that need several signatures, over two pods: proposed on one, signed on the other, then sealed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from markupsafe import escape

from pod.rules.groups import GroupRule
from tests.support.browsing import Browser
from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

pytestmark = pytest.mark.slow

W = 3000
DAY_MS = 86_400_000


class Village:
    """ada on the first pod, bo and cy on the second."""

    def __init__(self, pods: list[ServedPod]) -> None:
        self.pods = pods
        first, second = pods
        self.ada, self.bo, self.cy = first.sign_up("ada"), second.sign_up("bo"), second.sign_up("cy")
        for pod in pods:
            pod.start()

    def council(self, name: str, **wishes: Any) -> str:
        """A group with two owners, ada (1) and bo (2), and cy (3), who has weight 1."""
        group = str(self.ada.post("/api/v1/groups", {"name": name, "weight": W, **wishes})["group"])
        assert [joined(self.ada, group, self.bo, W), joined(self.ada, group, self.cy, 1000)] == [2, 3]
        eventually(lambda: agreed(group, self.ada, self.bo))
        return group


@pytest.fixture(scope="module")
def village(pods: list[ServedPod]) -> Village:
    return Village(pods)


def proposals(person: Person, group: str) -> list[dict[str, Any]]:
    return list(person.get(f"/api/v1/groups/{group}/proposals")["proposals"])


def propose(person: Person, group: str, do: str, **wish: Any) -> str:
    asked = person.post(f"/api/v1/groups/{group}/proposals", {"do": do, "with": wish})
    assert asked["open"]
    return str(asked["record"])


def sign(person: Person, group: str, operation: str) -> Any:
    return person.post(f"/api/v1/groups/{group}/proposals/{operation}/signatures", {})


def weights(person: Person, group: str) -> dict[int, int]:
    members = person.get(f"/api/v1/groups/{group}")["members"]
    return {line["number"]: line["weight"] for line in members}


def arrived(person: Person, group: str) -> Callable[[], Any]:
    return lambda: proposals(person, group)


def test_x4_an_owner_is_named_once_the_other_pods_owner_has_signed_too(village: Village) -> None:
    ada, bo, cy = village.ada, village.bo, village.cy
    group = village.council("Naming")
    with pytest.raises(RefusedByHttpError) as refused:
        ada.post(f"/api/v1/groups/{group}/operations", {"do": "set-weight", "with": {"member": 3, "weight": W}})
    assert refused.value.problem["rule"] == "too_few_owners"
    browser = Browser(village.pods[0]).sign_in("ada")
    page = browser.submit(browser.get(f"/g/{group}/invitations"), "/invitations", weight="3")
    assert page.status == 409
    assert str(escape(GroupRule.OWNERS_ARE_PROPOSED.en)) in page.text
    before = ada.get(f"/api/v1/groups/{group}")["head"]

    operation = propose(ada, group, "set-weight", member=3, weight=W)

    (seen,) = eventually(arrived(bo, group))
    assert (seen["operation"], seen["author"], seen["needed"], seen["lacking"]) == (operation, 1, 2, 1)
    assert (seen["signers"], seen["signed"]) == ([1, 2], [1])
    assert seen["expires"] - seen["at"] == 14 * DAY_MS
    assert bo.get(f"/api/v1/groups/{group}/records/{operation}")["state"] == "proposed"
    assert proposals(cy, group) == [], "who can't sign it isn't asked"
    with pytest.raises(RefusedByHttpError) as refused:
        sign(cy, group, operation)
    assert refused.value.status == 403
    assert ada.get(f"/api/v1/groups/{group}")["head"] == before, "it isn't sealed before it has enough"

    assert sign(bo, group, operation) == {"record": operation, "open": False}

    eventually(lambda: weights(ada, group)[3] == W == weights(bo, group)[3])
    eventually(lambda: agreed(group, ada, bo))
    assert proposals(ada, group) == proposals(bo, group) == []
    assert ada.get(f"/api/v1/groups/{group}/records/{operation}")["state"] in ("sealed", "settled")


def test_x4_owners_propose_and_sign_from_pages_that_work_without_scripts(village: Village) -> None:
    ada, bo = village.ada, village.bo
    group = village.council("Pages")
    adas, bos = Browser(ada.pod).sign_in("ada"), Browser(bo.pod).sign_in("bo")
    weight = f"/g/{group}/members/3/weight"
    assert "Nothing waits for your signature" in adas.get(f"/g/{group}/proposals").text
    looked = adas.submit(adas.get(weight), weight, "See what it changes", weight="3")
    assert "needs the signatures of 2 of the 2 owners" in looked.text

    asked = adas.submit(looked, weight, "Propose it")

    assert asked.path.startswith(f"/g/{group}/proposals")
    assert "It is proposed" in asked.text
    assert "1 signature is lacking" in asked.text
    eventually(lambda: "1 change waits for your signature" in bos.get(f"/g/{group}").text)
    assert "proposed a change and asks for your signature" in bos.get("/notifications").text
    assert f'href="/g/{group}/proposals"' in bos.get("/notifications").text
    waiting = bos.get(f"/g/{group}/proposals")
    assert "member 1" in waiting.text
    assert "has signed" in waiting.text
    assert "Withdraw it" not in waiting.text, "only who proposed it withdraws it"
    assert "väntar på underskrifter" in Browser(bo.pod, "sv").sign_in("bo").get(f"/g/{group}/proposals").text
    signed = bos.press(waiting, "Sign it")
    assert "It has enough signatures now" in signed.text
    eventually(lambda: weights(ada, group)[3] == W)
    assert "change waits" not in bos.get(f"/g/{group}").text


def test_x4_two_signatures_given_apart_on_two_pods_come_together(village: Village) -> None:
    ada, bo, cy = village.ada, village.bo, village.cy
    group = village.council("Apart")
    sign(bo, group, _named(ada, bo, group))
    eventually(lambda: weights(ada, group)[3] == W == weights(bo, group)[3])
    dee = village.pods[0].sign_up("dee")
    # Three owners: two of them must sign that dee becomes the fourth; then three of four that cy is one no more.
    assert joined(ada, group, dee, 1000) == 4
    sign(cy, group, _named(ada, cy, group, member=4))
    eventually(lambda: weights(ada, group)[4] == W == weights(bo, group)[4])
    operation = propose(ada, group, "set-weight", member=3, weight=1000)
    eventually(arrived(bo, group))

    assert sign(dee, group, operation)["open"]
    eventually(lambda: proposals(bo, group)[0]["signed"] == [1, 4])
    sign(bo, group, operation)

    eventually(lambda: weights(ada, group)[3] == 1000 == weights(bo, group)[3])


def _named(by: Person, seen_by: Person, group: str, member: int = 3) -> str:
    operation = propose(by, group, "set-weight", member=member, weight=W)
    eventually(arrived(seen_by, group))
    return operation


def test_x4_a_proposal_is_withdrawn_by_its_author_alone_and_no_signature_brings_it_back(village: Village) -> None:
    ada, bo = village.ada, village.bo
    group = village.council("Withdrawn")
    operation = _named(ada, bo, group)
    kept = proposals(bo, group)[0]["record"]
    path = f"/api/v1/groups/{group}"
    with pytest.raises(RefusedByHttpError) as refused:
        ada.post(f"{path}/operations", {"do": "set-policy", "with": {"description": "Ours"}})
    assert refused.value.problem["code"] == "proposal_open", "another change would void the proposal unseen"
    withdrawal = f"{path}/proposals/{operation}"
    with pytest.raises(RefusedByHttpError) as refused:
        call("DELETE", bo.pod.door + withdrawal, token=bo.account["token"])
    assert refused.value.status == 403

    call("DELETE", ada.pod.door + withdrawal, token=ada.account["token"])

    eventually(lambda: not proposals(ada, group) and not proposals(bo, group))
    with pytest.raises(RefusedByHttpError) as refused:
        sign(bo, group, operation)
    assert refused.value.status == 404
    assert kept["do"] == "set-weight"
    ada.post(f"{path}/operations", {"do": "set-policy", "with": {"description": "Ours"}})
    assert weights(ada, group)[3] == 1000


def test_x4_what_was_proposed_while_a_pod_was_away_comes_by_a_pull_and_expires(village: Village) -> None:
    ada, bo = village.ada, village.bo
    group = village.council("Away")
    operation = propose(ada, group, "set-weight", member=3, weight=W)
    page = ada.get(f"/groups/{group}/operations?from=0")
    assert [one["do"] for one in page["proposed"]] == ["set-weight"]
    assert page["operations"] == []
    bo.post(f"/api/v1/groups/{group}/pulls", {"pod": ada.pod.url})
    assert [one["operation"] for one in proposals(bo, group)] == [operation]

    for pod in village.pods:
        pod.set_clock(14 * DAY_MS + 1000)

    assert proposals(bo, group) == proposals(ada, group) == []
    with pytest.raises(RefusedByHttpError) as refused:
        sign(bo, group, operation)
    assert refused.value.status == 404
    eventually(lambda: "proposed" not in ada.get(f"/groups/{group}/operations?from=0"))
    for pod in village.pods:
        pod.set_clock(0)


def test_x3_a_private_group_is_published_by_all_with_weight_and_is_public_on_every_pod(village: Village) -> None:
    ada, bo, cy = village.ada, village.bo, village.cy
    group = village.council("Attic", visibility="private")
    paragraphs = [{"style": "text", "text": "Written in the attic."}]
    ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})
    eventually(lambda: agreed(group, ada, bo))
    strangers = [Browser(pod) for pod in village.pods]
    assert [one.get(f"/g/{group}").status for one in strangers] == [404, 404]
    adas, bos = Browser(ada.pod).sign_in("ada"), Browser(bo.pod).sign_in("bo")
    publish = f"/g/{group}/publish"
    assert publish in adas.get(f"/g/{group}/about").text
    looked = adas.submit(adas.get(publish), publish, "Look at it first", subject="parish attic")
    assert "Everybody will be able to read" in looked.text
    assert "all 3 members with weight" in looked.text

    adas.submit(looked, publish, "Propose it")

    eventually(arrived(bo, group))
    assert "parish attic" not in strangers[1].get("/s/parish%20attic").text
    bos.press(bos.get(f"/g/{group}/proposals"), "Sign it")
    sign(cy, group, proposals(cy, group)[0]["operation"])
    for browser, person in zip(strangers, (ada, bo), strict=True):
        eventually(partial(_opens, browser, f"/g/{group}"))
        assert "Written in the attic." in browser.get(f"/g/{group}").text
        assert "Attic" in browser.get("/groups").text
        assert "published under this name" in browser.get("/s/parish%20attic").text
        assert "parish attic" in browser.get(f"/g/{group}/about").text
        assert "Attic" in browser.get("/search?q=attic").text
        seen = call("GET", f"{person.pod.door}/api/v1/groups/{group}")
        assert (seen["visibility"], seen["published"]) == ("public", "parish attic")
        assert group in [line["group"] for line in call("GET", f"{person.pod.door}/api/v1/groups")["groups"]]
        actor = browser.get(f"/groups/{group}", Accept="application/activity+json")
        assert (actor.status, '"type":"Group"' in actor.text.replace(" ", "")) == (200, True)
    eve = village.pods[1].sign_up("eve")
    eve.post("/api/v1/joins", {"group": group, "pod": ada.pod.url})
    eventually(lambda: weights(ada, group).get(4) == 0 == weights(bo, group).get(4))
    eventually(lambda: agreed(group, ada, bo))


def _opens(browser: Browser, path: str) -> bool:
    return browser.get(path).status == 200


def test_x3_a_group_that_its_root_publishes_is_public_under_the_name(village: Village) -> None:
    wishes = {"name": "Pier", "visibility": "unlisted", "publish": "pier", "weight": W}
    group = village.ada.post("/api/v1/groups", wishes)["group"]

    stranger = Browser(village.pods[0])

    assert "Pier" in stranger.get("/groups").text
    assert f'href="/g/{group}"' in stranger.get("/s/pier").text
    assert call("GET", f"{village.pods[0].door}/api/v1/groups/{group}")["published"] == "pier"
