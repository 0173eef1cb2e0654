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

    operation = ada.post(f"/api/v1/groups/{old}/operations", {"do": "succeed", "with": {"group": new}})["record"]
    eventually(lambda: "This group is closed" in pages["ada"].get(f"/g/{old}").text)

    for name, told in (("ada", True), ("bo", True), ("cy", False)):
        page = pages[name].get(f"/g/{old}").text
        assert (f'href="/g/{new}"' in page) == told, name
        assert "This group is closed" in page
        assert f'href="/g/{old}/write"' not in page, "what will be refused isn't offered"
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
