"""A group that continues elsewhere is closed, and tells where only to those who were invited there."""

from __future__ import annotations

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import RefusedByHttpError, ServedPod, eventually

NOTE = {"kind": "note", "paragraphs": [{"style": "text", "text": "After the end."}]}


def test_x6_a_group_that_is_succeeded_takes_no_posts_and_names_its_heir_to_the_invited_alone(pod: ServedPod) -> None:
    ada, bo, cy = (pod.sign_up(name) for name in ("ada", "bo", "cy"))
    pod.start()
    old, new = (
        ada.post("/api/v1/groups", {"name": name, "weight": 3000, "visibility": "private"})["group"]
        for name in ("Old", "New")
    )
    for person in (bo, cy):
        joined(ada, old, person, 1000)
    joined(ada, new, bo, 1000)
    pages = {name: Browser(pod).sign_in(name) for name in ("ada", "bo", "cy")}
    assert f'href="/g/{old}/write"' in pages["cy"].get(f"/g/{old}").text
    post = f"/g/{old}/posts/{ada.post(f'/api/v1/groups/{old}/posts', NOTE)['record']}"
    assert f"{post}/reply" in [form.action for form in pages["cy"].get(post).forms]

    operation = ada.post(f"/api/v1/groups/{old}/operations", {"do": "succeed", "with": {"group": new}})["record"]
    eventually(lambda: "This group is closed" in pages["ada"].get(f"/g/{old}").text)

    for name, told in (("ada", True), ("bo", True), ("cy", False)):
        page = pages[name].get(f"/g/{old}").text
        assert (f'href="/g/{new}"' in page) == told, name
        assert "This group is closed" in page
        assert f'href="/g/{old}/write"' not in page, "what will be refused isn't offered"
        for path in (f"/g/{old}/write", f"{post}/paragraphs/{post.rpartition('/')[2]}/0/edit"):
            form = pages[name].get(path)
            assert (form.status, "This group is closed" in form.text) == (403, True), "nobody types for nothing"
        actions = [form.action for form in pages[name].get(post).forms]
        assert f"{post}/reply" not in actions
        assert f"{post}/acts" in actions, "they still vote"
    item = ada.get(f"/api/v1/groups/{old}/records/{operation}")["item"]
    height = ada.get(f"/api/v1/groups/{old}/items")["items"][-1]["height"]
    heights = [height - below for below in range(4)]
    api = [f"/api/v1/groups/{old}", *(f"/api/v1/groups/{old}/{part}" for part in ("items", f"records/{item}"))]
    api += [
        f"/api/v1/groups/{old}/records/{operation}",
        f"/groups/{old}/chain?from=0",
        f"/groups/{old}/operations?from=0",
    ]
    shown = [
        f"/g/{old}",
        f"/g/{old}/about",
        f"/g/{old}/log",
        f"/g/{old}/chain",
        *(f"/g/{old}/chain/{h}" for h in heights),
    ]
    assert [path for path in api if new in str(cy.get(path))] == []
    assert [
        path for path in shown if new in pages["cy"].get(path).text or new[-12:] in pages["cy"].get(path).text
    ] == []
    for path in (
        f"/api/v1/groups/{old}/items",
        f"/api/v1/groups/{old}/records/{operation}",
        f"/groups/{old}/chain?from=0",
    ):
        assert new in str(bo.get(path)), "who was invited there may check it"
    assert any(new in pages["bo"].get(f"/g/{old}/chain/{h}").text for h in heights)
    assert "Den här gruppen är stängd" in Browser(pod, "sv").sign_in("cy").get(f"/g/{old}").text
    for person in (ada, cy):
        with pytest.raises(RefusedByHttpError, match="closed") as refused:
            person.post(f"/api/v1/groups/{old}/posts", NOTE)
        assert refused.value.status == 403
    assert ada.post(f"/api/v1/groups/{new}/posts", NOTE)["record"]


def test_x6_an_owner_continues_elsewhere_with_the_chosen_from_pages_and_each_gets_a_link(pod: ServedPod) -> None:
    dan, flo, gus = (pod.sign_up(name) for name in ("dan", "flo", "gus"))
    old = dan.post("/api/v1/groups", {"name": "Choir", "weight": 3000, "visibility": "private"})["group"]
    for person, weight in ((flo, 3000), (gus, 1000)):
        joined(dan, old, person, weight)
    dans, flos, guss = (Browser(pod).sign_in(name) for name in ("dan", "flo", "gus"))
    page = f"/g/{old}/continue"
    assert page not in guss.get(f"/g/{old}/about").text
    assert guss.get(page).status == 403
    assert f'href="{page}"' in dans.get(f"/g/{old}/about").text

    looked = dans.submit(dans.get(page), page, "Look at it first", name="New choir", invited=["2"])
    assert "1 member is left out" in looked.text
    done = dans.submit(looked, page, "Continue there")

    (link,) = [line.split('value="')[1].split('"')[0] for line in done.text.splitlines() if "/invitation/" in line]
    groups = [one["group"] for one in dan.get("/api/v1/me")["memberships"]]
    (new,) = [group for group in groups if f'href="/g/{group}"' in done.text and group != old]
    assert "once enough of its owners have signed" in done.text
    assert "This group is closed" not in dans.get(f"/g/{old}").text, "two owners: one signature closes nothing"
    eventually(lambda: "1 change waits" in flos.get(f"/g/{old}").text)
    assert new in flos.get(f"/g/{old}/proposals").text, "who signs sees where it goes on"
    assert new not in str(gus.get(f"/groups/{old}/operations?from=0"))
    waits = f'<a href="/g/{old}/proposals">1 change waits for the signatures of others</a>'
    assert waits in dans.get(f"/g/{old}").text, "who is told to withdraw it first finds it"
    assert waits not in guss.get(f"/g/{old}").text
    flos.press(flos.get(f"/g/{old}/proposals"), "Sign it")
    eventually(lambda: "This group is closed" in guss.get(f"/g/{old}").text)
    asked = flos.submit(flos.get("/join"), "/join", "Join", link=link)
    assert asked.status == 200, "nobody is led to a private group before it shows itself"
    assert "Your request to join is on its way" in asked.text
    eventually(lambda: [one["weight"] for one in dan.get(f"/api/v1/groups/{new}")["members"]] == [4000, 3000])
    assert f'href="/g/{new}"' in flos.get(f"/g/{old}").text
    assert new not in guss.get(f"/g/{old}").text
    assert f'href="/g/{old}"' in flos.get(f"/g/{new}/about").text, "it says from which group it grew"
    left = flos.submit(flos.get(f"/g/{old}/leave"), "/leave", "Leave the group")
    assert (left.status, left.path) == (200, "/groups?said=asked"), "who left a private group isn't led into it"
