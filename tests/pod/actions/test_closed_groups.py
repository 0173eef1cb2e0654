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

    ada.post(f"/api/v1/groups/{old}/operations", {"do": "succeed", "with": {"group": new}})
    eventually(lambda: "This group is closed" in pages["ada"].get(f"/g/{old}").text)

    for name, told in (("ada", True), ("bo", True), ("cy", False)):
        page = pages[name].get(f"/g/{old}").text
        assert (f'href="/g/{new}"' in page) == told, name
        assert "This group is closed" in page
        assert f'href="/g/{old}/write"' not in page, "what will be refused isn't offered"
    assert new not in pages["cy"].get(f"/g/{old}").text
    assert "Den här gruppen är stängd" in Browser(pod, "sv").sign_in("cy").get(f"/g/{old}").text
    for person in (ada, cy):
        with pytest.raises(RefusedByHttpError, match="closed") as refused:
            person.post(f"/api/v1/groups/{old}/posts", NOTE)
        assert refused.value.status == 403
    assert ada.post(f"/api/v1/groups/{new}/posts", NOTE)["record"]
